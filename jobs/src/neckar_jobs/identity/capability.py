"""Addresses that may be used by whoever has them: for programs that cannot sign in for a file."""

import hashlib
import hmac
from functools import lru_cache

from neckar_jobs.errors import UnknownError
from neckar_jobs.site import Site
from neckar_jobs.store import secrets
from neckar_jobs.store.database import Database

DAY = 86400
LASTS = 2  # whole days after this one


def signed(site: Site, path: str) -> str:
    """A word that allows to read `path`. It is the same for a day, and good for two more."""
    until = (int(site.clock()) // DAY + 1 + LASTS) * DAY
    return f"{until:x}-{_mac(site, until, path)}"


def check(site: Site, word: str, path: str) -> None:
    """Refuse a word that is old, or for something else."""
    until, _, mac = word.partition("-")
    try:
        end = int(until, 16)
    except ValueError:
        end = 0
    good = hmac.compare_digest(_mac(site, end, path).encode(), mac.encode("utf-8", "replace"))
    if not good or site.clock() > end:
        raise UnknownError("this address is wrong or too old; ask for the job again")


def _mac(site: Site, until: int, path: str) -> str:
    text = f"{until}\n{path}".encode()
    return hmac.new(_key(site.database), text, hashlib.sha256).hexdigest()[:40]


@lru_cache(maxsize=8)
def _key(database: Database) -> bytes:
    with database.writing() as c:
        return secrets.get(c, "capability").encode()
