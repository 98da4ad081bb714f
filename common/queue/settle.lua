-- settle: worker, queue, rid, fate, payload, result key, result, result ttl, (queue, rid, payload)...
-- The end of one fetched message and everything that follows from it, all or nothing:
--   fate "ack"   it is gone
--   fate "dead"  it is a dead letter, with this payload or, if that is empty, with its own
-- then the result, then the messages it causes (its retry, its promotion, a next stage, callbacks).
-- Returns 0, and changes nothing, when the worker no longer holds it; 1 when done.
local worker, queue, rid, fate, payload = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if redis.call('SREM', acks_of(worker, queue), rid) == 0 then
    return 0
end
redis.call('HDEL', suspects_of(queue), rid)
redis.call('ZREM', etas_of(worker, queue), rid)
local stored = redis.call('HGET', payloads_of(queue), rid)
if not stored then
    return 0 -- purged or deleted meanwhile: nothing may follow from it
end
redis.call('HDEL', payloads_of(queue), rid)
if fate == 'dead' then
    redis.call('ZADD', dead_of(queue), whole(now_ms()), rid)
    redis.call('HSET', dead_of(queue) .. '.msgs', rid, payload ~= '' and payload or stored)
end
if ARGV[6] ~= '' then
    redis.call('DEL', ARGV[6])
    redis.call('LPUSH', ARGV[6], ARGV[7])
    redis.call('PEXPIRE', ARGV[6], ARGV[8])
end
for i = 9, #ARGV, 3 do
    put(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return 1
