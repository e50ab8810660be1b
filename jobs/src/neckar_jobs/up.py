"""Everything on this computer: the service, one runner, an account for whoever starts it."""

import getpass
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx2

from neckar_jobs.client.remembered import Login, remember
from neckar_jobs.errors import JobsError
from neckar_jobs.identity import accounts, sessions, tokens
from neckar_jobs.policy import own_space
from neckar_jobs.settings import Settings, open_site
from neckar_jobs.site import Site
from neckar_jobs.store import people
from neckar_jobs.web.app import ROOT

READY_SECONDS = 60.0  # until the service has to answer
KEY = "NECKAR_JOBS_KEY"


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """What somebody needs to know who has just started the service."""

    address: str
    name: str
    password: str  # of an account that was just made; empty where it was there
    link: str  # signs in at a browser, once


@contextmanager
def running(
    settings: Settings, *, file: Path | None = None, slots: int = 1, walls: bool = True
) -> Iterator[Welcome]:
    """The service and a runner, as processes that end with this block.

    `file` is where the settings come from, for what cannot be said in variables.
    """
    site = open_site(settings)
    name, password = first_admin(site)
    key, _ = tokens.issue_key(site, name, f"local-{os.getpid()}", list(settings.platforms))
    token, _ = tokens.issue(site, name, name="command line", kind=tokens.LOGIN)
    link = f"{settings.address}{ROOT}/link/{sessions.link(site, name, by='neckar-jobs up')}"
    site.database.close()
    remember(Login(address=settings.address, token=token, collab=own_space(name)))
    environment = {**os.environ, **_variables(settings)}
    same = [] if file is None else ["--settings", str(file)]
    started = [_start(["serve", *same], environment)]
    try:
        _await(settings, started[0])
        command = ["runner", settings.address, "--slots", str(slots), *same]
        command += [] if walls else ["--without-walls"]
        started.append(_start(command, {**environment, KEY: key}))
        yield Welcome(address=settings.address, name=name, password=password, link=link)
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait()


def first_admin(site: Site) -> tuple[str, str]:
    """Whoever starts the service first becomes its admin; an empty password means: known before."""
    with site.database.reading() as c:
        for account in people.accounts(c):
            if account.is_admin and not account.closed:
                return account.name, ""
    name = re.sub(r"[^a-z0-9._-]", "", getpass.getuser().lower()) or "admin"
    name = name if accounts.NAME.fullmatch(name) else "admin"
    password = secrets.token_urlsafe(12)
    accounts.create(site, name, password, by="neckar-jobs up", is_admin=True)
    return name, password


def wait_for_the_end() -> None:
    """Until somebody presses Ctrl-C or the computer wants us to go."""
    ended: list[int] = []

    def end(sign: int, _frame: FrameType | None) -> None:
        ended.append(sign)

    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, end)
    while not ended:
        signal.pause()


def _variables(settings: Settings) -> dict[str, str]:
    names = ("folder", "database", "host", "port", "lease_seconds", "examples", "cells")
    return {f"NECKAR_JOBS_{name.upper()}": str(getattr(settings, name) or "") for name in names}


def _start(words: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "neckar_jobs.cli", *words]  # not from this folder
    return subprocess.Popen(command, env=environment, start_new_session=True)


def _await(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise JobsError(f"the service ended at once; is port {settings.port} taken?")
        try:
            if httpx2.get(f"{settings.address}/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise JobsError(f"{settings.address} did not answer within {READY_SECONDS:g} s")
