"""scenarios - what the victim is doing when it is struck, and what must be true afterwards.

Each is a class: prepare() through the healthy API, then either act() makes the
marked message (workers), or request() is what the victim API is asked.
done() says whether the effect is there, torn() what of it is half there, ended()
whether the point is over, and problems() what is wrong with it in the end.  A
point's phones are its own.
"""
import json

from lane import AGENT, KEY, NUMBER, request, wait_for

OPEN = "status IN ('scheduled', 'queued', 'processing')"


def quoted(texts):
    return "(" + ", ".join(f"'{t}'" for t in texts) + ")"


class Scenario:
    program, child, campaign = "agoralia-api", False, None
    queue = None  # the only one that the victim takes work from
    accepted = (200, 201, 202, 204, 409)  # what a client's second try may be told
    again = None  # the documented answer to the same request once everything is over

    def __init__(self, lane):
        self.lane, self.phones = lane, []

    def prepare(self):
        pass

    def after(self):
        """Once the request has been repeated: what makes the effect show."""

    def done(self):
        return True

    def torn(self):
        return []

    def before_again(self):
        pass

    def open_rows(self):
        return self.lane.value(f"SELECT count(*) FROM scheduled_calls WHERE to_number IN {quoted(self.phones)} AND {OPEN}")

    def ended(self):
        return not self.phones or self.open_rows() == 0

    def expected(self):
        """Phones that must have a row in the end."""
        return self.phones

    def problems(self):
        return []

    def status(self):
        return self.lane.rows(f"SELECT status FROM campaigns WHERE id = {self.campaign}")[0][0]

    def insist(self, method, path, body=None, **headers):
        """Through the healthy API, as often as it takes: a stopped process may hold locks for a moment."""
        for _ in range(20):
            answer = self.lane.ask(self.lane.url, method, path, body, 10, **headers)
            if answer and answer.status in self.accepted:
                return answer.json if answer.body else None
            time.sleep(0.05)
        raise AssertionError(f"{method} {path}: {answer.status if answer else 'no answer'}")

    def post(self, verb):
        return "POST", f"/api/v1/campaigns/{self.campaign}/{verb}", None, {}


class Call(Scenario):
    """process_scheduled_call: claim, compliance, intent, POST, answer."""

    program, queue = "agoralia-worker", "calls"

    def prepare(self):
        self.body, _ = self.lane.lead()
        self.phones = [self.body["to_number"]]
        self.mark = f'"scheduled_call_id":{self.lane.next_id("scheduled_calls")},'

    def act(self):
        self.insist("POST", "/api/v1/calls/outbound", self.body)


class Child(Call):
    """The same in the process that only dials, when the worker has one."""

    child = True

    def prepare(self):
        super().prepare()
        self.mark = self.phones[0]


class Sync(Call):
    """sync_retell_call_status: what the provider told is applied."""

    queue = None  # it places the call, too

    def prepare(self):
        super().prepare()
        self.mark = f'"call_id":{self.lane.next_id("calls")},"provider'


class Execution(Scenario):
    """start_campaign_execution: leads become scheduled calls."""

    program, queue = "agoralia-worker", "campaigns"

    def prepare(self):
        self.campaign, self.phones = self.lane.campaign(3)
        self.mark = f'"campaign_id":{self.campaign},'

    def act(self):
        self.insist("POST", f"/api/v1/campaigns/{self.campaign}/start")

    def ended(self):
        return super().ended() and self.status() == "completed"


class Start(Execution):
    program = "agoralia-api"

    def request(self):
        return self.post("start")

    def done(self):
        return self.status() in ("running", "completed")


class Outbound(Call):
    program = "agoralia-api"

    def request(self):
        return "POST", "/api/v1/calls/outbound", self.body, {}

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM scheduled_calls WHERE to_number = '{self.phones[0]}'") > 0


class LeadCall(Outbound):
    def prepare(self):
        self.body, self.lead = self.lane.lead()
        self.phones = [self.body["to_number"]]

    def request(self):
        return "POST", f"/api/v1/leads/{self.lead}/call", {"from_number": NUMBER, "agent_id": AGENT}, {}


class Pause(Execution):
    """A pause in the middle of a paced run: after it nothing is intended."""

    program, change, lands = "agoralia-api", "pause", ("paused", "completed")

    def prepare(self):
        self.campaign, self.phones = self.lane.campaign(3, spacing_seconds=3600)
        self.insist("POST", f"/api/v1/campaigns/{self.campaign}/start")

    def request(self):
        return self.post(self.change)

    def done(self):
        return self.status() in self.lands

    def ended(self):
        busy = f"campaign_id = {self.campaign} AND status IN ('queued', 'processing')"
        return self.done() and self.lane.value(f"SELECT count(*) FROM scheduled_calls WHERE {busy}") == 0

    def expected(self):
        return []

    def problems(self):
        late = self.lane.value(
            f"""SELECT count(*) FROM compliance_checks k JOIN call_attempts a ON a.scheduled_call_id = k.scheduled_call_id
                  JOIN campaigns c ON c.id = {self.campaign} AND a.campaign_id = c.id
                 WHERE k.status <> 'rejected'
                   AND pg_xact_commit_timestamp(k.xmin) > pg_xact_commit_timestamp(c.xmin)""")
        return [f"{late} intents after the {self.change}"] if late else []


class Stop(Pause):
    change, lands = "stop", ("cancelled", "completed")

    def ended(self):
        return self.done() and self.open_rows() == 0


class Resume(Start):
    def prepare(self):
        self.campaign, self.phones = self.lane.campaign(2)
        for verb in ("start", "pause"):
            self.insist("POST", f"/api/v1/campaigns/{self.campaign}/{verb}")

    def request(self):
        return self.post("resume")


class Patch(Execution):
    program = "agoralia-api"

    def request(self):
        return "PATCH", f"/api/v1/campaigns/{self.campaign}", {"name": "another"}, {}

    def done(self):
        return self.lane.rows(f"SELECT name FROM campaigns WHERE id = {self.campaign}") == [["another"]]

    def after(self):
        self.act()


class Import(Execution):
    """Leads from a file, killed anywhere, sent again: each is there once, and called once."""

    program = "agoralia-api"

    def prepare(self):
        self.campaign, _ = self.lane.campaign(0)
        self.phones = [self.lane.phone() for _ in range(5)]

    def request(self):
        return ("POST", f"/api/v1/leads/bulk-import?campaign_id={self.campaign}", self.lane.csv(self.phones),
                {"Content-Type": "text/csv"})

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM leads WHERE campaign_id = {self.campaign}") == len(self.phones)

    def after(self):
        self.act()


class LeadCreate(Scenario):
    def prepare(self):
        self.new = self.lane.phone()

    def request(self):
        return "POST", "/api/v1/leads", {"name": "Ada", "phone": self.new}, {}

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM leads WHERE phone = '{self.new}'") == 1


class Dnc(Outbound):
    """A number is forbidden while its call is on the way: whoever is first decides."""

    def prepare(self):
        super().prepare()
        self.insist("POST", "/api/v1/calls/outbound", self.body)

    def request(self):
        return "POST", "/api/v1/compliance/dnc", {"e164": self.phones[0]}, {}

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM dnc_entries WHERE e164 = '{self.phones[0]}'") == 1

    def problems(self):
        late = self.lane.value(
            f"""SELECT count(*) FROM compliance_checks k JOIN dnc_entries d ON d.e164 = k.to_number
                 WHERE k.to_number = '{self.phones[0]}' AND k.status <> 'rejected'
                   AND pg_xact_commit_timestamp(k.xmin) > pg_xact_commit_timestamp(d.xmin)""")
        return [f"{late} intents after the number was forbidden"] if late else []


class Webhook(Call):
    """An event the provider repeats until it is answered: stored once, applied in the end."""

    program = "agoralia-api"

    def prepare(self):
        super().prepare()
        self.act()
        sql = f"SELECT provider_call_id FROM calls WHERE to_number = '{self.phones[0]}' AND provider_call_id IS NOT NULL"
        self.provider_call = wait_for("the call is placed", lambda: self.lane.rows(sql), 60, 0.02)[0][0]
        call = request(self.lane.sim_url, "GET", f"/v2/get-call/{self.provider_call}", None,
                       {"Authorization": f"Bearer {KEY}"}).json
        # other bytes than the simulator's own event, hence another row of the inbox
        self.event = json.dumps({"call": call, "event": "call_started"}, indent=1)

    def request(self):
        return ("POST", "/api/v1/webhooks/retell", self.event,
                {"Content-Type": "application/json", "x-retell-signature": self.lane.signature(self.event.encode())})

    def inbox(self, what):
        return self.lane.value(f"SELECT count(*) FROM webhook_inbox WHERE provider_call_id = '{self.provider_call}' AND {what}")

    def done(self):
        return self.inbox("body::text LIKE '{\n%'") == 1

    def ended(self):
        return super().ended() and self.inbox("applied_at IS NULL") == 0


class Own(Scenario):
    """In a tenant of its own: what a stopped process locks is nobody else's."""

    def prepare(self):
        self.tenant = int(self.lane.cli("tenant", "create", "own"))
        self.head = {"X-API-Key": self.lane.cli("key", "create", "--tenant", str(self.tenant))}
        self.from_number = self.lane.from_number()
        self.lane.psql.rows("INSERT INTO numbers (tenant_id, e164, status, verified) "
                            f"VALUES ({self.tenant}, '{self.from_number}', 'active', true)")

    def body(self, name):
        return {"name": name, "agent_id": AGENT, "from_number": self.from_number, "spacing_seconds": 0,
                "retry_policy": {"max_attempts": 1}}

    def rows(self, what, of):
        return self.lane.rows(f"SELECT {what} FROM {of} WHERE tenant_id = {self.tenant}")

    def whole(self, rows, *wanted):
        """Nothing, or one of the wanted rows."""
        return [f"TORN: {rows}, not {wanted}"] if rows and (len(rows) > 1 or rows[0] not in wanted) else []


class CampaignCreate(Own):
    """Nothing tells two requests for the same campaign apart: only one that shows nothing is repeated."""

    def request(self):
        return "POST", "/api/v1/campaigns", self.body("created"), self.head

    def found(self):
        return self.rows("name, agent_id, from_number, spacing_seconds, status, "
                         "EXISTS (SELECT 1 FROM campaign_pacing p WHERE p.campaign_id = c.id)", "campaigns c")

    def done(self):
        return self.found() != []

    def torn(self):
        return self.whole(self.found(), ["created", AGENT, self.from_number, "0", "draft", "t"])

    def problems(self):
        """A stopped process may make its own after the client made another."""
        found = self.found()
        return self.whole(found[:1], ["created", AGENT, self.from_number, "0", "draft", "t"]) + (
            [f"DOUBLE: {len(found)} campaigns"] if len(found) > 2 or found[1:] not in ([], found[:1]) else [])


class NumberCreate(Own):
    """The provider is asked first; it has this number and few others."""

    again = 409
    listed = None

    def prepare(self):
        super().prepare()
        self.e164 = self.lane.from_number()
        self.before_again()

    def before_again(self):
        if NumberCreate.listed:
            self.lane.provider("DELETE", f"/delete-phone-number/{NumberCreate.listed}")
        self.lane.own(self.e164)
        NumberCreate.listed = self.e164

    def request(self):
        return "POST", "/api/v1/numbers", {"e164": self.e164}, self.head

    def found(self):
        return [r for r in self.rows("e164, provider_number_id, status, verified", "numbers") if r[0] == self.e164]

    def done(self):
        return self.found() != []

    def torn(self):
        return self.whole(self.found(), [self.e164, self.e164, "active", "t"])

    problems = torn


OLD_TEXT, NEW_TEXT = ["{{company_name}} calls by an AI assistant " + word for word in ("of old", "anew")]


class RulePut(Own):
    """A rule replaces another: one of the two is in force at any time."""

    again = 201

    def prepare(self):
        super().prepare()
        self.insist("POST", "/api/v1/compliance/rules", {"country_iso": "IT", "disclosure_text": OLD_TEXT}, **self.head)

    def request(self):
        return "POST", "/api/v1/compliance/rules", {"country_iso": "IT", "disclosure_text": NEW_TEXT}, self.head

    def found(self):
        return self.lane.rows("SELECT country_iso, disclosure_text, enabled FROM country_rules "
                              f"WHERE tenant_id = {self.tenant} AND superseded_at IS NULL")

    def done(self):
        return self.found() == [["IT", NEW_TEXT, "t"]]

    def torn(self):
        found = self.found()
        return self.whole(found, ["IT", OLD_TEXT, "t"], ["IT", NEW_TEXT, "t"]) or ([] if found else ["TORN: no rule is in force"])

    problems = torn


class DncImport(Dnc):
    """A file of numbers, one of them being called: all are forbidden, or none."""

    again = 200

    def prepare(self):
        super().prepare()
        self.listed = [self.phones[0], self.lane.phone(), self.lane.phone()]

    def request(self):
        return ("POST", "/api/v1/compliance/dnc/bulk-import", "\n".join(["phone", *self.listed]),
                {"Content-Type": "text/csv"})

    def count(self):
        return self.lane.value(f"SELECT count(*) FROM dnc_entries WHERE e164 IN {quoted(self.listed)}")

    def done(self):
        return self.count() == 3

    def torn(self):
        return [] if self.count() in (0, 3) else [f"TORN: {self.count()} of 3 numbers"]

    def problems(self):
        return super().problems() + ([] if self.count() == 3 else [f"WRONG: {self.count()} entries for 3 numbers"])


class DncDelete(Outbound):
    """Once it is off the list the number may be called again."""

    accepted, again = (*Scenario.accepted, 404), 404

    def prepare(self):
        super().prepare()
        self.entry = self.insist("POST", "/api/v1/compliance/dnc", {"e164": self.phones[0]})["id"]

    def request(self):
        return "DELETE", f"/api/v1/compliance/dnc/{self.entry}", None, {}

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM dnc_entries WHERE id = {self.entry} AND removed_at IS NOT NULL") == 1

    def after(self):
        self.act()

    def problems(self):
        placed = self.lane.value(f"SELECT count(*) FROM call_attempts WHERE to_number = '{self.phones[0]}'")
        return [] if placed else ["LOST: the number is still held to be forbidden"]


class Halt(Own):
    """Once it stands nothing of its scope is dialled; a client that is not sure says it again."""

    again, scope, at_provider = 200, "campaign", False

    def prepare(self):
        super().prepare()
        if self.at_provider:
            self.lane.own(self.from_number)
        self.campaign = self.insist("POST", "/api/v1/campaigns", self.body("halted"), **self.head)["id"]
        self.phones = [self.lane.phone() for _ in range(2)]
        self.insist("POST", f"/api/v1/leads/bulk-import?campaign_id={self.campaign}", self.lane.csv(self.phones),
                    **{"Content-Type": "text/csv"}, **self.head)

    def path(self):
        return f"/api/v1/campaigns/{self.campaign}/halt"

    def key(self):
        return str(self.campaign)

    def request(self):
        return "POST", self.path(), {"reason": "proof"}, self.head

    def found(self):
        return self.rows("scope, key, cause, reason, lifted_at IS NULL", "halts")

    def done(self):
        return self.found() != []

    def torn(self):
        return self.whole(self.found(), [self.scope, self.key(), "operator", "proof", "t"])

    def after(self):
        self.insist("POST", f"/api/v1/campaigns/{self.campaign}/start", None, **self.head)

    def status_of_rows(self):
        return [r[0] for r in self.rows("status", "scheduled_calls")]

    def ended(self):
        """Every lead has its row, and nobody is busy with one."""
        rows = self.status_of_rows()
        return len(rows) == 2 and not {"queued", "processing"} & set(rows)

    def expected(self):
        return []

    def problems(self):
        tried = self.rows("id", "call_attempts")
        return self.torn() + ([f"UNLAWFUL: {len(tried)} attempts while the halt stands"] if tried else [])


class HaltCountry(Halt):
    scope = "country"

    def path(self):
        return "/api/v1/countries/IT/halt"

    def key(self):
        return "IT"


class HaltAll(Halt):
    scope = "tenant"

    def path(self):
        return "/api/v1/halt"

    def key(self):
        return ""


class Lift(Halt):
    """Dialling goes on with everything that waited."""

    at_provider = True

    def prepare(self):
        super().prepare()
        self.halt = self.insist("POST", self.path(), {"reason": "proof"}, **self.head)["id"]
        Halt.after(self)
        wait_for("its rows wait", lambda: Halt.ended(self), 30, 0.02)

    def request(self):
        return "DELETE", f"/api/v1/halts/{self.halt}", None, self.head

    def done(self):
        return self.found() == [[self.scope, self.key(), "operator", "proof", "f"]]

    def torn(self):
        wanted = [self.scope, self.key(), "operator", "proof"]
        return self.whole(self.found(), [*wanted, "t"], [*wanted, "f"])

    def after(self):
        pass

    def ended(self):
        return self.done() and self.open_rows() == 0

    def expected(self):
        return self.phones

    def problems(self):
        return self.torn()


SCENARIOS = {
    "call": Call, "child": Child, "sync": Sync, "execution": Execution, "start": Start, "pause": Pause, "resume": Resume,
    "stop": Stop, "patch": Patch, "outbound": Outbound, "lead_call": LeadCall, "lead": LeadCreate, "import": Import,
    "dnc": Dnc, "dnc_import": DncImport, "dnc_delete": DncDelete, "webhook": Webhook, "campaign": CampaignCreate,
    "number": NumberCreate, "rule": RulePut, "halt": Halt, "halt_country": HaltCountry, "halt_all": HaltAll, "lift": Lift,
}
