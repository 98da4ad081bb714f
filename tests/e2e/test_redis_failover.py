"""Redis fails over again and again, loses writes and refuses them: everybody is called once (F29);
and when it answers nobody for a while, the API does not mind (F30).
"""
import os
import socket
import subprocess
import time
import unittest

from stack import LENIENT_LAW, Stack, dial_everybody, wait_for
from test_campaign import sim_config

LEADS, FAILOVERS = 200, 5
LOST_SECONDS, SLEEP_SECONDS = 0.3, 5
AGENT, NUMBER = "agent_abc123", "+390212345678"


class Redis:
    """One server on a port and a socket of its own."""

    def __init__(self, folder):
        os.mkdir(folder)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.path = f"{folder}/redis.sock"
        self.child = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path, "--dir", folder,
             "--save", "", "--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "local",
             "--logfile", "redis.log"])
        wait_for("Redis is up", lambda: self.do("PING") == "PONG")

    def do(self, *words):
        return subprocess.run(["redis-cli", "-s", self.path, *words], text=True, capture_output=True).stdout.strip()


class TwoRedises(Stack):
    """The product knows one path, which leads to the one of two servers that is the primary."""

    def start_sim(self):
        self.pair = []
        for name in ("first", "second"):
            self.pair.append(Redis(f"{self.dir}/{name}"))
        self.env["REDIS_URL"] = f"unix://{self.dir}/primary.sock?db=0"
        self.point()
        self.follow()
        super().start_sim()

    def point(self):
        os.symlink(self.pair[0].path, f"{self.dir}/primary.new")
        os.rename(f"{self.dir}/primary.new", f"{self.dir}/primary.sock")

    def follow(self):
        primary, replica = self.pair
        replica.do("REPLICAOF", "127.0.0.1", str(primary.port))
        wait_for("the replica follows", lambda: "master_link_status:up" in replica.do("INFO", "replication"))

    def fail_over(self):
        """What the primary is told in the last moments is lost; then it still answers, and refuses."""
        self.pair.reverse()
        self.pair[0].do("REPLICAOF", "NO", "ONE")
        time.sleep(LOST_SECONDS)
        self.point()
        self.follow()
        self.pair[0].do("SCRIPT", "FLUSH")

    def __exit__(self, *reason):
        for server in getattr(self, "pair", []):
            server.child.kill()
            server.child.wait()
        super().__exit__(*reason)


class RedisFailoverTest(unittest.TestCase):
    def test_every_lead_is_called_once_through_failovers_that_lose_writes(self):
        with TwoRedises(sim=sim_config(False), env={"LOG_LEVEL": "warning"}) as s:
            campaign = dial_everybody(s, "failovers", LEADS, 10)
            for _ in range(FAILOVERS):
                time.sleep(0.7)
                s.fail_over()
            self.assertNotEqual(self.status(s, campaign), "completed", "it was over before the last failover")
            wait_for("the campaign is completed", lambda: self.status(s, campaign) == "completed", 90, 0.2)
            self.judge(s)
            self.assertTrue(any(self.said(w, "READONLY") for w in s.workers), "nobody met READONLY")
            wait_for("somebody meets NOSCRIPT", lambda: s.pair[0].do("SCRIPT", "FLUSH")
                     and any(self.said(w, "NOSCRIPT") for w in s.workers), 20, 0.2)

    def test_clients_are_answered_at_once_while_redis_sleeps_and_called_afterwards(self):
        with TwoRedises(sim=sim_config(False), env={"LOG_LEVEL": "warning", "REDIS_TIMEOUT_MS": "1000"}) as s:
            s.sql(LENIENT_LAW + ", require_explicit_consent = false")
            s.api("POST", "/api/v1/numbers", {"e164": NUMBER}, 201)
            sleeper = subprocess.Popen(["redis-cli", "-s", s.pair[0].path, "DEBUG", "SLEEP", str(SLEEP_SECONDS)],
                                       stdout=subprocess.DEVNULL)
            asked, slowest = 0, 0.0
            while sleeper.poll() is None:
                began = time.monotonic()
                asked += 1
                s.api("POST", "/api/v1/calls/outbound",
                      {"to_number": f"+39349{3000000 + asked * 20:07d}", "from_number": NUMBER, "agent_id": AGENT}, 201)
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.1)
            self.assertGreater(asked, 5)
            self.assertLess(slowest, 1)
            self.assertTrue(all(self.said(w, "redis.lost") for w in s.workers), "the workers did not notice")
            wait_for("everybody is called", lambda: s.number(
                "SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')") == asked, 60, 0.2)
            ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
            self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], asked))

    def status(self, s, campaign):
        return s.api("GET", f"/api/v1/campaigns/{campaign}", None, 200)["status"]

    def said(self, process, text):
        with open(process.log, "rb") as f:
            return text.encode() in f.read()

    def judge(self, s):
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], LEADS))
        self.assertEqual(s.number("SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')"), LEADS)
        self.assertEqual(s.number("SELECT count(*) FROM call_attempts WHERE state NOT IN ('rejected', 'refuted')"), LEADS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
