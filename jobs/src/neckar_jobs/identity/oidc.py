"""Sign in at a provider of OpenID Connect: Authorization Code with PKCE, and tokens of theirs.

What is checked of an ID token: its signature by a key that the provider publishes, issuer,
audience, times, the nonce of this sign-in, the digest of the access token, and that the user info
is about the same person. A sign-in is remembered in the database, once and for ten minutes.
"""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from neckar_jobs.errors import InvalidError, JobsError, SignInError
from neckar_jobs.identity import vouched
from neckar_jobs.identity.tokens import digest
from neckar_jobs.site import Site
from neckar_jobs.store import logins
from neckar_jobs.store.logins import Login

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
TIMEOUT = 10.0  # s for each question to the provider
FRESH = 3600.0  # s until its description and keys are read again
SHORTEST = 60.0  # s between two readings of its keys for a token whose key is not known
SECONDS = 600.0  # until a sign-in has to be over
CACHED = 60.0  # s for which a token of theirs is believed without asking again
MOST_CACHED = 10_000
LEEWAY = 60  # s by which clocks may differ


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a site knows of its provider."""

    issuer: str
    client_id: str
    client_secret: str = ""
    name: str = "your institution"  # on the button
    scopes: str = "openid profile email"
    teams: str = "roles.team"  # where collabs stand, as words like collab-NAME-editor
    admins: str = ""  # a collab whose editors are platform admins


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Who has signed in, and with what they go on."""

    name: str  # of the account
    next: str  # where they wanted to go
    access_token: str
    expires_at: float | None
    claims: Mapping[str, Any]


@dataclass(kw_only=True)
class Provider:
    """A provider, with what was read from it lately."""

    config: Config
    stopwatch: Callable[[], float] = time.monotonic
    _read: dict[str, tuple[float, Any]] = field(default_factory=dict)
    _people: dict[str, tuple[float, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, site: Site, back: str, next: str = "") -> tuple[str, str]:
        """Where somebody signs in, and the state by which they are known when they come back."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = Login(nonce=nonce, verifier=verifier, back=back, next=next, begun_at=site.clock())
        with site.database.writing() as c:
            logins.add(c, digest(state), kept, oldest=site.clock() - SECONDS)
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": back,
            "scope": self.config.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = self._described("authorization_endpoint")
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", state

    def finish(self, site: Site, state: str, code: str) -> Signed:
        """Turn the code that somebody came back with into who they are. Works once."""
        with site.database.writing() as c:
            login = logins.take(c, digest(state))
        if login is None or site.clock() - login.begun_at > SECONDS:
            raise SignInError("this sign-in is unknown, too old or was used; begin again")
        answer = self._exchanged(code, login)
        claims = self._checked(site, str(answer.get("id_token", "")), login.nonce)
        token = str(answer.get("access_token", ""))
        _check_digest(claims, token)
        info = {**claims, **self._about(token)}
        if info["sub"] != claims["sub"]:
            raise SignInError("the provider speaks of two different persons")
        lasts = answer.get("expires_in")
        return Signed(
            name=vouched.account(site, self.config, info),
            next=login.next,
            access_token=token,
            expires_at=site.clock() + lasts if isinstance(lasts, (int, float)) else None,
            claims=info,
        )

    def bearer(self, site: Site, token: str) -> str:
        """The account behind an access token of the provider, whom this asks about it."""
        known, now = digest(token), self.stopwatch()
        with self._lock:
            until, name = self._people.get(known, (0.0, ""))
        if now < until:
            return name
        name = vouched.account(site, self.config, self._about(token))
        with self._lock:
            if len(self._people) >= MOST_CACHED:
                self._people.clear()
            self._people[known] = (now + CACHED, name)
        return name

    def _exchanged(self, code: str, login: Login) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.back,
            "client_id": self.config.client_id,
            "code_verifier": login.verifier,
        }
        if self.config.client_secret:
            form["client_secret"] = self.config.client_secret
        found: Mapping[str, Any] = self._asked("POST", self._described("token_endpoint"), data=form)
        return found

    def _checked(self, site: Site, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that is good."""
        try:
            claims = self._decoded(token)
            now = int(site.clock())
            rules = jwt.JWTClaimsRegistry(
                now=now,
                leeway=LEEWAY,
                iss={"essential": True, "value": self.config.issuer},
                aud={"essential": True, "value": self.config.client_id},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
            )
            rules.validate(dict(claims))
        except (JoseError, ValueError) as error:
            raise SignInError(f"the provider's ID token is not good: {error}") from None
        audience = claims["aud"]
        is_for_several = isinstance(audience, list) and len(audience) > 1
        if (is_for_several or "azp" in claims) and claims.get("azp") != self.config.client_id:
            raise SignInError("the provider's ID token is for somebody else")
        return claims

    def _decoded(self, token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, self._keys(FRESH), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError):
            # Perhaps the provider has changed its keys since they were read.
            return jwt.decode(token, self._keys(SHORTEST), algorithms=ALGORITHMS).claims

    def _keys(self, oldest: float) -> KeySet:
        return KeySet.import_key_set(self._document(self._described("jwks_uri"), oldest))

    def _about(self, token: str) -> Mapping[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        found = self._asked("GET", self._described("userinfo_endpoint"), headers=headers)
        if not isinstance(found, dict) or not isinstance(found.get("sub"), str):
            raise SignInError("the provider does not say who this is")
        return found

    def _described(self, name: str) -> str:
        issuer = self.config.issuer
        path = issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = self._document(path, FRESH)
        if document.get("issuer") != issuer:
            raise InvalidError(f"{path} describes {document.get('issuer')!r}, not {issuer!r}")
        return _safe(str(document.get(name, "")), name)

    def _document(self, address: str, oldest: float) -> Any:
        with self._lock:
            at, document = self._read.get(address, (float("-inf"), None))
        if self.stopwatch() - at < oldest:
            return document
        document = self._asked("GET", _safe(address, "issuer"))
        with self._lock:
            self._read[address] = (self.stopwatch(), document)
        return document

    def _asked(self, method: str, address: str, **rest: Any) -> Any:
        try:
            answer = httpx2.request(method, address, timeout=TIMEOUT, **rest)
            if answer.status_code in (400, 401, 403):
                raise SignInError("the provider does not accept this; sign in again")
            answer.raise_for_status()
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise JobsError(
                f"the provider at {self.config.issuer} is in trouble: {error}"
            ) from None


def _challenge(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()


def _check_digest(claims: Mapping[str, Any], token: str) -> None:
    """An ID token may tell which access token came with it."""
    said = claims.get("at_hash")
    if said is None:
        return
    for name in ("sha256", "sha384", "sha512"):
        half = hashlib.new(name, token.encode()).digest()
        half = half[: len(half) // 2]
        if said == base64.urlsafe_b64encode(half).rstrip(b"=").decode():
            return
    raise SignInError("the provider's access token is not the one that its ID token speaks of")


def _safe(address: str, name: str) -> str:
    """Encrypted, unless it stays on this computer."""
    parts = urlsplit(address)
    if parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1"):
        return address
    raise InvalidError(f"the provider's {name} is {address!r}; it has to begin with https://")
