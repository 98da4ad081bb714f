-- discard: queue, rid... -> one digit per dead letter: 1 it was there and is deleted
local digits = {}
for i = 2, #ARGV do
    digits[#digits + 1] = redis.call('ZREM', dead_of(ARGV[1]), ARGV[i])
    redis.call('HDEL', dead_of(ARGV[1]) .. '.msgs', ARGV[i])
end
return table.concat(digits)
