"""The proof in small: a seeded share of the strikes of `make proof`, some hundred random kills, and the control.

They run at once: most of their time is waiting for leases to run out.
"""
import os
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEED = os.environ.get("PROOF_SEED", "1")


def prove(build, *words):
    return subprocess.Popen([f"{ROOT}/tests/proof/prove", *words, "--seed", SEED], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={**os.environ, "BUILD": build})


class ProofTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for words in (["proof-build"], ["CONTROL=1", "proof-build"]):
            subprocess.run(["make", "-s", "-C", ROOT, "-j2", *words], check=True)
        cls.runs = {"points": prove("build/release", "points", "--share", "0.12", "--lanes", "1"),
                    "kills": prove("build/release", "kills", "--kills", "400", "--rate", "20"),
                    "silence": prove("build/release", "control"),
                    "control": prove("build/control", "control", "--doubles")}
        cls.said = {name: run.communicate()[0] for name, run in cls.runs.items()}

    def clean(self, name):
        print(self.said[name])
        self.assertEqual(self.runs[name].returncode, 0, self.said[name])

    def test_a_process_struck_at_any_system_call_doubles_loses_and_breaks_nothing(self):
        self.clean("points")
        self.assertNotIn("points: 0,", self.said["points"])

    def test_hundreds_of_random_kills_double_lose_and_break_nothing(self):
        self.clean("kills")

    def test_a_dialler_struck_between_its_request_and_the_answer_doubles_nothing(self):
        self.clean("silence")
        self.assertIn("points: 3, struck 3", self.said["silence"])

    def test_a_product_that_takes_silence_for_a_no_is_found_out(self):
        self.clean("control")
        self.assertIn("points: 3, struck 3", self.said["control"])
        self.assertEqual(self.said["control"].count("FINDING DOUBLE: row"), 3, self.said["control"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
