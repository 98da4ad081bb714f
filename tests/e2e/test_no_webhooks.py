"""Not one webhook of a whole campaign arrives: what the provider knows is known here all the same,
not later than ninety seconds after each call's end, asked for as often as by default (F20).  The
simulator's calls last some seconds at most, so that the ninety are counted from the request.
"""
import unittest

from stack import Stack, request, wait_for
from test_campaign import sim_config

LEADS, LATEST_SECONDS = 60, 90
AGENT, NUMBER = "agent_abc123", "+390212345678"
CALL_POLL_SECONDS = "15"  # the default


class NoWebhooksTest(unittest.TestCase):
    def test_a_campaign_whose_webhooks_are_all_lost_is_right_in_time(self):
        sim = sim_config(False)
        sim["webhooks"].update(lost=1, duplicate=0, out_of_order=0)
        with Stack(sim=sim, env={"CALL_POLL_SECONDS": CALL_POLL_SECONDS}) as s:
            campaign = self.begin(s)
            wait_for("the campaign is completed", lambda: s.api(
                "GET", f"/api/v1/campaigns/{campaign}", None, 200)["status"] == "completed", LATEST_SECONDS, 0.2)
            self.assertEqual(s.number("SELECT count(*) FROM webhook_inbox"), 0, "a webhook came")
            self.judge(s, campaign)

    def begin(self, s):
        s.let_everybody_be_called()
        s.api("POST", "/api/v1/numbers", {"e164": NUMBER}, 201)
        campaign = s.api("POST", "/api/v1/campaigns", {
            "name": "in silence", "agent_id": AGENT, "from_number": NUMBER, "spacing_seconds": 0,
            "retry_policy": {"max_attempts": 1}}, 201)["id"]
        for i in range(LEADS):
            s.api("POST", "/api/v1/leads", {"campaign_id": campaign, "name": f"Lead {i}", "consent_status": "granted",
                                            "phone": f"+39349{2000000 + i * 20:07d}"}, 201)
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        return campaign

    def judge(self, s, campaign):
        rows = s.sql("""SELECT k.provider_call_id, s.status, k.status, k.disconnection_reason, k.duration_seconds,
                               extract(epoch FROM s.updated_at - a.created_at)::bigint
                          FROM scheduled_calls s JOIN calls k ON k.scheduled_call_id = s.id
                          JOIN call_attempts a ON a.scheduled_call_id = s.id""")
        self.assertEqual(len(rows), LEADS)
        for provider_call_id, row, call, reason, seconds, known_after in rows:
            truth = request(s.sim_url, "GET", f"/v2/get-call/{provider_call_id}", None,
                            {"Authorization": "Bearer key_demo"}).json
            self.assertIn(row, ("done", "failed"))
            self.assertIn(call, ("completed", "failed"))
            self.assertEqual(reason, truth["disconnection_reason"])
            self.assertLess(abs(int(seconds or 0) - truth.get("duration_ms", 0) / 1000), 1)
            self.assertLess(int(known_after), LATEST_SECONDS)
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], LEADS))
        stats = s.api("GET", f"/api/v1/campaigns/{campaign}/stats", None, 200)
        self.assertEqual(stats["calls_completed"], s.number("SELECT count(*) FROM calls WHERE status = 'completed'"))
        self.assertEqual(stats["calls_completed"] + stats["calls_failed"], LEADS)


if __name__ == "__main__":
    unittest.main(verbosity=2)
