"""bench_dial - calls dialled per second through claim, request and record, and what they cost the worker.

Prints rows "name | ours | goal | peer" for scripts/bench.  The simulator, PostgreSQL and Redis share
the machine; a call is counted when the simulator's ledger has it.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from stack import Stack, wait_for  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
CASES = [
    # name, latency of the simulator in ms, rows, worker threads and diallers, goal per second, the peer's
    ("0 ms", 0, 20000, 24, 1000, "890-1200"),
    ("200 ms", 200, 16000, 280, 800, "77-1140"),
]


def simulator(latency):
    distribution = {"dist": "lognormal", "p50": latency, "p95": latency, "max": latency} if latency else \
        {"dist": "lognormal", "p50": 0, "p95": 0, "max": 0}
    return {
        "seed": 1, "time_scale": 1,
        "workspaces": [{
            "org_name": "Demo", "keys": [{"key": "key_demo", "webhook": True, "scopes": "all"}], "webhook_url": None,
            "concurrency_limit": 100000, "reserved_inbound": 0, "burst": False,
            "cps": {"twilio": 100000, "telnyx": 100000, "custom": 100000}, "card_on_file": True,
            "balance_cents": 100000000,
            "agents": [{"agent_id": "agent_abc123", "agent_name": "Demo IT", "version": 3, "is_published": True}],
            "numbers": [{"phone_number": "+390212345678", "type": "custom", "outbound": "agent_abc123"}]}],
        "api": {"latency_ms": distribution, "per_op": {"create_phone_call": distribution},
                "rate_limit": {"requests": 1000000, "window_ms": 1000},
                "faults": {"http_500": 0, "http_503": 0, "reset": 0, "reset_after_commit": 0, "html_502": 0}},
        # nobody hangs up while it is measured
        "telephony": {"ring_ms": {"p50": 600000, "p95": 600000}},
        "webhooks": {"lost": 1.0},
    }


def cpu_seconds(pid):
    """Of the process, its ended children and its living ones."""
    total = 0.0
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
        total += sum(int(x) for x in fields[11:15]) / TICKS
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children") as f:
                children = f.read().split()
        except OSError:
            continue
        total += sum(cpu_seconds(int(c)) for c in children)
    return total


def fill(s, rows):
    """A running campaign whose rows are due now, generated already."""
    s.let_everybody_be_called()
    s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
    campaign = s.api("POST", "/api/v1/campaigns", {
        "name": "bench", "agent_id": "agent_abc123", "from_number": "+390212345678", "spacing_seconds": 0}, 201)["id"]
    s.sql(f"""
        INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status)
        SELECT {s.tenant}, {campaign}, 'Lead ' || i, '+39349' || (2000000 + i), 'IT', 'granted'
          FROM generate_series(1, {rows}) i;
        UPDATE campaigns SET status = 'running' WHERE id = {campaign};
        INSERT INTO campaign_executions (tenant_id, campaign_id, cursor_lane, status, generated, started_at)
        VALUES ({s.tenant}, {campaign}, {campaign}, 'running', true, now());
        INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, to_number, scheduled_at)
        SELECT l.tenant_id, l.campaign_id, e.id, l.id, l.phone, now()
          FROM leads l JOIN campaign_executions e ON e.campaign_id = l.campaign_id;
        UPDATE provider_limits SET concurrency_limit = 100000;
        ANALYZE""")


def measure(latency, rows, threads):
    env = {"WORKER_THREADS": str(threads), "DIALLERS": str(threads), "TENANT_MAX_LIVE_CALLS": "100000",
           "CALL_POLL_SECONDS": "3600", "LOG_LEVEL": "warning", "CLAIM_TIMEOUT_SECONDS": "60"}
    with Stack(sim=simulator(latency), workers=0, env=env) as s:
        fill(s, rows)
        worker = s.start_worker()

        def placed():
            return s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"]

        wait_for("the first calls are placed", lambda: placed() > rows // 10, 60, 0.02)
        began, first, cpu = time.monotonic(), placed(), cpu_seconds(worker.child.pid)
        wait_for("nearly all calls are placed", lambda: placed() > rows * 9 // 10, 120, 0.05)
        seconds, n = time.monotonic() - began, placed() - first
        cost = cpu_seconds(worker.child.pid) - cpu
        if s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"]:
            raise AssertionError("a row was dialled twice")
        return n / seconds, cost / n * 1000


def main():
    for name, latency, rows, threads, goal, peer in CASES:
        if len(sys.argv) > 1 and sys.argv[1] != name:
            continue
        rate, cost = measure(latency, rows, threads)
        print(f"dials/s, provider {name} | {rate:.0f} | >= {goal} | {peer}", flush=True)
        print(f"worker CPU per dial (ms), provider {name} | {cost:.3f} | <= 0.2 | 0.65-1.05", flush=True)


if __name__ == "__main__":
    main()
