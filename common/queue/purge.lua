-- purge: worker, queue -> payloads deleted
-- Everything of one queue but what other workers hold: their late acks find nothing and pass.
local worker, queue = ARGV[1], ARGV[2]
local count = redis.call('HLEN', payloads_of(queue))
redis.call('UNLINK', list_of(queue), acks_of(worker, queue), payloads_of(queue), dead_of(queue),
    dead_of(queue) .. '.msgs', suspects_of(queue))
return count
