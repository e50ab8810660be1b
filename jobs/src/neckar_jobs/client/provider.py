"""The service as a runner sees it, over HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx2

from neckar_jobs.client.answers import checked, job_of, lease_of, pieces
from neckar_jobs.files import blocks
from neckar_jobs.model import Going, Job, Lease
from neckar_jobs.states import State


class Provider:
    """Where a runner fetches jobs and brings them back.

    Raises `LeaseError` for a job that is not this runner's any more, and `ConnectionError` while
    the service cannot be reached.
    """

    def __init__(self, http: httpx2.Client) -> None:
        """`http` knows the address of the service and sends the provider's key."""
        self._http = http

    def claim(self, runner: str, platforms: Sequence[str]) -> Lease | None:
        """Take the next job."""
        wanted = {"runner": runner, "platforms": list(platforms)}
        answer = self._ask("POST", "/v4/claims", json=wanted)
        return None if answer.status_code == 204 else lease_of(answer.json())

    @contextmanager
    def content(self, lease: Lease, sha256: str) -> Iterator[BinaryIO]:
        """Read an archive or an input file of a job."""
        path = f"/v4/claims/{lease.job.id}/contents/{sha256}"
        with TemporaryFile() as file:
            with _reached():
                file.writelines(pieces(self._http, path, headers=_with(lease.key)))
            file.seek(0)
            yield file

    def begin(self, number: int, key: str, handle: str) -> Job:
        """Say that the command has been started."""
        return self._tell(number, key, "begin", {"handle": handle})

    def live(self, number: int, key: str, going: Going | None = None) -> Job:
        """Renew the lease, and say how long a session has had which chip so far."""
        how = None if going is None else asdict(going)
        return self._tell(number, key, "live", how)

    def look(self, number: int) -> Job:
        """How a job stands, whoever has it."""
        return job_of(self._ask("GET", f"/v4/jobs/{number}").json())

    def write_log(self, number: int, key: str, offset: int, data: bytes) -> int:
        """Add to the log; return where it ends."""
        path, where = f"/v4/claims/{number}/log", {"offset": offset}
        answer = self._ask("POST", path, params=where, content=data, headers=_with(key))
        size: int = answer.json()["size"]
        return size

    def put_output(self, number: int, key: str, path: str, source: Path, content_type: str) -> None:
        """Bring a file."""
        where = f"/v4/claims/{number}/output/{quote(path)}"
        headers = {**_with(key), "Content-Type": content_type}
        with source.open("rb") as file:
            self._ask("PUT", where, content=blocks(file), headers=headers)

    def end(
        self,
        number: int,
        key: str,
        state: State,
        *,
        reason: str = "",
        seconds: float | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> Job:
        """Say how it ended."""
        how = {"state": state, "reason": reason, "seconds": seconds, "provenance": provenance}
        return self._tell(number, key, "end", how)

    def _tell(self, number: int, key: str, what: str, content: object = None) -> Job:
        path = f"/v4/claims/{number}/{what}"
        return job_of(self._ask("POST", path, json=content, headers=_with(key)).json())

    def _ask(self, method: str, path: str, **rest: Any) -> httpx2.Response:
        with _reached():
            return checked(self._http.request(method, path, **rest))


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except httpx2.TransportError as error:
        raise ConnectionError(f"the service cannot be reached: {error}") from error


def _with(key: str) -> dict[str, str]:
    return {"Lease": key}
