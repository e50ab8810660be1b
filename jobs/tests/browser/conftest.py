"""A service with pages on a port of its own, a story on it, and Chromium in front."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

import story
from neckar_jobs.api.app import application
from neckar_jobs.files import Files
from neckar_jobs.identity import sessions
from neckar_jobs.service.posting import NONE, Server
from neckar_jobs.site import Site
from neckar_jobs.store.database import Database
from neckar_jobs.web.app import add_pages
from neckar_jobs.web.visit import COOKIE

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
ROOT = Path(__file__).parents[3]
SHOTS = ROOT / "out" / "screenshots"


@dataclass(frozen=True)
class Served:
    """A service that people can look at."""

    address: str
    site: Site
    numbers: dict[str, int]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, empty: Path) -> Iterator[Served]:
    """The service, in a thread, with a story on SQLite."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copy(empty, folder / "jobs.db")
    database, files = Database(f"sqlite:///{folder / 'jobs.db'}"), Files(folder / "files")
    clock = story.Past(time.time())
    numbers = story.tell(Site(database=database, files=files, clock=clock), clock)
    site = Site(database=database, files=files)
    there = {"host": "127.0.0.1", "port": 1, "security": NONE}  # nobody listens
    mails = Server(sender="jobs@example.org", address="https://jobs.example.org", **there)
    app = application(site, mail_server=mails)
    add_pages(app, examples=ROOT / "examples")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]})
        thread.start()
        yield Served(address=f"http://127.0.0.1:{port}", site=site, numbers=numbers)
        server.should_exit = True
        thread.join()
    database.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Debian's Chromium."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: apt install chromium")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(served: Served, chromium) -> Iterator[Callable[..., object]]:
    """Open a page as somebody. What the browser complains about fails the test, unless `quiet`."""
    contexts, wrong = [], []

    def opened(name: str | None, *, quiet: bool = False, **options: object):
        context = chromium.new_context(base_url=served.address, **options)
        contexts.append(context)
        if name is not None:
            secret = sessions.begin(served.site, name)
            cookie = {"name": COOKIE, "value": secret, "url": served.address + "/app"}
            context.add_cookies([cookie])
        page = context.new_page()
        if not quiet:
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda message: wrong.extend(_complaint(message)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _complaint(message) -> Iterator[str]:
    # Chromium itself puts styles on text that it inserts into an editor, and forbids them then.
    if message.type == "error" and not message.text.startswith("Applying inline style"):
        yield message.text


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where pictures of pages are kept for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS
