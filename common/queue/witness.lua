-- witness: position, force -> the highest position anybody has told; force makes this one the highest
local told = redis.call('GET', side('witness')) or ''
if ARGV[2] == '1' or ARGV[1] > told then
    redis.call('SET', side('witness'), ARGV[1])
    return ARGV[1]
end
return told
