"""A campaign begins under an older release; the database is migrated and workers of this release join
while those of the older one go on, and both are killed again and again (F66).

OLD_BUILD is the folder of the older release's binaries; `make proof-versions OLD=<commit>` makes them.
"""
import os
import random
import signal
import sys
import time
import unittest

from stack import BUILD, Stack, dial_everybody, wait_for
from test_campaign import sim_config

OLD_BUILD = os.environ.get("OLD_BUILD")
LEADS, KILLS, SECONDS_APART = 600, 40, 0.5


class Upgraded(Stack):
    """Starts as the older release; a worker that is killed comes back as it was."""

    def start_sim(self):
        self.build = BUILD  # the provider has no part in it
        super().start_sim()
        self.build = OLD_BUILD

    def use_login(self):
        """The older release may know nothing of the tenant wall's roles: both log in as who owns the tables."""

    def restart(self, worker):
        worker.stop(signal.SIGKILL)
        self.workers.remove(worker)
        again = self.start_worker_of(worker.release)
        again.release = worker.release

    def start_worker_of(self, build):
        self.build = build
        worker = self.start_worker()
        worker.release = build
        return worker


class VersionsTest(unittest.TestCase):
    def test_two_releases_at_once_call_everybody_once(self):
        with Upgraded(sim=sim_config(False), workers=0, env={"LOG_LEVEL": "warning"}) as s:
            campaign = dial_everybody(s, "upgrade", LEADS, 8)
            s.start_worker_of(OLD_BUILD)
            wait_for("the older release dials", lambda: s.number("SELECT count(*) FROM call_attempts") > LEADS // 10, 60)
            s.build = BUILD
            s.cli("migrate")
            s.start_worker_of(BUILD)
            for _ in range(KILLS):
                time.sleep(SECONDS_APART)
                s.restart(random.choice(s.workers))
            by_release = [sum(w.release == b for w in s.workers) for b in (OLD_BUILD, BUILD)]
            self.assertEqual(by_release, [1, 1])
            self.go_on_with_the_new_release(s)
            wait_for("the campaign is completed", lambda: s.api(
                "GET", f"/api/v1/campaigns/{campaign}", None, 200)["status"] == "completed", 240, 0.5)
            self.judge(s)

    def go_on_with_the_new_release(self, s):
        for worker in [w for w in s.workers if w.release == OLD_BUILD]:
            worker.stop()
            s.workers.remove(worker)
        s.api_process.stop()
        s.build = BUILD
        s.env.pop("PUBLIC_URL")
        s.start_api()

    def judge(self, s):
        self.assertEqual(s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"], [])
        self.assertEqual(s.number("SELECT count(*) FROM scheduled_calls WHERE status NOT IN ('done', 'failed')"), 0)
        self.assertEqual(s.number("SELECT count(DISTINCT lead_id) FROM scheduled_calls"), LEADS)
        self.assertEqual(s.number("""SELECT count(*) FROM (SELECT 1 FROM call_attempts WHERE state NOT IN ('rejected', 'refuted')
                                     GROUP BY scheduled_call_id HAVING count(*) > 1) twice"""), 0)


if __name__ == "__main__":
    if not OLD_BUILD:
        print("OLD_BUILD is not set: see make proof-versions")
        sys.exit(77)
    unittest.main(verbosity=2)
