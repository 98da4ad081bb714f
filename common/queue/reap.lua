-- reap: heartbeat timeout, count -> 1 when a round over the keyspace is complete, else 0
-- Forget dead workers that hold nothing on any queue, ours or not.  Which hold something is found
-- by a SCAN of count keys per call, whose state all workers share, never by KEYS.
local state, holders = side('reap'), side('reap:holders')
local now, timeout = now_ms(), tonumber(ARGV[1])

-- A cursor means nothing to another server process: a restart begins the round anew.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local saved = redis.call('HMGET', state, 'cursor', 'began', 'run')
if saved[3] ~= run then
    redis.call('DEL', state, holders)
    saved = {}
end
local cursor, began = saved[1] or '0', tonumber(saved[2] or now)

local prefix = ns .. ':__acks__.'
local pattern = string.gsub(prefix, '([%*%?%[%]\\])', '\\%1') .. '*'
local page = redis.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', ARGV[2])
for _, key in ipairs(page[2]) do
    local worker = string.match(string.sub(key, #prefix + 1), '^([^%.]*)%.')
    if worker then
        redis.call('SADD', holders, worker)
    end
end
if page[1] ~= '0' then
    redis.call('HSET', state, 'cursor', page[1], 'began', whole(began), 'run', run)
    return 0
end
-- Only who was dead when the round began: its keys cannot have appeared behind the cursor.
local dead = redis.call('ZRANGEBYSCORE', heartbeats, 0, whole(began - timeout), 'LIMIT', 0, 1000)
for _, worker in ipairs(dead) do
    if redis.call('SISMEMBER', holders, worker) == 0 then
        redis.call('ZREM', heartbeats, worker)
    end
end
redis.call('DEL', state, holders)
return 1
