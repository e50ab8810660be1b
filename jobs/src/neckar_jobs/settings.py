"""How an installation is set up: a TOML file, and variables where a file is in the way."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import platformdirs

from neckar_jobs.errors import InvalidError
from neckar_jobs.files import Files
from neckar_jobs.identity.oidc import Config, Provider
from neckar_jobs.model import Platform
from neckar_jobs.operations.sweep import Rules
from neckar_jobs.service.posting import Server, checked
from neckar_jobs.site import Site
from neckar_jobs.store import projects
from neckar_jobs.store.database import Database

PREFIX = "NECKAR_JOBS_"
SECRET = PREFIX + "OIDC_CLIENT_SECRET"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where things are. `database` is the URL of PostgreSQL; empty means SQLite in `folder`."""

    folder: Path
    database: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    lease_seconds: float = 30.0
    nmpi: bool = True  # whether clients of the original are answered
    storages: tuple[str, ...] = ()  # more names by which they may ask to keep files here
    trusted_hosts: tuple[str, ...] = ()  # host:port inside, from which such files are fetched
    trusted_hooks: tuple[str, ...] = ()  # host:port inside, that may be told about jobs
    oidc: Mapping[str, str] = field(default_factory=dict)  # see identity.oidc.Config
    platforms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mail: Mapping[str, Any] = field(default_factory=dict)  # see service.posting.Server
    retention: Mapping[str, float] = field(default_factory=dict)  # see operations.sweep.Rules
    examples: Path | None = None  # a folder of scripts that new jobs can begin with
    cells: Path | None = None  # what the model builder offers, other than its own table

    @property
    def provider(self) -> Provider | None:
        """The provider of OpenID Connect, if the site has one."""
        secret = os.environ.get(SECRET)
        given = {**self.oidc, **({"client_secret": secret} if secret and self.oidc else {})}
        known = {each.name for each in fields(Config)}
        if wrong := sorted(set(given) - known):
            raise InvalidError(f"unknown settings of oidc {wrong}; there are {sorted(known)}")
        if given and not {"issuer", "client_id"} <= set(given):
            raise InvalidError("oidc needs at least issuer and client_id")
        return Provider(config=Config(**given)) if given else None

    @property
    def mail_server(self) -> Server | None:
        """The server that takes mails, if the site has one."""
        given = {**self.mail, **_variables("MAIL_", Server)}
        if not given:
            return None
        if file := given.pop("password_file", None):
            given["password"] = Path(str(file)).read_text(encoding="utf-8").strip()
        known = {each.name for each in fields(Server)}
        if wrong := sorted(set(given) - known):
            known_too = sorted({*known, "password_file"})
            raise InvalidError(f"unknown settings of mail {wrong}; there are {known_too}")
        if missing := sorted({"host", "sender"} - set(given)):
            raise InvalidError(f"mail needs host and sender; missing: {missing}")
        given["port"] = int(given.get("port", Server.port))
        given["address"] = str(given.get("address", self.address)).rstrip("/")
        return checked(Server(**given))

    @property
    def rules(self) -> Rules:
        """How long things are kept."""
        known = sorted(each.name for each in fields(Rules))
        if unknown := sorted(set(self.retention) - set(known)):
            raise InvalidError(f"unknown settings of retention {unknown}; there are {known}")
        return Rules(**self.retention)

    @property
    def address(self) -> str:
        """Where people find the service."""
        return f"http://{self.host}:{self.port}"

    @property
    def database_url(self) -> str:
        """The database, named or our own."""
        return self.database or f"sqlite:///{self.folder / 'jobs.db'}"


def load(file: Path | None = None, **chosen: Any) -> Settings:
    """Defaults, then the file, then the environment, then what is chosen on the command line."""
    found: dict[str, Any] = {"folder": platformdirs.user_data_dir("neckar-jobs")}
    found |= tomllib.loads(file.read_text(encoding="utf-8")) if file else {}
    kinds = {each.name: each.type for each in fields(Settings)}
    for name in kinds:
        if (value := os.environ.get(PREFIX + name.upper())) is not None:
            found[name] = value
    found |= {name: value for name, value in chosen.items() if value is not None}
    if unknown := sorted(set(found) - set(kinds)):
        raise InvalidError(f"unknown settings {unknown}; there are {sorted(kinds)}")
    found["folder"] = Path(found["folder"]).expanduser().resolve()
    found["port"], found["lease_seconds"] = (
        int(found.get("port", 8000)),
        float(found.get("lease_seconds", 30.0)),
    )
    found["nmpi"] = str(found.get("nmpi", True)).lower() in ("true", "1", "yes")
    for name in ("storages", "trusted_hosts", "trusted_hooks"):
        given = found.get(name, ())
        words = given.split(",") if isinstance(given, str) else given
        found[name] = tuple(word.strip() for word in words if word.strip())
    found["platforms"] = found.get("platforms") or emulated()
    found["examples"] = _examples(found.get("examples"))
    cells = found.get("cells")
    found["cells"] = Path(cells).expanduser().resolve() if cells else None
    return Settings(**found)


def _examples(named: object) -> Path | None:
    """The folder of that name, or `examples` in this one."""
    folder = Path(str(named) if named else "examples").expanduser().resolve()
    return folder if folder.is_dir() else None


def emulated() -> Mapping[str, Mapping[str, Any]]:
    """The platform that needs nothing but this computer."""
    text = (resources("neckar_jobs") / "emulated.toml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Any]] = tomllib.loads(text)["platforms"]
    return found


def open_site(settings: Settings) -> Site:
    """The installation, with its tables and platforms as this version expects them."""
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database_url)
    database.migrate()
    with database.writing() as c:
        kept = {each.name: each for each in projects.platforms(c)}
        for name in settings.platforms:
            new = platform_of(name, settings.platforms[name], kept.get(name))
            projects.set_platform(c, new)
    return Site(
        database=database,
        files=Files(settings.folder / "files"),
        lease_seconds=settings.lease_seconds,
    )


def platform_of(name: str, described: Mapping[str, Any], kept: Platform | None) -> Platform:
    """A platform as the settings describe it; whether it is open is not theirs to say."""
    names = {each.name for each in fields(Platform)} - {"name", "paused", "draining"}
    values = {key: value for key, value in described.items() if key in names}
    chips = [_plain(chip) for chip in values.pop("chips", ())]
    new = Platform(name=name, chips=chips, **values)
    return replace(new, paused=kept.paused, draining=kept.draining) if kept else new


def _plain(chip: Mapping[str, Any]) -> dict[str, Any]:
    """TOML knows dates, the database does not."""
    return {key: str(each) if isinstance(each, date) else each for key, each in chip.items()}


def _variables(prefix: str, kind: type) -> dict[str, str]:
    """What variables say about a table of the settings."""
    names = [each.name for each in fields(kind)] + ["password_file"]
    found = {name: os.environ.get(PREFIX + prefix + name.upper()) for name in names}
    return {name: value for name, value in found.items() if value is not None}
