"""What people say about jobs."""

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, UnknownError
from neckar_jobs.model import Comment, User
from neckar_jobs.service.jobs import visible
from neckar_jobs.site import Site
from neckar_jobs.store import jobs

LONGEST = 10_000  # characters


def listed(site: Site, user: User, number: int) -> list[Comment]:
    """All remarks on a job, oldest first."""
    with site.database.reading() as c:
        visible(c, user, number)
        return jobs.comments(c, number)


def write(site: Site, user: User, number: int, text: str) -> Comment:
    """Write a remark under a job that one may see."""
    _check(text)
    with site.database.writing() as c:
        job = visible(c, user, number)
        policy.require(policy.may_comment(user), "comment")
        jobs.change(c, job)
        return jobs.add_comment(c, number, user.name, text, site.clock())


def change(site: Site, user: User, number: int, comment: int, text: str) -> Comment:
    """Write something else."""
    _check(text)
    with site.database.writing() as c:
        jobs.change(c, visible(c, user, number))
        _mine(jobs.get_comment(c, comment), user, number)
        return jobs.change_comment(c, comment, text)


def remove(site: Site, user: User, number: int, comment: int) -> None:
    """Take a remark back."""
    with site.database.writing() as c:
        jobs.change(c, visible(c, user, number))
        _mine(jobs.get_comment(c, comment), user, number)
        jobs.remove_comment(c, comment)


def _check(text: str) -> None:
    if not 1 <= len(text) <= LONGEST:
        raise InvalidError(f"a comment has 1 to {LONGEST} characters; this one has {len(text)}")


def _mine(comment: Comment, user: User, number: int) -> None:
    if comment.job != number:
        raise UnknownError(f"there is no comment {comment.id} on job {number}")
    policy.require(policy.may_change_comment(user, comment), "change what others wrote")
