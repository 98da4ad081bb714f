"""The main job end to end: a thousand leads, a faulty provider, and everything else failing too.

The judge is always the simulator's own ledger against the database.
"""
import os
import random
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, wait_for  # noqa: E402

LEADS = 1000


def sim_config(faults):
    """Fast calls, two faults in a hundred requests, some webhooks lost, doubled and swapped."""
    share = 0.02 / 5 if faults else 0
    return {
        "seed": 7, "time_scale": 200,
        "workspaces": [{
            "org_name": "Demo", "keys": [{"key": "key_demo", "webhook": True, "scopes": "all"}], "webhook_url": None,
            "concurrency_limit": 200, "reserved_inbound": 0, "burst": False,
            "cps": {"twilio": 1000, "telnyx": 1000, "custom": 1000}, "card_on_file": True, "balance_cents": 100000000,
            "agents": [{"agent_id": "agent_abc123", "agent_name": "Demo IT", "version": 3, "is_published": True}],
            "numbers": [{"phone_number": "+390212345678", "type": "custom", "outbound": "agent_abc123"}]}],
        "api": {"latency_ms": {"dist": "lognormal", "p50": 5, "p95": 20, "max": 100},
                "per_op": {"create_phone_call": {"p50": 10, "p95": 30}},
                "rate_limit": {"requests": 1000000, "window_ms": 1000},
                "faults": {"http_500": share, "http_503": share, "http_429": 0, "http_402": 0, "reset": share,
                           "reset_after_commit": share, "hang": 0, "html_502": share}},
        "webhooks": {"timeout_ms": 10000, "retries": 3, "retry_gap_ms": [50, 100, 200], "duplicate": 0.05,
                     "out_of_order": 0.05, "lost": 0.02 if faults else 0, "extra_delay_ms": {"p": 0, "ms": 0},
                     "bad_signature": 0, "stale_signature": 0, "transcript_updates": False},
    }


class CampaignTest(unittest.TestCase):
    def begin(self, s):
        """A campaign over LEADS Italian leads, callable at any hour; returns its id."""
        s.let_everybody_be_called()
        s.insist("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
        campaign = s.insist("POST", "/api/v1/campaigns", {
            "name": "e2e", "agent_id": "agent_abc123", "from_number": "+390212345678", "spacing_seconds": 0,
            "retry_policy": {"max_attempts": 1}}, 201)["id"]
        rows = ["name,phone,country,consent,consent_date,consent_source"]
        # 0011 at the end would be the simulator's call that never ends
        rows += [f"Lead {i},+39349{2000000 + i * 7 + (i * 7 % 10000 == 11):07d},IT,yes,2026-01-01T00:00:00Z,form"
                 for i in range(LEADS)]
        answer = s.call("POST", f"/api/v1/leads/bulk-import?campaign_id={campaign}", "\n".join(rows),
                        **{"Content-Type": "text/csv"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.json["imported"], LEADS, answer.json)
        s.insist("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        return campaign

    def finish(self, s, campaign, seconds):
        def done():
            answer = s.call("GET", f"/api/v1/campaigns/{campaign}")
            return answer.status == 200 and answer.json["status"] == "completed" and answer.json
        try:
            return wait_for("the campaign is completed", done, seconds, 0.5)
        except AssertionError:
            print(s.sql("SELECT status, reason, count(*) FROM scheduled_calls GROUP BY 1, 2"))
            print(s.sql("SELECT state, evidence, count(*) FROM call_attempts GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20"))
            raise

    def judge(self, s, campaign):
        """Every lead ended; at most one placed call per scheduled call; statistics equal a recount."""
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual(ledger["duplicates"], [], "the ledger shows a row that was dialled twice")
        self.assertEqual(s.number("SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')"), LEADS)
        live = "state NOT IN ('rejected', 'refuted')"
        self.assertEqual(s.number(f"SELECT count(*) FROM call_attempts WHERE {live}"), ledger["placed"])
        self.assertEqual(s.number("SELECT count(*) FROM call_attempts WHERE state = 'accepted_late'"), 0)
        stats = s.api("GET", f"/api/v1/campaigns/{campaign}/stats", None, 200)
        for name, condition in [("calls_completed", "completed"), ("calls_failed", "failed"),
                                ("calls_in_progress", "in_progress")]:
            self.assertEqual(stats[name], s.number(f"SELECT count(*) FROM calls WHERE status = '{condition}'"), name)
        self.assertEqual(stats["total_leads"], LEADS)
        self.assertEqual(stats["calls_completed"] + stats["calls_failed"], LEADS)
        total = s.api("GET", "/api/v1/calls?limit=1", None, 200)["total"]
        self.assertEqual(total, LEADS, "the kept total equals a count")
        completed = s.api("GET", "/api/v1/calls?status=completed&limit=1", None, 200)["total"]
        self.assertEqual(completed, stats["calls_completed"])

    def test_a_thousand_leads_end_once_each_with_a_faulty_provider(self):
        with Stack(sim=sim_config(True)) as s:
            campaign = self.begin(s)
            self.finish(s, campaign, 120)
            self.judge(s, campaign)

    def test_redis_flushed_and_restarted_loses_and_doubles_nothing(self):
        with Stack(sim=sim_config(True)) as s:
            campaign = self.begin(s)
            for _ in range(4):
                time.sleep(1)
                s.redis("FLUSHALL")
            s.redis("SHUTDOWN", "NOSAVE")
            time.sleep(1)
            s.services("start")
            self.finish(s, campaign, 150)
            self.judge(s, campaign)

    def test_postgres_restarted_in_the_middle_loses_and_doubles_nothing(self):
        with Stack(sim=sim_config(True)) as s:
            campaign = self.begin(s)
            for mode in ("fast", "immediate"):
                time.sleep(2)
                pg = ["/usr/lib/postgresql/15/bin/pg_ctl", "-D", f"{s.dir}/pg", "-m", mode, "-w", "-l",
                      f"{s.dir}/pg/server.log", "restart"]
                if os.getuid() == 0:
                    pg = ["runuser", "-u", "postgres", "--", *pg]
                import subprocess
                subprocess.run(pg, check=True, capture_output=True)
            self.finish(s, campaign, 150)
            self.judge(s, campaign)

    def test_a_worker_killed_every_second_loses_and_doubles_nothing(self):
        with Stack(sim=sim_config(True)) as s:
            campaign = self.begin(s)
            stop = threading.Event()
            kills = [0]

            def murder():
                dice = random.Random(3)
                while not stop.wait(1):
                    victim = dice.randrange(len(s.workers))
                    s.workers[victim].stop(signal.SIGKILL)
                    s.workers.pop(victim)
                    s.start_worker()
                    kills[0] += 1
                    if kills[0] == 25:
                        return

            thread = threading.Thread(target=murder)
            thread.start()
            try:
                self.finish(s, campaign, 180)
            finally:
                stop.set()
                thread.join()
            self.assertGreaterEqual(kills[0], 5)
            self.judge(s, campaign)


if __name__ == "__main__":
    unittest.main(verbosity=2)
