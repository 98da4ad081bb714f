-- fetch: worker, queue, count -> {rid, payload, crashes}...
-- An id without a payload is dropped.  crashes is how often the message was running when its
-- worker died, or false for one that was never taken back from a dead worker.
local worker, queue, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
beat(worker)
local ids = redis.call('LRANGE', list_of(queue), 0, count - 1)
if #ids == 0 then
    return ids
end
redis.call('LTRIM', list_of(queue), #ids, -1)
redis.call('SADD', acks_of(worker, queue), unpack(ids))
local payloads = redis.call('HMGET', payloads_of(queue), unpack(ids))
local crashes = {}
if redis.call('EXISTS', suspects_of(queue)) == 1 then
    crashes = redis.call('HMGET', suspects_of(queue), unpack(ids))
end
local out = {}
for i, rid in ipairs(ids) do
    if payloads[i] then
        out[#out + 1] = rid
        out[#out + 1] = payloads[i]
        out[#out + 1] = crashes[i] or false
    else
        redis.call('SREM', acks_of(worker, queue), rid)
    end
end
return out
