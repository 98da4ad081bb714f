"""One row kills every worker that claims it: it ends, nobody else's call suffers (F54)."""
import os
import subprocess
import time
import unittest

from stack import BUILD, ROOT, Process, Stack, wait_for
from test_campaign import sim_config

CURSED, LEADS = "+393492000007", 30
AGENT, NUMBER = "agent_abc123", "+390212345678"


class PoisonTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["make", "-s", "-C", ROOT, "proof-build"], check=True)

    def test_a_row_whose_message_comes_back_fails_as_poison_and_the_rest_is_called(self):
        self.one_row_kills(heartbeat_ms=1000, claim_seconds=5)

    def test_a_row_that_is_swept_fails_as_poison_and_the_rest_is_called(self):
        """As by default: a row gets a new message before its old ones are taken from the dead."""
        self.one_row_kills(heartbeat_ms=3000, claim_seconds=1)

    def one_row_kills(self, heartbeat_ms, claim_seconds):
        env = {"QUEUE_HEARTBEAT_TIMEOUT_MS": str(heartbeat_ms), "QUEUE_MAINTENANCE_MS": "200",
               "CLAIM_TIMEOUT_SECONDS": str(claim_seconds), "LOG_LEVEL": "warning"}
        with Stack(sim={**sim_config(False), "outcomes": {"user_hangup": 1}}, workers=0, env=env) as s:
            campaign = self.begin(s)
            deaths = self.work(s)
            rows = dict(s.sql("SELECT coalesce(reason, status), count(*) FROM scheduled_calls GROUP BY 1"))
            self.assertEqual(s.sql("SELECT to_number, crashes FROM scheduled_calls WHERE reason = 'POISON'"), [[CURSED, "3"]])
            self.assertEqual(sum(int(n) for n in rows.values()), LEADS, rows)
            self.assertEqual(s.number("SELECT count(*) FROM call_attempts"), LEADS - 1)
            self.assertIn(deaths, (3, 4), "one more when the worker died before its first message was known to be published")
            s.sql("UPDATE call_attempts SET lease_until = now(), look_at = now() WHERE state = 'intent'")  # nobody lives who has it
            s.start_worker()
            wait_for("the campaign is completed",
                     lambda: s.api("GET", f"/api/v1/campaigns/{campaign}", None, 200)["status"] == "completed", 30)
            stats = s.api("GET", f"/api/v1/campaigns/{campaign}/stats", None, 200)
            self.assertEqual(stats["calls_completed"] + stats["calls_failed"], LEADS - 1, "it was never called")
            self.assertEqual(s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"], LEADS - 1)
            self.assertEqual(s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"], [])

    def begin(self, s):
        s.let_everybody_be_called()
        s.api("POST", "/api/v1/numbers", {"e164": NUMBER}, 201)
        campaign = s.api("POST", "/api/v1/campaigns", {
            "name": "one of them kills", "agent_id": AGENT, "from_number": NUMBER, "spacing_seconds": 0,
            "retry_policy": {"max_attempts": 1}}, 201)["id"]
        for i in range(LEADS):
            s.api("POST", "/api/v1/leads", {"campaign_id": campaign, "name": f"Lead {i}", "consent_status": "granted",
                                            "phone": f"+39349200{i * 7:04d}"}, 201)
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        return campaign

    def work(self, s):
        """A supervisor: whatever dies is started again, until every row had its turn.  Returns the deaths."""
        env = {**s.env, "LD_PRELOAD": f"{BUILD}/proof/crashon.so", "CRASH_ON": f"{CURSED},{AGENT}"}
        deaths, until = 0, time.monotonic() + 90
        worker = self.spawn(s, env)
        try:
            while s.number("SELECT count(*) FROM scheduled_calls WHERE status NOT IN ('scheduled', 'queued')") < LEADS:
                self.assertLess(time.monotonic(), until, s.sql("SELECT status, reason, count(*) FROM scheduled_calls GROUP BY 1, 2"))
                if not worker.alive():
                    worker.stop()
                    deaths += 1
                    worker = self.spawn(s, env)
                time.sleep(0.05)
        finally:
            worker.stop()
        return deaths

    def spawn(self, s, env):
        return Process("worker", [f"{BUILD}/agoralia-worker"], env, os.devnull)


if __name__ == "__main__":
    unittest.main(verbosity=2)
