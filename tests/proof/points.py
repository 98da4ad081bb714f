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

from lane import MODES, wait_for
from scenarios import OPEN, SCENARIOS, quoted

# A stopped process rests for longer than the intent's lease of a minute.
REACH_SECONDS, REST_SECONDS, END_SECONDS = 6, 80, 150


class Point:
    def __init__(self, name, k, mode):
        self.name, self.k, self.mode, self.struck, self.findings = name, k, mode, False, []
        self.owes = False  # a request to be repeated when the stopped process lets go of its locks

    def __str__(self):
        return f"{self.name}:{self.k}:{self.mode}"


def gone(v):
    return not v.alive() or v.page.fired


def strike_worker(lane, point, s, v):
    """The healthy workers are held, so that the victim gets the message."""
    lane.healthy(False)
    try:
        v.page.set(point.mode, point.k, s.mark, s.child, True)
        s.act()
        until = time.monotonic() + REACH_SECONDS
        calm = 0
        while time.monotonic() < until and not gone(v):
            before = v.page.count
            time.sleep(0.01)
            calm = calm + 1 if v.page.started and v.page.count == before else 0
            if calm > 30:
                break
    finally:
        lane.healthy(True)


def strike_api(lane, point, s, v):
    method, path, body, headers = s.request()
    v.page.set(point.mode, point.k, f"{method} {path}", False, False)
    answer = lane.ask(v.url, method, path, body, 0.5 if point.mode == "stop" else 5, **headers)
    if answer is None:  # nobody waits for a process that is stopped; a killed one is gone in a moment
        wait_for("the victim has been struck", lambda: gone(v) or point.mode == "count", 5, 0.005)
    if answer and answer.status < 300 and not s.done():
        point.findings.append(f"answered {answer.status}, but nothing was done")
    return answer


def client_tries_again(lane, point, s, answer):
    """As a client does: until there is an answer, and never when the effect can be seen."""
    until = time.monotonic() + 10
    while not s.done() and time.monotonic() < until:
        method, path, body, headers = s.request()
        answer = lane.ask(lane.url, method, path, body, **headers)
        if answer and answer.status not in s.accepted:
            point.findings.append(f"the repeated request was answered {answer.status}: {answer.body[:200]}")
            return
        time.sleep(0.02)
    if not s.done():
        point.findings.append("the repeated request did nothing")
    s.after()


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
        wait_for("the victim works", lambda: v.line("redis.up") or not v.alive(), 20, 0.01)
    else:
        wait_for("the victim serves", lambda: answers(lane, v), 20, 0.01)


def answers(lane, v):
    answer = lane.ask(v.url, "GET", "/readyz")
    return answer and answer.status == 200


def run(lane, point):
    """Strike once.  Returns the page's count of calls and their letters."""
    s = point.scenario = SCENARIOS[point.name](lane)
    v = lane.victim(s.program, s.child, s.program == "agoralia-worker")
    try:
        ready(lane, v)
        if s.child and not has_children(v):
            s.phones = []
            return 0, ""
        s.prepare()
        if s.program == "agoralia-worker":
            strike_worker(lane, point, s, v)
        else:
            answer = strike_api(lane, point, s, v)
            if point.mode == "stop" and v.page.fired:
                client_of_a_stopped_one(lane, point, s)
            else:
                client_tries_again(lane, point, s, answer)
        point.struck = bool(v.page.fired)
        return v.page.count, v.page.calls
    finally:
        if point.struck and (point.mode == "stop"):
            lane.stopped.append(v)
        elif point.struck and s.child and v.alive():
            lane.leaving.append(v)  # the parent of a killed child goes on
            while len(lane.leaving) > 2:
                lane.part(lane.leaving.pop(0))
        else:
            lane.part(v)


def has_children(v):
    try:
        return wait_for("it has children", lambda: family(v.child.pid)[1:], 1, 0.05)
    except AssertionError:
        return False


def plan(name, letters, modes, share, dice):
    """The points of one scenario: half makes sense for what is sent only."""
    out = []
    for k, letter in enumerate(letters, 1):
        out += [Point(name, k, m) for m in modes if m != "half" or letter == "w"]
    return out if share >= 1 else [p for p in out if dice.random() < share]


def clean_run(lane, name):
    """The letters of the calls to strike at: of five runs the middle one, for some have company."""
    seen = []
    for _ in range(5):
        point = Point(name, 0, "count")
        seen.append(run(lane, point)[1])
        lane.points.append(point)
        if not seen[0] and point.scenario.child:
            return ""  # this worker has no children
    return sorted(seen, key=len)[1]


def wait_until_over(lane, points, seconds):
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
    for v in lane.stopped + lane.leaving:
        lane.part(v)  # never before it has had its chance
    lane.stopped, lane.leaving = [], []


def family(pid):
    """A process and its children."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [pid, *[int(c) for c in f.read().split()]]
    except OSError:
        return [pid]


def judge(lane, points):
    """Each point against the simulator's ledger and the database."""
    by_phone, placed = {}, lane.ledger()
    for call in placed:
        by_phone.setdefault(call["to_number"], []).append(call)
    for p in points:
        s = p.scenario
        if s.program == "agoralia-worker" and not s.phones:
            continue  # the scenario does not exist here
        if not s.ended():
            p.findings.append(f"not over: {state_of(lane, s)}")
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
            out.append(f"DOUBLE: {phone} was dialled {times} times for row {row}")
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
    """Every point of these scenarios; returns the points, judged."""
    dice, lane.points = random.Random(seed), []
    for name in names:
        began, letters = time.monotonic(), clean_run(lane, name)
        todo = plan(name, letters, modes, share, dice)
        for p in todo:
            run(lane, p)
            lane.points.append(p)
        say(f"  {name:10} N={len(letters):3} points={len(todo):4} struck={sum(p.struck for p in todo):4} "
            f"{(time.monotonic() - began) / (len(todo) + 5):.2f} s each   {letters}")
    settle(lane)
    return lane.points


def replay(lane, name, k, mode):
    lane.points = [Point(name, k, mode)]
    run(lane, lane.points[0])
    settle(lane)
    return lane.points


def settle(lane):
    wait_until_over(lane, [p for p in lane.points if not p.owes], REST_SECONDS)
    let_the_stopped_go_on(lane)
    for p in lane.points:
        if p.owes:
            client_tries_again(lane, p, p.scenario, None)
    wait_until_over(lane, lane.points, END_SECONDS)
    judge(lane, lane.points)


__all__ = ["walk", "replay", "family", "MODES"]
