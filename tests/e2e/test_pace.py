"""The pace of dialling: every slot is used, none twice, and a small tenant is served beside a large one.

The judge is the simulator: how many calls it had at once, at each instant.
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, wait_for  # noqa: E402
from test_campaign import sim_config  # noqa: E402

SECONDS = float(os.environ.get("PACE_SECONDS", "20"))
FROM, OTHER = "+390212345678", "+390212345679"


def simulator(cap, lost, scale=20):
    """Calls of some seconds, a cap, and webhooks that get lost."""
    config = sim_config(False)
    config["time_scale"] = scale
    config["workspaces"][0]["concurrency_limit"] = cap
    config["workspaces"][0]["numbers"].append({"phone_number": OTHER, "type": "custom", "outbound": "agent_abc123"})
    config["webhooks"].update(lost=lost, duplicate=0.02, out_of_order=0.02)
    config["outcomes"] = {"user_hangup": 0.4, "agent_hangup": 0.2, "dial_no_answer": 0.3, "dial_busy": 0.1}
    config["telephony"] = {"ring_ms": {"p50": 9000, "p95": 22000}, "talk_ms": {"p50": 60000, "p95": 180000}}
    return config


def campaign(s, tenant, key, leads, prefix, number=FROM):
    """A running campaign over leads that may be called at any hour, once each."""
    made = s.call("POST", "/api/v1/campaigns", {
        "name": prefix, "agent_id": "agent_abc123", "from_number": number, "spacing_seconds": 0,
        "retry_policy": {"max_attempts": 1}}, key).json["id"]
    # no number that means something to the simulator
    s.sql(f"""INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status)
              SELECT {tenant}, {made}, 'Lead ' || i, '{prefix}' || lpad((i * 100 + 50)::text, 7, '0'), 'IT', 'granted'
                FROM generate_series(1, {leads}) i""")
    answer = s.call("POST", f"/api/v1/campaigns/{made}/start", None, key)
    if answer.status != 202:
        raise AssertionError(answer.body)
    return made


class PaceTest(unittest.TestCase):
    def prepare(self, s):
        s.let_everybody_be_called()
        s.api("POST", "/api/v1/numbers", {"e164": FROM}, 201)

    def utilisation(self, cap):
        env = {"CALL_POLL_SECONDS": "1", "TENANT_MAX_LIVE_CALLS": "1000", "WORKER_THREADS": "32"}
        with Stack(sim=simulator(cap, 0.01), env=env) as s:
            self.prepare(s)
            campaign(s, s.tenant, s.key, 12000, "+39349")

            def stats():
                return s.control("GET", "/sim/stats")

            wait_for("every slot is taken", lambda: stats()["concurrency"] >= cap, 60)
            samples, until = [], time.monotonic() + SECONDS
            while time.monotonic() < until:
                samples.append(stats()["concurrency"])
                time.sleep(0.02)
            end = stats()
            self.assertLessEqual(end["max_concurrency"], cap, "the provider had more calls than its cap")
            self.assertEqual(end["by_status"].get("429", 0), 0, "the provider turned somebody away")
            self.assertEqual(s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"], [])
            used = sum(samples) / len(samples) / cap
            print(f"cap {cap}: {100 * used:.1f} % used, {len(samples)} samples, never above it")
            return used

    def test_five_slots_are_used(self):
        self.assertGreaterEqual(self.utilisation(5), 0.95)

    def test_twenty_slots_are_used(self):
        self.assertGreaterEqual(self.utilisation(20), 0.95)

    def test_a_hundred_slots_are_used(self):
        self.assertGreaterEqual(self.utilisation(100), 0.95)

    def test_a_slot_whose_webhooks_are_all_lost_is_back_within_half_a_minute(self):
        with Stack(sim=simulator(1, 1.0, scale=100), env={"CALL_POLL_SECONDS": "15"}) as s:
            self.prepare(s)
            campaign(s, s.tenant, s.key, 2, "+39349")
            wait_for("the first call is over", lambda: sum(
                s.control("GET", "/sim/stats")["calls"].get(k, 0) for k in ("ended", "not_connected", "error")) >= 1, 60)
            began = time.monotonic()
            wait_for("the second call began", lambda: s.control("GET", "/sim/stats")["calls_placed"] == 2, 30)
            print(f"back after {time.monotonic() - began:.1f} s")

    def test_a_small_tenant_is_served_beside_a_large_one(self):
        """Ten rows: at most twice as long beside a hundred thousand as alone."""
        def until_ended(s, tenant, key, prefix, number=FROM):
            began = time.monotonic()
            made = campaign(s, tenant, key, 10, prefix, number)
            wait_for("the small tenant's calls have ended", lambda: s.number(
                f"SELECT count(*) FROM scheduled_calls WHERE campaign_id = {made} AND status IN ('done', 'failed')") == 10, 120)
            return time.monotonic() - began

        env = {"TENANT_MAX_LIVE_CALLS": "1000", "CALL_POLL_SECONDS": "2"}
        config = simulator(20, 0)
        # calls of much the same length, not ending all at once: the comparison is of waiting
        config["outcomes"] = {"agent_hangup": 1.0}
        config["telephony"] = {"ring_ms": {"p50": 5000, "p95": 10000}, "talk_ms": {"p50": 60000, "p95": 90000}}
        with Stack(sim=config, env=env) as s:
            self.prepare(s)
            small = int(s.cli("tenant", "create", "small"))
            key = s.cli("key", "create", "--tenant", str(small))
            s.sql(f"INSERT INTO numbers (tenant_id, e164, status) VALUES ({small}, '{OTHER}', 'active')")
            alone = until_ended(s, s.tenant, s.key, "+39347")
            large = campaign(s, s.tenant, s.key, 99999, "+39349")
            wait_for("the large tenant has every slot", lambda: s.number(
                f"SELECT count(*) FROM scheduled_calls WHERE campaign_id = {large} AND status = 'processing'") >= 20, 60)
            beside = until_ended(s, small, key, "+39348", OTHER)
            print(f"alone {alone:.1f} s, beside 100,000 rows {beside:.1f} s")
            self.assertLessEqual(beside, 2 * alone)


if __name__ == "__main__":
    unittest.main(verbosity=2)
