"""test_interop.py - real Dramatiq and our worker on the same queues, in both directions.

The numbers are those of the wire specification's interop cases.  QUEUE_TOOL is the C program that
is both the worker ("worker") and single steps on the queue ("send", "call").
"""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

import dramatiq
import redis
from dramatiq import Message

import py_worker
from py_worker import broker, results

HERE = os.path.dirname(os.path.abspath(__file__))
TOOL = os.environ["QUEUE_TOOL"]
URL = os.environ["REDIS_URL"]
NS = "dramatiq:"
DAY_MS = 86400000

db = redis.Redis.from_url(URL, decode_responses=True)
ENV = dict(
    os.environ,
    DATABASE_URL="postgresql:///none",
    TEST_REDIS_SOCKET=URL[len("unix://"):].split("?")[0],
    PYTHONPATH=HERE,
)


def now_ms():
    return int(time.time() * 1000)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s; keys: {keys()}; ran: {ran()}")


def keys():
    return sorted(k for k in db.keys() if not k.endswith("__heartbeats__") and k != "test:ran")


def ran():
    return db.lrange("test:ran", 0, -1)


def tool(*words):
    done = subprocess.run([TOOL, *map(str, words)], env=ENV, capture_output=True, text=True, check=True)
    return done.stdout.split("\n")[:-1]


def send(queue, actor, args, *delay_ms):
    return tool("send", queue, actor, json.dumps(args), *delay_ms)[0]


def stored(hash_name):
    (payload,) = db.hvals(NS + hash_name)
    return Message.decode(payload.encode())


def stub(actor, args, **options):
    """A message as a Python producer without the actor's code would build it."""
    kwargs = options.pop("kwargs", {})
    return Message(queue_name="default", actor_name=actor, args=args, kwargs=kwargs, options=options)


class Case(unittest.TestCase):
    def setUp(self):
        db.flushall()
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            self.kill_all(process)

    def start(self, words, **env):
        process = subprocess.Popen(
            words, env=dict(ENV, **env), cwd=HERE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def c_worker(self, **env):
        fast = {"QUEUE_HEARTBEAT_TIMEOUT_MS": "1500", "QUEUE_MAINTENANCE_MS": "200"}
        return self.start([TOOL, "worker"], **dict(fast, **env))

    def py_worker(self, threads=2, **env):
        fast = {"HEARTBEAT_MS": "1500", "MAINTENANCE_CHANCE": "1000000"}
        command = [sys.executable, "-m", "dramatiq", "py_worker", "--processes", "1"]
        return self.start([*command, "--threads", str(threads)], **dict(fast, **env))

    def stop(self, process, sig=signal.SIGTERM):
        process.send_signal(sig)
        return process.wait(15)

    def kill_all(self, process):
        """kill -9 with all children: the dramatiq command forks its workers."""
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


class Enqueue(Case):
    def test_t01_c_enqueues_and_python_consumes(self):
        rid = send("default", "record", [1, 2])
        self.assertEqual(keys(), [NS + "default", NS + "default.msgs"])
        message = stored("default.msgs")
        self.assertEqual(message.options, {"redis_message_id": rid})
        self.assertEqual(
            list(json.loads(db.hget(NS + "default.msgs", rid))),
            ["queue_name", "actor_name", "args", "kwargs", "options", "message_id", "message_timestamp"],
        )
        self.py_worker()
        wait_for(lambda: ran() == ["py[1,2]"] and not keys())

    def test_t01_python_enqueues_and_c_consumes(self):
        broker.enqueue(stub("record", [1, 2]))
        self.assertEqual(keys(), [NS + "default", NS + "default.msgs"])
        self.c_worker()
        wait_for(lambda: ran() == ["[1,2]"] and not keys())

    def test_values_no_double_can_hold_survive(self):
        broker.enqueue(stub("record", [9007199254740993, "\ud800", 1e300, float("nan"), "è"]))
        self.c_worker()
        wait_for(lambda: ran() == ['[9007199254740993,"\\ud800",1e+300,NaN,"\\u00e8"]'])

    def test_t06_a_delay_of_ours_is_kept_by_python(self):
        begun = now_ms()
        send("default", "record", [1], 700)
        message = stored("default.DQ.msgs")
        self.assertEqual(message.queue_name, "default.DQ")
        self.assertEqual(set(message.options), {"redis_message_id", "eta"})
        self.py_worker()
        wait_for(lambda: ran() == ["py[1]"] and not keys())
        self.assertGreaterEqual(now_ms() - begun, 700)

    def test_t06_a_delay_of_pythons_is_kept_by_us(self):
        begun = now_ms()
        broker.enqueue(stub("record", [1]), delay=700)
        broker.enqueue(stub("record", [0]), delay=0)
        self.c_worker()
        wait_for(lambda: ran() == ["[0]", "[1]"] and not [k for k in keys() if k.startswith(NS)])
        self.assertGreaterEqual(now_ms() - begun, 700)


class Ownership(Case):
    def test_t03_pythons_ack_does_not_touch_what_we_hold(self):
        rid = send("default", "record", [1])
        tool("call", "fetch", "W", "default", 1)
        before = keys()
        broker.do_ack("default", rid)
        self.assertEqual(keys(), before)
        self.assertEqual(tool("call", "ack", "W", "default", rid), ["1"])
        self.assertEqual(keys(), [])

    def test_t03_our_ack_does_not_touch_what_python_holds(self):
        rid = broker.enqueue(stub("record", [1])).options["redis_message_id"]
        (payload,) = broker.do_fetch("default", 1)
        before = keys()
        self.assertEqual(tool("call", "ack", "W", "default", rid), ["0"])
        self.assertEqual(keys(), before)
        broker.do_ack("default", rid)
        self.assertEqual(keys(), [])

    def test_t04_t05_a_dead_letter_lies_in_the_same_place_for_both(self):
        for queue, delay in (("default", ()), ("default.DQ", (DAY_MS,))):
            db.flushall()
            rid = send("default", "record", [1], *delay)
            payload = db.hget(NS + queue + ".msgs", rid)
            broker.do_fetch(queue, 1)
            broker.do_nack(queue, rid)
            theirs = (keys(), db.hget(NS + "default.XQ.msgs", rid) == payload)
            db.flushall()
            rid = send("default", "record", [1], *delay)
            payload = db.hget(NS + queue + ".msgs", rid)
            tool("call", "fetch", "W", queue, 1)
            self.assertEqual(tool("call", "settle", "W", queue, rid, "dead", "", "", "", 0), ["1"])
            self.assertEqual((keys(), db.hget(NS + "default.XQ.msgs", rid) == payload), theirs)
            self.assertEqual(keys(), [NS + "default.XQ", NS + "default.XQ.msgs"])

    def test_t13_a_purge_by_python_leaves_our_acks_harmless(self):
        rid = send("default", "record", [1])
        tool("call", "fetch", "W", "default", 1)
        broker.declare_queue("default")
        broker.flush("default")
        self.assertEqual(tool("call", "settle", "W", "default", rid, "ack", "", "", "", 0,
                              "default.DQ", "n", "{}"), ["0"])
        self.assertEqual(keys(), [])

    def test_t14_our_dead_letters_expire_at_pythons_hand(self):
        rid = send("default", "record", [1])
        tool("call", "fetch", "W", "default", 1)
        tool("call", "settle", "W", "default", rid, "dead", "", "", "", 0)
        db.zadd(NS + "default.XQ", {rid: now_ms() - 8 * DAY_MS})
        self.py_worker()
        wait_for(lambda: not keys())


class Failure(Case):
    def test_t08_what_we_failed_is_retried_by_python(self):
        broker.enqueue(stub("broken", [7], custom="keep", min_backoff=300, max_retries=3))
        worker = self.c_worker()
        message = wait_for(lambda: db.hlen(NS + "default.DQ.msgs") and stored("default.DQ.msgs"))
        self.stop(worker)
        message = stored("default.DQ.msgs") if db.hlen(NS + "default.DQ.msgs") else message
        self.assertEqual(message.options["custom"], "keep")
        self.assertIn("It broke", message.options["traceback"])
        for name, kind in (("retries", int), ("eta", int), ("requeue_timestamp", int)):
            self.assertIsInstance(message.options[name], kind)
        self.py_worker()
        wait_for(lambda: db.zcard(NS + "default.XQ") == 1, 30)
        last = stored("default.XQ.msgs")
        self.assertEqual(last.message_id, message.message_id)
        self.assertEqual(last.options["retries"], 3)

    def test_t08_what_python_failed_is_retried_by_us(self):
        sent = broker.enqueue(stub("broken", [7], custom="keep", min_backoff=100, max_backoff=100,
                                   max_retries=2))
        worker = self.py_worker()
        wait_for(lambda: db.hlen(NS + "default.DQ.msgs") or db.zcard(NS + "default.XQ"))
        self.stop(worker)
        self.c_worker()
        wait_for(lambda: db.zcard(NS + "default.XQ") == 1, 20)
        last = stored("default.XQ.msgs")
        self.assertEqual(last.message_id, sent.message_id)
        self.assertEqual(last.options["custom"], "keep")
        self.assertIn(last.options["retries"], (2, 3))

    def test_t10_an_actor_unknown_to_us_is_dead_to_the_letter(self):
        rid = broker.enqueue(stub("nobody", [1])).options["redis_message_id"]
        payload = db.hget(NS + "default.msgs", rid)
        self.c_worker()
        wait_for(lambda: db.hget(NS + "default.XQ.msgs", rid) == payload and keys() == [
            NS + "default.XQ", NS + "default.XQ.msgs"])


class Recovery(Case):
    def test_t11_python_finishes_what_a_killed_worker_of_ours_held(self):
        for i in range(20):
            broker.enqueue(stub("record", [i]))
        broker.enqueue(stub("record", ["late"]), delay=3000)
        worker = self.c_worker()
        wait_for(lambda: len(ran()) == 20 and db.llen(NS + "default.DQ") == 0)
        broker.enqueue(stub("pause", [], kwargs={"ms": 60000}))
        wait_for(lambda: db.llen(NS + "default") == 0)
        self.kill_all(worker)
        db.delete("test:ran")
        held = [k for k in keys() if "__acks__" in k]
        self.assertEqual(len(held), 2)
        # The long job would block Python as well: what matters is who gets it.
        rid = next(iter(db.hkeys(NS + "default.msgs")))
        short = stub("pause", [], kwargs={"ms": 1}, redis_message_id=rid)
        db.hset(NS + "default.msgs", rid, short.encode().decode())
        self.py_worker()
        wait_for(lambda: set(ran()) == {'py["late"]', "py-paused"}, 20)

    def test_t11_we_finish_what_a_killed_worker_of_pythons_held(self):
        broker.enqueue(stub("pause", [], kwargs={"ms": 60000}))
        broker.enqueue(stub("record", ["late"]), delay=4000)
        worker = self.py_worker(threads=1)
        wait_for(lambda: db.llen(NS + "default") == 0 and db.llen(NS + "default.DQ") == 0)
        self.kill_all(worker)
        rid = next(iter(db.hkeys(NS + "default.msgs")))
        short = stub("record", ["taken"], redis_message_id=rid)
        db.hset(NS + "default.msgs", rid, short.encode().decode())
        self.c_worker()
        wait_for(lambda: set(ran()) == {'["late"]', '["taken"]'}, 20)
        wait_for(lambda: not [k for k in keys() if k.startswith(NS)])

    def test_t12_python_takes_over_after_our_graceful_stop(self):
        for i in range(6):
            broker.enqueue(stub("pause", [], kwargs={"ms": 400}))
        broker.enqueue(stub("record", ["far"]), delay=DAY_MS)
        worker = self.c_worker(WORKER_THREADS="1")
        wait_for(lambda: db.llen(NS + "default") == 4 and db.llen(NS + "default.DQ") == 0)
        self.assertEqual(self.stop(worker), 0)
        self.assertEqual(db.llen(NS + "default"), 5)
        self.assertEqual([k for k in keys() if "__acks__" in k], [])
        self.assertEqual(db.llen(NS + "default.DQ"), 1)
        self.py_worker()
        wait_for(lambda: ran() == ["py-paused"] * 5, 15)

    def test_t12_we_take_over_after_pythons_graceful_stop(self):
        for i in range(20):
            broker.enqueue(stub("pause", [], kwargs={"ms": 200}))
        worker = self.py_worker(threads=1)
        wait_for(lambda: db.llen(NS + "default") < 20)
        self.stop(worker)
        self.assertGreater(db.llen(NS + "default"), 0)
        self.assertEqual(db.llen(NS + "default"), db.hlen(NS + "default.msgs"))
        self.c_worker()
        wait_for(lambda: not [k for k in keys() if k.startswith(NS)], 20)


class Composition(Case):
    def test_t15_python_reads_the_result_of_our_run(self):
        message = broker.enqueue(stub("dbl", [21], store_results=True))
        self.c_worker()
        self.assertEqual(results.get_result(message, block=True, timeout=5000), 42)

    def test_t15_a_pipeline_goes_from_us_to_python(self):
        pipe = dramatiq.pipeline([stub("dbl", [4]), py_worker.sink.message("after")], broker=broker)
        pipe.run()
        self.c_worker()
        self.py_worker()
        wait_for(lambda: ran() == ['sink["after",8]'])
        wait_for(lambda: not [k for k in keys() if k.startswith(NS)])

    def test_t15_a_failure_of_ours_is_an_exception_to_python(self):
        message = broker.enqueue(stub("broken", [], store_results=True, max_retries=0))
        self.c_worker()
        with self.assertRaises(dramatiq.results.ResultFailure) as caught:
            results.get_result(message, block=True, timeout=5000)
        self.assertIn("It broke", str(caught.exception))

    def test_our_callbacks_reach_python(self):
        broker.enqueue(stub("dbl", [5], on_success="sink"))
        self.c_worker(QUEUE_FOREIGN_ACTORS="sink=pyq")
        self.py_worker()
        (line,) = wait_for(ran)
        message, result = json.loads(line[len("sink"):])
        self.assertEqual((message["actor_name"], message["args"], result), ("dbl", [5], 10))


class Shared(Case):
    def test_both_consume_one_queue_and_nothing_is_lost_or_doubled(self):
        self.c_worker()
        self.py_worker()
        for i in range(300):
            if i % 2:
                broker.enqueue(stub("record", [i]), delay=100 if i % 3 == 0 else None)
            else:
                broker.enqueue(stub("record", [i]))
        wait_for(lambda: len(ran()) >= 300, 20)
        seen = sorted(json.loads(line[line.index("["):])[0] for line in ran())
        self.assertEqual(seen, list(range(300)))
        wait_for(lambda: not [k for k in keys() if k.startswith(NS)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
