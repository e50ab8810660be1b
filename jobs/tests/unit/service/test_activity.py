"""What the service has done lately, on both kinds of database."""

import pytest

from cast import ADA, BOB, EVE, PROVIDER, ROOT, wanted
from neckar_jobs.errors import ForbiddenError, InvalidError, StateError, UnknownError
from neckar_jobs.service import activity, claims, jobs, notices, projects
from neckar_jobs.states import State

DAY = 86400.0


def ran(site, clock, *, user=ADA, wait=10.0, seconds=360.0, state=State.FINISHED):
    job = jobs.submit(site, user, wanted())
    clock.now += wait
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, job.id, lease.key, "h")
    clock.now += seconds
    claims.end(site, job.id, lease.key, state, seconds=seconds)


def test_jobs_are_counted_on_the_day_they_were_submitted(site, clock):
    ran(site, clock)
    clock.now += 2 * DAY
    ran(site, clock, state=State.FAILED)
    jobs.submit(site, ADA, wanted())
    days = activity.days(site, 4)
    assert [(d.finished, d.failed, d.others) for d in days] == [
        (0, 0, 0),
        (1, 0, 0),
        (0, 0, 0),
        (0, 1, 1),
    ]


def test_nothing_is_said_about_waiting_after_few_jobs(site, clock):
    for _ in range(activity.ENOUGH - 1):
        ran(site, clock, wait=100.0)
    assert activity.waits(site) is None
    ran(site, clock, wait=100.0)
    waits = activity.waits(site, "Demo")
    assert (waits.jobs, waits.median) == (activity.ENOUGH, pytest.approx(100.0))


def test_one_sees_what_ones_own_projects_used_and_admins_see_all(site, clock):
    ran(site, clock)
    (used,) = activity.used(site, ADA, 30)
    assert (used.collab, used.units, used.amount) == ("lab", "hours", pytest.approx(0.1))
    assert activity.used(site, EVE, 30) == []
    assert len(activity.used(site, ROOT, 30)) == 1
    clock.now += 31 * DAY
    assert activity.used(site, ROOT, 30) == []
    assert activity.people(site, 60) == 1


def test_a_draining_platform_takes_nothing_new_and_runs_what_waits(site):
    jobs.submit(site, ADA, wanted())
    projects.drain(site, ROOT, "Demo", "it moves to another room")
    with pytest.raises(StateError, match="takes no new jobs: it moves"):
        jobs.submit(site, ADA, wanted())
    assert jobs.check(site, ADA, wanted()) == [
        "Demonstration takes no new jobs: it moves to another room"
    ]
    assert claims.claim(site, PROVIDER, "r", ["Demo"]) is not None
    projects.drain(site, ROOT, "Demo", "")
    jobs.submit(site, ADA, wanted())
    with pytest.raises(ForbiddenError):
        projects.drain(site, ADA, "Demo", "no")


def test_a_check_says_everything_and_submits_nothing(site):
    wrong = jobs.check(site, ADA, wanted(command=" ", limit=1e6, tags=("x",), hardware={"a": 1}))
    assert len(wrong) == 4
    assert jobs.check(site, ADA, wanted()) == []
    assert jobs.listed(site, ADA, jobs.Filter(), size=1) == []


def test_a_check_says_when_nothing_is_left(site, clock):
    ran(site, clock, seconds=4000.0)
    (wrong,) = jobs.check(site, ADA, wanted())
    assert "nothing left" in wrong


def test_filters_belong_to_one_person(site):
    notices.save_filter(site, ADA, "mine", "state=failed")
    notices.save_filter(site, ADA, "mine", "state=finished")
    (kept,) = notices.filters(site, ADA)
    assert kept.query == "state=finished"
    assert notices.filters(site, BOB) == []
    with pytest.raises(UnknownError):
        notices.remove_filter(site, BOB, kept.id)
    notices.remove_filter(site, ADA, kept.id)
    assert notices.filters(site, ADA) == []


def test_maintenance_is_announced_by_admins_and_shown_until_it_is_over(site, clock):
    now = clock.now
    notices.announce(site, ROOT, "Demo", now + 10, now + 20, "new disks")
    notices.announce(site, ROOT, "", now + 5, now + 30, "power")
    assert [each.text for each in notices.announced(site, "Demo")] == ["power", "new disks"]
    assert [each.text for each in notices.announced(site, "Other")] == ["power"]
    clock.now = now + 25
    assert [each.text for each in notices.announced(site)] == ["power"]
    with pytest.raises(InvalidError, match="ends after it begins"):
        notices.announce(site, ROOT, "Demo", now + 1, now, "never")
    with pytest.raises(ForbiddenError):
        notices.announce(site, ADA, "Demo", now, now + 1, "no")
