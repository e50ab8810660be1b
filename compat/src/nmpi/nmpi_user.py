"""The client for those who submit jobs."""

import getpass
import hashlib
import io
import json
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlparse
from urllib.request import urlretrieve
from warnings import warn

from nmpi.http import requests, sign_in
from nmpi.refused import refused

SERVICE = "https://nmpi-v3.hbpneuromorphic.eu"
USER_INFO = "https://iam.ebrains.eu/auth/realms/hbp/protocol/openid-connect/userinfo"
TOKENFILE = os.path.expanduser("~/.hbptoken")
REPOSITORY_MAP = {"drive": "EBRAINS Drive", "bucket": "EBRAINS Bucket"}
OVER = ("finished", "error")
Job = int | str  # a number, or the path that submit_job returned


class EBRAINSAuth:
    """Puts a token on requests."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        """Put it on one."""
        request.headers["Authorization"] = "Bearer " + self.token
        return request


class Client:
    """Submits jobs, follows them, fetches their results, and asks for resources.

    Every method that meets an error of the service raises `Exception` with the status and the words
    of the service. `job_service` is its address; a token comes from the argument, else from
    `~/.hbptoken`, else a password is asked for.
    """

    def __init__(
        self,
        username: str | None = None,
        password: str | None = None,
        job_service: str = SERVICE,
        authorization_endpoint: str = SERVICE,
        user_info_endpoint: str = USER_INFO,
        token: str | None = None,
        verify: bool = True,
    ) -> None:
        self.username, self.verify, self.cert = username, verify, None
        self.sleep_interval = 2.0  # s between two looks at a job that is waited for
        address = urlparse(job_service)
        self.job_server = f"{address.scheme}://{address.netloc}"
        self.quotas_server = self.job_server
        self.authorization_endpoint = authorization_endpoint
        self.user_info_endpoint = user_info_endpoint
        token = token or (None if password else _remembered(username))
        self.token = token or self._signed_in(password)
        self.auth = EBRAINSAuth(self.token)
        self.user_info = self._who()
        if username and self.user_info["username"] != username:
            raise ValueError(f"the token is one of {self.user_info['username']}, not {username}")
        self.username = self.user_info["username"]
        _remember(self.username, self.token)

    def get_server_info(self) -> Any:
        """What the service says about itself."""
        return self._query(self.job_server)

    def submit_job(
        self,
        source: str,
        platform: str,
        collab_id: str,
        config: Mapping[str, Any] | None = None,
        inputs: Sequence[str] | None = None,
        command: str = "run.py {system}",
        tags: Sequence[str] | None = None,
        wait: bool = False,
    ) -> Any:
        """Submit a job.

        Args:
            source: a script (its text or its file), a folder, or the address of a repository or
                archive.
            platform: such as `nmpi.BRAINSCALES2`.
            collab_id: whose quota pays.
            config: settings of the hardware.
            inputs: addresses of files that the job reads.
            command: what to run; `{system}` becomes the name of the platform's software.
            tags: words to find the job by.
            wait: until the job is over.

        Returns:
            The path of the job, or all about it if it was waited for.
        """
        if tags is not None and not isinstance(tags, (list, tuple)):
            raise ValueError("Job not submitted: 'tags' field should be a list.")
        job = {
            "code": self._code(os.path.expanduser(source)),
            "command": command,
            "hardware_platform": platform,
            "collab": collab_id,
            "hardware_config": config,
            "input_data": None if inputs is None else [self.create_data_item(i) for i in inputs],
            "tags": tags,
        }
        job = {name: value for name, value in job.items() if value is not None}
        uri: str = self._post(f"{self.job_server}/jobs/", job)["resource_uri"]
        print("Job submitted")
        if not wait:
            return uri
        while (state := self.job_status(uri)) not in OVER:
            time.sleep(self.sleep_interval)
        print(f"Job {state}")
        return self.get_job(uri)

    def create_data_item(self, url: str) -> dict[str, str]:
        """A file that a job reads, by its address."""
        return {"url": url}

    def job_status(self, job_id: Job) -> str:
        """How a job stands: submitted, validated, running, finished or error."""
        status: str = self.get_job(job_id, with_log=False)["status"]
        return status

    def get_job(self, job_id: Job, with_log: bool = True) -> Any:
        """All about a job."""
        wanted = f"?with_log={'true' if with_log else 'false'}&with_comments=true"
        job = self._query(self._get_job_uri(job_id) + wanted, ignore404=True)
        if job is None:
            raise Exception(f"No such job: {job_id}")
        return job

    def queued_jobs(self, verbose: bool = False) -> list[Any]:
        """One's own jobs that wait or run: their paths, or all about them."""
        who = quote(self.user_info["id"])
        path = f"/jobs/?status=submitted&status=running&user_id={who}"
        found: list[Any] = self._query(self.job_server + path, verbose=verbose)
        return found

    def completed_jobs(self, collab_id: str, verbose: bool = False) -> list[Any]:
        """The jobs of a collab that are over: their paths, or all about them."""
        path = f"/jobs/?status=finished&status=error&collab={quote(str(collab_id))}&size=100000"
        found: list[Any] = self._query(self.job_server + path, verbose=verbose)
        return found

    def remove_completed_job(self, job_id: Job) -> None:
        """Take a job that is over off all lists."""
        self._remove(job_id, over=True)

    def remove_queued_job(self, job_id: Job) -> None:
        """End a job that is not over, and take it off all lists."""
        self._remove(job_id, over=False)

    def download_data(self, job: Mapping[str, Any], local_dir: str = ".") -> list[str]:
        """Fetch all files that a job, as `get_job` returns it, has left behind."""
        return self.download_data_url(job, local_dir)

    def download_data_url(
        self, job: Mapping[str, Any], local_dir: str = ".", include_input_data: bool = False
    ) -> list[str]:
        """The same, if wanted with the files that the job was given."""
        files = list((job.get("output_data") or {}).get("files", ()))
        files += list(job.get("input_data") or ()) if include_input_data else []
        return [_fetched(each, local_dir) for each in files]

    def copy_data_to_storage(self, job_id: Job, destination: str = "drive") -> Any:
        """Have the files of a job copied to the Drive ("drive") or a Bucket ("bucket")."""
        if destination not in REPOSITORY_MAP:
            raise ValueError(f"Invalid destination; possible: {', '.join(REPOSITORY_MAP)}")
        where = {"repository": REPOSITORY_MAP[destination], "files": []}
        return self._put(self._get_job_uri(job_id) + "/output_data", where)

    def submit_comment(self, job_id: Job, text: str) -> Any:
        """Say something about a job that is over."""
        if self.job_status(job_id) not in OVER:
            return (
                "Comment not submitted: job id must belong to a completed job "
                "(with status finished or error)."
            )
        return self._post(self._get_job_uri(job_id) + "/comments/", {"content": text})

    def add_tags(self, job_id: Job, tags: str | Sequence[str]) -> Any:
        """Put tags on a job."""
        words = [tags] if isinstance(tags, str) else list(tags)
        return self._post(self._get_job_uri(job_id) + "/tags/", words)

    def remove_tags(self, job_id: Job, tags: str | Sequence[str]) -> None:
        """Take tags off a job."""
        words = [tags] if isinstance(tags, str) else list(tags)
        self._delete(self._get_job_uri(job_id) + "/tags/", words)

    def my_collabs(self) -> list[str]:
        """The collabs one belongs to."""
        teams = (self.user_info.get("roles") or {}).get("team", ())
        return sorted({"-".join(team.split("-")[1:-1]) for team in teams})

    def create_resource_request(
        self,
        title: str,
        collab_id: str,
        abstract: str,
        description: str | None = None,
        submit: bool = False,
    ) -> str:
        """Begin a request for resources, or hand it in at once; return its path."""
        new = {"collab": collab_id, "title": title, "abstract": abstract}
        new["description"] = description or ""
        new["status"] = "under review" if submit else "in preparation"
        made = self._post(f"{self.quotas_server}/projects/", new)
        print(f"Resource request {made['id']} {'submitted' if submit else 'created'}.")
        uri: str = made["resource_uri"]
        return uri

    def get_resource_request(self, request_id: str) -> Any:
        """One request."""
        return self._query(self.quotas_server + _project(request_id))

    def edit_resource_request(
        self,
        request_id: str,
        title: str | None = None,
        abstract: str | None = None,
        description: str | None = None,
        submit: bool = False,
    ) -> Any:
        """Say it in other words, or hand it in."""
        given = {"title": title, "abstract": abstract, "description": description}
        new = {name: value for name, value in given.items() if value is not None}
        new["status"] = "under review" if submit else "in preparation"
        return self._put(self.quotas_server + _project(request_id), new)

    def resource_requests(self, collab_id: str | None, status: str | None = None) -> list[Any]:
        """Requests of a collab; `status` is in preparation, under review, accepted or rejected."""
        given = {"collab": collab_id, "status": status, "size": 1000}
        wanted = urlencode({name: value for name, value in given.items() if value is not None})
        found: list[Any] = self._query(f"{self.quotas_server}/projects/?{wanted}")
        return found

    def list_resource_requests(self, collab_id: str, status: str | None = None) -> list[Any]:
        """The older name of `resource_requests`."""
        warn("list_resource_requests() is deprecated, use resource_requests()", stacklevel=2)
        return self.resource_requests(collab_id, status=status)

    def quotas(self, collab_id: str) -> list[Any]:
        """What a collab may use, and has."""
        accepted = self.resource_requests(collab_id, status="accepted")
        return [quota for request in accepted for quota in request["quotas"]]

    def list_quotas(self, collab_id: str) -> list[Any]:
        """The older name of `quotas`."""
        warn("list_quotas() is deprecated, use quotas()", stacklevel=2)
        return self.quotas(collab_id)

    upload_to_storage = staticmethod(
        refused(
            "Client.upload_to_storage",
            "there is no Drive here; instead: submit a script, or a folder with "
            "neckar_jobs.client.Client.submit",
        )
    )
    save_code_to_storage = staticmethod(
        refused(
            "Client.save_code_to_storage",
            "there is no Bucket here; instead: the code stays with the job, get_job(...)['code']",
        )
    )
    send_job_to_kg = staticmethod(
        refused(
            "Client.send_job_to_kg",
            "the Knowledge Graph is not reached from here; instead: get_job(...)['provenance']",
        )
    )

    def _remove(self, job_id: Job, over: bool) -> None:
        status = self.job_status(job_id)
        if (status in OVER) != over:
            raise ValueError(f"job {job_id} is {status}")
        self._delete(self._get_job_uri(job_id))

    def _code(self, source: str) -> str:
        """What is sent of a source: the text of a script, a folder as archive, else as it is."""
        is_short = "\n" not in source and len(source) < 4096
        if is_short and Path(source).is_dir():
            return self._uploaded(_zipped(Path(source)))
        if is_short and source.endswith(".py") and Path(source).is_file():
            return Path(source).read_text(encoding="utf-8")
        return source

    def _uploaded(self, archive: bytes) -> str:
        """Where an archive can be found from now on; the original would use its Drive."""
        digest = hashlib.sha256(archive).hexdigest()
        rest = {"auth": self.auth, "cert": self.cert, "verify": self.verify}
        answer = requests.put(f"{self.job_server}/v4/contents/{digest}", data=archive, **rest)
        if answer.status_code in (404, 405):
            raise NotImplementedError(
                "nmpi.Client.submit_job: this service takes folders through a Drive only; "
                "instead: the address of a repository"
            )
        self._checked(answer)
        return f"sha256://{digest}"

    def _get_job_uri(self, job_id: Job) -> str:
        is_number = isinstance(job_id, int) or job_id.isdecimal()
        return self.job_server + (f"/jobs/{job_id}" if is_number else str(job_id))

    def _signed_in(self, password: str | None) -> str:
        if self.username is None:
            raise ValueError("give a user name, or a token")
        password = password or getpass.getpass()
        self.config = sign_in(self.authorization_endpoint, self.username, password, self.verify)
        token: str = self.config["access_token"]
        return token

    def _who(self) -> dict[str, Any]:
        info: dict[str, Any] = self._query(self.user_info_endpoint)
        info["id"] = info.get("preferred_username", info["sub"])
        info["username"] = info.get("preferred_username", "unknown")
        return info

    def _query(self, uri: str, verbose: bool = True, ignore404: bool = False) -> Any:
        answer = requests.get(uri, auth=self.auth, cert=self.cert, verify=self.verify)
        if ignore404 and answer.status_code == 404:
            return None
        found = self._checked(answer)
        return found if verbose else [each["resource_uri"] for each in found]

    def _post(self, uri: str, data: Any) -> Any:
        return self._checked(requests.post(uri, data=json.dumps(data), **self._rest()))

    def _put(self, uri: str, data: Any) -> Any:
        self._checked(requests.put(uri, data=json.dumps(data), **self._rest()))
        return data

    def _delete(self, uri: str, data: Any = None) -> None:
        rest: dict[str, Any] = {} if data is None else {"json": data}
        rest |= {"auth": self.auth, "cert": self.cert, "verify": self.verify}
        self._checked(requests.delete(uri, **rest))

    def _rest(self) -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        return {"auth": self.auth, "cert": self.cert, "verify": self.verify, "headers": headers}

    def _checked(self, answer: Any) -> Any:
        if answer.ok:
            return answer.json() if answer.status_code not in (204, 304) else None
        try:
            said = answer.json()
            words = said.get("detail", said.get("error", said))
        except ValueError:
            words = answer.text
        raise Exception(f"Error {answer.status_code}: {words}")


def _zipped(folder: Path) -> bytes:
    """What is in a folder, without what is hidden or compiled."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bag:
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            is_hidden = any(part.startswith((".", "__pycache__")) for part in inside.parts)
            if path.is_file() and not is_hidden:
                bag.write(path, inside.as_posix())
    return buffer.getvalue()


def _fetched(item: Mapping[str, Any], folder: str) -> str:
    path = item["path"] or urlparse(item["url"]).path.rpartition("/")[2]
    target = os.path.join(folder, path)
    inside = os.path.realpath(folder)
    if os.path.commonpath([inside, os.path.realpath(target)]) != inside:
        raise ValueError(f"{path!r} leads out of {folder!r}; it is not fetched")
    os.makedirs(os.path.dirname(target) or ".", exist_ok=True)
    urlretrieve(item["url"], target)
    return target


def _project(request_id: str) -> str:
    return request_id if request_id.startswith("/projects") else f"/projects/{request_id}"


def _remembered(username: str | None) -> str | None:
    try:
        known: dict[str, Any] = json.loads(Path(TOKENFILE).read_text(encoding="utf-8"))
        token: str = known[username]["access_token"] if username else ""
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return token or None


def _remember(username: str, token: str) -> None:
    """Keep a token for the next time, where nobody else reads it."""
    path = Path(TOKENFILE)
    path.touch(mode=0o600)
    path.write_text(json.dumps({username: {"access_token": token}}), encoding="utf-8")
