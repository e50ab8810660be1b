"""What the tests put into the database, done over HTTP by an admin."""

import os

import httpx

HEADERS = {"Authorization": "Bearer " + os.environ["NECKAR_ADMIN_TOKEN"]}


class database:  # noqa: N801
    """There is none to connect to."""

    @staticmethod
    async def connect() -> None:
        """Nothing to do."""

    @staticmethod
    async def disconnect() -> None:
        """Nothing to do."""


def _ask(method: str, path: str, **rest: object):
    where = os.environ["NECKAR_ADDRESS"] + path + "?as_admin=true"
    answer = httpx.request(method, where, headers=HEADERS, **rest)
    answer.raise_for_status()
    return answer.json()


async def create_project(project):
    """Ask for resources and hand the request in."""
    return _ask("POST", "/projects/", json={**_text(project), "status": "under review"})


async def update_project(project_id, _changes):
    """Accept it."""
    return _ask("PUT", f"/projects/{project_id}", json={"status": "accepted"})


async def create_quota(project_id, quota):
    """Grant a quota."""
    new = {name: quota[name] for name in ("units", "limit", "platform")}
    _ask("POST", f"/projects/{project_id}/quotas/", json=new)
    (made,) = _ask("GET", f"/projects/{project_id}/quotas/")
    return {**made, "project_id": project_id}


async def delete_project(project_id):
    """Take it back."""
    _ask("DELETE", f"/projects/{project_id}")


def _text(project):
    return {name: project[name] for name in ("collab", "title", "abstract", "description")}
