"""kills - kill -9 over everything at random while a faulty provider is called; then count.

Workers, their nurseries and diallers, the API, Redis and the postmaster die;
Redis is emptied every five seconds; three workers dispatch, generate, relay and
reconcile at once.  Leads come in campaigns until the kills are done.
"""
import os
import random
import signal
import subprocess
import time

from lane import Lane, Process, family
from stack import BUILD

LEADS = 400
WEIGHTS = {"worker": 80, "dialler": 40, "nursery": 5, "api": 15}
PROGRESS_SECONDS = 30
ANSWER_SECONDS = 120


class Murder:
    def __init__(self, lane, seed, rate):
        self.lane, self.dice, self.rate = lane, random.Random(seed), rate
        self.count = dict.fromkeys(["worker", "dialler", "nursery", "api", "redis", "postmaster", "flush"], 0)
        self.next_flush = self.next_redis = self.next_postmaster = 0
        self.campaigns = []

    def kill(self, pid, kind):
        try:
            os.kill(pid, signal.SIGKILL)
            self.count[kind] += 1
        except ProcessLookupError:
            pass

    def total(self):
        return sum(n for kind, n in self.count.items() if kind != "flush")

    def worker(self):
        i = self.dice.randrange(len(self.lane.workers))
        old = self.lane.workers[i]
        self.kill(old.child.pid, "worker")
        old.stop(signal.SIGKILL)
        self.replace(i)

    def replace(self, i):
        name = self.lane.workers[i].name
        self.lane.workers[i] = Process(name, [f"{BUILD}/agoralia-worker"], self.lane.env, os.devnull)

    def revive(self):
        """A worker without a nursery ends by itself."""
        for i, w in enumerate(self.lane.workers):
            if not w.alive():
                w.stop()
                self.replace(i)

    def dialler(self):
        diallers = [d for w in self.lane.workers for n in family(w.child.pid)[1:2] for d in family(n)[1:]]
        if diallers:
            self.kill(self.dice.choice(diallers), "dialler")
        else:
            self.worker()

    def nursery(self):
        nurseries = [n for w in self.lane.workers for n in family(w.child.pid)[1:2]]
        if nurseries:
            self.kill(self.dice.choice(nurseries), "nursery")
        else:
            self.worker()

    def api(self):
        old = self.lane.api_process
        self.kill(old.child.pid, "api")
        old.stop(signal.SIGKILL)
        self.lane.api_process = Process("api", [f"{BUILD}/agoralia-api"], self.lane.env, os.devnull)

    def redis(self):
        with open(f"{self.lane.dir}/redis/redis.pid") as f:
            self.kill(int(f.read()), "redis")
        self.start("Redis")

    def start(self, what):
        for _ in range(20):
            try:
                return self.lane.services("start")
            except subprocess.CalledProcessError:
                time.sleep(0.3)
        raise AssertionError(f"{what} did not come back")

    def postmaster(self):
        with open(f"{self.lane.dir}/pg/postmaster.pid") as f:
            pid = int(f.readline())
        backends = family(pid)[1:]
        self.kill(pid, "postmaster")
        until = time.monotonic() + 20
        while time.monotonic() < until and any(os.path.exists(f"/proc/{b}") for b in backends):
            time.sleep(0.05)
        self.start("PostgreSQL")

    def due(self, name, every):
        now = time.monotonic()
        if now < getattr(self, name):
            return False
        setattr(self, name, now + every)
        return True

    def step(self):
        self.revive()
        if self.due("next_flush", 5):
            self.lane.redis("FLUSHALL")
            self.count["flush"] += 1
        if self.due("next_redis", 13):
            self.redis()
        if self.due("next_postmaster", 37):
            self.postmaster()
        getattr(self, self.dice.choices(list(WEIGHTS), WEIGHTS.values())[0])()

    def persist(self, method, path, body=None, **headers):
        """As a stubborn client: until there is an answer."""
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until:
            answer = self.lane.ask(self.lane.url, method, path, body, **headers)
            if answer and answer.status < 500:
                return answer
            time.sleep(0.01)
        raise AssertionError(f"{method} {path}: no answer within {ANSWER_SECONDS} s")

    def campaign(self):
        """Another load of leads; made with care, for creating has no natural key."""
        made = self.persist("POST", "/api/v1/campaigns", {"name": "kills", "agent_id": "agent_abc123",
                                                          "from_number": "+390212345678", "spacing_seconds": 0,
                                                          "retry_policy": {"max_attempts": 1}}).json["id"]
        phones = [self.lane.phone() for _ in range(LEADS)]
        self.campaigns.append((made, phones))
        self.persist("POST", f"/api/v1/leads/bulk-import?campaign_id={made}", self.lane.csv(phones),
                     **{"Content-Type": "text/csv"})
        self.persist("POST", f"/api/v1/campaigns/{made}/start")


def open_rows(lane):
    return int(lane.number("SELECT count(*) FROM scheduled_calls WHERE status IN ('scheduled', 'queued', 'processing')"))


def rage(m, kills, say):
    """Kill at the rate until there were enough; a new campaign whenever the last is nearly over."""
    began, look, told = time.monotonic(), 0, time.monotonic()
    m.next_flush, m.next_redis, m.next_postmaster = began + 5, began + 7, began + 12
    m.campaign()
    while m.total() < kills:
        m.step()
        late = began + m.total() / m.rate - time.monotonic()
        if late > 0:
            time.sleep(late)
        if time.monotonic() > look:
            look = time.monotonic() + 3
            try:
                if open_rows(m.lane) < LEADS / 2:
                    m.campaign()
            except AssertionError:
                pass  # PostgreSQL is just coming back
        if time.monotonic() > told + PROGRESS_SECONDS:
            told = time.monotonic()
            say(f"  {m.total()} of {kills} kills in {told - began:.0f} s, {len(m.campaigns) * LEADS} leads", flush=True)
    return time.monotonic() - began


def settle(m, seconds, say):
    began = told = time.monotonic()
    ids = ", ".join(str(c) for c, _ in m.campaigns)
    while time.monotonic() < began + seconds:
        time.sleep(1)
        m.revive()
        left = m.lane.number(f"SELECT count(*) FROM campaigns WHERE id IN ({ids}) AND status <> 'completed'")
        if left == 0:
            return
        if time.monotonic() > told + PROGRESS_SECONDS:
            told = time.monotonic()
            say(f"  {left} of {len(m.campaigns)} campaigns are not over after {told - began:.0f} s", flush=True)


def judge(lane, campaigns):
    found = []
    phones, rows, bad = {}, {}, []
    for call in lane.ledger():
        phones[call["to_number"]] = phones.get(call["to_number"], 0) + 1
        row = (call["metadata"] or {}).get("aga_sc")
        rows[row] = rows.get(row, 0) + 1
    found += [f"DOUBLE: row {r} was dialled {n} times" for r, n in rows.items() if n > 1]
    found += [f"DOUBLE: {p} was dialled {n} times" for p, n in phones.items() if n > 1]
    state = "(s.status IN ('done', 'canceled') OR s.status = 'failed' AND s.reason IS NOT NULL)"
    for campaign, leads in campaigns:
        ended = lane.number(f"SELECT count(DISTINCT to_number) FROM scheduled_calls s WHERE campaign_id = {campaign} AND {state}")
        if ended != len(leads):
            bad = lane.sql(f"SELECT s.status, s.reason, count(*) FROM scheduled_calls s WHERE campaign_id = {campaign} GROUP BY 1, 2")
            found.append(f"LOST: campaign {campaign} ended {ended} of {len(leads)}: {bad}")
        stats = lane.api("GET", f"/api/v1/campaigns/{campaign}/stats", None, 200)
        counted = lane.number(f"SELECT count(*) FROM calls WHERE campaign_id = {campaign} AND status = 'completed'")
        if stats["calls_completed"] != counted:
            found.append(f"WRONG: statistics of {campaign} say {stats['calls_completed']}, a recount {counted}")
    late = lane.number("SELECT count(*) FROM call_attempts WHERE evidence LIKE 'accepted_late%'")
    if late:
        found.append(f"WRONG: {late} attempts were refuted although placed")
    unlawful = lane.number("""SELECT count(*) FROM call_attempts a WHERE NOT EXISTS (SELECT 1 FROM compliance_checks k
                               WHERE k.scheduled_call_id = a.scheduled_call_id AND k.status <> 'rejected')""")
    if unlawful:
        found.append(f"UNLAWFUL: {unlawful} attempts without an approved check")
    return found, sum(rows.values())


def run(kills, seed=1, faults=0.3, rate=40, end=240, say=print):
    """Returns the findings."""
    with Lane(1, faults, workers=3, lost=0.05, env={"DIALLERS": "4"}) as lane:
        lane.psql.close()
        lane.psql = None  # it would not survive the postmaster
        m = Murder(lane, seed, rate)
        seconds = rage(m, kills, say)
        lane.tell_sim(0.0)  # its faults have been there while it mattered; now they would only take time
        settle(m, end, say)
        found, placed = judge(lane, m.campaigns)
        say(f"kills: {m.total()} in {seconds:.0f} s ({m.total() / seconds:.0f}/s) " +
            " ".join(f"{kind}={n}" for kind, n in m.count.items()) +
            f"; leads {sum(len(p) for _, p in m.campaigns)}, placed {placed}; doubles "
            f"{sum(f.startswith('DOUBLE: row') for f in found)}, findings {len(found)}; seed {seed}", flush=True)
        return found
