-- held: worker, queue -> every rid the worker holds of the queue
return redis.call('SMEMBERS', acks_of(ARGV[1], ARGV[2]))
