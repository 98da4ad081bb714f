"""The operator's command against a running product: what it sets stands, and what it is told is heard."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, wait_for  # noqa: E402
from test_campaign import sim_config  # noqa: E402


class OperatorTest(unittest.TestCase):
    def provider(self, s):
        shown = json.loads(s.cli("provider", "show"))
        return shown["starts_per_second"], shown["starts_set_by"]

    def ask_again(self, s):
        """Let the workers ask the provider for its limits once more."""
        before = s.sql("SELECT told_at FROM provider_limits")
        s.sql("UPDATE chores SET due_at = now() WHERE name = 'gauge'")
        wait_for("the limits are told", lambda: s.sql("SELECT told_at FROM provider_limits") != before)

    def test_the_operators_rate_outlives_what_the_workers_were_set_to(self):
        with Stack(sim=sim_config(False), workers=1, env={"PROVIDER_STARTS_PER_SECOND": "30"}) as s:
            wait_for("the setting is in force", lambda: self.provider(s) == (30, "setting"))
            s.cli("provider", "set", "retell", "--starts-per-second", "5.5")
            self.ask_again(s)
            self.assertEqual(self.provider(s), (5.5, "operator"))
            with self.assertRaises(AssertionError):
                s.cli("provider", "set", "retell", "--starts-per-second", "0")
            s.cli("provider", "set", "retell", "--starts-per-second", "none")
            self.ask_again(s)
            self.assertEqual(self.provider(s), (30, "setting"))

    def test_the_hours_of_a_reconcile_are_heard(self):
        with Stack(sim=sim_config(False), workers=0) as s:
            self.assertIn("compared 0", s.cli("reconcile", "--hours", "1"))
            with self.assertRaises(AssertionError):
                s.cli("reconcile", "--hours", "0")


if __name__ == "__main__":
    unittest.main(verbosity=2)
