"""bench_replay - 100,000 decisions made again after every rule has changed; prints rows "name | ours | goal | peer".

Leads of several countries are refused for many reasons by a real worker; then every rule is changed in place, and
agoralia replay --all and, from an exported file alone, agoralia ledger replay make each decision again.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
from stack import BUILD, Stack, wait_for  # noqa: E402

LEADS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000


def fill(s):
    s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
    campaign = s.api("POST", "/api/v1/campaigns", {"name": "bench", "agent_id": "agent_abc123", "spacing_seconds": 0,
                                                   "from_number": "+390212345678"}, 201)["id"]
    s.sql(f"""
        INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status, consent_date, metadata)
        SELECT {s.tenant}, {campaign}, 'L' || i, p.prefix || lpad(i::text, p.digits, '0'), p.country,
               (ARRAY['unknown', 'denied', 'expired', 'granted'])[1 + i % 4],
               CASE WHEN i % 3 = 0 THEN now() - i * interval '1 minute' END,
               CASE WHEN i % 5 = 0 THEN jsonb_build_object('segment', 'b2b', 'timezone', 'Europe/Paris') END
          FROM generate_series(1, {LEADS}) i
          JOIN (VALUES (0, 'IT', '+39349', 7), (1, 'DE', '+49151', 8), (2, 'US', '+1212', 7), (3, 'FR', '+3361', 7), (4, 'GB', '+44770', 7))
               p (n, country, prefix, digits) ON p.n = i % 5;
        ANALYZE leads""")
    s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
    wait_for("the execution is generated", lambda: s.number("SELECT count(*) FROM campaign_executions WHERE generated"), 120, 0.1)


def timed(command, env):
    began = time.monotonic()
    done = subprocess.run(command, env=env, text=True, capture_output=True)
    return time.monotonic() - began, done.stdout.splitlines()[-1] if done.stdout else done.stderr


def main():
    with Stack(workers=1, env={"LOG_LEVEL": "warning"}) as s:
        fill(s)
        decisions = s.number("SELECT count(*) FROM compliance_checks WHERE record IS NOT NULL")
        s.sql("UPDATE platform_country_rules SET extended = '{}', quiet_hours = '00:00-23:59', quiet_hours_enabled = true, "
              "require_explicit_consent = NOT require_explicit_consent, timezone = 'Asia/Tokyo'")
        seconds, said = timed([f"{BUILD}/agoralia", "replay", "--all", "--tenant", str(s.tenant)], s.env)
        print(f"decisions made again from the database, of {decisions}: {said}; s | {seconds:.1f} | all identical | -")
        wait_for("the ledger is sealed", lambda: s.number("SELECT count(*) FROM ledger_entries") >= decisions, 300, 1)
        with open(f"{s.dir}/ledger", "w") as out:
            subprocess.run([f"{BUILD}/agoralia", "ledger", "export", "--tenant", str(s.tenant)], env=s.env, stdout=out, check=True)
        for verb in ("verify", "replay"):
            seconds, said = timed([f"{BUILD}/agoralia", "ledger", verb, f"{s.dir}/ledger"], {"PATH": os.environ["PATH"]})
            print(f"ledger {verb}, {os.path.getsize(f'{s.dir}/ledger') >> 20} MB and nothing else: {said}; s | {seconds:.1f} | all | -")


if __name__ == "__main__":
    main()
