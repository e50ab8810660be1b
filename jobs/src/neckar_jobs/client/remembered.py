"""Where a person's command line keeps the address of the service and their token."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from neckar_jobs.errors import SignInError


@dataclass(frozen=True, kw_only=True)
class Login:
    """An address and what to show there."""

    address: str
    token: str
    collab: str  # used where none is named


def _path() -> Path:
    return Path(platformdirs.user_config_dir("neckar-jobs")) / "login.json"


def remember(login: Login) -> Path:
    """Keep it where only this person can read it."""
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(vars(login), file)
    new.replace(path)
    return path


def recall() -> Login:
    """What was kept, or what the environment says."""
    if address := os.environ.get("NECKAR_JOBS_URL"):
        token, collab = (
            os.environ.get("NECKAR_JOBS_TOKEN", ""),
            os.environ.get("NECKAR_JOBS_COLLAB"),
        )
        return Login(address=address, token=token, collab=collab or "")
    try:
        return Login(**json.loads(_path().read_text()))
    except FileNotFoundError:
        raise SignInError(
            "nobody is signed in here; use 'neckar-jobs login ADDRESS NAME', or set "
            "NECKAR_JOBS_URL and NECKAR_JOBS_TOKEN"
        ) from None
