"""A provider's answers that no database was there to take: kept, and recorded when one is (F39)."""
import os
import signal
import unittest

from stack import Stack, wait_for

AGENT, NUMBER = "agent_abc123", "+390212345678"
CALLS = 3
ANSWER_MS, SCALE = 2000, 200


def sim_config():
    """The answer to a call request comes after two seconds, and no webhook ever."""
    return {
        "seed": 7, "time_scale": SCALE,
        "api": {"latency_ms": {"dist": "lognormal", "p50": 5, "p95": 10, "max": ANSWER_MS * SCALE},
                "per_op": {"create_phone_call": {"p50": ANSWER_MS * SCALE, "p95": ANSWER_MS * SCALE}}},
        "webhooks": {"lost": 1},
    }


class SpoolTest(unittest.TestCase):
    def test_answers_that_could_not_be_recorded_are_recorded_later_even_by_another_process(self):
        env = {"DATABASE_TIMEOUT_MS": "300", "RECONCILE_WINDOW_SECONDS": "600"}
        with Stack(sim=sim_config(), workers=0, env=env) as s:
            s.env["STATE_DIR"] = f"{s.dir}/state"
            os.mkdir(s.env["STATE_DIR"], 0o700)
            s.let_everybody_be_called()
            s.api("POST", "/api/v1/numbers", {"e164": NUMBER}, 201)
            worker = self.lose_answers(s, "+3934920000")
            s.postgres("start")
            self.recorded(s, CALLS)
            wait_for("nothing is left to record", lambda: self.spooled(s) == b"")
            worker.stop()

            self.lose_answers(s, "+3934930000").stop(signal.SIGKILL)
            self.assertEqual(self.spooled(s).count(b"\n"), CALLS)
            with open(self.path(s), "ab") as f:
                f.write(b"half a li")
            s.postgres("start")
            self.assertEqual(s.number("SELECT count(*) FROM call_attempts WHERE state = 'intent'"), CALLS)
            worker = s.start_worker()
            self.recorded(s, 2 * CALLS)
            self.assertTrue(worker.line("spool.damaged"))
            self.judge(s)

    def path(self, s):
        return f"{s.env['STATE_DIR']}/answers.0"

    def spooled(self, s):
        self.assertEqual(os.stat(self.path(s)).st_mode & 0o777, 0o600)
        with open(self.path(s), "rb") as f:
            return f.read()

    def lose_answers(self, s, prefix):
        """Calls are asked for, the database goes before the provider answers; returns their worker."""
        worker = s.start_worker()
        campaign = s.api("POST", "/api/v1/campaigns", {"name": prefix, "agent_id": AGENT, "from_number": NUMBER,
                                                       "spacing_seconds": 0, "retry_policy": {"max_attempts": 1}}, 201)["id"]
        for i in range(CALLS):
            s.api("POST", "/api/v1/leads", {"campaign_id": campaign, "name": f"Lead {i}", "consent_status": "granted",
                                            "phone": f"{prefix}{i + 1:02d}"}, 201)
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        wait_for("all are on their way", lambda: s.number(
            "SELECT count(*) FROM call_attempts WHERE state = 'intent'") == CALLS, 8, every=0.02)
        s.postgres("stop")
        wait_for("the answers are kept", lambda: self.count(worker, "answer.kept") == CALLS)
        return worker

    def count(self, process, msg):
        with open(process.log, "rb") as f:
            return f.read().count(f'"msg":"{msg}"'.encode())

    def recorded(self, s, n):
        """Only who heard the answer knows its HTTP status: the reconciler would not."""
        wait_for("the answers are recorded", lambda: s.number(
            "SELECT count(*) FROM call_attempts WHERE provider_call_id IS NOT NULL AND http_status = 201") == n, 15)

    def judge(self, s):
        wait_for("every call is over", lambda: s.number(
            "SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')") == 2 * CALLS, 60)
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], 2 * CALLS))
        self.assertEqual(s.number("SELECT count(*) FROM call_attempts"), 2 * CALLS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
