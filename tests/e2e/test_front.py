"""The front proxy as deploy/haproxy has it, before the real API: TLS, one reading of every request, and slow clients who
hold nothing of the API's; and the systemd units: understood, closed enough, and wide enough for what the programs do.
"""
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import warnings
from urllib.parse import urlparse

from stack import BUILD, ROOT, Process, Stack, wait_for

CONFIG = os.path.join(ROOT, "deploy/haproxy/haproxy.cfg")
UNITS = os.path.join(ROOT, "deploy/systemd")
API_THREADS, SLOW_CLIENTS = 8, 60
EXPOSURE_MOST = 2.0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def text_of(path):
    with open(path) as f:
        return f.read()


def run(*command):
    return subprocess.run(command, text=True, capture_output=True)


@unittest.skipUnless(shutil.which("haproxy"), "haproxy is not installed")
class FrontTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(workers=0, env={"HTTP_THREADS": str(API_THREADS)}))
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        pem = f"{cls.folder}/front.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{cls.folder}/key",
            "-out", f"{cls.folder}/cert").check_returncode()
        with open(pem, "w") as f:
            f.write(text_of(f"{cls.folder}/cert") + text_of(f"{cls.folder}/key"))
        cls.https, cls.plain = free_port(), free_port()
        cls.env = {**os.environ, "FRONT_CERT": pem, "API": urlparse(cls.stack.url).netloc, "API_CONNECTIONS": str(API_THREADS - 2)}
        cls.tls = ssl.create_default_context(cafile=f"{cls.folder}/cert")
        cls.start_front(CONFIG, cls.https, cls.plain)

    @classmethod
    def start_front(cls, config, https, plain):
        env = {**cls.env, "FRONT_HTTPS": f"127.0.0.1:{https}", "FRONT_HTTP": f"127.0.0.1:{plain}"}
        proxy = Process("haproxy", ["haproxy", "-db", "-f", config], env, f"{cls.folder}/log")
        cls.addClassCleanup(proxy.stop)
        wait_for("the front answers", lambda: cls.answers(https), 15)

    @classmethod
    def answers(cls, port):
        try:
            return cls.ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", port)[0] == 200
        except OSError:
            return False

    @classmethod
    def connect(cls, port=None):
        return cls.tls.wrap_socket(socket.create_connection(("127.0.0.1", port or cls.https), timeout=20), server_hostname="localhost")

    @classmethod
    def ask(cls, text, port=None):
        """Status, head and body of the answer to these bytes, sent as they are."""
        with cls.connect(port) as s:
            s.sendall(text.encode())
            got = b""
            while piece := s.recv(65536):
                got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        return (int(head.split()[1]) if head else 0), head.decode(), body.decode()

    def key(self, extra=""):
        return f"Host: localhost\r\nX-API-Key: {self.stack.key}\r\nConnection: close\r\n{extra}"

    def test_a_request_goes_through_tls_and_comes_back_with_strict_transport(self):
        status, head, body = self.ask(f"GET /api/v1/campaigns HTTP/1.1\r\n{self.key()}\r\n")
        self.assertEqual(status, 200)
        self.assertIn("strict-transport-security", head.lower())
        json.loads(body)

    def test_without_tls_there_is_only_the_way_to_it(self):
        with socket.create_connection(("127.0.0.1", self.plain), timeout=10) as s:
            s.sendall(b"POST /api/v1/campaigns HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 308"))

    def test_old_tls_is_not_spoken(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.load_verify_locations(f"{self.folder}/cert")
        old.set_ciphers("DEFAULT:@SECLEVEL=0")  # the client would
        with warnings.catch_warnings(action="ignore"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)), socket.create_connection(("127.0.0.1", self.https), timeout=10) as s:
            old.wrap_socket(s, server_hostname="localhost")

    def test_what_two_programs_could_read_differently_is_refused(self):
        for name, head, statuses in [
            ("two codings of a length", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", (400, 411)),
            ("a coding that hides", "Transfer-Encoding: xchunked\r\n", (400, 411, 422)),
            ("two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n", (400,)),
            ("a length with a sign", "Content-Length: +4\r\n", (400,)),
            ("two hosts", "Host: evil\r\nContent-Length: 4\r\n", (400,)),
            ("a blank before the colon", "Content-Length : 4\r\n", (400,)),
            ("a name that is no token", "X(a): 1\r\nContent-Length: 4\r\n", (400, 403)),
        ]:
            with self.subTest(name):
                smuggled = "GET /api/v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
                status, _, body = self.ask(f"POST /api/v1/campaigns HTTP/1.1\r\n{self.key(head)}\r\n{{}}\r\n{smuggled}")
                self.assertIn(status, statuses)
                self.assertNotIn("HTTP/1.1 ", body, "one request, one answer")
        self.assertNotIn("smuggled", self.log_of_the_api())

    def log_of_the_api(self):
        return text_of(self.stack.api_process.log)

    def test_metrics_are_not_for_the_world(self):
        self.assertEqual(self.ask(f"GET /metrics HTTP/1.1\r\n{self.key()}\r\n")[0], 404)

    def test_slow_clients_hold_nothing_of_the_api(self):
        """Many more of them than the API has threads, each a byte at a time; the others are served at once."""
        slow = [self.connect() for _ in range(SLOW_CLIENTS)]
        stop = threading.Event()

        def drip():
            parts = [f"POST /api/v1/campaigns HTTP/1.1\r\n{self.key('Content-Length: 900')}\r\n", "x" * 900]
            text = "".join(parts).encode()
            for i in range(len(text)):
                if stop.wait(0.2):
                    return
                for s in slow:
                    try:
                        s.send(text[i:i + 1])
                    except OSError:
                        pass
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            time.sleep(1)  # they are at it
            worst = 0
            for _ in range(40):
                began = time.monotonic()
                self.assertEqual(self.ask(f"GET /api/v1/campaigns HTTP/1.1\r\n{self.key()}\r\n")[0], 200)
                worst = max(worst, time.monotonic() - began)
            self.assertLess(worst, 2)
        finally:
            stop.set()
            dripping.join()
            for s in slow:
                s.close()

    def test_an_import_of_many_megabytes_streams_through(self):
        rows = "phone\n" + "".join(f"+39349{i:07d}\n" for i in range(100_000))
        status, _, body = self.ask(f"POST /api/v1/compliance/dnc/bulk-import HTTP/1.1\r\n"
                                   f"{self.key(f'Content-Type: text/csv{chr(13)}{chr(10)}Content-Length: {len(rows)}{chr(13)}{chr(10)}')}\r\n{rows}")
        self.assertEqual(status, 200, body[:500])
        self.assertEqual(json.loads(body)["imported"], 100_000)

    def test_an_import_is_waited_for_when_others_no_longer_are(self):
        """With a second for others: the tenant's list is another's for three."""
        impatient, port = f"{self.folder}/impatient.cfg", free_port()
        with open(impatient, "w") as f:
            f.write(text_of(CONFIG).replace("timeout server 65s", "timeout server 1s"))
        self.start_front(impatient, port, free_port())
        names = f"dnc-file:{self.stack.tenant}", f"{self.stack.tenant}:+393480000001"
        locks = ", ".join(f"pg_advisory_lock(hashtextextended('{name}', 0))" for name in names)
        other = threading.Thread(target=self.stack.sql, args=(f"SELECT {locks}, pg_sleep(3)",))
        other.start()
        self.addCleanup(other.join)
        wait_for("the locks are another's", lambda: self.stack.number(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") >= 2)
        for path, kind, sent, expected in (("dnc", "application/json", '{"e164": "+393480000001"}', 504),
                                           ("dnc/bulk-import", "text/csv", "+393480000002\n", 200)):
            head = self.key(f"Content-Type: {kind}\r\nContent-Length: {len(sent)}\r\n")
            self.assertEqual(self.ask(f"POST /api/v1/compliance/{path} HTTP/1.1\r\n{head}\r\n{sent}", port)[0], expected, path)


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class UnitsTest(unittest.TestCase):
    def units(self):
        return sorted(os.listdir(UNITS))

    def test_systemd_understands_every_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for unit in self.units():
                with open(f"{folder}/{unit}", "w") as f:
                    f.write(re.sub("/usr/local/bin/", f"{BUILD}/", text_of(f"{UNITS}/{unit}")))
            said = run("systemd-analyze", "verify", *[f"{folder}/{u}" for u in self.units()])
            self.assertEqual([line for line in said.stderr.splitlines() if folder in line or "agoralia" in line], [])

    def test_each_is_closed_enough(self):
        for unit in self.units():
            with self.subTest(unit):
                said = run("systemd-analyze", "security", "--offline=yes", f"{UNITS}/{unit}").stdout
                self.assertLessEqual(float(re.search(r"exposure level for \S+: ([\d.]+)", said).group(1)), EXPOSURE_MOST)

    def test_both_programs_say_when_they_are_ready_and_when_they_stop(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(f"{folder}/notify")
            heard.settimeout(20)
            with Stack(workers=1, env={"NOTIFY_SOCKET": f"{folder}/notify"}) as s:
                self.assertEqual([heard.recv(64), heard.recv(64)], [b"READY=1"] * 2)
                s.workers[0].stop()
                s.api_process.stop()
                self.assertEqual([heard.recv(64), heard.recv(64)], [b"STOPPING=1"] * 2)

    def allowed(self, unit):
        """The system calls that the unit's filter lets through."""
        names = set()
        for line in re.findall(r"^SystemCallFilter=(.*)$", text_of(f"{UNITS}/{unit}"), re.M):
            without, words = line.startswith("~"), line.lstrip("~").split()
            for word in words:
                members = self.members(word) if word.startswith("@") else {word}
                names = names - members if without else names | members
        return names

    def members(self, group):
        lines = [line.strip() for line in run("systemd-analyze", "syscall-filter", group).stdout.splitlines()[1:]]
        names = {line for line in lines if line and not line.startswith(("#", "@"))}
        for inner in (line for line in lines if line.startswith("@")):
            names |= self.members(inner)
        return names

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_the_filters_let_through_what_the_programs_do(self):
        """A campaign under strace: whatever API, worker and diallers ask of the kernel is in their unit's list."""
        with tempfile.TemporaryDirectory() as folder:
            self.trace_a_campaign(folder)
            for unit in self.units():
                with self.subTest(unit):
                    program = re.search(r"ExecStart=/usr/local/bin/(\S+)", text_of(f"{UNITS}/{unit}")).group(1)
                    used = set(re.findall(r"^\d+\s+(?:<\.\.\. )?(\w+)(?:\(| resumed)", text_of(f"{folder}/{program}"), re.M))
                    self.assertGreater(len(used), 20)
                    self.assertEqual(sorted(used - self.allowed(unit)), [])

    def trace_a_campaign(self, folder):
        class Traced(Stack):
            """strace -D is the traced one's child: what is stopped is the program itself."""

            def spawn(self, name, argv):
                program = os.path.basename(argv[0])
                if program in ("agoralia-api", "agoralia-worker"):
                    argv = ["strace", "-D", "-f", "-qq", "-o", f"{folder}/{program}", "-e", "signal=none", *argv]
                return super().spawn(name, argv)

        with Traced(workers=1) as s:
            s.let_everybody_be_called()
            s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
            campaign = s.api("POST", "/api/v1/campaigns", {"name": "traced", "agent_id": "agent_abc123", "spacing_seconds": 0,
                                                           "from_number": "+390212345678"}, 201)["id"]
            s.api("POST", "/api/v1/leads", {"campaign_id": campaign, "name": "One", "consent_status": "granted",
                                            "phone": "+393492000000"}, 201)
            s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
            wait_for("it is called", lambda: s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"] == 1, 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
