"""A tenant is suspended under load, goes on, and leaves: by the operator's command, against the running product."""
import json
import os
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, wait_for  # noqa: E402
from test_campaign import sim_config  # noqa: E402

LEADS = 80


class TenantLifeTest(unittest.TestCase):
    def begin(self, s):
        s.let_everybody_be_called()
        s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
        campaign = s.api("POST", "/api/v1/campaigns", {
            "name": "kanarie", "agent_id": "agent_abc123", "from_number": "+390212345678", "spacing_seconds": 0,
            "max_concurrent_calls": 5}, 201)["id"]
        rows = "\n".join(f"Kanarie {i},+3934977{i:05d},yes" for i in range(LEADS))
        boundary = "x" * 20
        body = (f'--{boundary}\r\nContent-Disposition: form-data; name="campaign_id"\r\n\r\n{campaign}\r\n'
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="l.csv"\r\n\r\n'
                f"name,phone,consent\n{rows}\r\n--{boundary}--\r\n")
        answer = s.call("POST", "/api/v1/leads/bulk-import", body,
                        **{"Content-Type": f"multipart/form-data; boundary={boundary}"})
        self.assertEqual(answer.status, 200, answer.body)
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None)
        return campaign

    def placed(self, s):
        return s.control("GET", "/sim/ledger/duplicates?key=aga_sc")["placed"]

    def test_a_tenant_stands_still_goes_on_and_leaves(self):
        with Stack(sim=sim_config(False), workers=1) as s:
            self.begin(s)
            wait_for("calls are placed", lambda: self.placed(s) > 10)
            s.cli("tenant", "suspend", str(s.tenant), "--reason", "does not pay", "--end-live-calls")
            told, placed = time.monotonic(), self.placed(s)
            answer = wait_for("the key is refused", lambda: self.refused(s), 6)
            self.assertLess(time.monotonic() - told, 6)
            self.assertEqual(answer["error"]["code"], "TENANT_SUSPENDED")
            wait_for("what was live is hung up", lambda: s.number(
                "SELECT count(*) FROM call_attempts WHERE state IN ('accepted', 'ringing', 'ongoing')") == 0, 20)
            self.assertEqual(self.placed(s), placed)
            s.cli("tenant", "resume", str(s.tenant))
            wait_for("calls are placed again", lambda: self.placed(s) > placed + 5)
            s.api("GET", "/api/v1/calls", expect=200)
            self.leave(s)

    def refused(self, s):
        answer = s.call("GET", "/api/v1/calls")
        return answer.json if answer.status == 403 else None

    def leave(self, s):
        s.cli("tenant", "suspend", str(s.tenant), "--reason", "contract over", "--end-live-calls")
        s.cli("tenant", "delete", str(s.tenant), "--reason", "contract over", "--yes")
        wait_for("the tenant is gone", lambda: self.status(s) == "gone", 90, 0.2)
        tables = [row[0] for row in s.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        for canary in ("kanarie", "+3934977"):
            found = [t for t in tables if s.number(f"SELECT count(*) FROM {t} x WHERE x::text ILIKE '%{canary}%'")]
            self.assertEqual(found, [], canary)
        wait_for("its key is nobody's", lambda: s.call("GET", "/api/v1/calls").status == 401, 6)
        with tempfile.NamedTemporaryFile("w+") as ledger:
            ledger.write(s.cli("ledger", "export", "--tenant", str(s.tenant)) + "\n")
            ledger.flush()
            self.assertIn(", 0 with their personal part", s.cli("ledger", "verify", ledger.name))

    def status(self, s):
        return [json.loads(line)["status"] for line in s.cli("tenant", "list", "--json").splitlines()
                if json.loads(line)["id"] == s.tenant][0]


if __name__ == "__main__":
    unittest.main(verbosity=2)
