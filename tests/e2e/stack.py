"""stack - the whole product on free ports: PostgreSQL, Redis, retell-sim, API, workers.

Binaries come from $BUILD (default build/release).  Everything lives under one
temporary folder and is gone when the with-block ends; logs are kept on failure.
Standard library only.
"""
import atexit
import glob
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlparse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build/release"))

LENIENT_LAW = "UPDATE platform_country_rules SET quiet_hours_enabled = false, extended = '{}'"


def wait_for(what, condition, seconds=30, every=0.05):
    """Poll until condition() is truthy and return it; AssertionError with `what` otherwise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")


class Process:
    """A child whose log is a file of JSON lines."""

    def __init__(self, name, argv, env, log):
        self.name, self.log = name, log
        self.file = open(log, "ab")
        self.child = subprocess.Popen(argv, env=env, stdout=self.file, stderr=self.file)

    def line(self, msg):
        """The first log line with that msg, or None."""
        with open(self.log, "rb") as f:
            for raw in f:
                try:
                    line = json.loads(raw)
                except ValueError:
                    continue
                if line.get("msg") == msg or (msg == "ready" and line.get("ready")):
                    return line
        return None

    def alive(self):
        return self.child.poll() is None

    def stop(self, sig=signal.SIGTERM, seconds=40):
        if self.alive():
            self.child.send_signal(sig)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.file.close()
        return self.child.returncode


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def request(base, method, path, body=None, headers=None, timeout=30, kind=http.client.HTTPConnection):
    url = urlparse(base)
    connection = kind(url.hostname, url.port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class Stack:
    """with Stack(sim={...}, workers=2) as s: s.api("POST", "/api/v1/campaigns", {...})"""

    prefix = "aga."

    def __init__(self, sim=None, workers=2, env=None):
        self.sim_config, self.worker_count, self.extra = sim or {}, workers, env or {}
        self.workers, self.serial, self.failed, self.owner_url = [], 0, False, None
        self.build = BUILD

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.dir = tempfile.mkdtemp(prefix=self.prefix, dir="/tmp")
        os.chmod(self.dir, 0o755)
        atexit.register(self.__exit__, None, None, None)
        try:
            self.start()
        except BaseException:
            self.failed = True
            self.__exit__(None, None, None)
            raise
        return self

    def start(self):
        out = subprocess.run([f"{ROOT}/scripts/services", "start", self.dir], check=True, text=True,
                             capture_output=True, env={**os.environ, "FSYNC": "off"}).stdout
        self.env = dict(os.environ)
        for line in out.splitlines():
            key, value = line.removeprefix("export ").split("=", 1)
            self.env[key] = value.strip("'")
        self.env.update(RETELL_API_KEY="key_demo", HTTP_LISTEN="127.0.0.1:0", LOG_LEVEL="info",
                        RECONCILE_WINDOW_SECONDS="4", CALL_POLL_SECONDS="2", CLAIM_TIMEOUT_SECONDS="3",
                        DISPATCH_POLL_MS="200", QUEUE_HEARTBEAT_TIMEOUT_MS="4000", QUEUE_MAINTENANCE_MS="500",
                        TENANT_MAX_LIVE_CALLS="100")
        # As much as a test can ask for; who tests the limits sets them.
        self.env.update({f"RATE_{name}_PER_MINUTE": "0" for name in ("READ", "WRITE", "DIAL", "IMPORT", "URGENT")})
        self.env.update(self.extra)
        self.start_sim()
        self.cli("migrate")
        self.use_login()
        self.tenant = int(self.cli("tenant", "create", "e2e"))
        self.key = self.cli("key", "create", "--tenant", str(self.tenant))
        self.start_api()
        for _ in range(self.worker_count):
            self.start_worker()

    def use_login(self):
        """From here on the product is nobody who could take the tenant wall down; sql() still is."""
        self.owner_url = self.env["DATABASE_URL"]
        self.sql("CREATE ROLE agoralia LOGIN NOINHERIT IN ROLE agoralia_app, agoralia_platform")
        self.env["DATABASE_URL"] = re.sub("user=[^&]*", "user=agoralia", self.owner_url)

    def start_sim(self):
        config = f"{self.dir}/sim.json"
        with open(config, "w") as f:
            json.dump(self.sim_config, f)
        self.sim = self.spawn("retell-sim", [f"{self.build}/retell-sim", "--config", config, "--listen", "127.0.0.1:0",
                                             "--control", "127.0.0.1:0"])
        ready = wait_for("retell-sim is ready", lambda: self.sim.line("ready"))
        self.sim_url, self.control_url = "http://" + ready["listen"], "http://" + ready["control"]
        self.env["RETELL_BASE_URL"] = self.sim_url

    def start_api(self):
        if "PUBLIC_URL" not in self.env:
            import socket
            with socket.socket() as s:  # webhooks need to know the port before the API has it
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            self.env["HTTP_LISTEN"] = f"127.0.0.1:{port}"
            self.env["PUBLIC_URL"] = self.url = f"http://127.0.0.1:{port}"
        self.serial += 1
        self.api_process = self.spawn(f"api{self.serial}", [f"{self.build}/agoralia-api"])
        wait_for("the API is ready", self.ready)

    def ready(self):
        try:
            return request(self.url, "GET", "/readyz").status == 200
        except OSError:
            return False

    def start_worker(self):
        self.serial += 1
        worker = self.spawn(f"worker{self.serial}", [f"{self.build}/agoralia-worker"])
        self.workers.append(worker)
        return worker

    def spawn(self, name, argv):
        return Process(name, argv, self.env, f"{self.dir}/{name}.log")

    def cli(self, *args):
        done = subprocess.run([f"{self.build}/agoralia", *args], env=self.env, text=True, capture_output=True)
        if done.returncode:
            raise AssertionError(f"agoralia {' '.join(args)}: {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def services(self, command):
        subprocess.run([f"{ROOT}/scripts/services", command, self.dir], check=True, capture_output=True,
                       env={**os.environ, "FSYNC": "off"})

    def postgres(self, command):
        """start, restart or stop PostgreSQL, at once."""
        pg = [f"{sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]}/pg_ctl", "-D", f"{self.dir}/pg", "-m", "immediate",
              "-w", "-l", f"{self.dir}/pg/server.log", command]
        if os.getuid() == 0:
            pg = ["runuser", "-u", "postgres", "--", *pg]
        subprocess.run(pg, check=True, capture_output=True)

    def redis(self, *args):
        return subprocess.run(["redis-cli", "-s", f"{self.dir}/redis/redis.sock", *args], text=True,
                              capture_output=True).stdout.strip()

    def sql(self, text):
        """Rows of text values."""
        url = self.owner_url or self.env["DATABASE_URL"]
        out = subprocess.run(["psql", url, "-Atq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text],
                             text=True, capture_output=True)
        if out.returncode:
            raise AssertionError(out.stderr)
        return [line.split("\t") for line in out.stdout.splitlines()]

    def let_everybody_be_called(self):
        """At any hour and without a registry: what most tests are about is not the law."""
        self.sql(LENIENT_LAW)

    def number(self, text):
        return int(self.sql(text)[0][0] or 0)

    def call(self, method, path, body=None, key=None, **headers):
        head = {"X-API-Key": key or self.key, **headers}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        return request(self.url, method, path, body, head)

    def api(self, method, path, body=None, expect=None):
        answer = self.call(method, path, body)
        if expect is not None and answer.status != expect:
            raise AssertionError(f"{method} {path}: {answer.status}, not {expect}: {answer.body[:500]}")
        return answer.json if answer.body else None

    def insist(self, method, path, body=None, expect=None):
        """As a patient client does when the provider, whose faults are injected, did not answer ours."""
        return wait_for(f"{method} {path} is answered", lambda: self.unless_busy(method, path, body, expect), 30, 0.2)[0]

    def unless_busy(self, method, path, body, expect):
        answer = self.call(method, path, body)
        if answer.status == 503:
            return None
        if answer.status != expect:
            raise AssertionError(f"{method} {path}: {answer.status}, not {expect}: {answer.body[:500]}")
        return (answer.json,)

    def control(self, method, path, body=None):
        answer = request(self.control_url, method, path, json.dumps(body) if body is not None else None,
                         {"Content-Type": "application/json"})
        return answer.json if answer.body else None

    def __exit__(self, kind, *_):
        if not getattr(self, "dir", None):
            return
        for process in [*self.workers, getattr(self, "api_process", None), getattr(self, "sim", None)]:
            if process:
                process.stop(signal.SIGKILL if self.failed else signal.SIGTERM)
        subprocess.run([f"{ROOT}/scripts/services", "stop", self.dir], capture_output=True)
        if kind or self.failed:
            print(f"logs are in {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None


def dial_everybody(s, name, leads, live_calls):
    """Start a campaign over that many leads, each tried once, so many at a time; returns its id."""
    number = "+390212345678"
    s.let_everybody_be_called()
    s.api("POST", "/api/v1/numbers", {"e164": number}, 201)
    campaign = s.api("POST", "/api/v1/campaigns", {
        "name": name, "agent_id": "agent_abc123", "from_number": number, "spacing_seconds": 0,
        "retry_policy": {"max_attempts": 1}, "max_concurrent_calls": live_calls}, 201)["id"]
    rows = ["name,phone,country,consent,consent_date,consent_source"]
    rows += [f"Lead {i},+39349{2000000 + i * 20:07d},IT,yes,2026-01-01T00:00:00Z,form" for i in range(leads)]
    answer = s.call("POST", f"/api/v1/leads/bulk-import?campaign_id={campaign}", "\n".join(rows),
                    **{"Content-Type": "text/csv"})
    if (answer.status, answer.json.get("imported")) != (200, leads):
        raise AssertionError(f"the leads were not imported: {answer.status}: {answer.body[:500]}")
    s.api("POST", f"/api/v1/campaigns/{campaign}/start", None, 202)
    return campaign
