"""A service with pages on a port of its own, a story on it, and Chromium in front."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import httpx2
import pytest
import uvicorn

import story
from cast import walls_can_be_built
from neckar_jobs.api.app import application
from neckar_jobs.client.provider import Provider
from neckar_jobs.files import Files
from neckar_jobs.identity import sessions, tokens
from neckar_jobs.machines.inline import Inline
from neckar_jobs.machines.local import Local
from neckar_jobs.runner.runner import Offer, Runner
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


@pytest.fixture
def at_work(served: Served, tmp_path: Path) -> Iterator[Callable[[Offer], None]]:
    """Have a runner take the jobs of a platform until the test is over."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def work(offer: Offer) -> None:
        secret, _ = tokens.issue_key(served.site, "root", "runner", [offer.platform])
        machine = Local() if walls_can_be_built() else Inline()
        with httpx2.Client(base_url=served.address, headers={"x-api-key": secret}) as http:
            runner = Runner(Provider(http), machine, [offer], tmp_path, name="runner", slots=4)
            while not over.is_set():
                runner.tick()
                time.sleep(0.05)
            runner.leave()

    def begin(offer: Offer) -> None:
        threads.append(threading.Thread(target=work, args=(offer,)))
        threads[-1].start()

    yield begin
    over.set()
    for thread in threads:
        thread.join()


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


@pytest.fixture
def serious() -> Callable[[object], list[tuple[str, str, str]]]:
    """What axe finds on a page that keeps somebody from using it."""
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js")

    def found(page) -> list[tuple[str, str, str]]:
        page.evaluate(axe.read_text(encoding="utf-8"))
        violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        return [
            (each["id"], each["nodes"][0]["html"][:200], each["nodes"][0]["failureSummary"])
            for each in violations
            if each["impact"] in ("serious", "critical")
        ]

    return found


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where pictures of pages are kept for people to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS
