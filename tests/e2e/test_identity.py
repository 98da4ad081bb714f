"""test_identity - people with the real binaries: the operator's first link, mail by SMTP, keys that change."""
import json
import os
import re
import socketserver
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import Stack, request, wait_for  # noqa: E402

EMAIL, PASSWORD, ANOTHER = "ada@example.com", "correct horse battery", "a better password"


class Relay(socketserver.ThreadingTCPServer):
    """A mail relay that turns the first `busy` letters away for now."""
    daemon_threads = True

    def __init__(self, busy):
        super().__init__(("127.0.0.1", 0), RelayTalk)
        self.busy, self.letters = busy, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class RelayTalk(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.say("220 relay")
        recipient = None
        for line in self.rfile:
            word = line.decode().strip()
            if word.startswith("EHLO"):
                self.say("250 relay")
            elif word.startswith("RCPT"):
                recipient = re.search("<(.*)>", word).group(1)
                self.say("250 ok")
            elif word == "DATA":
                self.take(recipient)
            elif word == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 ok")
        return None

    def take(self, recipient):
        if self.server.busy > 0:
            self.server.busy -= 1
            return self.say("451 not now")
        self.say("354 go on")
        text = b""
        while not text.endswith(b"\r\n.\r\n"):
            text += self.rfile.readline()
        self.server.letters.append((recipient, text.decode()))
        return self.say("250 taken")


class PeopleStack(Stack):
    """With a folder for the keys of access tokens, and one key."""

    def start_api(self):
        self.env["JWT_KEY_DIR"] = self.keys = f"{self.dir}/keys"
        if not os.path.isdir(self.keys):
            os.mkdir(self.keys)
            self.cli("token", "keygen", self.keys)
        super().start_api()


class IdentityTest(unittest.TestCase):
    def setUp(self):
        self.relay = Relay(busy=1)
        self.stack = self.enterContext(PeopleStack(workers=0, env={
            "MAIL_URL": f"smtp://127.0.0.1:{self.relay.server_address[1]}", "HTTP_PROXIES": "127.0.0.1",
            "MAIL_FROM": "agoralia@example.net", "CONSOLE_URL": "https://console.example.net"}))

    def tearDown(self):
        self.relay.shutdown()
        self.relay.server_close()

    def post(self, path, body=None, bearer=None, network=1):
        headers = {"X-Forwarded-For": f"198.18.{network}.1", "Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        return request(self.stack.url, "POST", f"/api/v1/auth/{path}", json.dumps(body or {}), headers)

    def become(self, link):
        answer = self.post("invitations/accept", {"token": link.split("#")[1], "password": PASSWORD})
        self.assertEqual(answer.status, 201, answer.body)

    def sign_in(self, email, password, network=1):
        answer = self.post("login", {"email": email, "password": password}, network=network)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def letter(self, number, recipient, page):
        """The link in the number-th letter."""
        wait_for("a letter", lambda: len(self.relay.letters) >= number, 30)
        to, text = self.relay.letters[number - 1]
        self.assertEqual(to, recipient)
        self.assertIn("From: <agoralia@example.net>\r\n", text)
        return re.search(rf"https://console\.example\.net/{page}#\S+", text).group(0)

    def me(self, session):
        return request(self.stack.url, "GET", "/api/v1/users/me",
                       headers={"Authorization": f"Bearer {session['access_token']}"})

    def test_from_the_operators_link_to_a_colleague_and_a_new_password(self):
        first = self.stack.cli("user", "create", "--tenant", str(self.stack.tenant), "--email", EMAIL)
        self.become(first)
        ada = self.sign_in(EMAIL, PASSWORD)
        self.assertEqual(self.me(ada).json["role"], "admin")
        answer = self.post("invitations", {"email": "bob@example.com", "role": "viewer"}, ada["access_token"])
        self.assertEqual(answer.status, 201, answer.body)
        self.become(self.letter(1, "bob@example.com", "invitation"))  # the relay was busy at first
        self.assertEqual(self.me(self.sign_in("bob@example.com", PASSWORD)).json["role"], "viewer")
        self.assertEqual(self.post("password/forgot", {"email": EMAIL}).status, 202)
        link = self.letter(2, EMAIL, "reset")
        reset = {"token": link.split("#")[1], "password": ANOTHER}
        self.assertEqual(self.post("password/reset", reset).status, 204)
        self.assertEqual(self.post("password/reset", reset).status, 404)
        self.assertEqual(self.post("refresh", {"refresh_token": ada["refresh_token"]}).status, 401)
        self.sign_in(EMAIL, ANOTHER)
        # S028: another key signs from now on, and nobody is signed out.
        bob = self.sign_in("bob@example.com", PASSWORD)
        time.sleep(1.1)  # keys are named by the second
        self.stack.cli("token", "keygen", self.stack.keys)
        self.stack.api_process.stop()
        self.stack.start_api()
        self.assertEqual(self.me(bob).status, 200)
        young = self.sign_in("bob@example.com", PASSWORD)
        self.assertNotEqual(young["access_token"].split(".")[0], bob["access_token"].split(".")[0])
        self.assertEqual(self.me(young).status, 200)

    def test_S039_nobody_and_a_wrong_password_take_the_same_time(self):
        self.become(self.stack.cli("user", "create", "--tenant", str(self.stack.tenant), "--email", EMAIL))
        best = {EMAIL: 60.0, "nobody@example.com": 60.0}
        for network in range(40):  # each try from elsewhere, so that none has to wait
            for email in best:
                begin = time.monotonic()
                answer = self.post("login", {"email": email, "password": "wrong"}, network=network)
                best[email] = min(best[email], time.monotonic() - begin)
                self.assertEqual(answer.status, 401, answer.body)
            if network >= 7 and max(best.values()) < 1.25 * min(best.values()):
                return  # a busy machine needs more tries; without the same work it is tenfold at any time
        self.fail(f"not the same: {best}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
