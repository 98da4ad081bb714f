"""The kill switch under load: after its answer nothing in its scope starts, and after a lift dialling goes on.

HALTS random halts (default 60) over campaigns, countries, tenants and the platform, while two tenants dial three
campaigns.  The judge is the simulator's ledger, on the same clock as the answers.  SEED repeats a run.
"""
import json
import os
import random
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, request, wait_for  # noqa: E402
from test_campaign import sim_config  # noqa: E402

HALTS = int(os.environ.get("HALTS", "60"))
SEED = int(os.environ.get("SEED", "7"))
LATE_MS = 250
MOST_AT_ONCE = 4  # of each campaign: the leads must last
NUMBERS = ["+390212345678", "+390287654321"]


def simulator():
    """No faults; answers take 150 ms, some a second: simulated time is shorter."""
    config = sim_config(False)
    scale = config["time_scale"]
    config["api"]["per_op"]["create_phone_call"] = {"p50": 150 * scale, "p95": 500 * scale, "max": 1000 * scale}
    numbers = [{"phone_number": n, "type": "custom", "outbound": "agent_abc123"} for n in NUMBERS]
    config["workspaces"][0]["numbers"] = numbers
    return config


class HaltTest(unittest.TestCase):
    def begin(self, s):
        s.let_everybody_be_called()
        self.s, self.calls, self.random = s, [], random.Random(SEED)
        second = s.cli("tenant", "create", "second")
        keys = [s.key, s.cli("key", "create", "--tenant", second)]
        self.tenants = dict(zip(keys, [str(s.tenant), second]))
        for key, number in zip(keys, NUMBERS):
            self.ok(s.call("POST", "/api/v1/numbers", {"e164": number}, key), 201)
        # digits that no magic number of the simulator ends in
        self.campaigns = [self.campaign(keys[0], NUMBERS[0], "+393491", 20), self.campaign(keys[0], NUMBERS[0], "+491512", 20),
                          self.campaign(keys[1], NUMBERS[1], "+393495", 30)]

    def ok(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        return answer.json

    def campaign(self, key, number, prefix, leads_per_halt):
        s = self.s
        made = self.ok(s.call("POST", "/api/v1/campaigns", {"name": prefix, "agent_id": "agent_abc123", "from_number": number,
                                                            "spacing_seconds": 0, "max_concurrent_calls": MOST_AT_ONCE}, key), 201)["id"]
        digits = 7 if prefix.startswith("+49") else 6
        rows = ["name,phone,consent,consent_date,consent_source"]
        rows += [f"L{i},{prefix}{i * 100 + 50:0{digits}d},yes,2026-01-01T00:00:00Z,form"
                 for i in range(min(9999, 400 + leads_per_halt * HALTS))]
        answer = s.call("POST", f"/api/v1/leads/bulk-import?campaign_id={made}", "\n".join(rows), key,
                        **{"Content-Type": "text/csv"})
        self.assertEqual(self.ok(answer, 200)["imported"], len(rows) - 1, answer.body)
        self.ok(s.call("POST", f"/api/v1/campaigns/{made}/start", None, key), 202)
        return key, made, prefix

    def look(self):
        """Every call of the ledger so far."""
        while True:
            after = self.calls[-1]["seq"] if self.calls else 0
            lines = request(self.s.control_url, "GET", f"/sim/ledger?after={after}&limit=1000").body.splitlines()
            self.calls += [json.loads(line) for line in lines]
            if not lines:
                return self.calls

    def pick(self):
        """A halt: what sets it and which numbers it is about."""
        key, campaign, prefix = self.random.choice(self.campaigns)
        mine = [p for k, _, p in self.campaigns if k == key]
        country = self.random.choice(["IT", "DE"] if key == self.s.key else ["IT"])
        of_country = {"IT": "+39", "DE": "+49"}[country]
        everyone = [p for _, _, p in self.campaigns]
        return self.random.choice([
            (f"/api/v1/campaigns/{campaign}/halt", key, [prefix]), (f"/api/v1/campaigns/{campaign}/halt", key, [prefix]),
            ("/api/v1/halt", key, mine),
            (f"/api/v1/countries/{country}/halt", key, [p for p in mine if p.startswith(of_country)]),
            (["--tenant", self.tenants[key]], key, mine),
            (["--platform", "--country", country], key, [p for p in everyone if p.startswith(of_country)]),
            (["--platform"], key, everyone)])

    def insist(self, method, path, body, key):
        """A busy API may say so; to ask again is harmless."""
        answer = wait_for(f"{path} is taken", lambda: [a for a in [self.s.call(method, path, body, key)] if a.status != 503], 10)
        return self.ok(answer[0], 200)

    def halt(self, how, key):
        if isinstance(how, list):
            halt = json.loads(self.s.cli("halt", *how, "--reason", "proof"))
        else:
            halt = self.ok(self.s.call("POST", how, {"reason": "proof"}, key), 200)
        return halt["id"], time.time() * 1000

    def lift(self, how, key, halt):
        at = time.time() * 1000
        if isinstance(how, list):
            self.s.cli("lift", str(halt))
        else:
            self.insist("DELETE", f"/api/v1/halts/{halt}", None, key)
        return at

    def started(self, prefixes, since):
        """When, in ms, the calls of these numbers were placed that came after since."""
        return [c["created_ms"] for c in reversed(self.look())
                if c["created_ms"] > since and c["to_number"].startswith(tuple(prefixes))]

    def dialled_again(self, prefix, lifted, what):
        try:
            wait_for(f"{prefix} is dialled after {what} was lifted", lambda: self.started([prefix], lifted), 20)
        except AssertionError:
            print(self.s.cli("halts"))
            for row in self.s.sql("SELECT campaign_id, status, reason, count(*), min(scheduled_at)::time FROM scheduled_calls "
                                  "GROUP BY 1, 2, 3 ORDER BY 1, 4 DESC"):
                print(*row)
            raise

    def test_nothing_starts_after_a_halt_and_dialling_goes_on_after_a_lift(self):
        latest, took = 0, []
        with Stack(sim=simulator(), env={"DISPATCH_POLL_MS": "50"}) as s:
            self.begin(s)
            for _, _, prefix in self.campaigns:
                wait_for(f"{prefix} is dialled", lambda: self.started([prefix], 0), 30)
            for i in range(HALTS):
                how, key, prefixes = self.pick()
                asked = time.time() * 1000
                halt, answered = self.halt(how, key)
                took.append(answered - asked)
                time.sleep((LATE_MS + self.random.choice([100, 200, 400])) / 1000)
                lifted = self.lift(how, key, halt)
                placed = [at for at in self.started(prefixes, answered) if at < lifted]
                latest = max([latest, *(at - answered for at in placed)])
                self.assertLessEqual(latest, LATE_MS, f"halt {i} {how}: SEED={SEED}")
                for prefix in prefixes:
                    self.dialled_again(prefix, lifted, f"halt {i} {how}")
            self.assertEqual(s.number("SELECT count(*) FROM scheduled_calls WHERE status = 'canceled'"), 0)
            self.assertEqual(s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["duplicates"], [])
        took.sort()
        print(f"{HALTS} halts, {len(self.calls)} calls: the latest start was {latest:.0f} ms after the answer; "
              f"an answer took {took[len(took) // 2]:.0f} ms, at most {took[-1]:.0f} ms")


if __name__ == "__main__":
    unittest.main(verbosity=2)
