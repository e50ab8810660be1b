"""The people, the platform and the job that the tests of the service tell their stories with."""

import shutil
import subprocess
from functools import cache

from neckar_jobs.identity import accounts, tokens
from neckar_jobs.model import Code, CodeKind, Platform, Role, Submission, User
from neckar_jobs.site import Site

DEMO = Platform(
    name="Demo",
    title="Demonstration",
    units="hours",
    per_second=1 / 3600,
    system="demo",
    limit=3600.0,
    network=False,
    gift=1.0,
    hardware={
        "type": "object",
        "properties": {"chip": {"type": "integer", "minimum": 0}},
        "additionalProperties": False,
    },
)
ADA = User(name="ada", roles={"lab": Role.EDITOR})
BOB = User(name="bob", roles={"lab": Role.VIEWER, "club": Role.ADMINISTRATOR})
EVE = User(name="eve")
ROOT = User(name="root", is_admin=True)
PROVIDER = User(name="provider", platforms=frozenset({"Demo"}))


def wanted(**changes: object) -> Submission:
    """A submission that is fine, but for `changes`."""
    values: dict[str, object] = {
        "collab": "lab",
        "platform": "Demo",
        "code": Code(kind=CodeKind.TEXT, text="print('hello')"),
    }
    return Submission(**{**values, **changes})  # type: ignore[arg-type]


def signed_up(site: Site) -> tuple[str, str]:
    """Let ada in; return a token of hers, and a key with which a provider takes jobs of Demo."""
    accounts.create(site, "ada", "correct horse", by="test")
    token, _ = tokens.issue(site, "ada", name="test", seconds=86_400.0)
    key, _ = tokens.issue_key(site, "ada", "provider", ["Demo"])
    return token, key


@cache
def walls_can_be_built() -> bool:
    """Whether bubblewrap is installed, and the kernel lets it make namespaces."""
    if shutil.which("bwrap") is None:
        return False
    words = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")
    return subprocess.run(words, capture_output=True).returncode == 0
