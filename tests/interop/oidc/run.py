"""run - the API with an issuer that does not stand yet, and then the tests, which bring it up."""
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "e2e"))
from test_oidc import CLIENT, SECRET, OidcStack, join  # noqa: E402


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    issuer = f"http://127.0.0.1:{free_port()}"
    with OidcStack(workers=0, env={"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET,
                                   "ADMIN_EMAILS": "staff@example.com", "HTTP_PROXIES": "127.0.0.1"}) as stack:
        join(stack, "ada@example.com", "admin")
        join(stack, "staff@example.com", "viewer")
        env = {**os.environ, "API_URL": stack.url, "ISSUER_URL": issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}
        return subprocess.run(["npm", "test", "--silent"], cwd=HERE, env=env).returncode


sys.exit(main())
