-- maintain: worker, heartbeat timeout, dead ttl, budget, queue... -> {taken back, expired, 1 when idle}
-- Take back what dead workers hold of these queues and drop dead letters past their age, at most
-- budget of each.  Every step is bounded; the third answer is 0 when there was more to do.
local worker, budget = ARGV[1], tonumber(ARGV[4])
beat(worker)
local now = now_ms()
local last_seen = whole(now - tonumber(ARGV[2]))

local function take_back(queue, dead, left)
    local taken = 0
    for _, rid in ipairs(redis.call('SPOP', acks_of(dead, queue), left)) do
        if give_back(queue, rid) then
            redis.call('HSETNX', suspects_of(queue), rid, 0)
            redis.call('PEXPIRE', suspects_of(queue), ARGV[3])
        end
        taken = taken + 1
    end
    if taken > 0 and taken < left then
        redis.call('DEL', etas_of(dead, queue))
    end
    return taken
end

local function expire(queue, left)
    local dead = dead_of(queue)
    local oldest = whole(now - tonumber(ARGV[3]))
    local ids = redis.call('ZRANGEBYSCORE', dead, 0, oldest, 'LIMIT', 0, left)
    if #ids > 0 then
        redis.call('ZREM', dead, unpack(ids))
        redis.call('HDEL', dead .. '.msgs', unpack(ids))
    end
    return #ids
end

local taken, expired = 0, 0
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', heartbeats, 0, last_seen, 'LIMIT', 0, 1000)) do
    for i = 5, #ARGV do
        if taken < budget then
            taken = taken + take_back(ARGV[i], dead, budget - taken)
        end
    end
end
for i = 5, #ARGV do
    if expired < budget then
        expired = expired + expire(ARGV[i], budget - expired)
    end
end
return {taken, expired, (taken < budget and expired < budget) and 1 or 0}
