"""Clients that send too much, too deep, too slowly, or never read: each gets its answer or its end,
the others do not notice, and memory stays within what the settings allow (F55).
"""
import os
import socket
import threading
import time
import unittest
from urllib.parse import urlparse

from stack import Stack, request, wait_for

CLIENTS, ROUNDS, TIMEOUT_MS, BODY = 24, 3, 1500, 1 << 20
PIPELINED = 4000
WARM_ROUNDS = 15  # five connections each: every thread has then had the worst, and keeps the memory for the next
HEAD_SECONDS = 10  # api/server.c gives a head so long


class RudeClientsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(workers=0, env={"HTTP_REQUEST_TIMEOUT_MS": str(TIMEOUT_MS), "HTTP_THREADS": "64",
                                                                "LOG_LEVEL": "warning"}))
        cls.pid = cls.stack.api_process.child.pid
        url = urlparse(cls.stack.url)
        cls.address = (url.hostname, url.port)

    def setUp(self):
        self.sockets = []

    def tearDown(self):
        """Whatever they were, the server is rid of them, and serves."""
        for s in self.sockets:
            s.close()
        wait_for("no connection is left", lambda: self.connections() == 0, 10)
        self.assertTrue(self.stack.api_process.alive())
        self.stack.api("GET", "/api/v1/campaigns", None, 200)

    def connections(self):
        """Established ones of the API's port, counted by the kernel."""
        wanted = f":{self.address[1]:04X}"
        with open("/proc/net/tcp") as f:
            rows = [line.split() for line in f][1:]
        return sum(row[1].endswith(wanted) and row[3] in ("01", "08") and row[9] != "0" for row in rows)

    def memory_kb(self, name):
        with open(f"/proc/{self.pid}/status") as f:
            return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))

    def head(self, length, method="POST", path="/api/v1/campaigns"):
        return (f"{method} {path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {self.stack.key}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {length}\r\n\r\n").encode()

    def connect(self):
        s = socket.create_connection(self.address, timeout=TIMEOUT_MS / 1000 + 8)
        self.sockets.append(s)
        return s

    def status(self, s):
        """Of the answer that comes, or "closed"."""
        got = b""
        try:
            while b"\r\n" not in got:
                piece = s.recv(4096)
                if not piece:
                    break
                got += piece
        except ConnectionError:
            pass
        return int(got.split()[1]) if got.startswith(b"HTTP/1.1 ") else "closed"

    def test_bodies_that_stall_are_cut_and_cost_no_more_than_themselves(self):
        """All stall at once just before their end, round after round."""
        resting = self.memory_kb("VmRSS")
        for _ in range(ROUNDS):
            clients = [self.connect() for _ in range(CLIENTS)]
            for c in clients:
                c.sendall(self.head(BODY) + b'{"name":"' + b"x" * (BODY - 1000))
            began = time.monotonic()
            self.assertEqual(request(self.stack.url, "GET", "/healthz").status, 200)
            self.assertLess(time.monotonic() - began, 1)
            self.assertEqual([self.status(c) for c in clients], [408] * CLIENTS)
            for c in clients:
                c.close()
        most = CLIENTS * (2 * BODY >> 10) + (32 << 10)  # a growing buffer is copied once; and the threads' own
        self.assertLess(self.memory_kb("VmHWM") - resting, most)

    def test_what_is_too_large_or_too_deep_costs_nothing_that_stays(self):
        def round_of_it():
            for body, status in [(b"[" * 900000, 400), (b'{"a":' * 180000, 400), (b'{"name":"' + b"\\u0041" * 170000 + b'"}', 422),
                                 (b"[" + b"{}," * 300000 + b"{}]", 422)]:
                self.assertEqual(self.stack.call("POST", "/api/v1/campaigns", body, **{"Content-Type": "application/json"}).status,
                                 status, body[:20])
            c = self.connect()
            c.sendall(self.head(10 << 30))
            self.assertEqual(self.status(c), 413)
            c.close()
        for _ in range(WARM_ROUNDS):
            round_of_it()
        before = self.memory_kb("VmRSS")
        for _ in range(WARM_ROUNDS):
            round_of_it()
        self.assertLess(self.memory_kb("VmRSS") - before, 64 << 10)

    def test_who_drips_a_head_or_never_reads_is_let_go(self):
        resting = self.memory_kb("VmRSS")
        asked = self.head(0, "GET", "/api/v1/campaigns?limit=1")
        deaf, left = [self.connect() for _ in range(4)], [self.connect() for _ in range(CLIENTS)]
        for c in deaf:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.settimeout(0.5)
            try:
                c.sendall(asked * PIPELINED)
            except OSError:
                pass
        for c in left:
            c.sendall(b"GET /api/v1/campaigns HTTP/1.1\r\nHost: a\r\n")
        dripping, until = list(left), time.monotonic() + HEAD_SECONDS + 4
        while left and time.monotonic() < until:
            for c in list(left):
                try:
                    c.sendall(b"X")
                except OSError:
                    left.remove(c)
            self.assertEqual(request(self.stack.url, "GET", "/healthz").status, 200)
            time.sleep(0.1)
        self.assertEqual(len(left), 0, "a head may drip for ever")
        self.assertLessEqual({self.status(c) for c in dripping}, {408, "closed"})
        wait_for("who never reads is let go", lambda: self.connections() == 0, 10)
        self.assertLess(self.memory_kb("VmRSS") - resting, 32 << 10)

    def test_an_import_may_take_longer_than_a_request(self):
        """Somebody's file has the turn for a second more than a request may take."""
        turn = f"hashtextextended('dnc-file:{self.stack.tenant}', 0)"
        other = threading.Thread(target=self.stack.sql, args=(f"SELECT pg_advisory_lock({turn}), pg_sleep({TIMEOUT_MS / 1000 + 1})",))
        other.start()
        wait_for("the other file has the turn", lambda: self.stack.number(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") > 0)
        began = time.monotonic()
        answer = self.stack.call("POST", "/api/v1/compliance/dnc/bulk-import", "+393490000001\n", **{"Content-Type": "text/csv"})
        other.join()
        self.assertEqual((answer.status, answer.json["imported"]), (200, 1), answer.body)
        self.assertGreater(time.monotonic() - began, TIMEOUT_MS / 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
