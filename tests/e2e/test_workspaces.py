"""Two tenants, one with a key of its own: each is called for in its own workspace, told of from there, and the
key is nowhere to be found (S108, S110).
"""
import base64
import glob
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import unittest

from stack import Stack, request, wait_for
from test_campaign import sim_config

LEADS = 15
OURS, THEIRS = "+390212345678", "+390298765432"
KEY, SIGNS = "key_canary_4f1d2c7be6a94c03", "key_canary_signs_97c1ba5512e7"
CANARIES = (KEY, SIGNS)


def two_workspaces():
    config = sim_config(False)
    other = json.loads(json.dumps(config["workspaces"][0]))
    other["org_name"] = "Tenant"
    other["keys"] = [{"key": KEY, "scopes": "all"}, {"key": SIGNS, "webhook": True, "scopes": "all"}]
    other["agents"][0]["agent_id"] = "agent_tenant"
    other["numbers"] = [{"phone_number": THEIRS, "type": "custom", "outbound": "agent_tenant"}]
    config["workspaces"].append(other)
    return config


def forms(secret):
    """A secret as it may turn up."""
    raw = secret.encode()
    return [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")]


def found_in(texts, secrets=CANARIES):
    return [name for name, text in texts for secret in secrets for form in forms(secret) if form in text]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        for child in f.read().split():
            yield int(child)
            yield from children(int(child))


def read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def memory(pid):
    """What a process can write to; empty where nobody may look."""
    parts = []
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for line in maps:
                span, mode = line.split()[:2]
                if not mode.startswith("rw") or line.rstrip().endswith("[vvar]"):
                    continue
                at, end = (int(x, 16) for x in span.split("-"))
                try:
                    mem.seek(at)
                    parts.append(mem.read(end - at))
                except OSError:
                    pass
    except OSError:
        pass
    return b"".join(parts)


class WorkspacesTest(unittest.TestCase):
    def test_each_tenant_is_called_for_in_its_own_workspace_and_its_key_is_nowhere(self):
        with tempfile.TemporaryDirectory(prefix="aga_keys_") as folder:
            env = {"SECRETS_KEY_FILE": f"{folder}/keys"}
            with Stack(sim=two_workspaces(), workers=1, env=env) as s:
                self.begin(s)
                self.everybody_is_called(s)
                self.calls_are_where_they_belong(s)
                self.a_tenants_key_speaks_for_its_own_calls_only(s)
                self.a_new_key_seals_all_and_the_old_one_is_not_needed(s, env["SECRETS_KEY_FILE"])
                self.the_key_is_nowhere(s)
                self.without_its_key_the_tenant_is_the_deployments_again(s)

    def ask(self, s, method, path, body=None, expect=200):
        answer = s.call(method, path, body, key=self.other_key)
        self.assertEqual(answer.status, expect, (method, path, answer.body))
        return answer.json if answer.body else None

    def begin(self, s):
        s.let_everybody_be_called()
        self.other = int(s.cli("tenant", "create", "other"))
        self.other_key = s.cli("key", "create", "--tenant", str(self.other))
        path = "/api/v1/settings/provider-key"
        self.ask(s, "PUT", path, {"api_key": KEY}, 503)  # there is no key to seal it with
        self.sealed_by = s.cli("secret", "key", "new")
        self.ask(s, "PUT", path, {"api_key": KEY + "\n"}, 422)
        told = self.ask(s, "PUT", path, {"api_key": KEY, "webhook_api_key": SIGNS})
        self.assertEqual((told["last_four"], told["key_id"]), (KEY[-4:], self.sealed_by))
        self.assertEqual(self.ask(s, "GET", path), told)
        self.account = told["account"]
        self.ask(s, "POST", "/api/v1/numbers", {"e164": OURS}, 422)  # in the deployment's workspace
        self.ask(s, "POST", "/api/v1/numbers", {"e164": THEIRS}, 201)
        s.api("POST", "/api/v1/numbers", {"e164": OURS}, 201)

    def campaign(self, s, key, agent, number, phones):
        def call(method, path, body=None):
            answer = s.call(method, path, body, key=key)
            self.assertLess(answer.status, 300, answer.body)
            return answer.json
        one = call("POST", "/api/v1/campaigns", {"name": "e2e", "agent_id": agent, "from_number": number,
                                                 "spacing_seconds": 0, "retry_policy": {"max_attempts": 1}})["id"]
        for i in range(LEADS):
            call("POST", "/api/v1/leads", {"campaign_id": one, "name": f"Lead {i}", "consent_status": "granted",
                                           "phone": f"+39349{phones + i * 20:07d}"})
        call("POST", f"/api/v1/campaigns/{one}/start")

    def everybody_is_called(self, s, n=2 * LEADS):
        self.campaign(s, s.key, "agent_abc123", OURS, 2000000)
        self.campaign(s, self.other_key, "agent_tenant", THEIRS, 4000000)
        self.all_are_over(s, n)

    def all_are_over(self, s, n):
        wait_for("all calls are over", lambda: s.number(
            "SELECT count(*) FROM scheduled_calls WHERE status IN ('done', 'failed')") == n, 60, 0.2)

    def calls_are_where_they_belong(self, s):
        rows = s.sql("SELECT tenant_id, provider_call_id, coalesce(account, '') FROM call_attempts "
                     "WHERE provider_call_id IS NOT NULL")
        self.assertEqual(len(rows), 2 * LEADS)
        for tenant, call, account in rows:
            theirs = int(tenant) == self.other
            self.assertEqual(account, self.account if theirs else "")
            for key, there in ((KEY, theirs), ("key_demo", not theirs)):
                status = request(s.sim_url, "GET", f"/v2/get-call/{call}", None, {"Authorization": f"Bearer {key}"}).status
                self.assertEqual(status == 200, there, (tenant, call, status))
        ledger = s.control("GET", "/sim/ledger/duplicates?key=aga_sc")
        self.assertEqual((ledger["duplicates"], ledger["placed"]), ([], 2 * LEADS))
        signed = dict(s.sql("SELECT coalesce(signer, 0), count(*) FROM webhook_inbox GROUP BY 1"))
        self.assertEqual(set(signed), {"0", str(self.other)})
        refused = [line for line in request(s.url, "GET", "/metrics").body.decode().splitlines() if "unverified" in line]
        self.assertEqual(refused, [])

    def webhook(self, s, key, call):
        body = json.dumps({"event": "call_ended", "call": call}).encode()
        stamp = str(int(time.time() * 1000))
        sign = hmac.new(key.encode(), body + stamp.encode(), hashlib.sha256).hexdigest()
        return request(s.url, "POST", "/api/v1/webhooks/retell", body,
                       {"Content-Type": "application/json", "X-Retell-Signature": f"v={stamp},d={sign}"}).status

    def a_tenants_key_speaks_for_its_own_calls_only(self, s):
        def one(tenant):
            return s.sql(f"SELECT id, provider_call_id FROM call_attempts WHERE tenant_id = {tenant} LIMIT 1")[0]
        ours, theirs = one(s.tenant), one(self.other)
        before = s.sql(f"SELECT * FROM calls WHERE tenant_id = {s.tenant} ORDER BY id")
        lie = {"call_status": "error", "disconnection_reason": "error_retell", "duration_ms": 1}
        named = {"call_id": ours[1], "metadata": {"aga_attempt": ours[0], "aga_tenant": str(self.other)}, **lie}
        self.assertEqual(self.webhook(s, SIGNS, named), 401)
        self.assertEqual(self.webhook(s, SIGNS, {"call_id": ours[1], **lie}), 401)
        self.assertEqual(self.webhook(s, KEY, {"call_id": theirs[1], **lie}), 401)  # it does not sign
        # Verified as theirs by the attempt, and with our call's id: it is stored, and changes nothing of ours.
        mixed = {"call_id": ours[1], "metadata": {"aga_attempt": theirs[0]}, **lie}
        self.assertEqual(self.webhook(s, SIGNS, mixed), 200)
        wait_for("it was looked at", lambda: s.number(
            f"SELECT count(*) FROM webhook_inbox WHERE provider_call_id = '{ours[1]}' AND applied_at IS NOT NULL "
            f"AND signer = {self.other}") == 1)
        self.assertEqual(s.sql(f"SELECT * FROM calls WHERE tenant_id = {s.tenant} ORDER BY id"), before)

    def a_new_key_seals_all_and_the_old_one_is_not_needed(self, s, path):
        new = s.cli("secret", "key", "new")
        self.assertEqual(s.cli("secret", "rotate"), "2 sealed anew")
        self.assertEqual(s.sql("SELECT DISTINCT key_id FROM tenant_secrets"), [[new]])
        self.assertEqual(s.cli("secret", "rotate"), "0 sealed anew")
        with open(path) as f:
            kept = [line for line in f if not line.startswith(self.sealed_by)]
        with open(path, "w") as f:
            f.writelines(kept)
        self.assertIn("ok       secrets", s.cli("doctor"))
        lead = self.ask(s, "POST", "/api/v1/leads", {"name": "late", "consent_status": "granted",
                                                     "phone": "+393495000020"}, 201)["id"]
        answer = s.call("POST", f"/api/v1/leads/{lead}/call", {"from_number": THEIRS, "agent_id": "agent_tenant"},
                        key=self.other_key)
        self.assertLess(answer.status, 300, answer.body)
        self.all_are_over(s, 2 * LEADS + 1)
        self.assertEqual(s.number(f"SELECT count(*) FROM call_attempts WHERE account = '{self.account}'"), LEADS + 1)

    def the_key_is_nowhere(self, s):
        processes = [s.api_process.child.pid, *(w.child.pid for w in s.workers)]
        processes += [child for pid in processes for child in children(pid)]
        self.assertGreater(len(processes), 10, "the diallers are among them")
        seen = [(f"{what} of {pid}", read(f"/proc/{pid}/{what}")) for pid in processes
                for what in ("cmdline", "environ", "comm")]
        self.assertTrue(found_in(seen, ["key_demo"]) or os.getuid() != 0, "they can be looked into")
        seen += [(log, read(log)) for log in glob.glob(f"{s.dir}/*.log")]
        seen += [("server.log", read(f"{s.dir}/pg/server.log"))]
        dump = subprocess.run(["pg_dump", s.owner_url], capture_output=True)
        self.assertEqual(dump.returncode, 0, dump.stderr)
        self.assertIn(self.account.encode(), dump.stdout)
        seen += [("pg_dump", dump.stdout)]
        s.redis("CONFIG", "SET", "rdbcompression", "no")
        s.redis("SAVE")
        dumps = [(path, read(path)) for path in glob.glob(f"{s.dir}/redis/*.rdb")]
        self.assertTrue(dumps)
        seen += dumps + [("audit", s.call("GET", "/api/v1/audit", key=self.other_key).body)]
        seen += [("metrics", request(s.url, "GET", "/metrics").body)]
        seen += [(f"memory of worker {w.child.pid}", memory(w.child.pid)) for w in s.workers]
        self.assertEqual(found_in(seen), [])
        self.assertEqual(s.number("SELECT count(*) FROM audit_events WHERE subject = '/api/v1/settings/provider-key'"), 1)

    def without_its_key_the_tenant_is_the_deployments_again(self, s):
        path = "/api/v1/settings/provider-key"
        self.ask(s, "DELETE", path, None, 204)
        self.ask(s, "GET", path, None, 404)
        self.ask(s, "DELETE", path, None, 404)
        # What lies there can still be asked for, and be deleted there.
        self.assertEqual(s.number("SELECT count(*) FROM tenant_secrets WHERE retired_at IS NOT NULL"), 2)
        self.ask(s, "POST", "/api/v1/numbers", {"e164": OURS}, 409)  # found there by now, and the other tenant's


if __name__ == "__main__":
    unittest.main(verbosity=2)
