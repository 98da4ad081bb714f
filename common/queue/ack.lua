-- ack: worker, queue, rid... -> one digit per rid: 1 it was ours, 0 it was not and nothing changed
local worker, queue = ARGV[1], ARGV[2]
local digits, ours = {}, {}
for i = 3, #ARGV do
    local removed = redis.call('SREM', acks_of(worker, queue), ARGV[i])
    digits[#digits + 1] = removed
    if removed == 1 then
        ours[#ours + 1] = ARGV[i]
    end
end
if #ours > 0 then
    redis.call('HDEL', payloads_of(queue), unpack(ours))
    redis.call('HDEL', suspects_of(queue), unpack(ours))
end
return table.concat(digits)
