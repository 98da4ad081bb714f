"""Do-not-call lists, registries' answers and everybody's list, as an operator and a tenant handle them."""
import os
import sys
import unittest
from datetime import datetime, timedelta, timezone

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack  # noqa: E402

ITALIAN, BRITISH = "+393491234567", "+447400123456"


def ago(**how):
    return (datetime.now(timezone.utc) - timedelta(**how)).strftime("%Y-%m-%dT%H:%M:%SZ")


def form(file, **fields):
    """A multipart form: the fields, then the file."""
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    return f'{parts}--b\r\nContent-Disposition: form-data; name="file"; filename="x.csv"\r\n\r\n{file}\r\n--b--\r\n'


class ListsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(workers=0))
        cls.tenant = str(cls.stack.number("SELECT min(id) FROM tenants"))

    def upload(self, path, file, status=200, **fields):
        answer = self.stack.call("POST", path, form(file, **fields), **{"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json

    def verdict(self, number):
        answer = self.stack.api("GET", f"/api/v1/compliance/check?to_number=%2B{number[1:]}", expect=200)
        return answer["checks"]["dnc"], answer["rejection_code"]

    def standing(self):
        """The tenant's list by number: number, source, registry."""
        items = self.stack.api("GET", "/api/v1/compliance/dnc?limit=200", expect=200)["items"]
        return sorted((i["e164"], i["source"], i["registry"]) for i in items)

    def tearDown(self):
        self.stack.sql("DELETE FROM dnc_entries; DELETE FROM registry_scrubs; DELETE FROM dnc_imports; DELETE FROM leads")

    def test_italy_is_callable_after_its_registry_has_answered(self):
        scrubs = "/api/v1/compliance/scrubs"
        self.assertEqual(self.verdict(ITALIAN), ("failed", "DNC_REGISTRY_STALE"))
        self.upload(scrubs, "3491234567\r\n3491234568\r\n", country_iso="IT", scrubbed_at=ago(days=1))
        self.assertEqual(self.verdict(ITALIAN)[0], "passed")
        [summary] = self.stack.api("GET", scrubs, expect=200)["items"]
        self.assertEqual((summary["registry"], summary["numbers"], summary["valid_numbers"]), ("RPO", 2, 2))
        self.upload(scrubs, "number,esito\r\n3491234567,Y\r\n", country_iso="IT", scrubbed_at=ago(hours=1))
        self.assertEqual(self.verdict(ITALIAN), ("failed", "DNC_REGISTRY"))
        late = self.upload(scrubs, "3491234568\r\n", 422, country_iso="IT", scrubbed_at=ago(days=-1), registry="TPS/CTPS")
        self.assertEqual(set(late["error"]["details"]), {"scrubbed_at", "registry"})
        old = self.upload(scrubs, "3491234569\r\n", country_iso="IT", scrubbed_at=ago(days=15))
        self.assertEqual([n["code"] for n in old["notices"]], ["SCRUB_EXPIRED"])
        self.assertEqual(self.verdict("+393491234569"), ("failed", "DNC_REGISTRY_STALE"))

    def test_a_registry_is_downloaded_compared_and_brought_up_to_date(self):
        tps = {"registry": "TPS/CTPS", "country_iso": "GB"}
        imports = "/api/v1/compliance/dnc/bulk-import"
        for phone in (BRITISH, "+447400123457"):
            self.stack.api("POST", "/api/v1/leads", {"name": "Lead", "phone": phone, "country_iso": "GB"}, 201)
        self.assertEqual(self.verdict(BRITISH), ("failed", "DNC_REGISTRY_STALE"))
        with self.assertRaises(AssertionError):
            self.stack.cli("scrub", "run", "--tenant", self.tenant, "--registry", "TPS/CTPS")
        self.upload(imports, "07400123457\r\n07400123458\r\n", mode="full", scrubbed_at=ago(days=2), **tps)
        self.assertIn("compared 2 listed 1", self.stack.cli("scrub", "run", "--tenant", self.tenant, "--registry", "TPS/CTPS"))
        self.assertEqual(self.verdict(BRITISH)[0], "passed")
        self.assertEqual(self.verdict("+447400123457"), ("failed", "DNC_REGISTRY"))
        self.upload(imports, "number,action\r\n07400123457,D\r\n07400123456,A\r\n", mode="delta", scrubbed_at=ago(days=1), **tps)
        self.assertEqual(self.standing(), [(BRITISH, "registry", "TPS/CTPS"), ("+447400123458", "registry", "TPS/CTPS")])
        torn = self.upload(imports, "number,action\r\n4.47E+11,A\r\n", mode="delta", scrubbed_at=ago(hours=5), **tps)
        later = self.upload(imports, "number,action\r\n07400123456,A\r\n", mode="delta", scrubbed_at=ago(hours=4), **tps)
        self.assertEqual([[n["code"] for n in reply["notices"]] for reply in (torn, later)], [["NOT_WHOLE", "LIST_GAP"], ["LIST_GAP"]])
        [summary] = self.stack.api("GET", "/api/v1/compliance/scrubs", expect=200)["items"]
        self.assertLess(summary["listed_as_of"], ago(hours=23))
        self.assertGreater(summary["missing_from"], ago(hours=6))
        with open(f"{self.stack.dir}/full.csv", "w") as f:
            f.write("07400123458\n07400123459\n")
        command = ("dnc", "import", f.name, "--tenant", self.tenant, "--registry", "TPS/CTPS", "--country-iso", "GB", "--mode")
        self.assertIn('"TAKEN_OFF","column":"e164","count":1', self.stack.cli(*command, "full"))
        self.assertEqual([number for number, _, _ in self.standing()], ["+447400123458", "+447400123459"])
        [summary] = self.stack.api("GET", "/api/v1/compliance/scrubs", expect=200)["items"]
        self.assertGreater(summary["listed_as_of"], ago(minutes=5))
        self.assertIsNone(summary["missing_from"])
        with self.assertRaises(AssertionError):
            self.stack.cli(*command, "everything")
        refused = self.upload(imports, "\r\n", 422, mode="full", **tps)
        self.assertEqual(refused["error"]["details"]["file"], "EMPTY_FILE")
        refused = self.upload(imports, "x\r\n", 422, mode="full", source="opt_out", country_iso="GB")
        self.assertEqual(set(refused["error"]["details"]), {"mode"})

    def test_a_removal_keeps_its_reason(self):
        for phone, query, reason in ((ITALIAN, "", "not given"), (BRITISH, "?reason=typed%20wrong", "typed wrong")):
            entry = self.stack.api("POST", "/api/v1/compliance/dnc", {"e164": phone}, 201)["id"]
            self.stack.api("DELETE", f"/api/v1/compliance/dnc/{entry}{query}", expect=204)
            [[why, by, when]] = self.stack.sql(f"""SELECT removed_reason, removed_by LIKE 'req_%', removed_at IS NOT NULL
                                                   FROM dnc_entries WHERE id = {entry}""")
            self.assertEqual((why, by, when), (reason, "t", "t"))
        self.assertEqual(self.standing(), [])

    def test_everybodys_list_stops_a_tenant_that_does_not_see_it(self):
        number = "+33123456780"
        self.assertEqual(self.verdict(number)[0], "passed")
        self.stack.cli("dnc", "platform", "add", number, "--reason", "court order")
        self.assertIn(number, self.stack.cli("dnc", "platform", "list"))
        self.assertEqual(self.verdict(number), ("failed", "DNC_PLATFORM"))
        self.assertEqual(self.standing(), [])
        for wrong in (("add", number, "--reason", "twice"), ("add", "x", "--reason", "r"), ("remove", number), ("remove",),
                      ("remove", "+33123456781", "--reason", "r"), ("forget", number)):
            with self.assertRaises(AssertionError):
                self.stack.cli("dnc", "platform", *wrong)
        self.stack.cli("dnc", "platform", "remove", number, "--reason", "lifted")
        self.assertEqual(self.verdict(number)[0], "passed")


if __name__ == "__main__":
    unittest.main(verbosity=2)
