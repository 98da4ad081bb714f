"""People who were called and are then forgotten: found in no dump of the database, no key of Redis, no log, and not with
the provider; their numbers stay blocked and the ledger verifies."""
import glob
import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, request, wait_for  # noqa: E402
from test_campaign import sim_config  # noqa: E402

PEOPLE = 40


def words(i):
    """All that is told of a person."""
    return {"name": f"Kanarie{i} Vogel", "phone": f"+3934977{i:05d}", "email": f"kanarie{i}@example.com",
            "company": f"Kanarie{i} Srl", "metadata": {"note": f"kanarie{i} sings"}}


class ErasureTest(unittest.TestCase):
    def begin(self, s):
        s.let_everybody_be_called()
        s.api("POST", "/api/v1/numbers", {"e164": "+390212345678"}, 201)
        campaign = s.api("POST", "/api/v1/campaigns", {
            "name": "e2e", "agent_id": "agent_abc123", "from_number": "+390212345678", "spacing_seconds": 0}, 201)["id"]
        leads = [s.api("POST", "/api/v1/leads", {
            **words(i), "campaign_id": campaign, "consent_status": "granted", "consent_basis": "consent",
            "consent_date": "2026-01-01T00:00:00Z", "consent_source": f"kanarie{i} form"}, 201)["id"] for i in range(PEOPLE)]
        s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
        return leads

    def knowers(self, s):
        """Where anything is told of them, by name."""
        found = []

        def look(where, text):
            if "kanarie" in text.lower() or "34977000" in text:
                found.append(where)

        dump = subprocess.run([f"{sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]}/pg_dump", "--data-only", "--inserts",
                               s.owner_url], text=True, capture_output=True, check=True).stdout
        for line in dump.splitlines():
            look(" ".join(line.split()[:3]), line)
        for key in s.redis("--scan").splitlines():
            read = {"string": ["GET", key], "list": ["LRANGE", key, "0", "-1"], "hash": ["HGETALL", key],
                    "set": ["SMEMBERS", key], "zset": ["ZRANGE", key, "0", "-1"], "stream": ["XRANGE", key, "-", "+"]}
            look(f"redis {key}", key + s.redis(*read[s.redis("TYPE", key)]))
        for log in glob.glob(f"{s.dir}/*.log"):
            if "sim" not in os.path.basename(log):
                with open(log, errors="replace") as f:
                    look(log, f.read())
        return sorted(set(found))

    def status(self, s, erasure):
        return s.api("GET", f"/api/v1/erasures/{erasure}", None, 200)

    def test_nobody_knows_them_any_more(self):
        with Stack(sim=sim_config(False), workers=1) as s:
            leads = self.begin(s)
            wait_for("some of them talked", lambda: s.number(
                "SELECT count(DISTINCT lead_id) FROM calls WHERE segments IS NOT NULL") >= 5)
            self.assertIn("INSERT INTO public.leads", self.knowers(s))
            placed = [row[0] for row in s.sql("SELECT provider_call_id FROM calls WHERE provider_call_id IS NOT NULL")]
            erasures = [s.api("POST", f"/api/v1/leads/{lead}/erase", {"reason": "asked by letter"}, 202)["id"] for lead in leads]
            wait_for("nothing is left with us", lambda: all(self.status(s, e)["status"] != "waiting" for e in erasures), 60)
            s.sql("UPDATE erasures SET erased_at = erased_at - interval '1 hour'")
            wait_for("nothing is left with the provider", lambda: all(
                self.status(s, e)["status"] == "done" for e in erasures), 60)
            self.assertEqual(self.knowers(s), [])
            for call in placed:
                self.assertIn(request(s.sim_url, "GET", f"/v2/get-call/{call}", None, {
                    "Authorization": "Bearer key_demo"}).status, (404, 422), call)
            for i in range(PEOPLE):
                answer = s.call("POST", "/api/v1/calls/outbound", {
                    "to_number": words(i)["phone"], "from_number": "+390212345678", "agent_id": "agent_abc123"})
                self.assertEqual(answer.json["error"]["code"], "COMPLIANCE_VIOLATION", answer.body)
            self.verify(s)

    def test_the_operator_erases_by_number_and_grants_by_ticket(self):
        with Stack(sim=sim_config(False), workers=1) as s:
            tenant = ["--tenant", str(s.tenant)]
            erased = json.loads(s.cli("erase", *tenant, "--number", "+393497700000", "--reason", "asked by telephone"))
            self.assertEqual((erased["status"], erased["asked_by"], erased["leads"]), ("erased", "platform", 0))
            with self.assertRaises(AssertionError):
                s.cli("erase", *tenant, "--number", "3497700000", "--reason", "asked by telephone")
            s.cli("grant", "loosen", *tenant, "--country", "IT", "--ticket", "T-1", "--by", "C", "--reason", "a test of hours",
                  "--until", "2099-01-01T00:00:00Z")
            self.assertIsNotNone(json.loads(s.cli("grant", "revoke", "T-1", *tenant))["revoked_at"])
            self.assertEqual(len(s.cli("grant", "ls", *tenant).splitlines()), 1)

    def verify(self, s):
        wait_for("every decision is sealed", lambda: s.number(
            "SELECT count(*) FROM compliance_checks c WHERE record IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.check_id = c.id)") == 0)
        path = f"{s.dir}/ledger"
        with open(path, "w") as f:
            f.write(s.cli("ledger", "export", "--tenant", str(s.tenant)) + "\n")
        self.assertIn(f"ok: tenant {s.tenant}", s.cli("ledger", "verify", path))


if __name__ == "__main__":
    unittest.main(verbosity=2)
