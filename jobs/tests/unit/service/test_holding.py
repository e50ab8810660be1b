"""Sessions at a chip: what they cost while they go on, and who sees them."""

from dataclasses import replace

import pytest

from cast import ADA, BOB, DEMO, EVE, PROVIDER, ROOT, wanted
from neckar_jobs.model import SESSION, Going
from neckar_jobs.service import chip_sessions, claims, holding, jobs
from neckar_jobs.states import State
from neckar_jobs.store import projects


@pytest.fixture
def session(site):
    """One of ada's, on a platform whose gift is an hour."""
    with site.database.writing() as c:
        projects.set_platform(c, replace(DEMO, system=SESSION))
    jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, lease.job.id, lease.key, "h")
    return lease


def used(site):
    with site.database.reading() as c:
        return sum(quota.usage for quota in projects.quotas_of(c, "lab", "Demo"))


def test_a_session_pays_while_it_goes_on_and_nothing_twice(site, session):
    number, key = session.job.id, session.key
    for seconds in (60.0, 60.0, 360.0):
        job = claims.live(site, number, key, Going(seconds=seconds, chip="849"))
        assert job.usage == pytest.approx(seconds / 3600)
        assert used(site) == pytest.approx(seconds / 3600)
    version = job.version
    assert claims.live(site, number, key, Going(seconds=360.0, chip="849")).version == version
    claims.end(site, number, key, State.FINISHED, seconds=720.0)
    assert used(site) == pytest.approx(0.2)


def test_a_session_that_has_used_up_its_quota_is_ended_and_told(site, session):
    number, key = session.job.id, session.key
    assert claims.live(site, number, key, Going(seconds=3599.0)).state == State.RUNNING
    job = claims.live(site, number, key, Going(seconds=3601.0))
    assert job.state == State.STOPPING
    assert job.reason == "lab has used up its quota of Demonstration"
    assert claims.live(site, number, key, Going(seconds=3602.0)).state == State.STOPPING
    claims.end(site, number, key, State.FINISHED, seconds=3602.0)
    assert used(site) == pytest.approx(3602.0 / 3600)


def test_a_session_whose_runner_was_lost_goes_on_paying_for_what_it_had(site, session):
    number = session.job.id
    claims.live(site, number, session.key, Going(seconds=600.0))
    claims.lose(site, number, session.key)
    again = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, number, again.key, "h2")
    claims.live(site, number, again.key, Going(seconds=10.0))
    claims.end(site, number, again.key, State.FINISHED, seconds=20.0)
    assert used(site) == pytest.approx(600.0 / 3600)


def test_everybody_sees_that_a_chip_is_held_and_only_some_by_whom(site, session, clock):
    claims.live(site, session.job.id, session.key, Going(seconds=60.0, chip="849"))
    [mine] = holding.held(site, ADA)
    assert (mine.owner, mine.chip, mine.since) == ("ada", "849", clock.now)
    assert mine.used == pytest.approx(60.0)
    assert mine.left == pytest.approx(DEMO.limit - 60.0)
    assert [(each.owner, each.may_end) for each in holding.held(site, BOB)] == [("ada", False)]
    assert [(each.owner, each.job) for each in holding.held(site, EVE)] == [("", None)]
    assert [each.may_end for each in holding.held(site, ROOT)] == [True]
    jobs.cancel(site, ADA, session.job.id)
    claims.end(site, session.job.id, session.key, State.FINISHED, seconds=61.0)
    assert holding.held(site, ADA) == []


def test_sessions_that_a_provider_reports_are_seen_too(site, session):
    from neckar_jobs.identity import accounts
    from neckar_jobs.store import people

    accounts.create(site, "ada", "", by="test")
    with site.database.writing() as c:
        people.add_collab(c, people.Collab(name="lab", title="", is_public=False, created_at=0.0))
        people.set_member(c, "lab", "ada", ADA.roles["lab"])
    there = {"owner": "ada", "collab": "lab", "platform": "Demo", "hardware": None}
    begun = chip_sessions.begin(site, PROVIDER, **there)
    chip_sessions.report(site, PROVIDER, begun.id, State.RUNNING, (36.0, "seconds"))
    _, reported = holding.held(site, ADA)
    assert (reported.job, reported.owner, reported.may_end) == (None, "ada", False)
    assert reported.used == pytest.approx(36.0)
