-- release: worker, queue, count -> how many are still held
-- Give back everything the worker holds of a queue, count at a time.
local worker, queue = ARGV[1], ARGV[2]
local acks = acks_of(worker, queue)
for _, rid in ipairs(redis.call('SPOP', acks, ARGV[3])) do
    give_back(queue, rid)
end
local left = redis.call('SCARD', acks)
if left == 0 then
    redis.call('DEL', etas_of(worker, queue))
end
return left
