"""What the buttons of a job do."""

from fastapi import APIRouter, Response

from neckar_jobs.api.shapes import Number
from neckar_jobs.service import comments, jobs
from neckar_jobs.web.visit import Sent, SignedIn

router = APIRouter(prefix="/jobs/{number}")


@router.post("/cancel")
def cancel(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """End it early."""
    del sent
    job = jobs.cancel(visit.site, visit.user, number)
    return visit.to(f"/jobs/{number}", said=f"Job {number} is {job.state}.")


@router.post("/retry")
def retry(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """Submit it once more."""
    del sent
    job = jobs.retry(visit.site, visit.user, number)
    return visit.to(f"/jobs/{job.id}", said=f"This is job {number} once more.")


@router.post("/hide")
def hide(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """Take it off all lists."""
    del sent
    jobs.hide(visit.site, visit.user, number)
    return visit.to("/jobs", said=f"Job {number} is hidden; its address still leads to it.")


@router.post("/tags")
def tag(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """Put tags on, or take one off."""
    add = [each.strip() for each in sent.line("add").split(",") if each.strip()]
    jobs.tag(visit.site, visit.user, number, add, sent.texts("drop"))
    return visit.to(f"/jobs/{number}#about")


@router.post("/comments")
def comment(visit: SignedIn, sent: Sent, number: Number) -> Response:
    """Say something."""
    comments.write(visit.site, visit.user, number, sent.text("text").strip())
    return visit.to(f"/jobs/{number}#comments")


@router.post("/comments/{comment}")
def change_comment(visit: SignedIn, sent: Sent, number: Number, comment: Number) -> Response:
    """Say something else."""
    comments.change(visit.site, visit.user, number, comment, sent.text("text").strip())
    return visit.to(f"/jobs/{number}#comments")


@router.post("/comments/{comment}/remove")
def remove_comment(visit: SignedIn, sent: Sent, number: Number, comment: Number) -> Response:
    """Take back what was said."""
    del sent
    comments.remove(visit.site, visit.user, number, comment)
    return visit.to(f"/jobs/{number}#comments")
