"""Two tenants, one API: whatever one asks with the other's ids is answered as for ids that nobody has.

The first test walks every route of api/routes.def and every id it takes; the second lets both do what they like, LEAK_STEPS
times (400 when not said; make leaks: 100,000), with words of their own in every text, from LEAK_SEED.
"""
import json
import os
import random
import re
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from endpoints import ENDPOINTS, NUMBER, NUMBER_2, routes  # noqa: E402
from stack import Stack  # noqa: E402
from test_campaign import sim_config  # noqa: E402

STEPS = int(os.environ.get("LEAK_STEPS", "400"))
SEED = int(os.environ.get("LEAK_SEED", "1"))
BURST = 25  # steps of one tenant, between two looks at the other's rows
NOBODYS = "987654321"
IDS = {"campaign_id", "lead_id", "number_id", "call_id", "check_id", "entry_id", "halt_id", "erasure_id", "scheduled_call_id", "key_id",
       "user_id"}
# Of every row of a tenant's; what is put in is its id.
DIGEST = ("SELECT 'SELECT md5(concat(' || string_agg(format('(SELECT string_agg(x::text, '','' ORDER BY x::text) FROM %I x "
          "WHERE %I = {})', name, owner), ',') || '))' FROM walled_tables()")


class Tenant:
    """With a word that stands in all it writes, and one id of each kind that is known to exist."""

    def __init__(self, s, word, caller, first_phone):
        self.s, self.word, self.caller, self.phones = s, word, caller, first_phone
        self.id = int(s.cli("tenant", "create", word))
        self.key = s.cli("key", "create", "--tenant", str(self.id))
        self.have = {name: [] for name in IDS}
        self.digest = s.sql(DIGEST)[0][0].replace("{}", str(self.id))

    def ask(self, method, path, body=None, **headers):
        return self.s.call(method, path, body, key=self.key, **headers)

    def make(self, kind, path, body, name="id"):
        answer = self.ask("POST", path, body)
        if answer.status in (200, 201, 202):
            self.have[kind].append(str(answer.json[name]))
        return answer

    def phone(self):
        self.phones += 1
        return f"+39349{self.phones}"

    def campaign(self):
        return self.make("campaign_id", "/api/v1/campaigns", {
            "name": f"{self.word} campaign", "agent_id": "agent_abc123", "from_number": self.caller,
            "metadata": {"word": self.word}})

    def lead(self, campaign=None):
        return self.make("lead_id", "/api/v1/leads", {
            "name": f"{self.word} lead", "phone": self.phone(), "company": self.word, "metadata": {"word": self.word},
            "consent_status": "granted", "consent_date": "2026-01-01T00:00:00Z", "consent_source": self.word,
            **({"campaign_id": int(campaign)} if campaign else {})})

    def some_of_everything(self):
        self.make("number_id", "/api/v1/numbers", {"e164": self.caller})
        self.campaign()
        self.lead(self.have["campaign_id"][0])
        self.lead()
        self.make("erasure_id", f"/api/v1/leads/{self.have['lead_id'].pop()}/erase", {"reason": f"{self.word} asked for it"})
        self.make("entry_id", "/api/v1/compliance/dnc", {"e164": self.phone()})
        self.make("call_id", f"/api/v1/leads/{self.have['lead_id'][0]}/call", {
            "from_number": self.caller, "agent_id": "agent_abc123", "metadata": {"word": self.word}}, "call_id")
        self.ask("POST", "/api/v1/compliance/check/pre-call", {
            "to_number": self.phone(), "campaign_id": int(self.have["campaign_id"][0]), "scheduled_time": "2027-01-14T10:00:00Z"})
        self.make("halt_id", f"/api/v1/campaigns/{self.have['campaign_id'][0]}/halt", {"reason": f"{self.word} says so"})
        self.make("key_id", "/api/v1/keys", {"name": f"{self.word} key"})
        link = self.s.cli("user", "create", "--tenant", str(self.id), "--email", f"{self.word}@example.com")
        self.make("user_id", "/api/v1/auth/invitations/accept", {"token": link.split("#")[1], "password": "correct horse battery"})
        self.look_up("check_id", "compliance_checks")
        self.look_up("scheduled_call_id", "scheduled_calls")
        missing = [name for name, ids in self.have.items() if not ids]
        if missing:
            raise AssertionError(f"{self.word} has no {missing}")

    def look_up(self, kind, table):
        self.have[kind] = [row[0] for row in self.s.sql(f"SELECT id FROM {table} WHERE tenant_id = {self.id}")]

    def rows(self):
        return self.s.sql(self.digest)[0][0]


def told(answer, value):
    """What an answer says, but for the id that was asked for and the request's own."""
    text = re.sub(r'"request_id":"[^"]*"', "", answer.body.decode("utf-8", "replace"))
    return answer.status, re.sub(rf"\b{re.escape(str(value))}\b", "ID", text)


class LeakTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        sim = sim_config(False)
        sim["workspaces"][0]["numbers"].append({"phone_number": NUMBER_2, "type": "custom", "outbound": "agent_abc123"})
        cls.stack = Stack(sim=sim, workers=0)
        cls.s = cls.stack.__enter__()
        cls.s.let_everybody_be_called()
        cls.a = Tenant(cls.s, "alphaword", NUMBER, 1000000)
        cls.b = Tenant(cls.s, "omegaword", NUMBER_2, 2000000)
        cls.a.some_of_everything()
        cls.b.some_of_everything()

    @classmethod
    def tearDownClass(cls):
        cls.stack.__exit__(None, None, None)

    def assert_same(self, what, ask, theirs, nobodys=NOBODYS):
        """ask(id) says of theirs what it says of one that does not exist, and nothing of theirs changes."""
        before = self.b.rows()
        nothing, something = ask(nobodys), ask(theirs)
        self.assertEqual(told(something, theirs), told(nothing, nobodys), what)
        self.assertNotIn(self.b.word.encode(), something.body, what)
        self.assertEqual(self.b.rows(), before, what)

    def body_of(self, endpoint):
        if not endpoint.body:
            return None
        return {name: f.good for name, f in endpoint.body[1].items() if f.required or name in ("reason",)}

    def test_no_route_tells_theirs_from_nobodys(self):
        tried = 0
        for route in routes():
            if route.role == "PUBLIC":
                continue
            endpoint = ENDPOINTS[route.name]
            self.assertLessEqual(set(route.parameters), IDS | {"country_iso"}, f"{route.name}: an id that is not tried")
            for name in [p for p in route.parameters if p in IDS]:
                body = self.body_of(endpoint)
                nobodys = "call_nobodys" if name == "call_id" else NOBODYS
                self.assert_same(route.name, lambda value: self.a.ask(route.method, route.at(value), body),
                                 self.b.have[name][0], nobodys)
                tried += 1
            tried += self.try_query(route, endpoint) + self.try_body(route, endpoint)
        print(f"{tried} ids of another tenant's tried")
        self.assertGreater(tried, 30)

    def own_path(self, route):
        return re.sub(r"\{(\w+)\}", lambda m: "IT" if m[1] == "country_iso" else self.a.have[m[1]][0], route.path)

    def try_query(self, route, endpoint):
        names = [n for n in (endpoint.query[1] if endpoint.query else {}) if n in IDS]
        rest = [f"{n}={p.good}" for n, p in endpoint.query[1].items() if p.required] if endpoint.query else []
        for name in names:
            def ask(value):
                path = f"{self.own_path(route)}?{'&'.join([f'{name}={value}', *rest])}".replace("+", "%2B")
                if route.kind == "STREAM":
                    return self.upload(path)
                return self.a.ask(route.method, path, self.body_of(endpoint))
            self.assert_same(f"{route.name} {name}", ask, self.b.have[name][0])
        return len(names)

    def upload(self, path):
        body = ('--xyz\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\n'
                "name,phone\nAda,+393491999999\n\r\n--xyz--\r\n")
        return self.a.ask("POST", path, body, **{"Content-Type": "multipart/form-data; boundary=xyz"})

    def try_body(self, route, endpoint):
        names = [n for n in (endpoint.body[1] if endpoint.body else {}) if n in IDS]
        for name in names:
            def ask(value):
                body = {**self.body_of(endpoint), name: int(value)}
                if "phone" in body:
                    body["phone"] = "+393491888888"
                return self.a.ask(route.method, self.own_path(route), body)
            self.assert_same(f"{route.name} {name}", ask, self.b.have[name][0])
        return len(names)

    # ---- at random ------------------------------------------------------------

    def any_id(self, dice, who, other, kind):
        pool = (other if dice.random() < 0.4 else who).have[kind]
        return dice.choice(pool) if pool else NOBODYS

    def step(self, dice, who, other):
        """One request of who's, with anybody's ids."""
        kind = dice.choice(["make", "route", "route", "route", "filter"])
        if kind == "make":
            return dice.choice([who.campaign, who.lead, lambda: who.make(
                "entry_id", "/api/v1/compliance/dnc", {"e164": who.phone()})])()
        route = dice.choice(self.filtered if kind == "filter" else self.with_ids)
        endpoint = ENDPOINTS[route.name]
        path = re.sub(r"\{(\w+)\}", lambda m: "IT" if m[1] == "country_iso" else self.any_id(dice, who, other, m[1]), route.path)
        if kind == "filter":
            name = dice.choice([n for n in endpoint.query[1] if n in IDS])
            rest = [f"{n}={p.good}" for n, p in endpoint.query[1].items() if p.required]
            path = f"{path}?{'&'.join([f'{name}={self.any_id(dice, who, other, name)}', *rest])}".replace("+", "%2B")
        body = self.body_of(endpoint)
        if body and "metadata" in endpoint.body[1]:
            body["metadata"] = {"word": who.word}
        if body and "from_number" in body:
            body["from_number"] = who.caller
        if route.method == "PATCH":
            body = {"name": f"{who.word} renamed"}
        return who.ask(route.method, path, body)

    def test_two_tenants_at_random_never_see_each_other(self):
        dice = random.Random(SEED)
        every = [r for r in routes() if r.role != "PUBLIC" and r.kind != "STREAM"]
        self.with_ids = [r for r in every if any(p in IDS for p in r.parameters)]
        self.filtered = [r for r in every if ENDPOINTS[r.name].query
                         and any(n in IDS for n in ENDPOINTS[r.name].query[1]) and not r.parameters]
        answered = {}
        for done in range(0, STEPS, BURST):
            who, other = (self.a, self.b) if done // BURST % 2 else (self.b, self.a)
            before = other.rows()
            for i in range(BURST):
                answer = self.step(dice, who, other)
                answered[answer.status] = answered.get(answer.status, 0) + 1
                self.assertNotIn(other.word.encode(), answer.body, f"seed {SEED}, step {done + i}")
                self.assertLess(answer.status, 500, f"seed {SEED}, step {done + i}: {answer.body[:300]}")
            self.assertEqual(other.rows(), before, f"seed {SEED}, steps {done} to {done + BURST}")
        print(f"{STEPS} steps: {json.dumps(answered)}")
        self.assertGreater(answered.get(200, 0) + answered.get(201, 0), STEPS // 10)
        self.assertGreater(answered.get(404, 0), STEPS // 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
