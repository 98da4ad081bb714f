-- peek: queue, state, count, rid... -> (rid, payload, since ms or "")...
-- Look without touching: state is ready, delayed, inflight or dead.  With rids: only those, dead.
local queue, state, count = canonical(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local out = {}

local function show(hash, rid, since)
    local payload = redis.call('HGET', hash, rid)
    if payload and #out < count * 3 then
        out[#out + 1] = rid
        out[#out + 1] = payload
        out[#out + 1] = since
    end
end

if state == 'ready' then
    for _, rid in ipairs(redis.call('LRANGE', list_of(queue), 0, count - 1)) do
        show(payloads_of(queue), rid, '')
    end
elseif state == 'dead' and #ARGV > 3 then
    for i = 4, #ARGV do
        show(dead_of(queue) .. '.msgs', ARGV[i], redis.call('ZSCORE', dead_of(queue), ARGV[i]) or '')
    end
elseif state == 'dead' then
    local ids = redis.call('ZREVRANGE', dead_of(queue), 0, count - 1, 'WITHSCORES')
    for i = 1, #ids, 2 do
        show(dead_of(queue) .. '.msgs', ids[i], ids[i + 1])
    end
elseif state == 'inflight' then
    for _, worker in ipairs(redis.call('ZREVRANGE', heartbeats, 0, 999)) do
        for _, rid in ipairs(redis.call('SRANDMEMBER', acks_of(worker, queue), count)) do
            show(payloads_of(queue), rid, '')
        end
    end
else
    local page = redis.call('HSCAN', payloads_of(queue .. '.DQ'), '0', 'COUNT', count)
    for i = 1, #page[2], 2 do
        show(payloads_of(queue .. '.DQ'), page[2][i], '')
    end
end
return out
