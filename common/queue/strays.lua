-- strays: worker, delay queue, cursor -> {next cursor, given back}
-- One step over the held delayed messages: one whose due time nobody remembers goes back.
local worker, queue = ARGV[1], ARGV[2]
local acks, etas = acks_of(worker, queue), etas_of(worker, queue)
if ARGV[3] == '0' and redis.call('SCARD', acks) == redis.call('ZCARD', etas) then
    return {'0', 0}
end
local page = redis.call('SSCAN', acks, ARGV[3], 'COUNT', 500)
local given = 0
for _, rid in ipairs(page[2]) do
    if not redis.call('ZSCORE', etas, rid) then
        redis.call('SREM', acks, rid)
        give_back(queue, rid)
        given = given + 1
    end
end
return {page[1], given}
