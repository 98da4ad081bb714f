"""A standby that lacks intents is promoted while calls go out: nobody is called twice (F36).

Two clusters: the standby's replication is cut, the primary goes on placing calls
it will not know of, dies, and the standby is promoted.
"""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_campaign  # noqa: E402
from stack import Stack, wait_for  # noqa: E402

PG = sorted(os.listdir("/usr/lib/postgresql"))[-1]
LEADS = 400
ENDED = "SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed') AND parent_id IS NULL"


def postgres(program, *args, **kw):
    argv = [f"/usr/lib/postgresql/{PG}/bin/{program}", *args]
    if os.getuid() == 0:
        argv = ["runuser", "-u", "postgres", "--", *argv]
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/", **kw).stdout


class TwoClusters(Stack):
    """The database has two addresses; whichever takes writes is used."""

    def start_sim(self):
        self.user = "postgres" if os.getuid() == 0 else subprocess.getoutput("id -un")
        for name in ("pg2", "pgsock2"):
            os.mkdir(f"{self.dir}/{name}", 0o700 if name == "pg2" else 0o755)
            if os.getuid() == 0:
                import shutil
                shutil.chown(f"{self.dir}/{name}", "postgres")
        postgres("pg_basebackup", "-D", f"{self.dir}/pg2", "-h", f"{self.dir}/pgsock", "-U", self.user, "-R", "-X",
                 "stream", "-c", "fast")
        postgres("pg_ctl", "-D", f"{self.dir}/pg2", "-l", f"{self.dir}/pg2/server.log", "-w", "-o",
                 f"-c unix_socket_directories={self.dir}/pgsock2", "start")
        self.env["DATABASE_URL"] = (f"postgresql:///agoralia?host={self.dir}/pgsock,{self.dir}/pgsock2"
                                    f"&user={self.user}")
        super().start_sim()

    def standby(self, text):
        return postgres("psql", "-h", f"{self.dir}/pgsock2", "-U", self.user, "-d", "agoralia", "-Atqc", text).strip()

    def placed(self):
        return self.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"]

    def cut_the_standby_off(self):
        self.standby("ALTER SYSTEM SET primary_conninfo = ''")
        self.standby("SELECT pg_reload_conf()")
        wait_for("the standby hears nothing", lambda: self.standby("SELECT count(*) FROM pg_stat_wal_receiver") == "0")

    def fail_over(self):
        postgres("pg_ctl", "-D", f"{self.dir}/pg", "-m", "immediate", "-w", "stop")
        postgres("pg_ctl", "-D", f"{self.dir}/pg2", "-w", "promote")

    def __exit__(self, *what):
        if getattr(self, "dir", None) and os.path.exists(f"{self.dir}/pg2/postmaster.pid"):
            for process in self.workers:
                process.stop(9)
            postgres("pg_ctl", "-D", f"{self.dir}/pg2", "-m", "immediate", "-w", "stop")
        super().__exit__(*(what or (None, None, None)))


class FailoverTest(unittest.TestCase):
    def test_a_promoted_standby_without_the_last_intents_calls_nobody_twice(self):
        test_campaign.LEADS = LEADS
        env = {"TENANT_MAX_LIVE_CALLS": "20"}
        with TwoClusters(sim=test_campaign.sim_config(False), env=env) as s:
            test_campaign.CampaignTest.begin(self, s)
            wait_for("some calls are placed", lambda: s.placed() >= 40)
            s.cut_the_standby_off()
            lacks = s.placed()
            wait_for("calls are placed the standby knows nothing of", lambda: s.placed() >= lacks + 60)
            s.fail_over()
            wait_for("dialling goes on", lambda: any(w.line("failover.thawed") for w in s.workers), 60)
            self.assertTrue(any(w.line("failover.frozen") for w in s.workers))
            wait_for("every lead's first call has ended", lambda: s.number(ENDED) == LEADS, 120, 0.5)
            for key in ("aga_sc", "aga_attempt"):
                self.assertEqual(s.control("GET", f"/sim/ledger/duplicates?key={key}")["duplicates"], [], key)
            rebuilt = s.number("SELECT count(*) FROM call_attempts WHERE evidence LIKE 'rebuilt%'")
            print(f"{rebuilt} attempts rebuilt, {s.placed()} calls placed for {LEADS} leads, 0 doubles")
            self.assertGreater(rebuilt, 0, "the standby lacked nothing: this proved nothing")
            self.assertEqual(s.number("SELECT count(*) FROM halts WHERE lifted_at IS NULL"), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
