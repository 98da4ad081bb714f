"""bench_product - the figures of the running product, as rows "name | ours | goal | peer".

usage: BUILD=build/release python3 tests/bench/bench_product.py [calls] [start]

calls   GET /calls?limit=25 over 1,000,000 calls of 50 tenants, 32 connections
start   start_campaign_execution over 100,000 leads with compliance
Without arguments both.  Exits 1 when a goal is missed.  Everything (PostgreSQL, Redis,
simulator, load) runs on this machine, so rates are for the machine as a whole.
"""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from stack import Stack, wait_for  # noqa: E402

CALLS, TENANTS, LEADS = 1_000_000, 50, 100_000
rows, missed = [], []


def row(name, ours, goal, ok):
    rows.append((name, ours, goal, "-"))
    if not ok:
        missed.append(name)


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sim_config():
    return {"time_scale": 60, "workspaces": [{
        "org_name": "Demo", "keys": [{"key": "key_demo", "webhook": True, "scopes": "all"}],
        "concurrency_limit": 100000, "cps": {"twilio": 0, "telnyx": 0, "custom": 0}, "balance_cents": 1e12,
        "agents": [{"agent_id": "agent_abc123", "agent_name": "Bench", "version": 1, "is_published": True}],
        "numbers": [{"phone_number": "+390212345678", "type": "custom", "outbound": "agent_abc123"}]}],
        "api": {"latency_ms": {"dist": "lognormal", "p50": 1, "p95": 2, "max": 5}, "per_op": {},
                "rate_limit": {"requests": 0, "window_ms": 1000}, "faults": {}}}


def seed_calls(s):
    s.sql(f"""
        SET session_replication_role = replica; -- a million rows at once: totals are counted afterwards
        INSERT INTO tenants (name) SELECT 'bench ' || i FROM generate_series(2, {TENANTS}) i;
        INSERT INTO calls (tenant_id, call_id, campaign_id, direction, status, outcome, to_number, from_number, agent_id,
                           provider_call_id, duration_seconds, started_at, ended_at, created_at)
        SELECT 1 + i % {TENANTS}, 'call_' || lpad(i::text, 26, '0'), 1 + i % 7,
               'outbound', (ARRAY['completed', 'failed', 'canceled'])[1 + i % 3],
               'answered', '+39349' || lpad((i % 10000000)::text, 7, '0'), '+390212345678', 'agent_abc123', 'p' || i, 60,
               now() - i * interval '1 second', now() - i * interval '1 second', now() - i * interval '1 second'
          FROM generate_series(1, {CALLS}) i;
        INSERT INTO call_totals SELECT tenant_id, campaign_id, '', 0, count(*) FROM calls GROUP BY 1, 2;
        INSERT INTO call_totals SELECT tenant_id, campaign_id, status, 0, count(*) FROM calls GROUP BY 1, 2, 3""")
    s.sql("VACUUM ANALYZE calls, call_totals")


def load(s, path):
    """Requests per second, p99 in ms, API CPU in microseconds per request."""
    pid = s.api_process.child.pid
    command = ["wrk", "-t2", "-c32", "--latency", "-H", f"X-API-Key: {s.key}", s.url + path]
    subprocess.run([*command, "-d2s"], capture_output=True, check=True)
    before = cpu_seconds(pid)
    out = subprocess.run([*command, "-d8s"], capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(pid) - before
    assert "Non-2xx" not in out, out
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    p99 = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), p99, used / requests * 1e6


def bench_calls():
    with Stack(sim=sim_config(), workers=0, env={"LOG_LEVEL": "warning"}) as s:
        seed_calls(s)
        for name, path in [("no filter", "/api/v1/calls?limit=25"),
                           ("by status", "/api/v1/calls?limit=25&status=failed"),
                           ("by campaign", "/api/v1/calls?limit=25&campaign_id=3")]:
            rate, p99, cpu = load(s, path)
            row(f"GET /calls, {name}: requests/s", f"{rate:.0f}", ">= 6000", rate >= 6000)
            row(f"GET /calls, {name}: p99 ms", f"{p99:.1f}", "<= 20", p99 <= 20)
            row(f"GET /calls, {name}: API CPU us/request", f"{cpu:.1f}", "<= 25", cpu <= 25)


def bench_start():
    with Stack(sim=sim_config(), workers=1, env={"LOG_LEVEL": "warning", "TENANT_MAX_LIVE_CALLS": "20"}) as s:
        s.sql("UPDATE platform_country_rules SET quiet_hours = '03:00-03:01', extended = '{}'")
        s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
        campaign = s.api("POST", "/api/v1/campaigns", {"name": "bench", "agent_id": "agent_abc123", "spacing_seconds": 0,
                                                       "from_number": "+390212345678"}, 201)["id"]
        s.sql(f"""INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status)
                  SELECT {s.tenant}, {campaign}, 'L' || i, '+39349' || lpad(i::text, 7, '0'), 'IT',
                         CASE WHEN i % 20 = 0 THEN 'denied' ELSE 'granted' END FROM generate_series(1, {LEADS}) i;
                  INSERT INTO dnc_entries (tenant_id, e164) SELECT {s.tenant}, '+39349' || lpad(i::text, 7, '0')
                    FROM generate_series(1, {LEADS}, 50) i;
                  ANALYZE leads; ANALYZE dnc_entries""")
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        wait_for("the execution is generated",
                 lambda: s.number("SELECT count(*) FROM campaign_executions WHERE generated"), 60, 0.2)
        seconds = float(s.sql("""SELECT extract(epoch FROM max(s.created_at) FILTER (WHERE s.parent_id IS NULL) - min(e.started_at))
                                   FROM campaign_executions e JOIN scheduled_calls s ON s.execution_id = e.id""")[0][0])
        first = float(s.sql("""SELECT extract(epoch FROM min(a.created_at) - min(c.started_at)) * 1000
                                 FROM call_attempts a, campaigns c""")[0][0])
        count = s.number("SELECT count(*) FROM scheduled_calls WHERE parent_id IS NULL")
        refused = s.number("SELECT count(*) FROM scheduled_calls WHERE status = 'canceled' AND parent_id IS NULL")
        assert count == LEADS and refused > LEADS * 0.05, (count, refused)
        row(f"start over {LEADS} leads, {refused} refused, s", f"{seconds:.2f}", "<= 2", seconds <= 2)
        row("first intent after the start, ms", f"{first:.0f}", "<= 500", first <= 500)


if __name__ == "__main__":
    for name in sys.argv[1:] or ["start", "calls"]:
        {"calls": bench_calls, "start": bench_start}[name]()
    for r in rows:
        print(" | ".join(r))
    sys.exit(1 if missed else 0)
