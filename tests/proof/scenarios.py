"""scenarios - what the victim is doing when it is struck, and what must be true afterwards.

Each is a class: prepare() through the healthy API, then either act() makes the
marked message (workers), or request() is what the victim API is asked.
done() says whether the effect is there, ended() whether the point is over, and
problems() what is wrong with it in the end.  A point's phones are its own.
"""
import json

from lane import AGENT, NUMBER, request, wait_for

OPEN = "status IN ('scheduled', 'queued', 'processing')"


def quoted(texts):
    return "(" + ", ".join(f"'{t}'" for t in texts) + ")"


class Scenario:
    program, child, campaign = "agoralia-api", False, None
    accepted = (200, 201, 202, 204, 409)  # what a client's second try may be told

    def __init__(self, lane):
        self.lane, self.phones = lane, []

    def prepare(self):
        pass

    def after(self):
        """Once the request has been repeated: what makes the effect show."""

    def done(self):
        return True

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

    def insist(self, method, path, body=None):
        """Through the healthy API, as often as it takes: a stopped process may hold locks for a moment."""
        for _ in range(20):
            answer = self.lane.ask(self.lane.url, method, path, body, 10)
            if answer and answer.status in self.accepted:
                return
        raise AssertionError(f"{method} {path}: {answer.status if answer else 'no answer'}")

    def post(self, verb):
        return "POST", f"/api/v1/campaigns/{self.campaign}/{verb}", None, {}


class Call(Scenario):
    """process_scheduled_call: claim, compliance, intent, POST, answer."""

    program = "agoralia-worker"

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

    def prepare(self):
        super().prepare()
        self.mark = f'"call_id":{self.lane.next_id("calls")},"provider'


class Execution(Scenario):
    """start_campaign_execution: leads become scheduled calls."""

    program = "agoralia-worker"

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
                       {"Authorization": "Bearer key_demo"}).json
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


SCENARIOS = {
    "call": Call, "child": Child, "sync": Sync, "execution": Execution, "start": Start, "pause": Pause, "resume": Resume,
    "stop": Stop, "patch": Patch, "outbound": Outbound, "lead_call": LeadCall, "lead": LeadCreate, "import": Import,
    "dnc": Dnc, "webhook": Webhook,
}
