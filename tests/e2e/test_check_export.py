"""The export of decisions over the real API: whole, in constant memory, and visibly cut short when it fails."""
import csv
import http.client
import io
import json
import socket
import unittest
from urllib.parse import urlparse

from stack import Stack

CHECKS = 60_000
GROWTH_KB = 12 * 1024  # the whole is some 20 MB

MAKE = f"""
    INSERT INTO compliance_checks (tenant_id, to_number, country_iso, dnc_check, quiet_hours_check, consent_check,
        disclosure_check, status, rejection_reason, rejection_code, scheduled_time, engine_version, tzdata_version, checked_at)
    SELECT 1, '+39349' || (1000000 + i), 'IT', 'passed', 'passed', 'failed', 'required', 'rejected', '=cmd()',
        'CONSENT_MISSING', now(), 'e', 't', now() - i / 3 * interval '1 second' FROM generate_series(1, {CHECKS}) i"""


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(workers=0, env={"HTTP_THREADS": "16"}))
        cls.stack.sql(MAKE)
        cls.address = urlparse(cls.stack.url)

    def ask(self, query=""):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", f"/api/v1/compliance/checks/export{query}", headers={"X-API-Key": self.stack.key})
        return connection.getresponse()

    def rss_kb(self):
        with open(f"/proc/{self.stack.api_process.child.pid}/status") as f:
            return int(next(line for line in f if line.startswith("VmRSS")).split()[1])

    def test_all_of_it_comes_in_constant_memory(self):
        before = self.rss_kb()
        answer = self.ask()
        self.assertEqual((answer.status, answer.headers["Transfer-Encoding"]), (200, "chunked"))
        self.assertIn("text/csv", answer.headers["Content-Type"])
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        rows = list(csv.DictReader(io.TextIOWrapper(answer, encoding="utf-8", newline="")))
        self.assertLess(self.rss_kb() - before, GROWTH_KB)
        self.assertEqual(len({row["id"] for row in rows}), CHECKS)
        self.assertEqual({row["rejection_reason"] for row in rows}, {"'=cmd()"})
        self.assertTrue(all(row["to_number"].startswith("+39349") for row in rows))

    def test_a_filter_and_the_other_format(self):
        rows = [json.loads(line) for line in self.ask("?format=ndjson&to_number=%2B393491000007").read().splitlines()]
        self.assertEqual([row["to_number"] for row in rows], ["+393491000007"])
        self.assertEqual(self.ask("?format=xml").status, 422)

    def test_who_knows_no_chunks_reads_until_the_end(self):
        with socket.create_connection((self.address.hostname, self.address.port), timeout=60) as s:
            s.sendall(f"GET /api/v1/compliance/checks/export?format=ndjson HTTP/1.0\r\nX-API-Key: {self.stack.key}\r\n\r\n".encode())
            whole = b"".join(iter(lambda: s.recv(65536), b""))
        head, body = whole.split(b"\r\n\r\n", 1)
        self.assertNotIn(b"chunked", head)
        self.assertEqual(body.count(b"\n"), CHECKS)

    def test_a_few_at_once_and_no_more(self):
        """Each holds a thread as long as its reader likes: with 16 threads two may."""
        slow = [self.ask(), self.ask()]
        self.assertEqual([answer.status for answer in slow], [200, 200])
        self.assertEqual(self.ask().status, 503)
        self.assertEqual(self.stack.call("GET", "/api/v1/compliance/checks?limit=1").status, 200)
        for answer in slow:
            self.assertEqual(answer.read().count(b"\r\n"), CHECKS + 1)

    def test_what_fails_on_the_way_does_not_look_whole(self):
        answer = self.ask()
        answer.read(1000)
        self.stack.sql("ALTER TABLE compliance_checks RENAME TO checks_away")
        try:
            with self.assertRaises(http.client.IncompleteRead):
                answer.read()
        finally:
            self.stack.sql("ALTER TABLE checks_away RENAME TO compliance_checks")
        self.assertEqual(self.ask("?to_number=%2B393491000007").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
