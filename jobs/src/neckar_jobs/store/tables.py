"""What is kept in the database. Times are seconds since 1970; everything else is as in `model`."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from neckar_jobs.states import HELD, State

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_ID = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts only INTEGER by itself


def _job_id(*, primary_key: bool = False) -> Column[int]:
    to = ForeignKey("job.id", ondelete="CASCADE")
    return Column("job", _ID, to, nullable=False, primary_key=primary_key)


account = Table(
    "account",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("password", Text, nullable=False),  # argon2; empty where somebody else vouches
    Column("full_name", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("digest", String(64), primary_key=True),  # the token itself is shown once and not kept
    Column("id", String(36), nullable=False, unique=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("kind", String(10), nullable=False),  # personal, login
    Column("scopes", JSON),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Column("used_at", Double),
)

provider_key = Table(
    "provider_key",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("provider", String(100), nullable=False),
    Column("platforms", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
)

collab = Table(
    "collab",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("title", Text, nullable=False),
    Column("is_public", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("issuer", String(300), nullable=False),  # who says who belongs to it; empty: we do
)

member = Table(
    "member",
    metadata,
    Column("collab", ForeignKey("collab.name", ondelete="CASCADE"), primary_key=True),
    Column("account", String(100), primary_key=True, index=True),
    Column("role", Integer, nullable=False),
)

platform = Table(
    "platform",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("title", Text, nullable=False),
    Column("units", String(40), nullable=False),
    Column("per_second", Double, nullable=False),
    Column("system", String(100), nullable=False),
    Column("limit", Double, nullable=False),
    Column("network", Boolean, nullable=False),
    Column("gift", Double),
    Column("hardware", JSON, nullable=False),
    Column("chips", JSON, nullable=False),
    Column("paused", Text, nullable=False),
    Column("draining", Text, nullable=False),
)

maintenance = Table(
    "maintenance",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("platform", String(100), nullable=False),  # empty: all of them
    Column("begins_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False, index=True),
    Column("text", Text, nullable=False),
)

saved_filter = Table(
    "saved_filter",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
)

project = Table(
    "project",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("collab", String(200), nullable=False, index=True),
    Column("owner", String(100), nullable=False),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("stage", String(20), nullable=False),
    Column("is_gift", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("submitted_at", Double),
    Column("decided_at", Double),
)

quota = Table(
    "quota",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("project", ForeignKey("project.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("platform", String(100), nullable=False),
    Column("units", String(40), nullable=False),
    Column("limit", Double, nullable=False),
    Column("before", Double, nullable=False),  # used, and not by jobs that are known here
)

job = Table(
    "job",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("collab", String(200), nullable=False),
    Column("platform", String(100), nullable=False),
    Column("code_kind", String(10), nullable=False),
    Column("code", Text, nullable=False),
    Column("revision", Text),
    Column("command", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("hardware", JSON),
    Column("priority", Integer, nullable=False),
    Column("limit", Double, nullable=False),
    Column("parameters", JSON),
    Column("array", _ID, index=True),
    Column("once", String(100)),  # key by which a repeated submission is recognised
    Column("state", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("runner", String(200)),
    Column("lease", String(36)),
    Column("lease_seconds", Double),
    Column("beat", Integer, nullable=False),  # heartbeats of this lease so far
    Column("handle", Text),  # by which the machine knows the running command
    Column("submitted_at", Double, nullable=False),
    Column("started_at", Double),
    Column("ended_at", Double),
    Column("usage", Double),
    Column("provenance", JSON),
    Column("log_size", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("hidden", Boolean, nullable=False),
    UniqueConstraint("owner", "once"),
)
# Indices of some of the jobs. Databases use them only for statements in which the same words stand.
IS_WAITING = job.c.state == literal_column(f"'{State.SUBMITTED}'")
IS_HELD = job.c.state.in_([literal_column(f"'{state}'") for state in sorted(HELD)])
HAS_ENDED = job.c.ended_at.is_not(None)
_TURN = (job.c.platform, job.c.collab, job.c.priority.desc(), job.c.id)
Index("ix_job_waiting", *_TURN, postgresql_where=IS_WAITING, sqlite_where=IS_WAITING)
_HELD = (job.c.platform, job.c.collab)
Index("ix_job_held", *_HELD, postgresql_where=IS_HELD, sqlite_where=IS_HELD)
_ENDED = (job.c.platform, job.c.id)
Index("ix_job_ended", *_ENDED, postgresql_where=HAS_ENDED, sqlite_where=HAS_ENDED)
Index("ix_job_collab", job.c.collab, job.c.id)
# Lists: the newest first, and whether one may see them, without a look at the jobs themselves.
_LISTED = (job.c.hidden, job.c.id, job.c.owner, job.c.collab, job.c.platform, job.c.state)
Index("ix_job_listed", *_LISTED)
Index("ix_job_submitted", job.c.submitted_at, job.c.state, job.c.owner)  # statistics of days

tag = Table(
    "tag",
    metadata,
    _job_id(primary_key=True),
    Column("tag", String(100), primary_key=True, index=True),
)

comment = Table(
    "comment",
    metadata,
    Column("id", _ID, primary_key=True),
    _job_id(),
    Column("author", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("written_at", Double, nullable=False),
    Index("ix_comment_job", "job"),
)

data_file = Table(
    "data_file",
    metadata,
    _job_id(primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("path", String(1000), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("content_type", String(200), nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("id", _ID, primary_key=True),
    _job_id(),
    Column("kind", String(10), nullable=False),
    Column("url", Text, nullable=False),
    Column("path", String(1000), nullable=False),
    Column("repository", Text, nullable=False),
    Column("size", BigInteger),
    Column("digest", Text),
    Column("content_type", Text),
    Index("ix_link_job", "job", "kind"),
)

log_piece = Table(
    "log_piece",
    metadata,
    _job_id(primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),  # of its first byte
    Column("data", LargeBinary, nullable=False),
)

charge = Table(
    "charge",
    metadata,
    _job_id(primary_key=True),
    Column("quota", ForeignKey("quota.id", ondelete="CASCADE"), primary_key=True),
    Column("amount", Double, nullable=False),
    Index("ix_charge_paid", "quota", "amount"),  # sums are taken without a look at the rows
)

chip_session = Table(
    "chip_session",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("collab", String(200), nullable=False, index=True),
    Column("platform", String(100), nullable=False),
    Column("hardware", JSON),
    Column("state", String(12), nullable=False),
    Column("started_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("usage", Double),
)

chip_session_charge = Table(
    "chip_session_charge",
    metadata,
    Column(
        "chip_session",
        _ID,
        ForeignKey("chip_session.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("quota", ForeignKey("quota.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("amount", Double, nullable=False),
)

share = Table(
    "share",
    metadata,
    Column("collab", String(200), primary_key=True),
    Column("platform", String(100), primary_key=True),
    Column("recent", Double, nullable=False),  # see accounting.recent
)

audit = Table(
    "audit",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("who", String(100), nullable=False),
    Column("what", String(100), nullable=False),
    Column("on", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)

secret = Table(
    "secret",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(100), nullable=False),
)

subject = Table(
    "subject",
    metadata,
    Column("issuer", String(300), primary_key=True),
    Column("subject", String(300), primary_key=True),  # the issuer's word for a person
    Column("account", String(100), nullable=False),
)

oidc_login = Table(
    "oidc_login",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the state
    Column("nonce", String(100), nullable=False),
    Column("verifier", String(100), nullable=False),
    Column("back", Text, nullable=False),
    Column("next", Text, nullable=False),
    Column("begun_at", Double, nullable=False),
)

mail_wish = Table(
    "mail_wish",
    metadata,
    Column("account", ForeignKey("account.name", ondelete="CASCADE"), primary_key=True),
    Column("matter", String(10), primary_key=True),
    Column("wanted", Boolean, nullable=False),
)

news = Table(
    "news",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account", ForeignKey("account.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("matter", String(10), nullable=False),
    Column("job", _ID, ForeignKey("job.id", ondelete="CASCADE")),
    Column("said", JSON, nullable=False),
    Column("at", Double, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
)

mail = Table(
    "mail",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("account", ForeignKey("account.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("address", String(254), nullable=False),  # empty: of the account, when it is sent
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("posted", String(10), nullable=False),
    Column("made_at", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, index=True),
    Column("trouble", Text, nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("owner", String(100), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("secret", String(100), nullable=False),  # signs messages
    Column("created_at", Double, nullable=False),
    Column("trouble", Text, nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", _ID, primary_key=True),
    Column(
        "subscription",
        ForeignKey("subscription.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("event", String(20), nullable=False),
    Column("job", _ID),
    Column("at", Double, nullable=False),
    Column("status", Integer),
    Column("trouble", Text, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("subscription", ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    _job_id(),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
)
