-- stats: queue -> {ready, delayed, in flight, dead, oldest payload or false}
-- Payload hashes hold queued and held messages alike; lists hold what is queued.
local queue = canonical(ARGV[1])
local ready = redis.call('LLEN', list_of(queue))
local stored = redis.call('HLEN', payloads_of(queue))
local oldest = redis.call('LINDEX', list_of(queue), 0)
return {
    ready,
    redis.call('HLEN', payloads_of(queue .. '.DQ')),
    math.max(0, stored - ready),
    redis.call('ZCARD', dead_of(queue)),
    oldest and redis.call('HGET', payloads_of(queue), oldest) or false,
}
