"""A standby that lacks intents is promoted while calls go out: nobody is called twice (F36, F37).

Two clusters: the standby's replication is cut, the primary goes on placing calls it will not know of, and the
standby is promoted.  The primary dies before that, or lives on: then one worker still speaks to it while another
dials from the new one.  Each scenario is run again by a product without its guards (make CONTROL=witness, and the
trigger disabled), which must be found out.
"""
import os
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_campaign  # noqa: E402
from stack import BUILD, ROOT, Stack, wait_for  # noqa: E402

PG = sorted(os.listdir("/usr/lib/postgresql"))[-1]
CONTROL = os.path.join(ROOT, "build/control-witness")
LEADS = 400
ENDED = "SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed') AND parent_id IS NULL"


def postgres(program, *args, **kw):
    argv = [f"/usr/lib/postgresql/{PG}/bin/{program}", *args]
    if os.getuid() == 0:
        argv = ["runuser", "-u", "postgres", "--", *argv]
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/", **kw).stdout


class TwoClusters(Stack):
    """The database has two addresses; whichever takes writes is used.  Unguarded: with the control's workers."""

    guarded = True

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
        self.env["DATABASE_URL"] = self.url_of("pgsock", "pgsock2")
        super().start_sim()

    def url_of(self, *sockets):
        return f"postgresql:///agoralia?host={','.join(f'{self.dir}/{s}' for s in sockets)}&user={self.user}"

    def start_worker(self, *sockets):
        """One that knows only the database behind these sockets."""
        if not self.guarded:
            self.sql("ALTER TABLE call_attempts DISABLE TRIGGER attempts_epoch")
        self.serial += 1
        program = f"{BUILD if self.guarded else CONTROL}/agoralia-worker"
        env, self.env = self.env, {**self.env, "DATABASE_URL": self.url_of(*(sockets or ("pgsock", "pgsock2")))}
        try:
            self.workers.append(self.spawn(f"worker{self.serial}", [program]))
        finally:
            self.env = env
        return self.workers[-1]

    def ask(self, socket, text):
        return postgres("psql", "-h", f"{self.dir}/{socket}", "-U", self.user, "-d", "agoralia", "-Atqc", text).strip()

    def placed(self):
        return self.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"]

    def doubles(self, key="aga_sc"):
        return self.control("GET", f"/sim/ledger/duplicates?key={key}")["duplicates"]

    def cut_the_standby_off(self):
        """And let calls be placed it knows nothing of."""
        wait_for("some calls are placed", lambda: self.placed() >= 40)
        self.ask("pgsock2", "ALTER SYSTEM SET primary_conninfo = ''")
        self.ask("pgsock2", "SELECT pg_reload_conf()")
        wait_for("the standby hears nothing",
                 lambda: self.ask("pgsock2", "SELECT count(*) FROM pg_stat_wal_receiver") == "0")
        lacks = self.placed()
        wait_for("calls are placed the standby knows nothing of", lambda: self.placed() >= lacks + 60)

    def promote(self):
        postgres("pg_ctl", "-D", f"{self.dir}/pg2", "-w", "promote")

    def kill_the_primary(self):
        postgres("pg_ctl", "-D", f"{self.dir}/pg", "-m", "immediate", "-w", "stop")

    def __exit__(self, *what):
        if getattr(self, "dir", None) and os.path.exists(f"{self.dir}/pg2/postmaster.pid"):
            for process in self.workers:
                process.stop(9)
            postgres("pg_ctl", "-D", f"{self.dir}/pg2", "-m", "immediate", "-w", "stop")
        super().__exit__(*(what or (None, None, None)))


class Unguarded(TwoClusters):
    guarded = False


class FailoverTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["make", "-s", "-C", ROOT, "-j2", "CONTROL=witness", f"{CONTROL.removeprefix(ROOT + '/')}/agoralia-worker"],
                       check=True)

    def begin(self, s):
        test_campaign.LEADS = LEADS
        return test_campaign.CampaignTest.begin(self, s)

    def stack(self, kind, workers):
        return kind(sim=test_campaign.sim_config(False), workers=workers, env={"TENANT_MAX_LIVE_CALLS": "20"})

    def fail_over(self, s):
        self.begin(s)
        s.cut_the_standby_off()
        s.kill_the_primary()
        s.promote()

    def ended_once(self, s):
        wait_for("every lead's first call has ended", lambda: int(s.ask("pgsock2", ENDED)) == LEADS, 180, 0.5)
        for key in ("aga_sc", "aga_attempt"):
            self.assertEqual(s.doubles(key), [], key)
        self.assertEqual(s.ask("pgsock2", "SELECT count(*) FROM halts WHERE lifted_at IS NULL"), "0")
        return int(s.ask("pgsock2", "SELECT count(*) FROM call_attempts WHERE evidence LIKE 'rebuilt%'"))

    def test_a_promoted_standby_without_the_last_intents_calls_nobody_twice(self):
        with self.stack(TwoClusters, 2) as s:
            self.fail_over(s)
            wait_for("dialling goes on", lambda: any(w.line("failover.thawed") for w in s.workers), 60)
            self.assertTrue(any(w.line("failover.frozen") for w in s.workers))
            rebuilt = self.ended_once(s)
            print(f"{rebuilt} attempts rebuilt, {s.placed()} calls placed for {LEADS} leads, 0 doubles")
            self.assertGreater(rebuilt, 0, "the standby lacked nothing: this proved nothing")

    def test_without_the_guards_the_same_failover_calls_people_twice(self):
        with self.stack(Unguarded, 2) as s:
            self.fail_over(s)
            doubles = wait_for("somebody is called twice", s.doubles, 120, 0.5)
            print(f"without the guards {len(doubles)} rows were dialled twice or more")

    def split(self, s):
        """Two primaries: the old one with a worker that knows no other, and the new one with another."""
        old = s.start_worker("pgsock")
        self.begin(s)
        s.cut_the_standby_off()
        s.promote()
        self.assertEqual(s.ask("pgsock", "SELECT pg_is_in_recovery()"), "f")
        return old, s.start_worker("pgsock2")

    def last_intent(self, s, socket):
        """When, in seconds, the last claim was committed there; its check is never changed."""
        return float(s.ask(socket, "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) FROM compliance_checks "
                                   "WHERE status <> 'rejected'"))

    def test_of_two_primaries_the_old_one_commits_no_intent_once_the_new_timeline_is_known(self):
        with self.stack(TwoClusters, 0) as s:
            old, new = self.split(s)
            wait_for("the new primary is frozen", lambda: new.line("failover.frozen"), 30)
            wait_for("the old one is known for what it is", lambda: old.line("witness.old_primary"), 10)
            known = time.time()
            wait_for("dialling goes on from the new one", lambda: new.line("failover.thawed"), 60)
            wait_for("calls are placed from the new one", lambda: self.last_intent(s, "pgsock2") > known, 30)
            late = self.last_intent(s, "pgsock") - known
            self.assertLess(late, 0.25, "the old primary committed an intent")
            self.assertTrue(old.alive() and s.ask("pgsock", "SELECT 1") == "1")
            left = s.ask("pgsock", "SELECT count(*) FROM scheduled_calls WHERE status = 'scheduled'")
            self.assertGreater(int(left), 0, "the old primary had nothing left to dial: this proved nothing")
            old.stop()
            rebuilt = self.ended_once(s)
            print(f"the last intent of the old primary: {-late:.2f} s before it was known for one; {rebuilt} attempts "
                  f"rebuilt, {s.placed()} calls placed for {LEADS} leads, 0 doubles")

    def test_without_the_guards_two_primaries_call_people_twice(self):
        with self.stack(Unguarded, 0) as s:
            self.split(s)
            doubles = wait_for("somebody is called twice", s.doubles, 120, 0.5)
            print(f"two primaries without the guards: {len(doubles)} rows were dialled twice or more")


if __name__ == "__main__":
    unittest.main(verbosity=2)
