-- due: worker, delay queue, count -> {ms until the next one or -1, held, (rid, payload)...}
-- What is no longer held or has no payload is forgotten on the way.
local worker, queue, count = ARGV[1], ARGV[2], tonumber(ARGV[3])
local acks, etas = acks_of(worker, queue), etas_of(worker, queue)
local now = now_ms()
local out = {-1, redis.call('SCARD', acks)}
local ids = redis.call('ZRANGEBYSCORE', etas, '-inf', whole(now), 'LIMIT', 0, count)
for _, rid in ipairs(ids) do
    local payload = redis.call('HGET', payloads_of(queue), rid)
    if payload and redis.call('SISMEMBER', acks, rid) == 1 then
        out[#out + 1] = rid
        out[#out + 1] = payload
    else
        redis.call('ZREM', etas, rid)
        redis.call('SREM', acks, rid)
    end
end
local next = redis.call('ZRANGEBYSCORE', etas, '(' .. whole(now), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if #ids == count then
    out[1] = 0
elseif next[2] then
    out[1] = math.max(0, math.ceil(math.min(tonumber(next[2]) - now, 86400000)))
end
return out
