"""noop.py - the peer of tests/bench/bench_queue.c: the same do-nothing actor in Python."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URL"]))


@dramatiq.actor(queue_name="health", max_retries=0)
def ping(tenant_id=0):
    pass
