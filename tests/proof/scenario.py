"""scenario - what the victim is doing when it is struck, and what must be true afterwards.

Each is a class: prepare() through the healthy API, then either act() makes the
marked message (workers), or request() is what the victim API is asked.
done() says whether the effect is there, torn() what of it is half there, ended()
whether the point is over, and problems() what is wrong with it in the end.  A
point's phones are its own.
"""
import time

from lane import AGENT

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


class Outbound(Call):
    program = "agoralia-api"

    def request(self):
        return "POST", "/api/v1/calls/outbound", self.body, {}

    def done(self):
        return self.lane.value(f"SELECT count(*) FROM scheduled_calls WHERE to_number = '{self.phones[0]}'") > 0


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
