-- start: queue, rid, ttl -> crashes counted so far
-- Said before a suspect runs; the count is erased when it ends, so what stays counts crashes.
local before = tonumber(redis.call('HGET', suspects_of(ARGV[1]), ARGV[2]) or 0)
redis.call('HSET', suspects_of(ARGV[1]), ARGV[2], before + 1)
redis.call('PEXPIRE', suspects_of(ARGV[1]), ARGV[3])
return before
