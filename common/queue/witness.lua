-- witness: known -> the highest that anybody has told
local told = redis.call('GET', side('known')) or ''
if ARGV[1] > told then
    redis.call('SET', side('known'), ARGV[1])
    return ARGV[1]
end
return told
