"""The people, the platform and the job that the tests of the service tell their stories with."""

from neckar_jobs.model import Code, CodeKind, Platform, Role, Submission, User

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
