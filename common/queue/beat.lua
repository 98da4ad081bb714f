-- beat: worker, ttl, queue... -> the server's time in ms
-- The side index of a delay queue outlives its worker by ttl only.
beat(ARGV[1])
for i = 3, #ARGV do
    redis.call('PEXPIRE', etas_of(ARGV[1], ARGV[i]), ARGV[2])
end
return now_ms()
