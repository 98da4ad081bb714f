"""bench_dry_run - a dry run over 100,000 leads, as rows "name | ours | goal | peer".

usage: BUILD=build/release python3 tests/bench/bench_dry_run.py

The leads are of many countries, with lists, consents and a campaign window and override, so that what would free
them is asked about too.  Exits 1 when a goal is missed.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from stack import Stack, request  # noqa: E402

LEADS, SECONDS, GROWTH_KB = 100_000, 10, 48 * 1024

MAKE = f"""
    INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status, consent_basis, consent_date,
                       consent_source, consent_channels, metadata)
    SELECT 1, %s, 'n', c.prefix || c.first + i, c.iso,
           (ARRAY['granted', 'granted', 'granted', 'unknown', 'denied', 'expired'])[1 + i %% 6], 'consent',
           '2026-11-01'::timestamptz - i %% 300 * interval '1 day', 'form', '["automated_voice", "artificial_voice"]',
           CASE WHEN i %% 5 = 0 THEN '{{"segment": "b2b"}}'::jsonb END
      FROM generate_series(1, {LEADS}) i
      JOIN (VALUES (0, 'IT', '+39349', 1000000), (1, 'FR', '+336', 12000000), (2, 'DE', '+4915', 123000000),
                   (3, 'ES', '+346', 12000000), (4, 'GB', '+447400', 100000), (5, 'US', '+1212', 2000000),
                   (6, 'US', '+1208', 5550000), (7, 'CA', '+1604', 2000000), (8, 'AU', '+614', 12000000),
                   (9, 'IN', '+91', 9800000000)) c (n, iso, prefix, first) ON c.n = i %% 10;
    INSERT INTO dnc_entries (tenant_id, e164) SELECT 1, phone FROM leads WHERE id %% 10 = 0;
    INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at)
    SELECT DISTINCT 1, l.phone, r.name, '2026-12-14'::timestamptz
      FROM leads l
      JOIN (SELECT DISTINCT country_iso, extended -> 'dnc' ->> 'registry' AS name FROM platform_country_rules) r
        ON r.country_iso = l.country_iso AND r.name IS NOT NULL
     WHERE l.id %% 2 = 0"""


def peak_kb(pid, field="VmHWM"):
    with open(f"/proc/{pid}/status") as f:
        return int(next(line for line in f if line.startswith(field)).split()[1])


def main():
    missed = []
    with Stack(workers=0, env={"LOG_LEVEL": "warning"}) as s:
        campaign = s.api("POST", "/api/v1/campaigns", {
            "name": "bench", "from_number": "+390212345678", "agent_id": "agent_abc123", "timezone": "Europe/Rome",
            "quiet_hours": "18:00-11:00", "country_rules_override": {"ES": {"quiet_hours": "12:00-09:30"}}}, 201)["id"]
        s.sql(MAKE % campaign)
        s.sql("VACUUM ANALYZE leads, dnc_entries, registry_scrubs")
        pid = s.api_process.child.pid
        before = peak_kb(pid, "VmRSS")
        start = time.monotonic()
        answer = request(s.url, "POST", f"/api/v1/campaigns/{campaign}/dry-run", b'{"at": "2026-12-15T11:00:00Z"}',
                         {"X-API-Key": s.key, "Content-Type": "application/json"}, timeout=120)
        seconds = time.monotonic() - start
        assert answer.status == 200, answer.body
        told = answer.json
        assert told["leads"] == LEADS and min(told["callable_now"], told["later"], told["never"]) > 0, told
        grown = peak_kb(pid) - before
        rows = [(f"dry run over {LEADS} leads, {told['never']} never, s", f"{seconds:.2f}", f"<= {SECONDS}", seconds <= SECONDS),
                ("memory it takes, MB", f"{grown / 1024:.0f}", f"<= {GROWTH_KB // 1024}", grown <= GROWTH_KB)]
        for name, ours, goal, good in rows:
            print(f"{name} | {ours} | {goal} | -")
            missed += [] if good else [name]
        print("#", {key: told[key] for key in told if key != "items"}, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
