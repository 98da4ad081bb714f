-- requeue: worker, queue, rid... -> one digit per rid: 1 it is back on the queue, 0 it was not ours
local worker, queue = ARGV[1], ARGV[2]
local digits = {}
for i = 3, #ARGV do
    local back = redis.call('SREM', acks_of(worker, queue), ARGV[i]) == 1
        and give_back(queue, ARGV[i])
    digits[#digits + 1] = back and 1 or 0
end
return table.concat(digits)
