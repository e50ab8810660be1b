"""Saved filters, and announcements of maintenance."""

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, UnknownError
from neckar_jobs.model import Maintenance, SavedFilter, User
from neckar_jobs.site import Site
from neckar_jobs.store import audit, notices, projects


def filters(site: Site, user: User) -> list[SavedFilter]:
    """One's own filters."""
    with site.database.reading() as c:
        return notices.filters_of(c, user.name)


def save_filter(site: Site, user: User, name: str, query: str) -> None:
    """Keep a filter under a name; the same name replaces."""
    name = name.strip()
    if not 1 <= len(name) <= 60:
        raise InvalidError("a saved filter has a name of 1 to 60 characters")
    if len(query) > 2000:
        raise InvalidError(f"a filter of {len(query)} characters; at most 2000 are kept")
    policy.require(policy.may_comment(user), "save filters")
    with site.database.writing() as c:
        notices.save_filter(c, user.name, name, query)


def remove_filter(site: Site, user: User, number: int) -> None:
    """Forget a filter."""
    with site.database.writing() as c:
        if not notices.remove_filter(c, user.name, number):
            raise UnknownError(f"there is no saved filter {number}, or it is not yours")


def announce(
    site: Site, user: User, platform: str, begins_at: float, ends_at: float, text: str
) -> Maintenance:
    """Say when a platform may not be there (an empty name means all of them)."""
    policy.require(policy.may_administer(user), "announce maintenance")
    if ends_at <= begins_at:
        raise InvalidError("maintenance ends after it begins")
    if not 1 <= len(text.strip()) <= 1000:
        raise InvalidError("say in 1 to 1000 characters what will happen")
    with site.database.writing() as c:
        if platform:
            projects.get_platform(c, platform)
        new = notices.announce(c, platform, begins_at, ends_at, text.strip())
        at = site.clock()
        audit.note(c, at=at, who=user.name, what="maintenance.announce", on=platform or "all")
        return new


def take_back(site: Site, user: User, number: int) -> None:
    """Remove an announcement."""
    policy.require(policy.may_administer(user), "change announcements")
    with site.database.writing() as c:
        if not notices.take_back(c, number):
            raise UnknownError(f"there is no announcement {number}")
        at = site.clock()
        audit.note(c, at=at, who=user.name, what="maintenance.take_back", on=f"{number}")


def announced(site: Site, *platforms: str) -> list[Maintenance]:
    """What is not over yet: of these platforms and of all, or, without names, everything."""
    with site.database.reading() as c:
        names = [*platforms, ""] if platforms else None
        return notices.announced(c, after=site.clock(), platforms=names)
