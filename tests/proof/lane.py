"""lane - one product of its own with a healthy API and worker, and victims beside them.

A victim runs under killat.so: it shares one page with us that says when to
count, where to strike and how.  Standard library only.
"""
import hashlib
import hmac
import http.client
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from stack import BUILD, LENIENT_LAW, Process, Stack, request, wait_for  # noqa: E402

MODES = ["count", "before", "after", "half", "stop"]
NUMBER, AGENT, KEY = "+390212345678", "agent_abc123", "key_demo"
# What running workers have locked, and the turn to dispatch (dispatch_turn), which stopped ones keep for a while too.
IN_HAND = """SELECT count(*) FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory'
              WHERE a.pid <> pg_backend_pid() AND a.datname = current_database()
                AND (l.objid = 4207849485 OR a.xact_start > clock_timestamp() - interval '1 second'
                                             AND (a.backend_xid IS NOT NULL OR l.objid IS NOT NULL))"""
HOLD_SECONDS = 25
FAULTS = ["http_500", "http_503", "reset", "reset_after_commit", "html_502", "hang"]


def family(pid):
    """A process and those it started, and those they started."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [pid, *[d for c in f.read().split() for d in family(int(c))]]
    except OSError:
        return [pid]


def sim_config(faults=0.0, seed=7, lost=0.0):
    """Calls of some hundred milliseconds; `faults` is the share of requests that go wrong, `lost` of webhooks."""
    share = faults / len(FAULTS)
    return {
        "seed": seed, "time_scale": 200,
        "workspaces": [{
            "org_name": "Demo", "keys": [{"key": KEY, "webhook": True, "scopes": "all"}], "webhook_url": None,
            "concurrency_limit": 10000, "reserved_inbound": 0, "burst": False,
            "cps": {"twilio": 10000, "telnyx": 10000, "custom": 10000}, "card_on_file": True,
            "balance_cents": 1000000000,
            "agents": [{"agent_id": AGENT, "agent_name": "Demo IT", "version": 3, "is_published": True}],
            "numbers": [{"phone_number": NUMBER, "type": "custom", "outbound": AGENT}]}],
        "outcomes": {"user_hangup": 1},
        "api": {"latency_ms": {"dist": "lognormal", "p50": 2, "p95": 5, "max": 20},
                "per_op": {"create_phone_call": {"p50": 3, "p95": 8}},
                "rate_limit": {"requests": 100000000, "window_ms": 1000},
                "faults": {"http_429": 0, "http_402": 0, **{name: share for name in FAULTS}}},
        "webhooks": {"timeout_ms": 2000, "retries": 3, "retry_gap_ms": [50, 100, 200], "duplicate": 0.02,
                     "out_of_order": 0.02, "lost": lost, "extra_delay_ms": {"p": 0, "ms": 0},
                     "bad_signature": 0, "stale_signature": 0, "transcript_updates": False},
    }


class Page:
    """struct control of killat.c."""

    HEAD = struct.Struct("<12I128s")

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.truncate(self.HEAD.size + 3072)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def set(self, mode, k, mark, child=False, hands_over=False, armed=True):
        """k: a number, or a letter and a number, which then counts the calls of that letter."""
        kind, number = (0, int(k)) if str(k).isdigit() else (ord(k[0]), int(k[1:]))
        self.HEAD.pack_into(self.map, 0, MODES.index(mode), number, child, 0, 0, 0, 0, hands_over, kind, 0, 0, 0, mark.encode())
        if armed:
            self.map[12:16] = struct.pack("<I", 1)

    def get(self, index):
        return struct.unpack_from("<I", self.map, 4 * index)[0]

    started = property(lambda self: self.get(4))
    count = property(lambda self: self.get(5))
    fired = property(lambda self: self.get(6))
    pid = property(lambda self: self.get(9))
    over = property(lambda self: self.get(10))
    company = property(lambda self: self.get(11))

    @property
    def calls(self):
        """One letter for each counted call."""
        return self.map[self.HEAD.size:self.HEAD.size + min(self.count, 3072)].decode()

    def close(self):
        self.map.close()
        self.file.close()
        os.unlink(self.path)


class Whole(http.client.HTTPConnection):
    """Sends a request in one piece: it is then read in as many as its reader likes, and always the same."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pieces = b""

    def send(self, data):
        self.pieces += data

    def getresponse(self):
        super().send(self.pieces)
        return super().getresponse()


class Psql:
    """One session for many questions; a process for each would cost more than the questions."""

    def __init__(self, url):
        self.child = subprocess.Popen(["psql", url, "-XAtq", "-F", "\t"], stdin=subprocess.PIPE, text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lock = threading.Lock()

    def rows(self, text):
        with self.lock:
            self.child.stdin.write(text + ";\n\\echo --end--\n")
            self.child.stdin.flush()
            out = []
            for line in self.child.stdout:
                if line == "--end--\n":
                    return out
                if line.startswith("ERROR:"):
                    raise AssertionError(f"{line}{text}")
                out.append(line.rstrip("\n").split("\t"))
            raise AssertionError("psql ended")

    def close(self):
        self.child.stdin.close()
        self.child.wait()


class Lane(Stack):
    """with Lane() as lane: ...; many sessions are allowed, for stopped victims keep theirs."""

    prefix = "proof."

    def __init__(self, serial=1, faults=0.0, workers=1, lost=0.0, env=None):
        super().__init__(sim_config(0, serial), workers, {
            # Rows whose workers are killed by somebody else look like those that kill them.
            "QUEUE_MAX_CRASHES": "100",
            "RECONCILE_WINDOW_SECONDS": "2", "CLAIM_TIMEOUT_SECONDS": "2", "DISPATCH_POLL_MS": "50",
            "PROVIDER_TIMEOUT_MS": "1500", "TENANT_MAX_LIVE_CALLS": "50000", "CALL_POLL_SECONDS": "2",
            "WORKER_SHUTDOWN_MS": "2000", "HTTP_THREADS": "16", **(env or {})})
        self.which, self.phones, self.numbers, self.psql, self.pages = serial, 0, 0, None, 0
        self.stopped, self.leaving, self.faults, self.lost = [], [], faults, lost

    def start_sim(self):
        self.sql("ALTER SYSTEM SET max_connections = 900")
        self.services("stop")
        self.services("start")
        super().start_sim()

    def start(self):
        super().start()
        self.psql = Psql(self.owner_url)
        self.psql.rows(LENIENT_LAW)
        self.api("POST", "/api/v1/numbers", {"e164": NUMBER}, 201)
        self.tell_sim(self.faults)

    def tell_sim(self, faults):
        changed = sim_config(faults, lost=self.lost)
        self.control("POST", "/sim/config", {name: changed[name] for name in ("api", "webhooks")})

    def call(self, method, path, body=None, key=None, **headers):
        """As a client that is told to come back in a moment."""
        until = time.monotonic() + 30
        while True:
            answer = super().call(method, path, body, key, **headers)
            if answer.status != 503 or time.monotonic() > until:
                return answer
            time.sleep(0.05)

    def rows(self, text):
        return self.psql.rows(text)

    def value(self, text):
        found = self.psql.rows(text)
        return int(found[0][0] or 0) if found else 0

    def phone(self):
        """A phone nobody has been called at; its ending means nothing to the simulator."""
        self.phones += 1
        if self.phones % 10000 < 100:
            self.phones += 100
        return f"+3934{self.which}{self.phones:07d}"

    def campaign(self, leads, **fields):
        """A draft with that many leads; returns its id and their phones."""
        made = self.api("POST", "/api/v1/campaigns", {"name": "proof", "agent_id": AGENT, "from_number": NUMBER,
                                                      "spacing_seconds": 0, "retry_policy": {"max_attempts": 1}, **fields}, 201)["id"]
        phones = [self.phone() for _ in range(leads)]
        if phones:
            answer = self.call("POST", f"/api/v1/leads/bulk-import?campaign_id={made}", self.csv(phones),
                               **{"Content-Type": "text/csv"})
            if answer.status != 200:
                raise AssertionError(answer.body)
        return made, phones

    def from_number(self):
        """A caller id that nobody has; the provider does not know it either."""
        self.numbers += 1
        return f"+3906{self.which}{self.numbers:06d}"

    def provider(self, method, path, body=None):
        answer = request(self.sim_url, method, path, json.dumps(body) if body else None,
                         {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {answer.body}")

    def own(self, e164):
        self.provider("POST", "/import-phone-number", {"phone_number": e164, "termination_uri": "sip.example"})

    @staticmethod
    def csv(phones):
        rows = [f"Lead {p},{p},IT,yes,2026-01-01T00:00:00Z,form" for p in phones]
        return "\n".join(["name,phone,country,consent,consent_date,consent_source", *rows])

    def lead(self, **fields):
        """A lead of no campaign who may be called; returns the body of a call to it, and its id."""
        phone = self.phone()
        made = self.api("POST", "/api/v1/leads", {"name": "Ada", "phone": phone, "country_iso": "IT", "consent_status": "granted",
                                           "consent_date": "2026-01-01T00:00:00Z", "consent_source": "form", **fields}, 201)
        return {"to_number": phone, "from_number": NUMBER, "agent_id": AGENT, "metadata": {"lead_id": made["id"]}}, made["id"]

    def next_id(self, table):
        """The id the next row will have; nobody else makes rows while we look."""
        return self.value(f"SELECT coalesce(pg_sequence_last_value('{table}_id_seq'), 0) + 1")

    def victim(self, program, child=False, hands_over=False, queue=None):
        """A process under killat.so, up and not yet armed."""
        self.serial += 1
        self.pages += 1
        page = Page(f"{self.dir}/page{self.pages}")
        page.set("count", 0, "", child, hands_over, armed=False)
        env = {**self.env, "LD_PRELOAD": f"{BUILD}/proof/killat.so", "KILLAT": page.path,
               "WORKER_THREADS": "1", "DIALLERS": "1"}
        if queue:
            env["WORKER_QUEUES"] = queue
        url = None
        if program == "agoralia-api":
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            url = f"http://127.0.0.1:{port}"
            env["HTTP_LISTEN"] = f"127.0.0.1:{port}"
        v = Process(f"victim{self.serial}", [f"{BUILD}/{program}"], env, f"{self.dir}/victim{self.serial}.log")
        v.page, v.url = page, url
        return v

    def healthy(self, go):
        """Let the workers that nobody harms any more run, or not."""
        for w in self.workers + self.leaving:
            w.child.send_signal(signal.SIGCONT if go else signal.SIGSTOP)

    def hold(self):
        """Hold them, but with nothing in hand that the victim would wait for."""
        until = time.monotonic() + HOLD_SECONDS
        while True:
            self.healthy(False)
            time.sleep(0.005)  # what they asked for last is answered
            if not self.value(IN_HAND) or time.monotonic() > until:
                return
            self.healthy(True)
            time.sleep(0.01)

    def part(self, v):
        """Nothing more is wanted of this victim."""
        v.stop(signal.SIGKILL)
        v.page.close()
        os.unlink(v.log)

    def ask(self, url, method, path, body=None, timeout=2, **headers):
        """The answer, or None when there was none."""
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            return request(url, method, path, body, {"X-API-Key": self.key, **headers}, timeout, Whole)
        except (OSError, http.client.HTTPException):
            return None

    def ledger(self):
        """Every call ever placed."""
        out, after = [], 0
        while True:
            text = request(self.control_url, "GET", f"/sim/ledger?after={after}").body.decode()
            lines = [json.loads(line) for line in text.splitlines()]
            if not lines:
                return out
            out += lines
            after = lines[-1]["seq"]

    @staticmethod
    def signature(body):
        stamp = str(int(time.time() * 1000))
        return f"v={stamp},d={hmac.new(KEY.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()}"

    def __exit__(self, *how):
        if getattr(self, "dir", None):
            for v in self.stopped + self.leaving:
                v.stop(signal.SIGKILL)
            self.healthy(True)
            self.stopped = self.leaving = []
            if self.psql:
                self.psql.child.kill()
        super().__exit__(*how)


__all__ = ["Lane", "family", "MODES", "NUMBER", "AGENT", "KEY", "wait_for"]
