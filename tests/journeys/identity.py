"""A small OpenID Connect provider on loopback: discovery, keys, authorize (whoever `subject` is), token with PKCE and secret."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "pianqu", "between-us"


class Provider:
    """What it knows, and how it may lie: `claims` overrides parts of the ID token, `key` signs it, `down` answers nothing."""

    def __init__(self) -> None:
        self.subject, self.claims, self.down = "s-1", dict[str, Any](), False
        self.published = self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, dict[str, str]] = {}
        self.url = ""

    def asked(self, path: str) -> tuple[int, dict[str, Any], str]:
        """Status, JSON, and where to go."""
        parts = urlsplit(path)
        if self.down:
            return 500, {}, ""
        if parts.path == "/.well-known/openid-configuration":
            return 200, self._discovery(), ""
        if parts.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key()))
            return 200, {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}, ""
        return self._authorize({name: values[0] for name, values in parse_qs(parts.query).items()})

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, Any], str]:
        code = token_urlsafe(8)
        self.codes[code] = query
        return 302, {}, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        given = self.codes.pop(form.get("code", ""), None)
        proof = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        right = given and form["client_secret"] == SECRET and form["redirect_uri"] == given["redirect_uri"]
        if not right or self.down or proof != (given or {}).get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": self.subject, "iat": now, "exp": now + 60, "name": "张三"}
        signed = jwt.encode({**claims, **self.claims}, self.key, algorithm="RS256", headers={"kid": "1"})
        return 200, {"access_token": token_urlsafe(8), "token_type": "Bearer", "id_token": signed}


@contextmanager
def provider() -> Iterator[Provider]:
    """One that runs."""
    made = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, there = made.asked(self.path)
            self._say(status, body, there)

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(*made.token({name: values[0] for name, values in parse_qs(raw).items()}), "")

        def _say(self, status: int, body: dict[str, Any], there: str) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            if there:
                self.send_header("Location", there)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
