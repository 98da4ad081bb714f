"""PostgreSQL's disk is full: nobody is dialled without an intent, clients are told to come back, and
it goes on by itself once there is room, also when PostgreSQL died because its log had none (F38).
Needs to mount a small tmpfs, so root.
"""
import os
import subprocess
import sys
import time
import unittest

from stack import Stack, dial_everybody, wait_for
from test_campaign import sim_config

LEADS, SIZE_MB = 200, 128
AGENT, NUMBER = "agent_abc123", "+390212345678"


class SmallDisk(Stack):
    """A product whose database lives on a disk of its own."""

    def start_sim(self):
        self.sql("ALTER SYSTEM SET max_wal_size = '32MB'")
        self.sql("ALTER SYSTEM SET min_wal_size = '32MB'")
        self.services("stop")
        self.disk = f"{self.dir}/pg"
        os.rename(self.disk, f"{self.dir}/pg.before")
        os.mkdir(self.disk)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", self.disk], check=True)
        subprocess.run(["cp", "-a", f"{self.dir}/pg.before/.", self.disk], check=True)
        self.services("start")
        super().start_sim()

    def fill(self):
        with open(f"{self.disk}/ballast", "wb", buffering=0) as f:
            for size in (1 << 20, 4096):
                try:
                    while f.write(b"x" * size) == size:
                        pass
                except OSError:
                    pass

    def make_room(self):
        os.unlink(f"{self.disk}/ballast")

    def write_log_until_it_dies(self):
        """Nothing but write-ahead log; where that cannot grow, PostgreSQL panics."""
        return subprocess.run(["psql", self.owner_url, "-Atqc", "SELECT pg_logical_emit_message(false, 'ballast',"
                               " repeat('x', 1000000)) FROM generate_series(1, 500)"], text=True, capture_output=True).stderr

    def is_back(self):
        """Its postmaster may have given up, too: then somebody starts it."""
        try:
            self.services("start")
            return self.number("SELECT 1")
        except (subprocess.CalledProcessError, AssertionError):
            return False

    def __exit__(self, *reason):
        folder = getattr(self, "dir", None)
        try:
            super().__exit__(*reason)
        finally:
            if folder and os.path.ismount(f"{folder}/pg"):
                subprocess.run(["umount", f"{folder}/pg"], check=True)
                if not self.failed and not reason[0]:
                    subprocess.run(["rm", "-rf", folder], check=True)


class DiskFullTest(unittest.TestCase):
    def test_nobody_is_dialled_while_the_disk_is_full_and_everybody_once_when_there_is_room(self):
        with SmallDisk(sim=sim_config(False), env={"DATABASE_TIMEOUT_MS": "1000"}) as s:
            campaign = dial_everybody(s, "until the disk is full", LEADS, 10)
            wait_for("the first calls", lambda: self.placed(s) >= 20)
            s.fill()
            self.refused_for_a_while(s)
            stood_at = self.stands_still(s)
            self.assertLess(stood_at, LEADS)
            self.assertRegex(s.write_log_until_it_dies(), "PANIC|because of crash of another server process")
            s.make_room()
            wait_for("the database is back", s.is_back)
            wait_for("the campaign is completed",
                     lambda: self.status(s, campaign) == "completed", 60, 0.2)
            self.judge(s, campaign)

    def placed(self, s):
        return s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"]

    def status(self, s, campaign):
        answer = s.call("GET", f"/api/v1/campaigns/{campaign}")
        return answer.json["status"] if answer.status == 200 else answer.status

    def refused_for_a_while(self, s):
        """What does not fit is answered 503 with the time to come back; nothing else but success is said."""
        def refused():
            answer = s.call("POST", "/api/v1/campaigns", {"name": "x" * 200, "agent_id": AGENT, "from_number": NUMBER})
            self.assertIn(answer.status, (201, 503), answer.body)
            if answer.status == 503:
                self.assertGreater(int(answer.headers["Retry-After"]), 0)
            return answer.status == 503
        wait_for("there is no room", refused, 20, 0)

    def stands_still(self, s):
        """No call for two seconds; returns how many there were."""
        def same():
            before = self.placed(s)
            time.sleep(2)
            return before == self.placed(s) and before
        return wait_for("dialling stands still", same, 30)

    def judge(self, s, campaign):
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], LEADS))
        self.assertEqual(s.number("SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')"), LEADS)
        self.assertEqual(s.number("SELECT count(*) FROM call_attempts WHERE state NOT IN ('rejected', 'refuted')"), LEADS)
        stats = s.api("GET", f"/api/v1/campaigns/{campaign}/stats", None, 200)
        self.assertEqual(stats["calls_completed"] + stats["calls_failed"], LEADS)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("a small disk can be mounted by root only")
        sys.exit(77)
    unittest.main(verbosity=2)
