-- leave: worker, queue... -> 1 when the worker is forgotten, 0 when it still holds messages
for i = 2, #ARGV do
    if redis.call('EXISTS', acks_of(ARGV[1], ARGV[i])) == 1 then
        return 0
    end
end
return redis.call('ZREM', heartbeats, ARGV[1])
