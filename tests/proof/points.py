"""points - one strike each: scenario, k, mode; and the judgement of all of them at the end.

A struck process is left to the healthy ones; nobody waits for it before going
on to the next point.  When every point is over, or waits for a lock that a
stopped process holds, the stopped ones go on - after everything was decided
without them - and may do their worst.
"""
import os
import random
import signal
import time

from lane import MODES, family, wait_for
from scenario import OPEN, quoted
from scenarios import SCENARIOS

# A stopped process rests for longer than the intent's lease of a minute.
REST_SECONDS, END_SECONDS, BUSY_SECONDS = 80, 150, 30
# For a message to arrive: those that are held may hold what is needed for it.  Then for a call.
START_SECONDS, REACH_SECONDS = 5, 20
# What a worker takes to notice that its dialler is dead or stopped, and to say so; at most.
LEAVE_SECONDS, DEATH_SECONDS = 8, 40
CALM_SECONDS, PILE = 30, 10
TRIES = 15


class Point:
    def __init__(self, name, k, mode):
        self.name, self.k, self.mode, self.struck, self.findings = name, k, mode, False, []
        self.owes = False  # a request to be repeated when the stopped process lets go of its locks
        self.missed = None  # why it was not struck

    def __str__(self):
        return f"{self.name}:{self.k}:{self.mode}"


def gone(v):
    return not v.alive() or v.page.fired


# Requests that never left because their dialler was killed open the provider's breaker, rightly.
NO_BREAKER = "UPDATE halts SET lifted_at = clock_timestamp() WHERE cause = 'breaker' AND lifted_at IS NULL"


def strike_worker(lane, point, s, v):
    """The healthy workers are held, so that the victim gets the message."""
    lane.hold()
    try:
        lane.rows(NO_BREAKER)
        v.page.set(point.mode, point.k, s.mark, s.child, not s.child)
        s.act()
        began = time.monotonic()
        while not gone(v) and not v.page.over and time.monotonic() < began + (
                REACH_SECONDS if v.page.started else START_SECONDS):
            time.sleep(0.005)
    finally:
        lane.healthy(True)


def strike_api(lane, point, s, v):
    method, path, body, headers = s.request()
    v.page.set(point.mode, point.k, f"{method} {path}", False, False)
    answer = lane.ask(v.url, method, path, body, 0.5 if point.mode == "stop" else 10, **headers)
    until = time.monotonic() + 5
    while answer is None and not gone(v) and time.monotonic() < until:
        time.sleep(0.005)  # a killed one is gone in a moment
    if answer and answer.status < 300 and not s.done():
        point.findings.append(f"WRONG: answered {answer.status}, but nothing was done")
    return answer


def client_tries_again(lane, point, s, answer):
    """As a client does: until there is an answer other than "busy", and never when the effect can be seen.  Busy it is
    while a stopped one has a lock that others wait for, until PostgreSQL ends its session."""
    until = time.monotonic() + BUSY_SECONDS
    while not s.done() and time.monotonic() < until:
        method, path, body, headers = s.request()
        answer = lane.ask(lane.url, method, path, body, **headers)
        if answer and answer.status == 503:
            time.sleep(0.2)
        elif answer and answer.status not in s.accepted:
            point.findings.append(f"WRONG: the repeated request was answered {answer.status}: {answer.body[:200]}")
            return
        time.sleep(0.02)
    if not s.done():
        point.findings.append("WRONG: the repeated request did nothing")
    s.after()


def say_again(lane, point):
    """The same request once more, to nobody's harm and with the answer that is documented for it."""
    point.scenario.before_again()
    method, path, body, headers = point.scenario.request()
    answer = lane.ask(lane.url, method, path, body, 20, **headers)
    if not answer or answer.status != point.scenario.again:
        point.findings.append(f"WRONG: the same request again was answered {answer and (answer.status, answer.body[:200])}")


def client_of_a_stopped_one(lane, point, s):
    """One try now, which may find everything locked; what is left is done when the locks are gone."""
    if not s.done():
        method, path, body, headers = s.request()
        lane.ask(lane.url, method, path, body, 1, **headers)
    point.owes = not s.done()
    if not point.owes:
        s.after()


def ready(lane, v):
    if v.url is None:
        wait_for("the victim works", lambda: v.line("redis.up") and len(family(v.child.pid)) == 3, 20, 0.01)
    else:
        wait_for("the victim serves", lambda: answers(lane, v), 20, 0.01)


def answers(lane, v):
    answer = lane.ask(v.url, "GET", "/readyz")
    return answer and answer.status == 200


def run(lane, point):
    """Strike once.  Returns the letters of the counted calls."""
    s = point.scenario = SCENARIOS[point.name](lane)
    let_leave(lane, LEAVE_SECONDS)
    v = lane.victim(s.program, s.child, s.program == "agoralia-worker", s.queue)
    try:
        ready(lane, v)
        s.prepare()
        if s.program == "agoralia-worker":
            strike_worker(lane, point, s, v)
        else:
            answer = strike_api(lane, point, s, v)
            point.findings += s.torn()
            if point.mode == "stop" and v.page.fired:
                client_of_a_stopped_one(lane, point, s)
            else:
                client_tries_again(lane, point, s, answer)
        point.struck = bool(v.page.fired)
        point.missed = None if point.struck else why_missed(v)
        return v.page.calls
    finally:
        put_away(lane, point, s, v)


def why_missed(v):
    if not v.page.started:
        return "the mark never came"
    if v.page.company:
        return "the victim had other work at that moment"
    return f"this run had {v.page.count} calls: {v.page.calls}"


def put_away(lane, point, s, v):
    """A stopped process goes on later; the parent of a struck dialler goes on now."""
    if point.struck and s.child and v.alive():
        v.point, v.since = point, time.monotonic()
        lane.leaving.append(v)
    elif point.struck and point.mode == "stop":
        lane.stopped.append(v)
    else:
        lane.part(v)


def let_leave(lane, seconds):
    """Those that had their time; a dialler that does not answer must be dead by then."""
    for v in list(lane.leaving):
        age = time.monotonic() - v.since
        if age < seconds or (lives(v.page.pid) and age < DEATH_SECONDS):
            continue
        if lives(v.page.pid):
            v.point.findings.append("WRONG: a dialler that does not answer was left alive")
        lane.leaving.remove(v)
        lane.part(v)


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def wait_for_calm(lane):
    """Whoever is stopped may hold up everybody's calls for a while; what piles up then is nobody's company."""
    until = time.monotonic() + CALM_SECONDS
    while lane.value(f"""SELECT count(*) FROM scheduled_calls s LEFT JOIN campaigns c ON c.id = s.campaign_id
                          WHERE s.tenant_id = {lane.tenant} AND s.status IN ('scheduled', 'queued')
                            AND s.scheduled_at < now() - interval '1 second'
                            AND (c.id IS NULL OR c.status = 'running' AND c.spacing_seconds = 0)""") > PILE \
            and time.monotonic() < until:
        time.sleep(0.1)


def insist(lane, point):
    """Until it was struck: some runs have fewer calls than others.  Every try is judged."""
    for _ in range(TRIES):
        wait_for_calm(lane)
        again = Point(point.name, point.k, point.mode)
        run(lane, again)
        lane.points.append(again)
        if again.struck:
            break
        time.sleep(0.5)
    return again


def plan(name, letters, modes, share, dice):
    """The points of one scenario: half makes sense for what is sent only.  The few of the dialler are always all there."""
    out = []
    for k, letter in enumerate(letters, 1):
        out += [Point(name, k, m) for m in modes if m != "half" or letter in "wW"]
    return out if share >= 1 or name == "child" else [p for p in out if dice.random() < share]


def clean_run(lane, name):
    """The letters of the calls to strike at: those that came twice first, for some runs open a session or read twice."""
    seen = []
    for _ in range(3 * TRIES):
        point = Point(name, 0, "count")
        letters = run(lane, point)
        lane.points.append(point)
        if letters in seen:
            return letters
        if letters:
            seen.append(letters)
    raise AssertionError(f"{name}: no two runs are alike: {seen}")


def wait_until_over(lane, points, seconds):
    """Those that never were: rows that stand still for a halt are taken up for a moment now and then."""
    until = time.monotonic() + seconds
    waiting = list(points)
    while waiting and time.monotonic() < until:
        waiting = [p for p in waiting if not p.scenario.ended()]
        if waiting:
            time.sleep(0.5)
    return waiting


def let_the_stopped_go_on(lane):
    for v in lane.stopped:
        for pid in family(v.child.pid):
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
    time.sleep(5)
    for v in lane.stopped:
        lane.part(v)  # never before it has had its chance
    lane.stopped = []
    while lane.leaving:
        let_leave(lane, LEAVE_SECONDS)
        time.sleep(0.1)


def judge(lane, points, never_over):
    """Each point against the simulator's ledger and the database."""
    by_phone, placed = {}, lane.ledger()
    for call in placed:
        by_phone.setdefault(call["to_number"], []).append(call)
    for p in points:
        s = p.scenario
        if p in never_over:
            p.findings.append(f"LOST: not over: {state_of(lane, s)}")
        for phone in s.phones:
            p.findings += judge_phone(lane, phone, by_phone.get(phone, []), phone in s.expected())
        p.findings += s.problems()


def state_of(lane, s):
    if not s.phones:
        return "no phones"
    return lane.rows(f"""SELECT s.status, s.reason, a.state, a.evidence FROM scheduled_calls s
                           LEFT JOIN call_attempts a ON a.scheduled_call_id = s.id WHERE s.to_number IN {quoted(s.phones)}""")


def judge_phone(lane, phone, calls, expected):
    out = []
    rows = [int(r[0]) for r in lane.rows(f"SELECT id FROM scheduled_calls WHERE to_number = '{phone}'")]
    for row in rows:
        times = sum(1 for c in calls if (c["metadata"] or {}).get("aga_sc") == str(row))
        if times > 1:
            out.append(f"DOUBLE: row {row} was dialled {times} times ({phone})")
    if len(calls) > len(rows):
        out.append(f"DOUBLE: {len(calls)} calls to {phone} for {len(rows)} rows")
    if expected and not rows:
        out.append(f"LOST: {phone} has no row")
    if expected and lane.value(f"SELECT count(*) FROM scheduled_calls WHERE to_number = '{phone}' AND NOT {OPEN} AND "
                               "(status = 'done' OR reason IS NOT NULL)") < len(rows):
        out.append(f"LOST: {phone} did not end with a reason")
    for call in calls:
        attempt = (call["metadata"] or {}).get("aga_attempt", "")
        lawful = lane.rows(f"""SELECT a.state FROM call_attempts a
                                 JOIN compliance_checks k ON k.scheduled_call_id = a.scheduled_call_id
                                WHERE a.id = '{attempt}' AND k.status <> 'rejected' AND a.tenant_id = k.tenant_id""")
        if not lawful:
            out.append(f"UNLAWFUL: {phone} was dialled without an approved check")
        elif lawful[0][0] in ("rejected", "refuted"):
            out.append(f"WRONG: the placed call to {phone} is recorded as {lawful[0][0]}")
    return out


def walk(lane, names, modes, share=1.0, seed=1, say=print):
    """Every point of these scenarios; returns their last tries, and all tries, judged."""
    dice, lane.points, tried = random.Random(seed), [], []
    for name in names:
        began, letters = time.monotonic(), clean_run(lane, name)
        before = len(lane.points)
        mine = [insist(lane, p) for p in plan(name, letters, modes, share, dice)]
        tries = len(lane.points) - before
        tried += mine
        say(f"  {name:12} N={len(letters):3} points={len(mine):4} struck={sum(p.struck for p in mine):4} "
            f"tries={tries:4} in {time.monotonic() - began:3.0f} s   {letters}")
    say(f"  {len(lane.points)} runs; now until each of them is over")
    settle(lane)
    return tried, lane.points


def replay(lane, texts):
    """These points only, each as SCENARIO:K:MODE."""
    lane.points = []
    tried = [insist(lane, Point(*text.split(":"))) for text in texts]
    settle(lane)
    return tried, lane.points


def settle(lane):
    wait_until_over(lane, [p for p in lane.points if not p.owes], REST_SECONDS)
    let_the_stopped_go_on(lane)
    for p in lane.points:
        if p.owes:
            p.scenario.before_again()
            client_tries_again(lane, p, p.scenario, None)
    for p in lane.points:
        if p.scenario.again:
            say_again(lane, p)
    judge(lane, lane.points, wait_until_over(lane, lane.points, END_SECONDS))


__all__ = ["walk", "replay", "MODES"]
