"""scenarios_law - what must not be called, rules and halts, struck while they are written."""
from lane import wait_for
from scenario import Outbound, Own, Scenario, quoted


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
