-- replay: queue, (dead rid, new rid, payload)... -> one digit per message: 1 it is queued again
local queue = canonical(ARGV[1])
local digits = {}
for i = 2, #ARGV, 3 do
    local found = redis.call('ZREM', dead_of(queue), ARGV[i])
    redis.call('HDEL', dead_of(queue) .. '.msgs', ARGV[i])
    if found == 1 then
        put(queue, ARGV[i + 1], ARGV[i + 2])
    end
    digits[#digits + 1] = found
end
return table.concat(digits)
