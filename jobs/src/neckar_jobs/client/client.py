"""The service for people and their programs.

from neckar_jobs.client import Client

client = Client("http://127.0.0.1:8000", token="nkp_…")
job = client.submit("experiment.py", platform="BrainScaleS-2", collab="private-ada")
job = client.wait(job.id, show=print)
client.download(job.id, "results")
"""

import hashlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from neckar_jobs.client.answers import checked, job_of, pieces
from neckar_jobs.errors import InvalidError
from neckar_jobs.files import LEFT_OUT, blocks, content_type
from neckar_jobs.model import DataFile, Job
from neckar_jobs.states import is_over

TIMEOUT = 30.0  # s


class Client:
    """Submit, follow, fetch."""

    def __init__(
        self, address: str = "", token: str = "", *, http: httpx2.Client | None = None
    ) -> None:
        """Give the address and a token, or an HTTP client that has both."""
        headers = {"Authorization": f"Bearer {token}"}
        self._http = http or httpx2.Client(base_url=address, headers=headers, timeout=TIMEOUT)

    def submit(
        self,
        source: str | Path,
        *,
        platform: str,
        collab: str,
        inputs: Mapping[str, str | Path] | Sequence[str | Path] = (),
        over: Mapping[str, Sequence[Any]] | None = None,
        **rest: Any,
    ) -> Job:
        """Submit a script, a folder, a zip or the address of a repository.

        `inputs` are files to lie beside the code. `over` makes an array; its first job is
        returned. Everything else is as in `SubmissionShape`: command, name, hardware, tags,
        priority, limit (seconds).
        """
        code, command = self._code(source)
        document = {
            "collab": collab,
            "platform": platform,
            "code": code,
            "command": command,
            **rest,
        }
        document["inputs"] = [self._input(path, file) for path, file in _pairs(inputs)]
        if over is not None:
            made = self._ask("POST", "/v4/jobs/arrays", json={**document, "over": dict(over)})
            return job_of(made.json()["items"][0])
        return job_of(self._got("POST", "/v4/jobs", json=document))

    def ask_for_session(
        self, *, platform: str, collab: str, digest: str, seconds: float | None = None
    ) -> Job:
        """Ask to use a chip directly, with a key of this SHA-256; see `client.session`."""
        document: dict[str, Any] = {
            "collab": collab,
            "platform": platform,
            "code": {"kind": "text", "text": "# a session"},
            "command": "session",
            "name": "session",
            "hardware": {"digest": digest},
        }
        if seconds is not None:
            document["limit"] = seconds
        return job_of(self._got("POST", "/v4/jobs", json=document))

    def job(self, number: int) -> Job:
        """How a job stands."""
        return job_of(self._got("GET", f"/v4/jobs/{number}"))

    def queue(self, number: int) -> Mapping[str, Any] | None:
        """The place of a waiting job, and when it may start."""
        return self._got("GET", f"/v4/jobs/{number}")["queue"]

    def jobs(self, *, most: int = 1_000_000, **which: Any) -> Iterator[Job]:
        """Jobs, the newest first; `which` is collab, owner, platform, state, tag, text, array."""
        after = None
        while most > 0:
            where = {**which, "size": min(most, 200)} | ({"after": after} if after else {})
            page = self._got("GET", "/v4/jobs", params=where)
            yield from map(job_of, page["items"])
            most, after = most - len(page["items"]), page["next"]
            if after is None:
                return

    def log(self, number: int, start: int = 0) -> bytes:
        """What a job has printed, from byte `start`."""
        return self._ask("GET", f"/v4/jobs/{number}/log", params={"start": start}).content

    def wait(
        self,
        number: int,
        *,
        show: Callable[[str], object] | None = None,
        pause: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Job:
        """Wait until a job is over; hand its log to `show` as it comes."""
        at = 0
        while True:
            job = self.job(number)
            while at < job.log_size and (data := self.log(number, at)):
                at += len(data)
                if show is not None:
                    show(data.decode("utf-8", "replace"))
            if is_over(job.state):
                return job
            sleep(pause)

    def cancel(self, number: int) -> Job:
        """End a job early."""
        return job_of(self._got("POST", f"/v4/jobs/{number}/cancel"))

    def retry(self, number: int) -> Job:
        """Submit a job that is over once more."""
        return job_of(self._got("POST", f"/v4/jobs/{number}/retry"))

    def files(self, number: int) -> list[DataFile]:
        """What a job has left behind."""
        found = self._got("GET", f"/v4/jobs/{number}/files/output")
        return [DataFile(**each) for each in found]

    def download(self, number: int, folder: str | Path) -> list[Path]:
        """Fetch all files of a job; each is checked against its digest."""
        return [self._fetch(number, file, Path(folder)) for file in self.files(number)]

    def crate(self, number: int, file: str | Path) -> Path:
        """Fetch a job with all that belongs to it and its description, as one RO-Crate (a zip)."""
        return self._save(f"/v4/jobs/{number}/crate.zip", Path(file))

    def platforms(self) -> list[Mapping[str, Any]]:
        """What there is to compute with."""
        return self._got("GET", "/v4/platforms")

    def projects(self, **which: Any) -> list[Mapping[str, Any]]:
        """Requests for resources and what was granted."""
        return self._got("GET", "/v4/projects", params=which)

    def sessions(self) -> list[Mapping[str, Any]]:
        """Who holds which chip."""
        return self._got("GET", "/v4/sessions")

    def mail(self) -> Mapping[str, Any]:
        """What you are told by mail, and where."""
        return self._got("GET", "/v4/me/mail")

    def choose_mail(self, wanted: Mapping[str, bool]) -> Mapping[str, Any]:
        """Say what you want to be told, by matter; what is not named stays as it was."""
        how = {"wanted": dict(wanted)}
        return self._got("PUT", "/v4/me/mail", json=how)

    def name_address(self, address: str) -> None:
        """Say where you want to get mail; it counts once the link that goes there was followed."""
        self._ask("PUT", "/v4/me/mail/address", json={"address": address})

    def hooks(self) -> list[Mapping[str, Any]]:
        """Addresses that are told when your jobs are over."""
        return self._got("GET", "/v4/subscriptions")

    def add_hook(self, address: str) -> Mapping[str, Any]:
        """Have an address told; `secret` signs messages and is shown only now."""
        how = {"address": address}
        return self._got("POST", "/v4/subscriptions", json=how)

    def remove_hook(self, number: int) -> None:
        """Have it told no longer."""
        self._ask("DELETE", f"/v4/subscriptions/{number}")

    def try_hook(self, number: int) -> Mapping[str, Any]:
        """Send a message to an address now; the answer says what came of it."""
        return self._got("POST", f"/v4/subscriptions/{number}/test")

    def deliveries(self, number: int) -> list[Mapping[str, Any]]:
        """The last attempts to tell an address something, the newest first."""
        path = f"/v4/subscriptions/{number}/deliveries"
        return self._got("GET", path)

    def me(self) -> Mapping[str, Any]:
        """Who the token stands for."""
        return self._got("GET", "/v4/me")

    def tokens(self) -> list[Mapping[str, Any]]:
        """Your personal tokens."""
        return self._got("GET", "/v4/tokens")

    def add_token(
        self, name: str, *, scopes: Sequence[str] | None = None, seconds: float | None = None
    ) -> Mapping[str, Any]:
        """Make one, which may do everything that you may or only `scopes`, for ever or not.

        Its `secret` is shown only now.
        """
        how = {"name": name, "scopes": scopes, "seconds": seconds}
        return self._got("POST", "/v4/tokens", json=how)

    def remove_token(self, token: str) -> None:
        """Make one worthless."""
        self._ask("DELETE", f"/v4/tokens/{_one(token)}")

    def collabs(self) -> list[Mapping[str, Any]]:
        """The collabs that you belong to; all of them for admins."""
        return self._got("GET", "/v4/collabs")

    def found(self, name: str, *, title: str = "", is_public: bool = False) -> None:
        """Begin a collab; everybody may see what a public one does."""
        how = {"name": name, "title": title, "is_public": is_public}
        self._ask("POST", "/v4/collabs", json=how)

    def members(self, collab: str) -> Mapping[str, str]:
        """What people are in a collab: viewer, editor or administrator."""
        return self._got("GET", f"/v4/collabs/{_one(collab)}/members")

    def set_member(self, collab: str, person: str, role: str | None) -> None:
        """Let somebody in as that, or change it; none lets them out."""
        path = f"/v4/collabs/{_one(collab)}/members/{_one(person)}"
        if role is None:
            self._ask("DELETE", path)
        else:
            self._ask("PUT", path, json={"role": role})

    def accounts(self) -> list[Mapping[str, Any]]:
        """Everybody (admins)."""
        return self._got("GET", "/v4/accounts")

    def add_account(self, name: str, **rest: Any) -> Mapping[str, Any]:
        """Add a person (admins); `rest` is full_name, mail, is_admin."""
        return self._got("POST", "/v4/accounts", json={"name": name, **rest})

    def change_account(self, name: str, **what: bool) -> Mapping[str, Any]:
        """Close an account or open it, make an admin or unmake one (admins): closed, is_admin."""
        return self._got("PATCH", f"/v4/accounts/{_one(name)}", json=what)

    def invite(self, name: str) -> str:
        """The address of a link that signs somebody in, once and soon (admins)."""
        return self._got("POST", f"/v4/accounts/{_one(name)}/link")["address"]

    def keys(self) -> list[Mapping[str, Any]]:
        """The keys with which providers take jobs (admins)."""
        return self._got("GET", "/v4/keys")

    def add_key(self, provider: str, platforms: Sequence[str]) -> Mapping[str, Any]:
        """Make one for these platforms (admins); its `secret` is shown only now."""
        how = {"provider": provider, "platforms": list(platforms)}
        return self._got("POST", "/v4/keys", json=how)

    def remove_key(self, key: str) -> None:
        """Make one worthless (admins)."""
        self._ask("DELETE", f"/v4/keys/{_one(key)}")

    def _code(self, source: str | Path) -> tuple[dict[str, str], str]:
        path = Path(source)
        if str(source).startswith("https://"):
            return {"kind": "git", "text": str(source)}, "run.py {system}"
        if path.is_dir():
            return self._archive(_zipped(path)), "run.py {system}"
        if not path.is_file():
            raise InvalidError(f"{source} is no script, folder or address of a repository")
        if path.suffix == ".zip":
            return self._archive(path.read_bytes()), "run.py {system}"
        text = path.read_text(encoding="utf-8")
        return {"kind": "text", "text": text}, f"{quote(path.name)} {{system}}"

    def _archive(self, data: bytes) -> dict[str, str]:
        return {"kind": "archive", "text": self._upload(io.BytesIO(data))}

    def _input(self, path: str, file: Path) -> dict[str, Any]:
        with file.open("rb") as source:
            sha256 = self._upload(source)
        return {
            "path": path,
            "size": file.stat().st_size,
            "sha256": sha256,
            "content_type": content_type(path),
        }

    def _upload(self, file: Any) -> str:
        digest = hashlib.sha256()
        for block in blocks(file):
            digest.update(block)
        file.seek(0)
        path = f"/v4/contents/{digest.hexdigest()}"
        if self._http.head(path).status_code != 200:
            self._ask("PUT", path, content=blocks(file))
        return digest.hexdigest()

    def _fetch(self, number: int, file: DataFile, folder: Path) -> Path:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        path = f"/v4/jobs/{number}/files/output/{quote(file.path)}"
        return self._save(path, target, file.sha256)

    def _save(self, path: str, target: Path, sha256: str | None = None) -> Path:
        """Keep what lies at a path; under its name it is whole, and what was announced."""
        partial, digest = target.with_name(target.name + ".part"), hashlib.sha256()
        with partial.open("wb") as new:
            for block in pieces(self._http, path):
                digest.update(block)
                new.write(block)
        if sha256 is not None and digest.hexdigest() != sha256:
            raise ConnectionError(f"{target.name} did not arrive whole; fetch it again")
        return partial.replace(target)

    def _got(self, method: str, path: str, **rest: Any) -> Any:
        return self._ask(method, path, **rest).json()

    def _ask(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        return checked(self._http.request(method, path, **rest))


def _one(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


def _pairs(inputs: Mapping[str, str | Path] | Sequence[str | Path]) -> list[tuple[str, Path]]:
    if isinstance(inputs, Mapping):
        return [(name, Path(file)) for name, file in inputs.items()]
    return [(Path(file).name, Path(file)) for file in inputs]


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bag:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.is_file() and not LEFT_OUT.intersection(inside.parts):
                bag.write(path, inside.as_posix())
    return buffer.getvalue()
