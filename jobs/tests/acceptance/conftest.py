"""A service behind HTTP, and people who are signed in to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import httpx2
import pytest
from starlette.testclient import TestClient

from neckar_jobs import cli
from neckar_jobs.api.app import application
from neckar_jobs.client import words
from neckar_jobs.client.client import Client
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.model import Role
from neckar_jobs.nmpi.facade import add_facade
from neckar_jobs.service.posting import NONE, Server
from neckar_jobs.site import Site
from neckar_jobs.store import people
from neckar_jobs.store.people import Account, Collab
from neckar_jobs.web.app import add_pages

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Service:
    """The HTTP client of nobody, and headers for everybody."""

    http: TestClient
    headers: dict[str, dict[str, str]]

    def as_(self, name: str) -> "As":
        return As(self.http, self.headers[name])


@dataclass(frozen=True)
class As:
    """Somebody's requests."""

    http: TestClient
    headers: dict[str, str]

    def __call__(self, method: str, path: str, **rest: object) -> httpx2.Response:
        headers = {**self.headers, **rest.pop("headers", {})}  # type: ignore[dict-item]
        return self.http.request(method, path, headers=headers, **rest)  # type: ignore[arg-type]


def _add(site: Site, name: str) -> None:
    rest = {"full_name": "", "mail": f"{name}@example.org", "closed": False, "created_at": 0.0}
    known = Account(name=name, password=_kept(), is_admin=name == "root", **rest)
    with site.database.writing() as c:
        people.add_account(c, known)


@cache
def _kept() -> str:
    return accounts.hashed(PASSWORD)  # takes long, on purpose


@pytest.fixture
def service(site: Site) -> Iterator[Service]:
    """`ada` edits the collab lab, `bob` views it, `eve` is a stranger, `root` the admin."""
    headers: dict[str, dict[str, str]] = {"nobody": {}}
    for name in ("ada", "bob", "eve", "root"):
        _add(site, name)
        secret, _ = tokens.issue(site, name, name="tests")
        headers[name] = {"Authorization": f"Bearer {secret}"}
    with site.database.writing() as c:
        people.add_collab(c, Collab(name="lab", title="", is_public=False, created_at=0.0))
        people.set_member(c, "lab", "ada", Role.EDITOR)
        people.set_member(c, "lab", "bob", Role.VIEWER)
        people.set_member(c, "lab", "root", Role.ADMINISTRATOR)
    secret, _ = tokens.issue_key(site, "root", "provider", ["Demo"])
    headers["provider"] = {"x-api-key": secret}
    there = {"host": "127.0.0.1", "port": 1, "security": NONE}  # nobody listens
    server = Server(sender="jobs@example.org", address="https://jobs.example.org", **there)
    app = application(site, mail_server=server)
    add_pages(app)
    add_facade(app)
    with TestClient(app) as http:
        yield Service(http, headers)


@pytest.fixture
def typed(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Somebody types a command: its exit code, and what it prints."""
    monkeypatch.setenv("NECKAR_JOBS_URL", "http://testserver")

    def typed(name: str, *command: str) -> tuple[int, str]:
        http = SimpleNamespace(request=service.as_(name))
        monkeypatch.setattr(words, "Client", lambda *_: Client(http=http))
        code = cli.main(command)
        said = capsys.readouterr()
        return code, said.out + said.err

    return typed
