"""Tells addresses of people's choice that their jobs are over.

A message is a POST of the job as JSON. Its header `Neckar-Signature: t=…,v1=…` holds the time and
the HMAC-SHA-256 of "TIME.BODY" with the secret that was shown when the address was given, so
whoever receives it knows that it is from here, and from when. It may come more than once.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict
from urllib.parse import urlsplit

from neckar_jobs import policy
from neckar_jobs.errors import InvalidError, JobsError, UnknownError
from neckar_jobs.model import Delivery, Job, Subscription, User
from neckar_jobs.service import outside
from neckar_jobs.site import Site
from neckar_jobs.store import audit, jobs, subscriptions
from neckar_jobs.store.due import next_attempt
from neckar_jobs.store.subscriptions import Due

MOST = 10  # addresses of one person
AT_ONCE = 20  # messages that one look takes
TAKEN = 300.0  # s in which whoever took a message has to send it
TOLD = ("id", "name", "owner", "collab", "platform", "state", "reason", "usage", "tags")
OVER, TEST = "job.over", "test"
TIMES = ("submitted_at", "started_at", "ended_at")


def subscribe(
    site: Site, user: User, address: str, trusted: Collection[str] = ()
) -> tuple[Subscription, str]:
    """Have an address told; the secret that signs messages is shown now and never again."""
    policy.require(policy.may_comment(user), "have addresses told about jobs")
    if wrong := list(outside.checked_hook(address, trusted)):
        raise InvalidError("; ".join(wrong))
    secret = secrets.token_urlsafe(32)
    with site.database.writing() as c:
        if len(subscriptions.of(c, user.name)) >= MOST:
            raise InvalidError(f"{MOST} addresses are told already; remove one first")
        made = subscriptions.add(c, user.name, address, secret, site.clock())
        at = site.clock()
        audit.note(c, at=at, who=user.name, what="subscription.add", on=f"subscription {made.id}")
    return made, secret


def listed(site: Site, user: User) -> list[Subscription]:
    """Which addresses are told, and what went wrong last."""
    with site.database.reading() as c:
        return subscriptions.of(c, user.name)


def unsubscribe(site: Site, user: User, number: int) -> None:
    """Have an address told no longer."""
    with site.database.writing() as c:
        if not subscriptions.remove(c, user.name, number):
            raise UnknownError(f"there is no subscription {number}, or it is not yours")


def deliver(site: Site, trusted: Collection[str] = ()) -> int:
    """Send what is due; return how many messages have arrived."""
    with site.database.reading() as c:
        if not subscriptions.is_waiting(c, site.clock()):
            return 0
    with site.database.writing() as c:
        due = subscriptions.take_due(c, site.clock(), TAKEN, AT_ONCE)
    return sum(_send(site, one, trusted) for one in due)


def try_out(site: Site, user: User, number: int, trusted: Collection[str] = ()) -> Delivery:
    """Send a message to one of one's own addresses, now and once, to see what comes of it."""
    policy.require(policy.may_comment(user), "have addresses told about jobs")
    with site.database.reading() as c:
        there, secret = subscriptions.get(c, user.name, number)
    body = {"event": TEST, "subscription": there.id, "owner": there.owner}
    return _attempt(site, there, secret, body, None, trusted)


def deliveries(site: Site, user: User) -> dict[int, list[Delivery]]:
    """The last attempts at one's own addresses, the newest first, by subscription."""
    with site.database.reading() as c:
        own = subscriptions.of(c, user.name)
        return subscriptions.deliveries(c, [each.id for each in own])


def _send(site: Site, one: Due, trusted: Collection[str]) -> bool:
    with site.database.reading() as c:
        body = document(jobs.get(c, one.job))
    done = _attempt(site, one.subscription, one.secret, body, one.job, trusted)
    with site.database.writing() as c:
        if not done.trouble:
            subscriptions.sent(c, one)
            return True
        due_at = next_attempt(one.attempts, site.clock())
        subscriptions.put_off(c, one, due_at, done.trouble)
        return False


def _attempt(
    site: Site,
    to: Subscription,
    secret: str,
    content: Mapping[str, object],
    job: int | None,
    trusted: Collection[str],
) -> Delivery:
    body = json.dumps(content).encode()
    headers = {"Neckar-Signature": signature(secret, int(site.clock()), body)}
    status, trouble = None, ""
    try:
        status = outside.post(to.address, body, headers, trusted=trusted)
        if not 200 <= status < 300:
            trouble = f"{urlsplit(to.address).hostname} answers {status}"
    except JobsError as error:
        trouble = str(error)[:500]
    done = Delivery(
        id=0,
        subscription=to.id,
        event=str(content["event"]),
        job=job,
        at=site.clock(),
        status=status,
        trouble=trouble,
    )
    with site.database.writing() as c:
        return subscriptions.delivered(c, done)


def document(job: Job) -> dict[str, object]:
    """What is told about a job; times in seconds since 1970."""
    values = asdict(job)
    return {"event": OVER, "job": {name: values[name] for name in (*TOLD, *TIMES)}}


def signature(secret: str, at: int, body: bytes) -> str:
    """What proves that a message is from here."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
