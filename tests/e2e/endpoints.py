"""endpoints - what every endpoint takes, field by field, with values it must refuse.

Written by hand from the specification, not generated: test_bad_input.py compares
it with api/routes.def and with the field tables in the C sources, so that a new
route or field fails there until it is described here.
"""
import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NUMBER, NUMBER_2 = "+390212345678", "+14157774444"  # the two caller ids of the simulator
PHONE, PHONE_2 = "+393492000001", "+393492000002"
BIGGEST = 2**63 - 1


class Field:
    """A value that passes, and values that do not: JSON ones, and for queries texts."""

    def __init__(self, good, bad, required=False, null=True):
        self.good, self.bad, self.required, self.null = good, bad, required, null
        if not null or required:
            self.bad = [*self.bad, None]


def text(good, longest=None, empty=True, bad=(), **how):
    bad = [5, 1.5, True, [], {}, [good], *bad]
    if longest:
        bad.append("x" * (longest + 1))
    if how.get("required") or not empty:
        bad.append("")
    return Field(good, bad, **how)


def phone(good, **how):
    bad = ["390212345678", "+39 02 12345678", "+39021234567890123", "+0123456789", "tel:+390212345678", "+39abc",
           "+٣٩٠٢١٢٣٤٥٦٧٨"]
    return text(good, 16, empty=False, bad=bad, **how)


def country(good="IT", **how):
    return text(good, 2, empty=False, bad=["it", "ZZ", "I", "Italy", "I\x01", "ÍT"], **how)


def language():
    return text("it", 2, empty=False, bad=["IT", "it-IT", "zz", "italian"])


def integer(good, low, high, **how):
    return Field(good, ["1", "", 1.5, 1e3, True, [], {}, low - 1, high + 1, -(2**63) - 1, 2**63, 10**40], **how)


def identifier():
    return integer(1, 1, BIGGEST)


def boolean():
    return Field(True, [0, 1, "true", "", [], {}, 1.0], null=False)


def label(good, **how):
    return Field(good, ["", "nonsense", good.upper(), good + " ", 0, True, [], {}, [good]], **how)


STAMPS = ["", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01T10:00:00.123", "10:00", "yesterday", "2026-02-30T00:00:00Z",
          "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T10:00:60Z", "2026-01-01T10:00:00+25:00",
          "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z",
          "2026-01-01T10:00:00Z ", "2026-01-01T10:00:00Zjunk", "1767261600"]


def stamp(good="2027-01-14T10:00:00+01:00", **how):
    return Field(good, [*STAMPS, 1767261600, True, [], {}], **how)


def thing(longest, **how):
    """A JSON object kept to the letter."""
    return Field({"k": [1, {"è": None}]}, ["x", "{}", 5, True, [], [{}], {"k": "x" * longest}], **how)


CAMPAIGN = {
    "name": text("Demo", 255, required=True),
    "agent_id": text("agent_abc123", 128, empty=False),
    "from_number": phone(NUMBER),
    "knowledge_base_id": identifier(),
    "start_date": stamp("2027-01-14T10:00:00Z"),
    "end_date": stamp("2027-02-14T10:00:00Z"),
    "timezone": text("Europe/Rome", 64, empty=False, bad=["Mars/Base", "europe/rome", "../../etc/passwd"], null=False),
    "quiet_hours": text("21:00-09:00", 16, empty=False, bad=["9-21", "25:00-09:00", "21:00", "21:00-09:00-10:00"]),
    "max_calls_per_day": integer(100, 1, 1000000),
    "max_calls_per_hour": integer(10, 1, 1000000),
    "max_concurrent_calls": integer(5, 1, 100000),
    "retry_policy": Field({"max_attempts": 3, "outcomes": {"busy": {"retry": True, "delay_minutes": 15, "max": 2}}},
                          ["x", 5, True, [], {"outcomes": {"k": "x" * 8192}}]),
    "spacing_seconds": integer(0, 0, 86400, null=False),
    "require_legal_review": boolean(),
    "country_rules_override": Field({"IT": {"quiet_hours": "20:00-10:00"}},
                                    [x for x in thing(16384).bad if x != {"k": "x" * 16384}] + [{"IT": {"metadata": {
                                        "k": "x" * 16384}}}]),
    "lead_filters": Field({"country_iso": "IT"}, ["x", 5, True, [], {"country_iso": "x" * 4096}]),
    "exclude_dnc": boolean(),
    "metadata": thing(16384),
}
LEAD = {
    "campaign_id": Field(None, integer(1, 1, BIGGEST).bad),
    "name": text("Ada", 255, required=True),
    "phone": phone(PHONE, required=True),
    "email": text("ada@example.com", 254),
    "company": text("Example", 255),
    "role": text("CTO", 255),
    "country_iso": country(),
    "preferred_lang": language(),
    "consent_basis": text("contract", 64),
    "consent_status": label("granted", null=False),
    "consent_date": stamp("2026-01-01T00:00:00Z"),
    "consent_source": text("form", 255),
    "metadata": thing(16384),
}
CONSENT = {
    "status": label("granted", required=True),
    "basis": text("consent", 64),
    "purpose": text("marketing", 255),
    "text_version": text("2026-02", 64),
    "channels": Field(["automated_voice"], ["x", 5, True, {}, ["x" * 1024]]),
    "level": label("express_written"),
    "source": text("form", 255),
    "evidence_hash": text("ab" * 32, 64, bad=["ab", "AB" * 32, "zz" * 32]),
    "occurred_at": stamp("2026-01-01T00:00:00Z"),
    "expires_at": stamp("2027-01-14T10:00:00+01:00"),
}
NUMBERS = {
    "e164": phone(NUMBER, required=True),
    "type": label("local", null=False),
    "provider": label("retell", null=False),
    "capabilities": Field({"voice": True}, thing(1024).bad, null=False),
    "monthly_cost_cents": integer(100, 0, 100000000),
    "setup_cost_cents": integer(0, 0, 100000000),
}
DAYS = ["2999-1-01", "2999-02-30", "tomorrow", "29990101"]
RULE = {
    "country_iso": country("SM", required=True),
    **{name: boolean() for name in [
        "enabled", "require_disclosure", "require_explicit_consent", "dnc_registry_enabled", "dnc_check_required",
        "quiet_hours_enabled", "require_recording_consent", "gdpr_applicable"]},
    "disclosure_text": text("An automated call", 4000, bad=["{{nobody}}"]),
    "effective_from": text("2999-01-01", 10, empty=False, bad=DAYS),
    "effective_to": text("2999-12-31", 10, empty=False, bad=DAYS),
    "sources": Field(["our own"], ["x", {}, 5, True, [""], [5]]),
    "extended": Field({"refusal_cooldown_days": 90}, ["x", "{}", 5, True, []]),
    "dnc_registry_name": text("RPO", 64),
    "quiet_hours": CAMPAIGN["quiet_hours"],
    "timezone": text("Europe/Rome", 64, empty=False, bad=["Mars/Base"]),
    "recording_disclosure_text": text("Recorded", 4000),
    "data_retention_days": integer(365, 1, 36500),
    "metadata": thing(16384),
}
OUTBOUND = {
    "to_number": phone(PHONE_2, required=True),
    "from_number": phone(NUMBER, required=True),
    "agent_id": text("agent_abc123", 128, required=True),
    "metadata": thing(16384),
}
LEAD_CALL = {name: OUTBOUND[name] for name in ("from_number", "agent_id", "metadata")}
WEB_CALL = {name: OUTBOUND[name] for name in ("agent_id", "metadata")}
PRE_CALL = {
    "to_number": phone(PHONE, required=True),
    "campaign_id": Field(None, identifier().bad),
    "lead_id": Field(None, identifier().bad),
    "scheduled_time": stamp(required=True),
}
DNC_ENTRY = {
    "e164": phone("+393492000009", required=True),
    "source": label("manual", null=False),
    "country_iso": country(),
}

ERASURE = {"reason": text("asked by letter", 500, required=True, bad=["too short"])}

EMAIL = text("ada@example.com", 254, required=True, bad=["ada", "@example.com", "ada@example", "ada@example.com\r\nBcc: x@y.z"])
OLD_PASSWORD = text("correct horse battery", 256, required=True)
NEW_PASSWORD = text("correct horse battery", 256, required=True, bad=["elevenchars"])
LINK = text("agl_" + "x" * 43, 64, required=True)
NARROW = Field(None, ["x", 5, True, {}, [], ["1"], [0], [1.5], [10**15], [None]])
INVITATION = {"email": EMAIL, "role": label("viewer", required=True), "campaigns": NARROW}
ACCEPTANCE = {"token": LINK, "name": text("Ada", 255), "password": NEW_PASSWORD}
USER = {"name": text("Ada", 255), "role": label("admin", null=False), "status": label("active", null=False),
        "campaigns": NARROW}
KEY = {
    "name": text("cron", 255, required=True),
    "scopes": Field(["calls:read"], ["x", 5, True, {}, [], [1], [None], ["calls:everything"], ["calls:read", "CALLS:READ"]]),
    "networks": Field(["192.0.2.0/24", "2001:db8::1"],
                      ["192.0.2.1", 5, {}, [], [1], ["192.0.2.0/33"], ["2001:db8::/129"], ["192.0.2.0/"], ["192.0.2.0/-1"],
                       ["192.0.2.0/024"], ["localhost"], ["192.0.2"], ["192.0.2.1"] * 17]),
    "expires_at": stamp("2037-01-14T10:00:00+01:00"),
}
ROTATION = {"overlap_seconds": integer(60, 0, 2592000, null=False)}

HALT = {"reason": text("an error in the script", 500, required=True)}
STOP = {"end_live_calls": boolean()}
DRY_RUN = {"at": stamp(), "limit": integer(25, 1, 200, null=False), "offset": integer(0, 0, 100000, null=False)}


class Parameter:
    def __init__(self, good, bad, required=False):
        self.good, self.bad, self.required = good, bad, required


def q_integer(good, low, high):
    return Parameter(good, ["", "x", "1.5", "1e3", "0x10", "+1", " 1", "1 ", "01", "--1", str(low - 1), str(high + 1),
                            str(2**63), "9" * 40])


def q_label(good):
    return Parameter(good, ["", "nonsense", good.upper(), good + " "])


def q_stamp():
    return Parameter("2026-01-01T00:00:00Z", STAMPS)


Q_IDENTIFIER = q_integer("1", 1, BIGGEST)
Q_COUNTRY = Parameter("IT", ["", "it", "ZZ", "ITA"])
Q_DELIMITER = Parameter(";", ["", "x", ",,", "tab"])
PAGE = {"limit": q_integer("200", 1, 200), "offset": q_integer("0", 0, 100000)}
CAMPAIGN_QUERY = {"status": q_label("running"), **PAGE}
CALL_QUERY = {"status": q_label("completed"), "campaign_id": Q_IDENTIFIER, "from_date": q_stamp(), "to_date": q_stamp(),
              **PAGE}
LEAD_QUERY = {"campaign_id": Q_IDENTIFIER, "country_iso": Q_COUNTRY, "consent_status": q_label("granted"),
              "q": Parameter("ada", ["", "x" * 101]), "has_been_called": Parameter("true", ["", "1", "yes", "TRUE"]),
              "disposition": Parameter("sold", ["x" * 65]), "created_gte": q_stamp(), "created_lte": q_stamp(), **PAGE}
NUMBER_QUERY = {"country": Q_COUNTRY, "status": q_label("active"), "provider": q_label("retell")}
RULE_QUERY = {"country_iso": Q_COUNTRY, "as_of": Parameter("2026-08-11", ["", "2026-8-11", "2026-02-30", "today"])}
CHECK_QUERY = {"to_number": Parameter(PHONE, ["", "393492000001", "x", "+39", "+" + "9" * 40], required=True),
               "country_iso": Q_COUNTRY, "campaign_id": Q_IDENTIFIER}
CHECKS_QUERY = {"from": q_stamp(), "to": q_stamp(), "status": q_label("rejected"),
                "rejection_code": Parameter("DNC_INTERNAL", ["", "dnc_internal", "NOTHING"]), "campaign_id": Q_IDENTIFIER,
                "call_id": Parameter("call_0", ["", "x" * 65]), "lead_id": Q_IDENTIFIER, "scheduled_call_id": Q_IDENTIFIER, "country_iso": Q_COUNTRY,
                "to_number": Parameter(PHONE, ["", "393492000001", "x", "+39", "+" + "9" * 40])}
HALT_QUERY = {"standing": Parameter("true", ["", "1", "yes", "TRUE"]), **PAGE}
AUDIT_QUERY = {"who": Parameter("aga_live_00000000", ["", "x" * 65]), "action": Parameter("POST", ["", "x" * 129]),
               "subject": Parameter("x", ["", "x" * 129]), "request_id": Parameter("req_1", ["", "x" * 65]),
               "created_gte": q_stamp(), "created_lte": q_stamp(), **PAGE}
DNC_QUERY = {"country_iso": Q_COUNTRY, **PAGE}
LEAD_IMPORT = {"campaign_id": Q_IDENTIFIER, "country_iso": Q_COUNTRY, "delimiter": Q_DELIMITER}
Q_YES = Parameter("true", ["", "1", "yes", "TRUE"])
DNC_IMPORT = {"source": q_label("registry"), "mode": q_label("add"), "registry": Parameter("RPO", ["", "x" * 129]),
              "scrubbed_at": q_stamp(), "since": q_stamp(), "force": Q_YES, "country_iso": Q_COUNTRY,
              "delimiter": Q_DELIMITER}
DNC_REMOVAL = {"reason": Parameter("asked%20for", ["", "x" * 501])}
SCRUB_ANSWER = {"country_iso": Parameter("IT", Q_COUNTRY.bad, required=True), "registry": Parameter("RPO", ["", "x" * 129]),
                "scrubbed_at": Parameter("2026-01-01T00:00:00Z", STAMPS, required=True), "listed": Q_YES,
                "delimiter": Q_DELIMITER}

RETELL_KEY = "key_0123456789abcdef"
NO_KEYS = ["key_012", "key_0123 456789", "key_0123456789\n", "key_0123456789é"]
PROVIDER_KEY = {"api_key": text(RETELL_KEY, 512, empty=False, bad=NO_KEYS, required=True),
                "webhook_api_key": text(RETELL_KEY, 512, empty=False, bad=NO_KEYS),
                "same_workspace": Field(False, [0, 1, "true", "", [], {}, 1.0], null=False)}


class Endpoint:
    """body and query: (name of the C struct, its fields), or None where none is taken.

    good_status None: good values alone do not pass, for they take a person, a link or a key file.
    """

    def __init__(self, body=None, query=None, partial=False, good_status=201):
        self.body, self.query, self.partial, self.good_status = body, query, partial, good_status


# The order matters to those that build on one another: the first pass makes the data.
ENDPOINTS = {
    "GET /healthz": Endpoint(),
    "GET /readyz": Endpoint(),
    "GET /metrics": Endpoint(),
    "GET /.well-known/jwks.json": Endpoint(),
    "POST /api/v1/auth/login": Endpoint(("login", {"email": EMAIL, "password": OLD_PASSWORD}), good_status=None),
    "POST /api/v1/auth/refresh": Endpoint(("refresh_request", {"refresh_token": LINK}), good_status=None),
    "GET /api/v1/auth/oidc/start": Endpoint(),
    "GET /api/v1/auth/oidc/callback": Endpoint(),  # issuers add what they like; test_oidc.py
    "POST /api/v1/auth/oidc/session": Endpoint(),
    "POST /api/v1/auth/logout": Endpoint(),
    "POST /api/v1/auth/logout-all": Endpoint(),
    "POST /api/v1/auth/password": Endpoint(("password_change", {"current_password": OLD_PASSWORD,
                                                                "new_password": NEW_PASSWORD}), good_status=None),
    "POST /api/v1/auth/password/forgot": Endpoint(("reset_request", {"email": EMAIL}), good_status=None),
    "POST /api/v1/auth/password/reset": Endpoint(("password_reset", {"token": LINK, "password": NEW_PASSWORD}),
                                                 good_status=None),
    "POST /api/v1/auth/invitations": Endpoint(("invitation", INVITATION), good_status=None),
    "POST /api/v1/auth/invitations/accept": Endpoint(("acceptance", ACCEPTANCE), good_status=None),
    "GET /api/v1/users": Endpoint(query=("user_query", PAGE)),
    "GET /api/v1/users/me": Endpoint(),
    "GET /api/v1/users/{user_id}": Endpoint(),
    "PATCH /api/v1/users/{user_id}": Endpoint(("user", USER), partial=True, good_status=200),
    "POST /api/v1/numbers": Endpoint(("number", NUMBERS)),
    "GET /api/v1/numbers": Endpoint(query=("number_query", NUMBER_QUERY)),
    "GET /api/v1/numbers/{number_id}": Endpoint(),
    "POST /api/v1/campaigns": Endpoint(("campaign", CAMPAIGN)),
    "GET /api/v1/campaigns": Endpoint(query=("campaign_query", CAMPAIGN_QUERY)),
    "GET /api/v1/campaigns/{campaign_id}": Endpoint(),
    "PATCH /api/v1/campaigns/{campaign_id}": Endpoint(("campaign", CAMPAIGN), partial=True, good_status=200),
    "POST /api/v1/campaigns/{campaign_id}/start": Endpoint(),
    "POST /api/v1/campaigns/{campaign_id}/pause": Endpoint(),
    "POST /api/v1/campaigns/{campaign_id}/resume": Endpoint(),
    "POST /api/v1/campaigns/{campaign_id}/stop": Endpoint(("campaign_stop", STOP)),
    "POST /api/v1/campaigns/{campaign_id}/dry-run": Endpoint(("dry_run_options", DRY_RUN), good_status=200),
    "GET /api/v1/campaigns/{campaign_id}/executions": Endpoint(),
    "GET /api/v1/campaigns/{campaign_id}/stats": Endpoint(),
    "POST /api/v1/leads": Endpoint(("lead", LEAD)),
    "GET /api/v1/leads": Endpoint(query=("lead_query", LEAD_QUERY)),
    "POST /api/v1/leads/bulk-import": Endpoint(query=("lead_import_options", LEAD_IMPORT)),
    "GET /api/v1/leads/{lead_id}": Endpoint(),
    "GET /api/v1/leads/{lead_id}/calls": Endpoint(),
    "POST /api/v1/leads/{lead_id}/call": Endpoint(("lead_call_request", LEAD_CALL)),
    "GET /api/v1/leads/{lead_id}/consent": Endpoint(query=("consent_query", PAGE)),
    "POST /api/v1/leads/{lead_id}/consent": Endpoint(("consent_event", CONSENT)),
    "POST /api/v1/calls/outbound": Endpoint(("outbound_request", OUTBOUND)),
    "POST /api/v1/calls/web": Endpoint(("web_call_request", WEB_CALL)),
    "GET /api/v1/calls": Endpoint(query=("call_query", CALL_QUERY)),
    "GET /api/v1/calls/{call_id}": Endpoint(),
    "POST /api/v1/compliance/rules": Endpoint(("country_rule", RULE)),
    "GET /api/v1/compliance/rules/{country_iso}/versions": Endpoint(),
    "GET /api/v1/compliance/rules": Endpoint(query=("rule_query", RULE_QUERY)),
    "GET /api/v1/compliance/check": Endpoint(query=("check_query", CHECK_QUERY)),
    "POST /api/v1/compliance/check/pre-call": Endpoint(("pre_call", PRE_CALL), good_status=200),
    "GET /api/v1/compliance/checks": Endpoint(query=("check_list_query", {**CHECKS_QUERY, **PAGE})),
    "GET /api/v1/compliance/checks/export": Endpoint(query=("check_export_query", {**CHECKS_QUERY, "format": q_label("csv")})),
    "GET /api/v1/compliance/checks/{check_id}": Endpoint(),
    "POST /api/v1/compliance/dnc": Endpoint(("dnc_entry", DNC_ENTRY)),
    "GET /api/v1/compliance/dnc": Endpoint(query=("dnc_query", DNC_QUERY)),
    "POST /api/v1/compliance/dnc/bulk-import": Endpoint(query=("dnc_import_options", DNC_IMPORT)),
    "DELETE /api/v1/compliance/dnc/{entry_id}": Endpoint(query=("dnc_removal", DNC_REMOVAL)),
    "GET /api/v1/compliance/scrubs": Endpoint(),
    "POST /api/v1/compliance/scrubs": Endpoint(query=("scrub_answer", SCRUB_ANSWER)),
    "POST /api/v1/campaigns/{campaign_id}/halt": Endpoint(("halt", HALT), good_status=200),
    "POST /api/v1/countries/{country_iso}/halt": Endpoint(("halt", HALT), good_status=200),
    "POST /api/v1/halt": Endpoint(("halt", HALT), good_status=200),
    "GET /api/v1/halts": Endpoint(query=("halt_query", HALT_QUERY)),
    "DELETE /api/v1/halts/{halt_id}": Endpoint(),
    "POST /api/v1/leads/{lead_id}/erase": Endpoint(("erasure", ERASURE), good_status=202),
    "GET /api/v1/erasures/{erasure_id}": Endpoint(),
    "GET /api/v1/keys": Endpoint(query=("api_key_query", PAGE)),
    "POST /api/v1/keys": Endpoint(("api_key", KEY)),
    "GET /api/v1/keys/{key_id}": Endpoint(),
    "POST /api/v1/keys/{key_id}/rotate": Endpoint(("api_key_rotation", ROTATION)),
    "DELETE /api/v1/keys/{key_id}": Endpoint(),
    "GET /api/v1/settings/provider-key": Endpoint(),
    "PUT /api/v1/settings/provider-key": Endpoint(("provider_key_request", PROVIDER_KEY), good_status=None),
    "DELETE /api/v1/settings/provider-key": Endpoint(),
    "GET /api/v1/audit": Endpoint(query=("audit_query", AUDIT_QUERY)),
    "POST /api/v1/webhooks/retell": Endpoint(),
}


class Route:
    def __init__(self, method, path, handler, role, kind):
        self.method, self.path, self.handler, self.role, self.kind = method, path, handler, role, kind
        self.name = f"{method} {path}"
        self.parameters = re.findall(r"\{(\w+)\}", path)

    def at(self, value):
        """The path with value for its parameter."""
        return re.sub(r"\{\w+\}", str(value), self.path)


def routes():
    with open(f"{ROOT}/api/routes.def") as f:
        return [Route(*found) for found in
                re.findall(r'^(?:ROUTE|URGENT)\((\w+),\s+"([^"]+)",\s+(\w+),\s+(\w+),\s+(\w+),', f.read(), re.MULTILINE)]


def c_fields():
    """struct name -> {field: its flags}, from every field table of the C sources."""
    tables = {}
    for path in glob.glob(f"{ROOT}/common/*/*.c") + glob.glob(f"{ROOT}/api/handlers/*.c"):
        with open(path) as f:
            for struct, name, rest in re.findall(r"\bFIELD(?:_ENUM)?\(struct (\w+), (\w+)((?:[^()]|\([^()]*\))*)\)", f.read()):
                tables.setdefault(struct, {})[name] = rest
        with open(path) as f:
            for struct in re.findall(r"\bPAGE_FIELDS\(struct (\w+)\)", f.read()):
                tables.setdefault(struct, {}).update(limit="", offset="")
    return tables
