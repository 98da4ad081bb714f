-- keys.lua - the names of the keys and the steps several scripts share; put before every script.
-- KEYS[1] is the namespace.  Dramatiq's keys keep its layout; ours live under "agoralia:".
-- Time is always the server's: the clocks of the clients decide nothing.
local ns = KEYS[1]
local heartbeats = ns .. ':__heartbeats__'

local function list_of(queue) return ns .. ':' .. queue end
local function payloads_of(queue) return ns .. ':' .. queue .. '.msgs' end
local function acks_of(worker, queue) return ns .. ':__acks__.' .. worker .. '.' .. queue end
local function canonical(queue) return (string.gsub(queue, '%.[DX]Q$', '')) end
local function dead_of(queue) return ns .. ':' .. canonical(queue) .. '.XQ' end
local function side(name) return 'agoralia:' .. ns .. ':' .. name end
local function etas_of(worker, queue) return side('etas:' .. worker .. ':' .. queue) end
local function suspects_of(queue) return side('suspects:' .. queue) end

local function now_ms()
    local t = redis.call('TIME')
    return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- Scores must read as integers: dashboards parse them so.
local function whole(n) return string.format('%.0f', n) end

local function beat(worker)
    redis.call('ZADD', heartbeats, whole(now_ms()), worker)
end

-- To the tail of a queue.  Who waits for an empty queue is woken; a fuller one is being drained.
local function push(queue, rid)
    if redis.call('RPUSH', list_of(queue), rid) == 1 then
        redis.call('PUBLISH', side('wake'), queue)
    end
end

local function put(queue, rid, payload)
    redis.call('HSET', payloads_of(queue), rid, payload)
    push(queue, rid)
end

-- Give one message back to its queue, unless its payload is gone.
local function give_back(queue, rid)
    if redis.call('HEXISTS', payloads_of(queue), rid) == 0 then
        return false
    end
    push(queue, rid)
    return true
end
