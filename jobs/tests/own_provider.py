"""A provider of OpenID Connect of our own, over real HTTP, that does what the tests want of it."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "neckar", "hidden"


class OwnProvider:
    """What it answers can be changed by the tests, in its attributes."""

    def __init__(self) -> None:
        self.address = ""
        self.person: dict[str, object] = {"sub": "1", "preferred_username": "Ada"}
        self.claims: dict[str, object] = {}  # that the ID token is to have instead
        self.about: dict[str, object] = {}  # that the user info is to have instead
        self.key = self.published = RSAKey.generate_key(2048, {"kid": "a"})
        self.now = 1_700_000_000
        self.asked: list[str] = []  # paths
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: set[str] = set()

    def token(self) -> str:
        """An access token, as some other client of this provider might have got it."""
        new = secrets.token_urlsafe(16)
        self._tokens.add(new)
        return new

    def revoke(self) -> None:
        """Make all access tokens worthless."""
        self._tokens.clear()

    def get(self, path: str, asked: dict[str, str], bearer: str) -> tuple[int, object]:
        """What is behind a path: a document, or an address to go to."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            places = {f"{n}_endpoint": f"{self.address}/{p}" for n, p in names.items()}
            return 200, {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **places}
        if path == "/keys":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        if path == "/userinfo":
            known = bearer in self._tokens
            return (200, {**self.person, **self.about}) if known else (401, {})
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return 302, f"{asked['redirect_uri']}?{back}"

    def post(self, form: dict[str, str]) -> tuple[int, object]:
        """Turn a code into tokens."""
        asked = self._codes.pop(form.get("code", ""), None)
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
        right = asked is not None and (
            asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
            and (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        )
        if not right or asked is None:
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
            "sub": self.person["sub"],
            **self.claims,
        }
        header = {"alg": "RS256", "kid": self.key.kid}
        token = self.token()
        signed = jwt.encode(header, claims, self.key)
        return 200, {"access_token": token, "id_token": signed, "expires_in": 300}


@contextmanager
def provider() -> Iterator[OwnProvider]:
    """A provider on a free port."""
    own = OwnProvider()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._answer(*own.get(parts.path, _flat(parts.query), bearer))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(*own.post(_flat(body)))

        def _answer(self, status: int, found: object) -> None:
            self.send_response(status)
            if isinstance(found, str):
                self.send_header("Location", found)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        own.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield own
        finally:
            server.shutdown()
            thread.join()


def _flat(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
