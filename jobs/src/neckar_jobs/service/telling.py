"""What happens to projects and quotas, written down for those who want to know."""

from collections.abc import Sequence

from sqlalchemy import Connection

from neckar_jobs.accounting import nearly_spent
from neckar_jobs.model import Matter, Project, Quota, User
from neckar_jobs.site import Site
from neckar_jobs.store import news


def quota(
    c: Connection, site: Site, collab: str, quotas: Sequence[Quota], *, before: float, after: float
) -> None:
    """Tell those who answer for a collab, once, that little is left.

    `quotas` are as they were without what now uses `after` instead of `before`.
    """
    if not nearly_spent(quotas, before, after):
        return
    said = {
        "collab": collab,
        "platform": quotas[0].platform,
        "used": sum(each.usage for each in quotas) + after,
        "limit": sum(each.limit for each in quotas),
        "units": quotas[0].units,
    }
    news.tell(c, news.administrators(c, collab), Matter.QUOTA, said, site.clock())


def review(c: Connection, site: Site, user: User, handed_in: Project) -> None:
    """Tell the admins of the platform that a project waits for them."""
    names = [each for each in news.admins(c) if each != user.name]
    news.tell(c, names, Matter.REVIEW, _said(handed_in), site.clock())


def project(
    c: Connection, site: Site, user: User, about: Project, what: str, granted: str = ""
) -> None:
    """Tell those who asked for a project what has become of it."""
    names = [about.owner, *news.administrators(c, about.collab)]
    said = {**_said(about), "what": what, "granted": granted}
    news.tell(c, [each for each in names if each != user.name], Matter.PROJECT, said, site.clock())


def _said(about: Project) -> dict[str, str]:
    names = ("id", "title", "collab", "owner", "abstract")
    return {name: getattr(about, name) for name in names}
