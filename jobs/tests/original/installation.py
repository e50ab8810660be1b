"""A service as the original's tests expect to find one, in processes of its own."""

import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from neckar_jobs.identity import accounts, tokens
from neckar_jobs.model import Role
from neckar_jobs.settings import load, open_site
from neckar_jobs.store import people, projects
from neckar_jobs.store.people import Collab

USER, PASSWORD, COLLAB = "adavison", "correct horse battery", "neuromorphic-testing-private"
SETTINGS = """
storages = ["EBRAINS Drive", "EBRAINS Bucket"]
trusted_hosts = ["127.0.0.1:{data}"]
"""
THEIRS = """
[platforms.Test]
title = "Test"
units = "litres"
per_second = 0.001
system = "mock"
limit = 600.0
network = false
gift = 100.0
[platforms.TestPlatform]
title = "Another test"
units = "bushels"
per_second = 0.001
system = "mock"
limit = 600.0
network = false
"""
OURS = """
[platforms.Demo]
title = "Ours"
units = "hours"
per_second = 0.0002777
system = "demo"
limit = 600.0
network = false
gift = 1.0
"""


@dataclass(frozen=True)
class Installation:
    """What programs have to know; in variables whose names are those of the original's tests."""

    variables: Mapping[str, str]


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """A service, a runner of ours for the platform Demo, and a server of data."""
    port, data = _free_port(), _free_port()
    settings_file = folder / "settings.toml"
    settings_file.write_text(SETTINGS.format(data=data) + THEIRS + OURS)
    (folder / "ours.toml").write_text(OURS)
    settings = load(settings_file, folder=folder / "site", port=port)
    secrets = _people(settings)
    command = [sys.executable, "-m", "neckar_jobs.cli"]
    chosen = {"NECKAR_JOBS_FOLDER": str(folder / "site"), "NECKAR_JOBS_PORT": str(port)}
    environment = {**os.environ, **chosen, "NECKAR_JOBS_KEY": secrets["runner"]}
    log = (folder / "log").open("w")
    serve = [*command, "serve", "--settings", str(settings_file)]
    work = [*command, "runner", f"http://127.0.0.1:{port}", "--settings", str(folder / "ours.toml")]
    started = [subprocess.Popen(serve, env=environment, stderr=log, stdout=log)]
    try:
        _await(f"http://127.0.0.1:{port}/health/ready")
        started.append(subprocess.Popen(work, env=environment, stderr=log, stdout=log))
        with _data(data):
            yield Installation(
                {
                    "NECKAR_ADDRESS": f"http://127.0.0.1:{port}",
                    "NECKAR_DATA": f"127.0.0.1:{data}",
                    "NECKAR_ADMIN_TOKEN": secrets["admin"],
                    "NMPI_TEST_USER": USER,
                    "NMPI_TEST_PWD": PASSWORD,
                    "NMPI_TESTING_APIKEY": secrets["key"],
                    "EBRAINS_AUTH_TOKEN": secrets["user"],
                }
            )
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
        log.close()


def _people(settings) -> dict[str, str]:
    """Accounts, a collab, tokens and keys."""
    site = open_site(settings)
    accounts.create(site, USER, PASSWORD, by="setup", full_name="Ada Davison")
    accounts.create(site, "root", PASSWORD, by="setup", is_admin=True)
    with site.database.writing() as c:
        people.add_collab(c, Collab(name=COLLAB, title="", is_public=False, created_at=0.0))
        people.set_member(c, COLLAB, USER, Role.EDITOR)
        people.set_member(c, COLLAB, "root", Role.ADMINISTRATOR)
        assert len(projects.platforms(c)) == 3
    found = {
        "user": tokens.issue(site, USER, name="tests")[0],
        "admin": tokens.issue(site, "root", name="tests")[0],
        "key": tokens.issue_key(site, "root", "nmpi", ["Test", "TestPlatform"])[0],
        "runner": tokens.issue_key(site, "root", "ours", ["Demo"])[0],
    }
    site.database.close()
    return found


@contextmanager
def _data(port: int) -> Iterator[None]:
    """A server that gives the same file for every address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"foo": "bar"}\n')

        def log_message(self, *_words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _await(address: str) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if httpx2.get(address).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise TimeoutError(f"{address} did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
