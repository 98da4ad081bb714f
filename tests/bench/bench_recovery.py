"""bench_recovery - how soon the product works again, as rows "name | ours | goal | peer".

usage: BUILD=build/release python3 tests/bench/bench_recovery.py [restart] [flush]

restart  PostgreSQL restarted (fast, immediate) and away for some seconds: from the moment its own log says
         that it accepts connections to the first write through the API, and to the first claim of a worker
flush    FLUSHALL under a running campaign: until the simulator's ledger shows the former rate of placed calls
Without arguments both.  Settings are the product's defaults.  The worst of the rounds counts.
"""
import bisect
import datetime
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from bench_dial import fill, simulator  # noqa: E402
from stack import Stack, request, wait_for  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "5"))
AWAY_SECONDS = [4, 10.2, 15.6, 21]  # what waits for it gives up after five, and pauses before it waits again
WINDOW_SECONDS = 2
DEFAULTS = {"CLAIM_TIMEOUT_SECONDS": "30", "DISPATCH_POLL_MS": "1000", "QUEUE_HEARTBEAT_TIMEOUT_MS": "60000",
            "QUEUE_MAINTENANCE_MS": "15000", "CALL_POLL_SECONDS": "15", "RECONCILE_WINDOW_SECONDS": "600",
            "LOG_LEVEL": "warning"}


def pg_ctl(s, *args):
    pg = sorted(os.listdir("/usr/lib/postgresql"))[-1]
    argv = [f"/usr/lib/postgresql/{pg}/bin/pg_ctl", "-D", f"{s.dir}/pg", "-w", "-l", f"{s.dir}/pg/server.log", *args]
    if os.getuid() == 0:
        argv = ["runuser", "-u", "postgres", "--", *argv]
    subprocess.run(argv, check=True, capture_output=True, cwd="/")


def accepts_since(s):
    """When, in seconds, the server last said that it takes connections."""
    with open(f"{s.dir}/pg/server.log") as f:
        found = re.findall(r"^(\S+ \S+) UTC .*database system is ready to accept connections", f.read(), re.M)
    return datetime.datetime.fromisoformat(found[-1]).replace(tzinfo=datetime.timezone.utc).timestamp()


class Writer(threading.Thread):
    """A client that makes leads, one after the other, and keeps when each was answered with 201."""

    def __init__(self, s):
        super().__init__(daemon=True)
        self.s, self.over, self.good, self.serial = s, False, [], 0

    def run(self):
        while not self.over:
            self.serial += 1
            body = {"name": "Ada", "phone": f"+39347{self.serial:07d}", "country_iso": "IT"}
            try:
                answer = self.s.call("POST", "/api/v1/leads", body)
            except (OSError, http.client.HTTPException):
                continue
            if answer.status == 201:
                self.good.append(time.time())
            time.sleep(0.005)

    def first_after(self, instant):
        i = bisect.bisect(self.good, instant)
        return self.good[i] if i < len(self.good) else None


def first_claim_after(s, instant):
    """The commit of the first claim; its compliance check is never changed, so its xmin tells."""
    at = s.sql(f"""SELECT extract(epoch FROM min(pg_xact_commit_timestamp(xmin))) FROM compliance_checks
                    WHERE checked_at > to_timestamp({instant:.6f})""")[0][0]
    return float(at) if at else None


def one_restart(s, writer, mode, away):
    pg_ctl(s, "-m", mode, "stop")
    time.sleep(away)
    pg_ctl(s, "start")
    since = accepts_since(s)
    written = wait_for("the API writes again", lambda: writer.first_after(since), 60, 0.01)
    claimed = wait_for("a worker claims again", lambda: first_claim_after(s, since), 60, 0.2)
    return (written - since) * 1000, (claimed - since) * 1000


def print_row(name, ours, goal):
    print(f"{name} | {ours} | <= {goal} | -", flush=True)


def restart():
    """A hundred starts a second, never held up by a limit: a claim is always due."""
    env = {**DEFAULTS, "TENANT_MAX_LIVE_CALLS": "100000", "PROVIDER_STARTS_PER_SECOND": "100", "CALL_POLL_SECONDS": "3600"}
    with Stack(sim=simulator(0), workers=0, env=env) as s:
        s.sql("ALTER SYSTEM SET log_timezone = 'UTC'")
        s.sql("SELECT pg_reload_conf()")
        fill(s, 40000)
        s.start_worker()
        writer = Writer(s)
        writer.start()
        for mode, name, outages in (("fast", "fast restart", [0] * ROUNDS), ("immediate", "immediate restart", [0] * ROUNDS),
                                    ("fast", f"away {AWAY_SECONDS[0]} to {AWAY_SECONDS[-1]} s", AWAY_SECONDS)):
            took = []
            for away in outages:
                before = s.number("SELECT count(*) FROM call_attempts")
                wait_for("calls are claimed", lambda: s.number("SELECT count(*) FROM call_attempts") > before + 50, 60)
                time.sleep(1)
                took.append(one_restart(s, writer, mode, away))
            print_row(f"PostgreSQL {name}: first REST write, ms", f"{max(t[0] for t in took):.0f}", 250)
            print_row(f"PostgreSQL {name}: first claim, ms", f"{max(t[1] for t in took):.0f}", 250)
        writer.over = True
        writer.join()
        if s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"]:
            raise AssertionError("a row was dialled twice")


class Ledger:
    """When, in seconds, each call was placed."""

    def __init__(self, s):
        self.s, self.after, self.placed = s, 0, []

    def read(self):
        while True:
            lines = request(self.s.control_url, "GET", f"/sim/ledger?after={self.after}&limit=1000").body.splitlines()
            if not lines:
                return self.placed
            calls = [json.loads(line) for line in lines]
            self.placed += [c["created_ms"] / 1000 for c in calls]
            self.after = calls[-1]["seq"]

    def rate(self, until):
        """Calls per second in the window that ends then."""
        return (bisect.bisect(self.placed, until) - bisect.bisect(self.placed, until - WINDOW_SECONDS)) / WINDOW_SECONDS


def flushed():
    """Requests of half a second, so that most slots are held by messages which wait for a worker when Redis forgets."""
    config = simulator(500)
    config["time_scale"] = 20
    config["api"]["per_op"]["create_phone_call"] = {"p50": 500 * 20, "p95": 600 * 20, "max": 1000 * 20}
    config["telephony"] = {"ring_ms": {"p50": 5000, "p95": 10000}, "talk_ms": {"p50": 20000, "p95": 40000}}
    config["outcomes"] = {"agent_hangup": 1.0}
    config["webhooks"] = {"lost": 0}
    with Stack(sim=config, workers=2, env={**DEFAULTS, "TENANT_MAX_LIVE_CALLS": "200"}) as s:
        fill(s, 40000)
        ledger = Ledger(s)
        wait_for("calls are placed", lambda: len(ledger.read()) > 400, 60)
        time.sleep(15)
        ledger.read()
        before = sum(ledger.rate(time.time() - i) for i in range(10)) / 10
        for name, times in (("FLUSHALL", 1), ("FLUSHALL 60 times in 3 s", 60)):
            for _ in range(times):
                s.redis("FLUSHALL")
                began = time.time()
                time.sleep(0.05 if times > 1 else 0)
            wait_for("the calls of before are placed again", lambda: time.time() > began + WINDOW_SECONDS and
                     bool(ledger.read()) and ledger.rate(time.time()) >= 0.9 * before, 120, 0.2)
            print_row(f"{name}: to 90 % of {before:.0f} calls/s, s", f"{time.time() - began:.1f}", 60)
        if s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"]:
            raise AssertionError("a row was dialled twice")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["restart", "flush"]:
        {"restart": restart, "flush": flushed}[name]()
