"""Bad input at every endpoint: refused with the error body, all complaints by field, nothing written.

endpoints.py says what each takes; every test here walks that table or routes.def.
"""
import hashlib
import hmac
import json
import os
import sys
import time
import unittest
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from endpoints import ENDPOINTS, NUMBER, NUMBER_2, PHONE, PHONE_2, c_fields, routes  # noqa: E402
from stack import LENIENT_LAW, Stack, request, wait_for  # noqa: E402

SIM = {
    "time_scale": 1,  # no call ends, and so writes, while the tests look on
    "workspaces": [{
        "org_name": "Demo", "keys": [{"key": "key_demo", "webhook": True, "scopes": "all"}], "webhook_url": None,
        "concurrency_limit": 20, "reserved_inbound": 0, "burst": False, "card_on_file": True, "balance_cents": 100000,
        "agents": [{"agent_id": "agent_abc123", "agent_name": "Demo", "version": 1, "is_published": True}],
        "numbers": [{"phone_number": n, "type": "custom", "outbound": "agent_abc123"} for n in (NUMBER, NUMBER_2)]}],
    "api": {"rate_limit": {"requests": 1000000, "window_ms": 1000}},
    "webhooks": {"lost": 1},  # the events here are signed by hand; another would come at an hour of its own
}
CPU_SECONDS = 2  # of the API, for a body of a megabyte; were it the square of its fields, it would be minutes
REMEMBERED_SECONDS = 6  # a revoked key or a suspended tenant may get through for five


def sign(body, at_ms=None, key="key_demo"):
    stamp = str(at_ms or int(time.time() * 1000))
    return f"v={stamp},d={hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()}"


def not_json(field):
    """Texts that are no JSON document, built around a field's name."""
    name = json.dumps(field).encode()
    value = b'{%s:%%s}' % name
    return [b'{%s:"a\\u0000b"}' % name, b'{%s:"a\x00b"}' % name, b"{}\x00", value % b'"\xff"', value % b'"\xc0\x80"',
            value % b'"\xed\xa0\x80"', value % b'"\xf4\x90\x80\x80"', value % b'"\\ud800"', value % b'"\\udc00\\ud800"',
            value % b'"\\ud800x"', value % b'"\x1f"', value % b'"\\x41"', value % (b"[" * 10000 + b"]" * 10000),
            b"[" * 10000, value % (b'{"a":' * 10000), value % b"01", value % b"1.", value % b".5", value % b"+1",
            value % b"NaN", value % b"Infinity", value % b"0x10", value % b"1e99999", value % b"1e-99999", value % (b"9" * 2000),
            value % b"True", value % b"undefined", value % b"'a'", b"{" + name, b"{%s:" % name, b"{%s:1" % name,
            b'{%s:"' % name, b"{%s}" % name, b"{%s:1,}" % name, b"{,}", b"{}x", b"{}{}", b"{} // no", b"\xef\xbb\xbf{}",
            b"{%s:1,%s:1}" % (name, name), b'{"metadata":{"a":1,"\\u0061":2}}', "{}".encode("utf-16")]


class BadInputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(sim=SIM, workers=0, env={"PASSWORD_MEMORY_KIB": "8192"}))
        s = cls.stack
        s.sql(LENIENT_LAW + ", require_explicit_consent = false")
        s.sql("""UPDATE platform_country_rules SET extended = '{"dnc": {"registry": "RPO", "registry_enforcement": "off",
                 "registry_scrub_validity_days": 15}}' WHERE country_iso = 'IT'""")
        cls.routes = routes()
        cls.tables = [row[0] for row in s.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        cls.ids = {"country_iso": "SM", "user_id": cls.make_user(s.tenant, "ada@example.com")}
        for route in cls.routes_in_order():
            if route.kind == "JSON" and ENDPOINTS[route.name].good_status:
                cls.succeed(route)
        cls.ids["entry_id"] = s.api("POST", "/api/v1/compliance/dnc", {"e164": "+393492000008"}, 201)["id"]
        cls.ids["check_id"] = s.api("GET", "/api/v1/compliance/checks?limit=1", None, 200)["items"][0]["id"]
        cls.ids["halt_id"] = s.api("GET", "/api/v1/halts?limit=1", None, 200)["items"][0]["id"]
        cls.ids["lead_id"] = s.api("POST", "/api/v1/leads", {"name": "Bea", "phone": "+393492000009"}, 201)["id"]
        cls.rival = cls.make_rival()

    @classmethod
    def routes_in_order(cls):
        """In the order of ENDPOINTS, where each finds what it needs made before it."""
        known = {route.name: route for route in cls.routes}
        return [known[name] for name in ENDPOINTS if name in known]

    @classmethod
    def succeed(cls, route):
        """The good values of the table do pass; so whatever fails later fails for its one bad value."""
        endpoint = ENDPOINTS[route.name]
        body = {name: field.good for name, field in endpoint.body[1].items()}
        answer = cls.stack.call(route.method, cls.at(route), body)
        if answer.status != endpoint.good_status:
            raise AssertionError(f"{route.name} {body}: {answer.status} {answer.body}")
        made = {"POST /api/v1/campaigns": "campaign_id", "POST /api/v1/leads": "lead_id", "POST /api/v1/numbers": "number_id",
                "POST /api/v1/keys": "key_id", "POST /api/v1/leads/{lead_id}/erase": "erasure_id"}
        if route.name in made:
            cls.ids[made[route.name]] = answer.json["id"]
        if route.name == "POST /api/v1/calls/web":
            cls.ids["call_id"] = answer.json["call_id"]

    @classmethod
    def at(cls, route):
        return route.at(cls.ids[route.parameters[0]]) if route.parameters else route.path

    @classmethod
    def make_user(cls, tenant, email):
        link = cls.stack.cli("user", "create", "--tenant", str(tenant), "--email", email)
        body = {"token": link.split("#")[1], "password": "correct horse battery"}
        return cls.stack.api("POST", "/api/v1/auth/invitations/accept", body, 201)["id"]

    @classmethod
    def make_rival(cls):
        """Another tenant, with one of everything that has an id."""
        s = cls.stack
        tenant = s.cli("tenant", "create", "rival")
        key = s.cli("key", "create", "--tenant", tenant)

        def make(path, body, status=201):
            answer = s.call("POST", path, body, key)
            assert answer.status == status, answer.body
            return answer.json

        lead = make("/api/v1/leads", {"name": "theirs", "phone": "+393492000010"})["id"]
        return {"tenant": tenant, "key": key, "user_id": cls.make_user(tenant, "eve@example.com"),
                "erasure_id": make(f"/api/v1/leads/{lead}/erase", {"reason": "asked by letter"}, 202)["id"],
                "campaign_id": make("/api/v1/campaigns", {"name": "theirs"})["id"],
                "key_id": make("/api/v1/keys", {"name": "theirs"})["id"],
                "lead_id": make("/api/v1/leads", {"name": "theirs", "phone": PHONE})["id"],
                "number_id": make("/api/v1/numbers", {"e164": NUMBER_2})["id"],
                "entry_id": make("/api/v1/compliance/dnc", {"e164": PHONE})["id"],
                "halt_id": make("/api/v1/halt", {"reason": "theirs"}, 200)["id"],
                "call_id": make("/api/v1/calls/web", {"agent_id": "agent_abc123"})["call_id"]}

    @classmethod
    def tearDownClass(cls):
        """The API ends in good order: a sanitizer's complaint, a leak too, would be its exit code."""
        if not cls.stack.failed and cls.stack.api_process.stop() != 0:
            cls.stack.failed = True
            raise AssertionError("the API did not end well")

    def run(self, result=None):
        wrong = len(result.failures) + len(result.errors)
        super().run(result)
        self.stack.failed |= len(result.failures) + len(result.errors) > wrong  # keeps the logs

    def setUp(self):
        self.before = self.contents()

    def tearDown(self):
        self.assertEqual(self.contents(), self.before, "something was written")

    def contents(self):
        """Per table, how many rows there are and a sum over what is in them."""
        one = "SELECT '{0}', count(*), coalesce(sum(hashtext(t::text)), 0) FROM {0} t"
        return self.stack.sql(" UNION ALL ".join(one.format(table) for table in self.tables))

    def refused(self, answer, statuses, fields=None, what=""):
        """The error body and nothing else; fields: exactly what details must complain about."""
        self.assertIn(answer.status, statuses, f"{what}: {answer.body[:300]}")
        self.assertEqual(answer.headers["Content-Type"], "application/json", what)
        self.assertEqual(set(answer.json), {"error"}, what)
        error = answer.json["error"]
        self.assertEqual(set(error), {"code", "message", "details", "request_id"}, what)
        self.assertRegex(error["code"], "^[A-Z_]+$", what)
        self.assertTrue(error["message"], what)
        self.assertIsInstance(error["details"], dict, what)
        self.assertEqual(error["request_id"], answer.headers["X-Request-Id"], what)
        if fields is not None:
            self.assertEqual(set(error["details"]), set(fields), f"{what}: {answer.body[:300]}")

    def send(self, route, body, kind="application/json", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if kind:
            headers["Content-Type"] = kind
        return self.stack.call(route.method, self.at(route), body, **headers)

    def with_body(self):
        return [(route, ENDPOINTS[route.name].body[1]) for route in self.routes if route.kind in ("JSON", "OPTIONAL")]

    def with_query(self):
        return [(route, ENDPOINTS[route.name].query[1]) for route in self.routes if ENDPOINTS[route.name].query]

    def ask(self, route, query, path=None):
        return self.stack.call(route.method, f"{path or self.at(route)}?{query}", **{"Content-Type": "text/csv"})

    # ---- the table itself

    def test_the_table_knows_every_route_and_every_field(self):
        self.assertEqual({route.name for route in self.routes}, set(ENDPOINTS))
        declared = c_fields()
        for route in self.routes:
            endpoint = ENDPOINTS[route.name]
            self.assertEqual(route.kind in ("JSON", "OPTIONAL"), endpoint.body is not None, route.name)
            for part in (endpoint.body, endpoint.query):
                if part:
                    writable = {name for name, flags in declared[part[0]].items() if "F_READONLY" not in flags}
                    self.assertEqual(writable, set(part[1]), f"{route.name}: struct {part[0]}")

    # ---- JSON bodies

    def test_a_wrong_value_is_named_by_its_field(self):
        for route, fields in self.with_body():
            good = {name: field.good for name, field in fields.items()}
            for name, field in fields.items():
                for bad in field.bad:
                    self.refused(self.send(route, {**good, name: bad}), [422], [name], f"{route.name} {name}={bad!r:.60}")

    def test_all_complaints_come_at_once(self):
        for route, fields in self.with_body():
            body = {name: field.bad[0] for name, field in fields.items()}
            body.update(id=1, surprise=1)
            self.refused(self.send(route, body), [422], body, route.name)

    def test_what_is_required_is_missed(self):
        for route, fields in self.with_body():
            required = {name for name, field in fields.items() if field.required}
            if route.kind == "OPTIONAL":
                continue
            answer = self.send(route, {})
            if ENDPOINTS[route.name].partial:
                self.assertEqual(answer.status, 200, route.name)  # nothing to change
                self.before = self.contents()
            else:
                self.refused(answer, [422], required, route.name)

    def test_a_field_of_ours_is_read_only(self):
        declared = c_fields()
        for route, fields in self.with_body():
            good = {name: field.good for name, field in fields.items()}
            for name, flags in declared[ENDPOINTS[route.name].body[0]].items():
                if "F_READONLY" in flags:
                    self.refused(self.send(route, {**good, name: None}), [422], [name], f"{route.name} {name}")

    def test_a_parameter_nobody_reads_is_refused(self):
        """On every route of ours that takes no query, with whatever else is sent being right."""
        for route in self.routes:
            endpoint = ENDPOINTS[route.name]
            if endpoint.query or route.role == "PUBLIC" or route.kind == "STREAM":
                continue
            good = {name: field.good for name, field in endpoint.body[1].items()} if endpoint.body else None
            answer = self.stack.call(route.method, self.at(route) + "?nobody_reads=this", good)
            self.refused(answer, [422], ["nobody_reads"], route.name)

    def test_an_unknown_field_is_refused(self):
        for route, fields in self.with_body():
            good = {name: field.good for name, field in fields.items()}
            for name in ("tenant_id", "", "Name", "__proto__", "è", "x" * 2000):
                answer = self.send(route, {**good, name: 1})
                self.refused(answer, [422], None, f"{route.name} {name:.20}")
                self.assertEqual(len(answer.json["error"]["details"]), 1)

    def cpu_seconds(self):
        with open(f"/proc/{self.stack.api_process.child.pid}/stat") as f:
            times = f.read().rpartition(")")[2].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def test_a_hundred_thousand_unknown_fields_cost_the_api_in_proportion_to_their_number(self):
        body = ("{" + ",".join(f'"{i:x}":1' for i in range(90000)) + "}").encode()
        for route, _ in self.with_body():
            before = self.cpu_seconds()
            self.refused(self.send(route, body), [422], None, route.name)
            self.assertLess(self.cpu_seconds() - before, CPU_SECONDS, route.name)

    def test_complaints_reach_into_objects(self):
        route = next(r for r in self.routes if r.name == "POST /api/v1/campaigns")
        cases = [
            ({"lead_filters": {"country_iso": "zz", "consent_status": "maybe", "x": 1}},
             ["lead_filters.country_iso", "lead_filters.consent_status", "lead_filters.x"]),
            ({"country_rules_override": {"IT": {"quiet_hours": "9-21", "enabled": 1}, "ZZ": {}, "FR": 5}},
             ["country_rules_override.IT.quiet_hours", "country_rules_override.IT.enabled", "country_rules_override.ZZ",
              "country_rules_override.FR"]),
            ({"retry_policy": {"max_attempts": 21, "outcomes": {"dnc": {}, "busy": {"max": 11, "x": 1}}}},
             ["retry_policy.max_attempts", "retry_policy.outcomes.dnc", "retry_policy.outcomes.busy.max",
              "retry_policy.outcomes.busy.x"]),
            ({"start_date": "2027-02-01T00:00:00Z", "end_date": "2027-01-01T00:00:00Z"}, ["end_date"]),
        ]
        for body, fields in cases:
            self.refused(self.send(route, {"name": "x", **body}), [422], fields, str(body))
        route = next(r for r in self.routes if r.name == "POST /api/v1/compliance/rules")
        extended = {"new_law": 1, "call_windows": {"mon": [["10:00", "09:00"]]}, "holidays": {"dates": ["2026-02-30"]},
                    "timezones": ["Mars/Base"], "refusal_cooldown_days": "90", "loosenable_fields": []}
        self.refused(self.send(route, {"country_iso": "FR", "quiet_hours_enabled": True, "timezone": "Europe/Paris",
                                       "effective_from": "2020-01-01", "data_retention_days": 36500,
                                       "disclosure_text": "Hello {{nobody}}", "extended": extended}), [422],
                     ["effective_from", "data_retention_days", "disclosure_text", "sources",
                      *(f"extended.{name}" for name in extended)], "rule")

    def test_metadata_of_a_call_names_only_what_is_the_tenants(self):
        """The aga_ names are how an event finds its attempt: no client may forge one."""
        cases = [({"aga_attempt": "0190a6c0-0000-7000-8000-000000000000"}, [422], ["metadata.aga_attempt"]),
                 ({"aga_x": 1, "aga_y": 2}, [422], ["metadata.aga_x", "metadata.aga_y"])]
        ids = [({"lead_id": "1"}, [422], ["metadata.lead_id"]), ({"campaign_id": 1.5}, [422], ["metadata.campaign_id"]),
               ({"lead_id": self.rival["lead_id"]}, [404], None), ({"campaign_id": self.rival["campaign_id"]}, [404], None)]
        for route, fields in self.with_body():
            if "/call" not in route.path:
                continue
            good = {name: field.good for name, field in fields.items()}
            for metadata, statuses, complaints in cases + (ids if "outbound" in route.path else []):
                self.refused(self.send(route, {**good, "metadata": metadata}), statuses, complaints, f"{route.name} {metadata}")

    def test_what_is_no_json_is_malformed(self):
        for route, fields in self.with_body():
            for body in not_json(next(iter(fields))):
                self.refused(self.send(route, body), [400], [], f"{route.name} {body[:60]}")

    def test_what_is_no_object_is_refused(self):
        for route, _ in self.with_body():
            for body in (b"[]", b'"x"', b"1", b"null", b"true", b"[{}]", *([b""] if route.kind == "JSON" else [])):
                self.refused(self.send(route, body), [422], [], f"{route.name} {body}")

    def test_ten_megabytes_are_too_large(self):
        body = b'{"name":"' + b"x" * (10 << 20) + b'"}'
        for route, _ in self.with_body():
            self.refused(self.send(route, body), [413], [], route.name)

    def test_only_json_is_taken(self):
        for route, fields in self.with_body():
            good = {name: field.good for name, field in fields.items()}
            for kind in (None, "text/plain", "text/json", "application/jsonp", "application/x-www-form-urlencoded",
                         "multipart/form-data; boundary=b", "application/json; charset=latin1", "application/json, text/html"):
                self.refused(self.send(route, good, kind), [415], [], f"{route.name} {kind}")
            answer = self.send(route, good, **{"Content-Encoding": "gzip"})
            self.refused(answer, [415], [], route.name)

    def test_where_no_body_is_taken_none_is_read(self):
        for route in self.routes:
            if route.kind != "NONE":
                continue
            statuses = {"GET": [400]}.get(route.method, [422])
            for body in (b'{"a":1}', b"[]", b"null"):
                self.refused(self.send(route, body), statuses, None, f"{route.name} {body}")
            self.refused(self.send(route, b"{"), [400], None, route.name)
            self.refused(self.send(route, b"a=1", "text/plain"), [400, 415], None, route.name)

    # ---- queries

    def test_a_wrong_parameter_is_named(self):
        for route, parameters in self.with_query():
            needed = {name: p.good for name, p in parameters.items() if p.required}
            for name, parameter in parameters.items():
                rest = "".join(f"&{k}={quote(v, safe='')}" for k, v in needed.items() if k != name)
                for bad in parameter.bad:
                    answer = self.ask(route, f"{name}={quote(bad, safe='')}{rest}")
                    self.refused(answer, [422], [name], f"{route.name} {name}={bad!r:.60}")

    def test_good_parameters_pass(self):
        for route, parameters in self.with_query():
            if route.method == "GET":
                query = "&".join(f"{k}={quote(p.good, safe='')}" for k, p in parameters.items() if k != "campaign_id")
                self.assertEqual(self.ask(route, query).status, 200, f"{route.name} {query}")

    def test_a_query_is_read_strictly(self):
        for route, parameters in self.with_query():
            rest = "".join(f"&{k}={quote(p.good, safe='')}" for k, p in parameters.items() if p.required)
            name = next(k for k, p in parameters.items() if not p.required)
            good = f"{name}={quote(parameters[name].good, safe='')}"
            for query, complaints in [
                    ("surprise=1", ["surprise"]), ("tenant_id=1", ["tenant_id"]), (f"{name.upper()}=1", [name.upper()]),
                    (f"{name}[]=1", [f"{name}[]"]), ("=1", [""]), (f"{good}&{good}", [name]), (f"{name}=%", [name]),
                    (f"{name}=%4", [name]), (f"{name}=%zz", [name]), (f"{name}=a%00b", [name]), (f"{name}=%0A", [name]),
                    (f"{name}=%FF", [name]), (f"{name}=%C0%80", [name]), (f"{name}=%ED%A0%80", [name]), (name, [name]),
                    ("%zz=1", ["query"]), ("%FF=1", ["query"])]:
                self.refused(self.ask(route, query + rest), [422], complaints, f"{route.name} {query}")
            self.refused(self.ask(route, "&".join(f"x{i}=1" for i in range(100)) + rest), [422], None, route.name)
            self.refused(self.ask(route, "x=" + "y" * 9000), [414], [], route.name)

    def test_all_parameters_are_complained_about_at_once(self):
        for route, parameters in self.with_query():
            query = "&".join(f"{k}={quote(p.bad[-1], safe='')}" for k, p in parameters.items())
            self.refused(self.ask(route, query + "&surprise=1"), [422], {*parameters, "surprise"}, route.name)

    # ---- paths

    def test_an_id_that_is_none_of_ours_is_not_found(self):
        for route in self.routes:
            for value in [0, -1, "01", 2**63, 2**64 + 1, "x", "1x", "+1", "1%20", "%31", "1%00", "1.0", "", "1/", "%2e%2e"]:
                if not route.parameters or "country_iso" in route.parameters or (route.parameters == ["call_id"] and value not in ("", "1/", "%31", "1%00", "+1")):
                    continue
                path = route.at(value)
                if path in ("/api/v1/leads/", "/api/v1/calls/") and route.method != "GET":
                    continue
                self.refused(self.stack.call(route.method, path), [404, 405], [], f"{route.method} {path}")

    def test_a_country_that_is_none_is_refused(self):
        for value in ("ZZ", "it", "xx"):
            answer = self.stack.call("POST", f"/api/v1/countries/{value}/halt", {"reason": "x"})
            self.refused(answer, [422], ["country_iso"], value)
        for value in ("", "I", "ITA", "1T", "%49T", "..", "I%00"):
            self.refused(self.stack.call("POST", f"/api/v1/countries/{value}/halt", {"reason": "x"}), [404], [], value)

    def test_another_tenants_id_is_not_found(self):
        for route in self.routes:
            if route.parameters and route.parameters[0] in self.rival:
                body = ENDPOINTS[route.name].body
                body = {k: f.good for k, f in body[1].items()} if body else None
                answer = self.stack.call(route.method, route.at(self.rival[route.parameters[0]]), body)
                self.refused(answer, [404], [], route.name)

    def test_another_tenants_id_in_a_body_or_a_query_is_not_found(self):
        s, campaign, lead = self.stack, self.rival["campaign_id"], self.rival["lead_id"]
        when = "2027-01-14T10:00:00Z"
        for method, path, body, statuses in [
                ("POST", "/api/v1/leads", {"name": "x", "phone": PHONE_2, "campaign_id": campaign}, [422]),
                ("POST", "/api/v1/compliance/check/pre-call",
                 {"to_number": PHONE, "campaign_id": campaign, "scheduled_time": when}, [404]),
                ("POST", "/api/v1/compliance/check/pre-call", {"to_number": PHONE, "lead_id": lead, "scheduled_time": when}, [404]),
                ("GET", f"/api/v1/compliance/check?to_number={quote(PHONE)}&campaign_id={campaign}", None, [404])]:
            self.refused(s.call(method, path, body), statuses, None, path)
        answer = s.call("POST", f"/api/v1/leads/bulk-import?campaign_id={campaign}", b"name,phone\nx,+393492000077\n",
                        **{"Content-Type": "text/csv"})
        self.refused(answer, [404], None, "bulk-import")
        for path in (f"/api/v1/leads?campaign_id={campaign}", f"/api/v1/calls?campaign_id={campaign}"):
            self.assertEqual(s.api("GET", path, None, 200)["total"], 0, path)

    def test_a_path_or_method_that_is_no_route_is_answered_as_such(self):
        for method, path, statuses in [("GET", "/", [404]), ("GET", "/api/v1/Campaigns", [404]), ("PUT", "/api/v1/leads", [405]),
                                       ("GET", "/api/v1/campaigns/", [404]), ("DELETE", "/api/v1/calls", [405])]:
            answer = self.stack.call(method, path)
            self.refused(answer, statuses, [], path)
            self.assertEqual("Allow" in answer.headers, answer.status == 405, path)

    # ---- credentials

    def test_without_a_key_nothing_is_reached(self):
        key = self.stack.key
        wrong = key[:20] + ("a" if key[20] != "a" else "b") + key[21:]
        s, path = self.stack, "/api/v1/campaigns"
        for route in self.routes:
            if route.role != "PUBLIC":
                answer = request(s.url, route.method, self.at(route))
                self.refused(answer, [401], [], route.name)
                self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="agoralia"')
        for headers, statuses in [
                ({"X-API-Key": wrong}, [401]), ({"X-API-Key": key[:-1]}, [401]), ({"X-API-Key": key + "x"}, [401]),
                ({"X-API-Key": ""}, [401]), ({"X-API-Key": "x" * 5000}, [401]), ({"Authorization": f"Basic {key}"}, [401]),
                ({"Authorization": "Bearer"}, [401]), ({"Authorization": f"Bearer {wrong}"}, [401]),
                ({"Authorization": f"Bearer {key} {key}"}, [401]), ({"Authorization": f"Bearer {key}", "X-API-Key": key}, [400])]:
            self.refused(request(s.url, "GET", path, None, headers), statuses, [], str(headers)[:80])
        self.assertEqual(request(s.url, "GET", path, None, {"Authorization": f"bearer {key}"}).status, 200)

    def test_a_revoked_key_and_a_suspended_tenant_are_shut_out_soon(self):
        s = self.stack
        second = s.cli("key", "create", "--tenant", str(s.tenant), "--name", "second")
        second_id = s.sql("SELECT max(id) FROM api_keys")[0][0]
        shut = [second, self.rival["key"]]
        for key in shut:
            self.assertEqual(s.call("GET", "/api/v1/campaigns", key=key).status, 200)
        s.cli("key", "revoke", second_id, "--tenant", str(s.tenant))
        s.sql(f"UPDATE tenants SET status = 'suspended' WHERE id = {self.rival['tenant']}")
        wait_for("both are shut out", lambda: all(s.call("GET", "/api/v1/campaigns", key=key).status == 401 for key in shut),
                 REMEMBERED_SECONDS)
        for key in shut:
            self.refused(s.call("POST", "/api/v1/campaigns", {"name": "x"}, key=key), [401], [], "shut out")
        s.sql(f"UPDATE tenants SET status = 'active' WHERE id = {self.rival['tenant']}")
        self.before = self.contents()

    # ---- webhooks

    def hook(self, body, signature=None, **headers):
        if signature is not None:
            headers["X-Retell-Signature"] = signature
        return request(self.stack.url, "POST", "/api/v1/webhooks/retell", body, {"Content-Type": "application/json", **headers})

    def test_an_unsigned_event_is_not_stored(self):
        body = b'{"event":"call_ended","call":{"call_id":"call_never_stored"}}'
        now = int(time.time() * 1000)
        good = sign(body)
        stamp, digest = good.split(",")
        for signature in [None, "", "x", stamp, digest, f"{digest},{stamp}", f"{stamp}, {digest}", good + " ", good + ",",
                          good.upper(), good[:-1], good + "0", f"{stamp},d={'0' * 64}", sign(body + b" "), sign(body, key="other"),
                          sign(body, key=""), sign(body, now - 301000), sign(body, now + 301000), sign(body, now // 1000),
                          f"v=-{stamp[2:]},{digest}", "v=" + "9" * 13 + "," + digest, "v=0000000000000," + digest, good * 50]:
            self.refused(self.hook(body, signature), [401], [], f"{signature!r:.80}")
        self.refused(self.hook(body, "x", **{"X-API-Key": self.stack.key}), [401], [], "a key is no signature")

    def test_a_signed_event_that_says_nothing_is_not_stored(self):
        for body, statuses in [(b"", [400, 422]), (b"{", [400]), (b"[]", [422]), (b"{}", [422]), (b'{"event":"call_ended"}', [422]),
                               (b'{"event":5,"call":{"call_id":"c"}}', [422]), (b'{"event":"call_ended","call":[]}', [422]),
                               (b'{"event":"call_ended","call":{"call_id":""}}', [422]), (b"[" * 10000, [400]),
                               (b'{"event":"call_ended","call":{"call_id":"a\\u0000b"}}', [400]),
                               (b'{"event":"call_ended","call":{"call_id":"\xff"}}', [400])]:
            self.refused(self.hook(body, sign(body)), statuses, None, f"{body[:60]}")
        for size, statuses, complaints in [(256, [422], ["event", "call.call_id"]), (1 << 20, [422], ["event", "call.call_id"]),
                                           (9 << 20, [413], [])]:
            body = b'{"event":"%s","call":{"call_id":"%s"}}' % (b"e" * size, b"x" * size)
            self.refused(self.hook(body, sign(body)), statuses, complaints, f"{size} bytes")

    def test_a_signed_event_is_stored_once_however_often_it_comes(self):
        body = '{"event":"call_started","call":{"call_id":"call_once","note":"è 😀"}}'.encode()
        for at in (None, int(time.time() * 1000) - 290000, None):
            answer = self.hook(body, sign(body, at))
            self.assertEqual((answer.status, answer.json), (200, {"received": True}))
        for rows in ("webhook_inbox WHERE provider_call_id = 'call_once'", "outbox WHERE kwargs::text LIKE '%call_once%'"):
            self.assertEqual(self.stack.number(f"SELECT count(*) FROM {rows}"), 1, rows)
            self.stack.sql(f"DELETE FROM {rows}")

    # ---- uploads

    def uploads(self):
        return [route for route in self.routes if route.kind == "STREAM"]

    def upload(self, route, body, kind="text/csv"):
        more = "&scrubbed_at=2026-01-01T00:00:00Z&listed=true" if route.handler == "scrub_import" else ""
        return self.stack.call(route.method, f"{route.path}?country_iso=IT{more}", body, **{"Content-Type": kind})

    def test_files_as_people_export_them_are_read(self):
        rows = "name,phone\r\nNicolò,349 300 000{}\r\n"
        for i, (codec, text, encoding, delimiter) in enumerate([
                ("utf-16", rows, "UTF-16LE", ","), ("cp1252", rows, "windows-1252", ","),
                ("utf-8-sig", rows.replace(",", ";"), "UTF-8", ";"), ("utf-8", rows + '"",""\r\n', "UTF-8", ",")]):
            for route in self.uploads():
                answer = self.upload(route, text.format(i).encode(codec))
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual((answer.json["imported"], answer.json["failed"]), (1, 0), answer.body)
                self.assertEqual((answer.json["encoding"].lower(), answer.json["delimiter"]), (encoding.lower(), delimiter))
        self.assertEqual(self.stack.number("SELECT count(*) FROM leads WHERE name = 'Nicolò' AND phone LIKE '+39349300000_'"), 4)
        self.before = self.contents()

    def test_a_file_that_cannot_be_read_is_refused_with_the_reason(self):
        head = b"name,phone\n"
        for route in self.uploads():
            for body, statuses, reason, line in [
                    (head + b'a,"349 300 0009\n' + b"b,3493000010\n" * 100000, [422], "QUOTE_NOT_CLOSED", 2),
                    (head + b"a" * (5 << 20) + b",3493000011\n", [422], "RECORD_TOO_LONG", 2),
                    (b"PK\x03\x04" + bytes(2000), [415], "UNSUPPORTED_FORMAT", None),
                    (b"\x1f\x8b\x08\x00" + bytes(100), [415], "UNSUPPORTED_FORMAT", None),
                    (b"%PDF-1.7\n", [415], "UNSUPPORTED_FORMAT", None), (b"", [422], "EMPTY_FILE", None)]:
                answer = self.upload(route, body)
                self.refused(answer, statuses, None, f"{route.name} {body[:20]}")
                details = answer.json["error"]["details"]
                self.assertEqual((details["file"], details["imported"]), (reason, 0), route.name)
                if line:
                    self.assertEqual(details["line"], line, route.name)
            bad = b"name,phone\nx\x00y,3493000012\nz,3,93E+11\nw,349300\n"
            answer = self.upload(route, bad)
            self.assertEqual((answer.status, answer.json["imported"], answer.json["failed"]), (200, 0, 3), answer.body)

    def test_a_form_that_is_none_is_refused(self):
        file = b'Content-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nname,phone\r\nx,3493000013\r\n'
        field = b'Content-Disposition: form-data; name="%s"\r\n\r\n%s'
        form = "multipart/form-data; boundary=b"

        def parts(*all_parts):
            return b"".join(b"--b\r\n" + part + b"\r\n" for part in all_parts) + b"--b--\r\n"

        for route in self.uploads():
            for body, kind, statuses in [
                    (parts(field % (b"country_iso", b"IT")), form, [422]), (parts(field % (b"file2", b"x")), form, [422]),
                    (parts(field % (b"surprise", b"x"), file), form, [422]), (parts(field % (b"delimiter", b"x"), file), form, [422]),
                    (parts(field % (b"delimiter", b"\xff"), file), form, [422]),
                    (parts(field % (b"delimiter", b"y" * 5000), file), form, [422]), (b"--b--\r\n", form, [400, 422]),
                    (parts(file), "multipart/form-data; boundary=c", [400]), (parts(file), "multipart/form-data", [415]),
                    (parts(file), "multipart/form-data; boundary=" + "b" * 200, [415]), (b"", form, [400]), (b"junk", form, [400]),
                    (parts(b"no headers at all"), form, [400]), (b"name,phone\n", "application/json", [415]),
                    (b"name,phone\n", "application/octet-stream", [415]), (b"name,phone\n", None, [415])]:
                answer = self.stack.call(route.method, route.path, body, **({"Content-Type": kind} if kind else {}))
                self.refused(answer, statuses, None, f"{route.name} {kind} {body[:80]}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
