"""py_worker.py - the actors of tests/support/test_worker.c in Python, and one queue of its own."""

import json
import os
import time

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.results import Results
from dramatiq.results.backends.redis import RedisBackend

URL = os.environ["REDIS_URL"]

broker = RedisBroker(
    url=URL,
    heartbeat_timeout=int(os.environ.get("HEARTBEAT_MS", "60000")),
    maintenance_chance=int(os.environ.get("MAINTENANCE_CHANCE", "1000")),
    dead_message_ttl=int(os.environ.get("DEAD_TTL_MS", "604800000")),
)
results = RedisBackend(url=URL)
broker.add_middleware(Results(backend=results))
dramatiq.set_broker(broker)
log = redis.Redis.from_url(URL)


@dramatiq.actor(max_retries=3)
def add(x, y, **_):
    return x + y


@dramatiq.actor(max_retries=3)
def record(*args, **_):
    log.rpush("test:ran", "py" + json.dumps(args, separators=(",", ":")))


@dramatiq.actor(max_retries=3)
def pause(ms=0):
    time.sleep(ms / 1000)
    log.rpush("test:ran", "py-paused")


@dramatiq.actor(max_retries=3, store_results=True)
def dbl(x):
    return 2 * x


@dramatiq.actor(max_retries=3, min_backoff=50, max_backoff=100)
def broken(*_, **__):
    raise RuntimeError("it broke")


@dramatiq.actor(queue_name="pyq")
def sink(*args):
    log.rpush("test:ran", "sink" + json.dumps(args, separators=(",", ":")))
