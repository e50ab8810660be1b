"""Comments and tags."""

from typing import Annotated

from fastapi import APIRouter, Body, status

from neckar_jobs.model import User
from neckar_jobs.nmpi import documents
from neckar_jobs.nmpi.jobs import visible
from neckar_jobs.nmpi.shapes import Comment, CommentBody, Number, Tag
from neckar_jobs.nmpi.who import Admin, Person, TheSite
from neckar_jobs.service import comments, jobs
from neckar_jobs.site import Site

router = APIRouter(tags=["comments and tags"])
Tags = Annotated[list[Tag] | None, Body(max_length=50)]


@router.get("/jobs/{job_id}/comments")
def listed(site: TheSite, user: Person, job_id: Number) -> list[Comment]:
    """What people said about a job, the oldest first."""
    visible(site, user, job_id)
    return [documents.comment(each) for each in comments.listed(site, user, job_id)]


@router.post("/jobs/{job_id}/comments", status_code=status.HTTP_201_CREATED)
def write(site: TheSite, user: Person, job_id: Number, new: CommentBody) -> Comment:
    """Say something about a job, in Markdown."""
    visible(site, user, job_id)
    return documents.comment(comments.write(site, user, job_id, new.content))


@router.put("/jobs/{job_id}/comments/{comment_id}")
def change(
    site: TheSite, user: Person, job_id: Number, comment_id: Number, new: CommentBody
) -> Comment:
    """Say something else."""
    visible(site, user, job_id)
    return documents.comment(comments.change(site, user, job_id, comment_id, new.content))


@router.delete("/jobs/{job_id}/comments/{comment_id}")
def remove(site: TheSite, user: Person, job_id: Number, comment_id: Number) -> None:
    """Take back what was said."""
    visible(site, user, job_id)
    comments.remove(site, user, job_id, comment_id)


@router.get("/jobs/{job_id}/tags")
def tags(site: TheSite, user: Person, job_id: Number) -> list[Tag]:
    """The tags of a job."""
    return sorted(visible(site, user, job_id).tags)


@router.post("/jobs/{job_id}/tags")
def tag(site: TheSite, user: Person, job_id: Number, tags: Tags = None) -> list[Tag]:
    """Put tags on a job."""
    return _tagged(site, user, job_id, tags or [], [])


@router.delete("/jobs/{job_id}/tags")
def untag(site: TheSite, user: Person, job_id: Number, tags: Tags = None) -> list[Tag]:
    """Take tags off a job."""
    return _tagged(site, user, job_id, [], tags or [])


@router.get("/tags")
def all_tags(site: TheSite, user: Admin, collab: str | None = None) -> list[Tag]:
    """All tags of a collab; without one, of everything."""
    if collab is None or collab in ("null", "undefined"):  # as the web app asks
        return jobs.all_tags(site, user)
    return jobs.tags(site, user, collab)


def _tagged(site: Site, user: User, number: int, add: list[Tag], drop: list[Tag]) -> list[Tag]:
    visible(site, user, number)
    return sorted(jobs.tag(site, user, number, add, drop).tags)
