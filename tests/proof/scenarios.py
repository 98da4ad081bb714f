"""scenarios - calls, campaigns, leads and numbers, struck; and the table of all scenarios."""
import json

from lane import AGENT, KEY, NUMBER, wait_for
from scenario import Call, Execution, Outbound, Own, Scenario
from scenarios_law import Dnc, DncDelete, DncImport, Halt, HaltAll, HaltCountry, Lift, RulePut


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


class Start(Execution):
    program = "agoralia-api"

    def request(self):
        return self.post("start")

    def done(self):
        return self.status() in ("running", "completed")


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


SCENARIOS = {
    "call": Call, "child": Child, "sync": Sync, "execution": Execution, "start": Start, "pause": Pause, "resume": Resume,
    "stop": Stop, "patch": Patch, "outbound": Outbound, "lead_call": LeadCall, "lead": LeadCreate, "import": Import,
    "dnc": Dnc, "dnc_import": DncImport, "dnc_delete": DncDelete, "webhook": Webhook, "campaign": CampaignCreate,
    "number": NumberCreate, "rule": RulePut, "halt": Halt, "halt_country": HaltCountry, "halt_all": HaltAll, "lift": Lift,
}
