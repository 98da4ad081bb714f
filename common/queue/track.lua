-- track: worker, delay queue, ttl, (eta, rid)...
-- Remember when held messages are due, so that nobody needs to keep them in memory.
local worker, queue = ARGV[1], ARGV[2]
for i = 4, #ARGV, 2 do
    if redis.call('SISMEMBER', acks_of(worker, queue), ARGV[i + 1]) == 1 then
        redis.call('ZADD', etas_of(worker, queue), ARGV[i], ARGV[i + 1])
    end
end
redis.call('PEXPIRE', etas_of(worker, queue), ARGV[3])
return 1
