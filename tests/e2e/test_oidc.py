"""test_oidc - signing in at an issuer that can be made to lie in any way, with a browser that is only a cookie."""
import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlparse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from stack import request  # noqa: E402
from test_identity import PeopleStack  # noqa: E402

CLIENT, SECRET, PASSWORD = "the console", "s:e/cret", "correct horse battery"
COOKIE = "__Host-agoralia_sign_in"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    """RSA by the openssl command: the standard library signs nothing."""

    def __init__(self, folder, kid):
        self.kid, self.path = kid, f"{folder}/{kid}.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        out = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, text=True,
                             capture_output=True).stdout
        self.modulus = bytes.fromhex(out.strip().split("=")[1])

    def jwk(self):
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "alg": "RS256", "n": b64(self.modulus), "e": "AQAB"}

    def sign(self, text):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=text.encode(), check=True,
                              capture_output=True).stdout


class Issuer(ThreadingHTTPServer):
    """Knows one person; what a test puts into the attributes below is what it says."""
    daemon_threads = True

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), IssuerTalk)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.signer = Key(folder, "k1")
        self.published = [self.signer]
        self.codes, self.asked, self.serial = {}, [], 0
        self.honest()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def honest(self):
        self.person = {"sub": "person-1", "email": "ada@example.com", "email_verified": True}
        self.claims, self.header, self.metadata, self.userinfo = {}, {}, {}, None
        self.slow, self.tamper = 0, lambda token: token

    def authorize(self, url):
        """As its page would, for who has signed in: a code, bound to what was asked."""
        asked = {k: v[0] for k, v in parse_qs(urlparse(url).query).items()}
        self.serial += 1
        code = f"code-{self.serial}"
        self.codes[code] = asked
        return code, asked

    def token(self, asked):
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "nonce": asked["nonce"], "iat": now, "exp": now + 300, **self.person,
                  **self.claims}
        header = {"alg": "RS256", "typ": "JWT", "kid": self.signer.kid, **self.header}
        text = ".".join(b64(json.dumps(part).encode())
                        for part in (header, {k: v for k, v in claims.items() if v is not None}))
        return self.tamper(f"{text}.{b64(self.signer.sign(text))}")


class IssuerTalk(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body, status=200):
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        issuer = self.server
        issuer.asked.append(self.path)
        time.sleep(issuer.slow)
        if self.path == "/.well-known/openid-configuration":
            self.answer({"issuer": issuer.url, "authorization_endpoint": f"{issuer.url}/auth?tenant=1",
                         "token_endpoint": f"{issuer.url}/token", "jwks_uri": f"{issuer.url}/jwks",
                         "userinfo_endpoint": f"{issuer.url}/userinfo", **issuer.metadata})
        elif self.path == "/jwks":
            self.answer({"keys": [k.jwk() for k in issuer.published]})
        elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer at-1":
            self.answer(issuer.userinfo or {})
        else:
            self.answer({}, 404)

    def do_POST(self):
        issuer = self.server
        issuer.asked.append(self.path)
        form = {k: v[0] for k, v in
                parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        asked = issuer.codes.pop(form.get("code"), None)
        basic = base64.b64encode(f"{quote(CLIENT, safe='')}:{quote(SECRET, safe='')}".encode()).decode()
        good = (asked and self.headers["Authorization"] == f"Basic {basic}"
                and form["grant_type"] == "authorization_code" and form["redirect_uri"] == asked["redirect_uri"]
                and b64(hashlib.sha256(form["code_verifier"].encode()).digest()) == asked["code_challenge"])
        if not good:
            return self.answer({"error": "invalid_grant"}, 400)
        return self.answer({"access_token": "at-1", "token_type": "Bearer", "id_token": issuer.token(asked)})


class OidcStack(PeopleStack):
    def start_api(self):
        if "CONSOLE_URL" not in self.env:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                address = f"127.0.0.1:{s.getsockname()[1]}"
            self.url = f"http://{address}"
            self.env.update(HTTP_LISTEN=address, PUBLIC_URL=self.url, CONSOLE_URL=self.url)
        super().start_api()


def join(stack, email, role):
    """Become a user, with PASSWORD."""
    link = stack.cli("user", "create", "--tenant", str(stack.tenant), "--email", email, "--role", role)
    answer = request(stack.url, "POST", "/api/v1/auth/invitations/accept",
                     json.dumps({"token": link.split("#")[1], "password": PASSWORD}),
                     {"Content-Type": "application/json"})
    assert answer.status == 201, answer.body


class OidcTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.issuer = Issuer(cls.folder)
        cls.stack = cls.enterClassContext(OidcStack(workers=0, env={
            "OIDC_ISSUER": cls.issuer.url, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET,
            "ADMIN_EMAILS": "root@example.com, Staff@Example.com", "HTTP_PROXIES": "127.0.0.1"}))
        for email, role in (("ada@example.com", "admin"), ("vic@example.com", "viewer"),
                            ("staff@example.com", "viewer")):
            join(cls.stack, email, role)
        cls.network = 0

    @classmethod
    def tearDownClass(cls):
        cls.issuer.shutdown()
        cls.issuer.server_close()

    def setUp(self):
        type(self).network += 1
        self.issuer.honest()
        self.stack.sql("DELETE FROM user_identities")

    @classmethod
    def request(cls, method, path, body=None, cookie=None, network=None, **headers):
        headers = {"X-Forwarded-For": f"198.18.{network or cls.__dict__.get('network', 0)}.1", **headers}
        if cookie:
            headers["Cookie"] = f"other=1; {cookie}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        return request(cls.stack.url, method, path, json.dumps(body) if body is not None else None, headers)

    def start(self):
        answer = self.request("GET", "/api/v1/auth/oidc/start")
        self.assertEqual(answer.status, 303, answer.body)
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, rf"^{COOKIE}=[0-9]{{10}}\.\w{{43}}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600$")
        return answer.headers["Location"], cookie.split(";")[0]

    def back(self, cookie, network=None, **query):
        text = "&".join(f"{k}={quote(v, safe='')}" for k, v in query.items() if v is not None)
        return self.request("GET", f"/api/v1/auth/oidc/callback?{text}", cookie=cookie, network=network)

    def collect(self, cookie):
        return self.request("POST", "/api/v1/auth/oidc/session", cookie=cookie)

    def try_once(self, **more):
        """There and back again, with other query members when told so: the answer, the cookie, the query."""
        url, cookie = self.start()
        code, asked = self.issuer.authorize(url)
        query = {"code": code, "state": asked["state"], **more}
        return self.back(cookie, **query), cookie, query

    def assert_in(self, answer, cookie):
        self.assertEqual((answer.status, answer.headers["Location"]), (303, f"{self.stack.url}/signed-in"), answer.body)
        session = self.collect(cookie)
        self.assertEqual(session.status, 200, session.body)
        self.assertIn("Max-Age=0", session.headers["Set-Cookie"])
        return session.json

    def assert_out(self, answer, cookie, status=400):
        self.assertEqual(answer.status, status, answer.body)
        self.assertIsNone(answer.headers["Location"])
        self.assertEqual(self.collect(cookie).status, 400)

    def me(self, session):
        return self.request("GET", "/api/v1/users/me", Authorization=f"Bearer {session['access_token']}").json

    def test_an_admin_signs_in_and_the_session_is_as_any_other(self):
        answer, cookie, _ = self.try_once(scope="openid email", authuser="0")  # issuers add what they like
        session = self.assert_in(answer, cookie)
        me = self.me(session)
        self.assertEqual((me["email"], me["role"], me["platform"]), ("ada@example.com", "admin", False))
        again = self.request("POST", "/api/v1/auth/refresh", {"refresh_token": session["refresh_token"]})
        self.assertEqual(self.me(again.json)["email"], "ada@example.com")
        self.assertEqual(self.collect(cookie).status, 400)  # one session of an answer
        self.assertNotIn(session["access_token"], answer.headers["Location"])

    def test_what_the_issuer_is_asked(self):
        url, cookie = self.start()
        asked = {k: v for k, v in parse_qs(urlparse(url).query).items()}
        self.assertTrue(url.startswith(f"{self.issuer.url}/auth?tenant=1&"))
        self.assertEqual(asked["redirect_uri"], [f"{self.stack.url}/api/v1/auth/oidc/callback"])
        self.assertEqual((asked["client_id"], asked["scope"], asked["response_type"], asked["code_challenge_method"]),
                         ([CLIENT], ["openid email"], ["code"], ["S256"]))
        self.assertNotIn(cookie.split(".")[1], url)
        # S042: there is nowhere to say where to go afterwards.
        for name in ("return_to", "redirect_uri", "next", "url"):
            self.assertEqual(self.request("GET", f"/api/v1/auth/oidc/start?{name}=//evil.example").status, 422)

    def test_S041_no_state_but_the_browsers_own_and_that_once(self):
        answer, cookie, query = self.try_once()
        self.assert_in(answer, cookie)
        code, _ = self.issuer.authorize(self.start()[0])
        self.assert_out(self.back(cookie, **{**query, "code": code}), cookie)  # replayed
        asked = len(self.issuer.asked)
        for state in (None, "", "x", "A" * 43):
            answer, cookie, _ = self.try_once(state=state)
            self.assert_out(answer, cookie)
        url, mine = self.start()
        code, asked_for = self.issuer.authorize(url)
        _, theirs = self.start()
        self.assert_out(self.back(theirs, code=code, state=asked_for["state"]), theirs)  # another browser
        self.assert_out(self.back(None, code=code, state=asked_for["state"]), None)
        self.assert_out(self.back(f"{mine}; {theirs}", code=code, state=asked_for["state"]), theirs)
        seconds, secret = mine.split("=")[1].split(".")
        old = f"{COOKIE}={int(seconds) - 1}.{secret}"
        self.assert_out(self.back(old, code=code, state=asked_for["state"]), old)
        self.assertEqual(len(self.issuer.asked), asked)  # none of them cost the issuer a question
        self.assert_in(self.back(mine, code=code, state=asked_for["state"]), mine)

    def test_S041_a_code_is_good_once_and_for_who_asked_for_it(self):
        url, cookie = self.start()
        mine, asked = self.issuer.authorize(url)
        theirs, _ = self.issuer.authorize(self.start()[0])
        self.assert_out(self.back(cookie, code=theirs, state=asked["state"]), cookie)  # PKCE: another verifier
        self.assert_out(self.back(cookie, code=mine, state=asked["state"]), cookie)
        for code in (None, "", "nothing"):
            answer, cookie, _ = self.try_once(code=code)
            self.assert_out(answer, cookie)

    def test_S041_another_issuers_answer_is_refused(self):
        answer, cookie, _ = self.try_once(iss="https://evil.example")
        self.assert_out(answer, cookie)
        answer, cookie, _ = self.try_once(iss=self.issuer.url + "/")
        self.assert_out(answer, cookie)
        answer, cookie, _ = self.try_once(iss=self.issuer.url)
        self.assert_in(answer, cookie)

    def test_S041_the_issuer_says_no(self):
        answer, cookie, _ = self.try_once(error="access_denied", error_description="<script>alert(1)</script>")
        self.assert_out(answer, cookie, 403)
        self.assertNotIn(b"script", answer.body)

    def test_S031_a_token_that_says_anything_else(self):
        now = int(time.time())
        for name, claims in {
                "nonce": {"nonce": "other"}, "no nonce": {"nonce": None}, "iss": {"iss": "https://evil.example"},
                "aud": {"aud": "other"}, "azp": {"aud": [CLIENT, "other"], "azp": "other"},
                "exp": {"exp": now - 60}, "iat": {"iat": now - 3600}, "at_hash": {"at_hash": "AAAA"},
                "sub": {"sub": None}}.items():
            with self.subTest(name):
                type(self).network += 1
                self.issuer.claims = claims
                self.assert_out(*self.try_once()[:2])

    def test_S026_a_token_that_is_signed_in_any_other_way(self):
        other = Key(self.enterContext(tempfile.TemporaryDirectory()), "k1")  # the same name, not published
        def by_other(token):
            return token.rsplit(".", 1)[0] + "." + b64(other.sign(token.rsplit(".", 1)[0]))
        def unsigned(token):
            return b64(b'{"alg":"none"}') + "." + token.split(".")[1] + "."
        for name, tamper in {"another key": by_other, "none": unsigned, "cut": lambda t: t[:-2],
                             "no token": lambda t: "x"}.items():
            with self.subTest(name):
                type(self).network += 1
                self.issuer.tamper = tamper
                self.assert_out(*self.try_once()[:2])
        self.issuer.tamper = lambda token: token
        for header in ({"alg": "HS256"}, {"jku": "https://evil.example"}, {"kid": None}):
            with self.subTest(header):
                type(self).network += 1
                self.issuer.header = header
                self.assert_out(*self.try_once()[:2])

    def test_only_a_verified_address_of_an_admin_or_of_staff_comes_in(self):
        for name, person in {
                "unverified": {"email_verified": False}, "unsaid": {"email_verified": None},
                "a text": {"email_verified": "true"}, "staff, unverified": {"email": "staff@example.com",
                                                                         "email_verified": False},
                "a viewer": {"email": "vic@example.com"}, "on the list, but nobody here": {"email": "root@example.com"},
                "nobody": {"email": "eve@example.com"}, "nothing": {"email": None}}.items():
            with self.subTest(name):
                type(self).network += 1
                self.issuer.userinfo = {"sub": "person-1"}
                self.issuer.claims = person
                answer, cookie, _ = self.try_once()
                self.assert_out(answer, cookie, 403)
        self.assertEqual(self.stack.sql("SELECT count(*) FROM user_identities"), [["0"]])

    def test_staff_is_who_the_issuer_vouches_for_and_no_longer_than_on_the_list(self):
        self.issuer.person = {"sub": "person-9", "email": "STAFF@example.com", "email_verified": True}
        session = self.assert_in(*self.try_once()[:2])
        me = self.me(session)
        self.assertEqual((me["email"], me["role"], me["platform"]), ("staff@example.com", "viewer", True))
        by_password = self.request("POST", "/api/v1/auth/login", {"email": "staff@example.com", "password": PASSWORD})
        self.assertFalse(self.me(by_password.json)["platform"])
        for change in ({"ADMIN_EMAILS": "root@example.com"}, {"OIDC_ISSUER": "https://other.example"}):
            kept = {k: self.stack.env[k] for k in change}
            self.stack.env.update(change)
            self.stack.api_process.stop()
            self.stack.start_api()
            self.assertFalse(self.me(session)["platform"])
            self.stack.env.update(kept)
        self.stack.api_process.stop()
        self.stack.start_api()
        self.assertTrue(self.me(session)["platform"])

    def test_the_subject_counts_once_it_is_known(self):
        self.assert_in(*self.try_once()[:2])
        self.issuer.person = {"sub": "person-2", "email": "ada@example.com", "email_verified": True}
        self.assert_out(*self.try_once()[:2], 403)  # the address was given to somebody else
        self.issuer.person = {"sub": "person-1", "email": "ada.new@example.com", "email_verified": True}
        self.assertEqual(self.me(self.assert_in(*self.try_once()[:2]))["email"], "ada@example.com")

    def test_an_issuer_that_tells_addresses_only_when_asked(self):
        self.issuer.claims = {"email": None, "email_verified": None}
        self.issuer.userinfo = {"sub": "person-2", "email": "ada@example.com", "email_verified": True}
        self.assert_out(*self.try_once()[:2])
        self.issuer.userinfo["sub"] = "person-1"
        self.assert_in(*self.try_once()[:2])

    def test_S028_keys_change_and_unknown_ones_cost_one_question_a_minute(self):
        self.assert_in(*self.try_once()[:2])
        young = Key(self.folder, "k2")
        self.issuer.published, self.issuer.signer = [self.issuer.signer, young], young
        before = self.issuer.asked.count("/jwks")
        self.assert_in(*self.try_once()[:2])
        self.assertEqual(self.issuer.asked.count("/jwks"), before + 1)
        for _ in range(3):
            type(self).network += 1
            self.issuer.header = {"kid": "no such key"}
            self.assert_out(*self.try_once()[:2])
        self.assertEqual(self.issuer.asked.count("/jwks"), before + 1)

    def test_S039_tries_of_a_network_are_slowed(self):
        self.issuer.claims = {"nonce": "other"}
        statuses = [self.try_once()[0].status for _ in range(8)]
        self.assertEqual(statuses[:5], [400] * 5)
        self.assertIn(429, statuses)

    def test_nothing_a_stranger_could_use_is_kept(self):
        answer, cookie, query = self.try_once()
        session = self.assert_in(answer, cookie)
        everything = "".join(str(self.stack.sql(f"SELECT t::text FROM {table} t"))
                             for table in ("oidc_logins", "user_identities", "user_sessions", "refresh_tokens"))
        with open(f"{self.stack.dir}/api{self.stack.serial}.log") as f:
            log = f.read()
        for text in (cookie.split("=")[1], query["state"], query["code"], session["access_token"],
                     session["refresh_token"], SECRET):
            self.assertNotIn(text, everything)
            self.assertNotIn(text, log)
        self.assertFalse(re.search("ada@example", log))

    def test_a_session_waits_a_minute_and_a_role_taken_away_counts(self):
        answer, cookie, _ = self.try_once()
        self.assertEqual(answer.status, 303)
        self.stack.sql("UPDATE oidc_logins SET ready_at = now() - interval '61 seconds' WHERE ready_at IS NOT NULL")
        self.assertEqual(self.collect(cookie).status, 400)
        answer, cookie, _ = self.try_once()
        self.stack.sql("UPDATE users SET status = 'disabled' WHERE email = 'ada@example.com'")
        try:
            self.assertEqual(self.collect(cookie).status, 401)
            self.assert_out(*self.try_once()[:2], 403)
        finally:
            self.stack.sql("UPDATE users SET status = 'active' WHERE email = 'ada@example.com'")


if __name__ == "__main__":
    unittest.main()
