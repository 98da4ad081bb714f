-- budget: name, per minute, burst, wanted -> granted, left, microseconds to wait for one, until full
-- One value per budget: when it would be full again if nothing more were taken.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local key = side('budget:' .. ARGV[1])
local each = 60000000 / tonumber(ARGV[2])
local window = each * tonumber(ARGV[3])
local full = tonumber(redis.call('GET', key) or 0)
if full < now then full = now end
if full > now + window then full = now + window end -- the clock, or the limit, went back
local room = math.floor((window - (full - now)) / each + 0.000001)
local granted = math.min(room, tonumber(ARGV[4]))
if granted > 0 then
    full = full + granted * each
    redis.call('SET', key, whole(full), 'PX', whole(math.ceil((full - now) / 1000) + 1))
end
local wait = 0
if room - granted < 1 then wait = math.max(0, full + each - window - now) end
return {granted, room - granted, math.ceil(wait), math.ceil(full - now)}
