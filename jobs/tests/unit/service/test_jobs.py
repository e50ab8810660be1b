from dataclasses import replace

import pytest

from cast import ADA, BOB, EVE, PROVIDER, ROOT, wanted
from neckar_jobs.errors import ForbiddenError, InvalidError, QuotaError, StateError, UnknownError
from neckar_jobs.model import Code, CodeKind, Platform, Role, User
from neckar_jobs.service import claims, jobs
from neckar_jobs.states import State
from neckar_jobs.store import projects
from neckar_jobs.store.jobs import Filter


def test_a_submission_waits_in_the_queue_as_it_was_meant(site):
    job = jobs.submit(site, ADA, wanted(tags=("b", "aa")[1:], hardware={"chip": 3}, name="first"))

    assert job == jobs.look(site, ADA, job.id)
    assert (job.state, job.owner, job.tags, job.hardware) == (
        State.SUBMITTED,
        "ada",
        ("aa",),
        {"chip": 3},
    )


def test_the_same_submission_sent_twice_is_one_job(site):
    first = jobs.submit(site, ADA, wanted(), once="key")
    assert jobs.submit(site, ADA, wanted(), once="key").id == first.id
    assert jobs.submit(site, ADA, wanted(), once="other").id != first.id


def test_everything_wrong_is_said_at_once(site):
    bad = wanted(command=" ", limit=1e9, hardware={"chip": -1, "chop": 2}, priority=1000)
    with pytest.raises(InvalidError) as caught:
        jobs.submit(site, ADA, bad)
    for word in ("command is empty", "up to 3600 s", "chip: -1", "'chop'", "priority 1000"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://github.com/a/b",
        "https://user:password@github.com/a/b",
        "https://127.0.0.1/a",
        "https://2130706433/a",
        "https://localhost/a",
        "https://db.internal/a",
        "file:///etc/passwd",
        "ext::sh -c id",
        "--upload-pack=id",
    ],
)
def test_a_runner_is_not_led_to_its_neighbours(site, address):
    with pytest.raises(InvalidError):
        jobs.submit(site, ADA, wanted(code=Code(kind=CodeKind.GIT, text=address)))


def test_viewers_and_strangers_cannot_submit(site):
    for user in (BOB, EVE):
        with pytest.raises(UnknownError, match="collab 'lab'"):
            jobs.submit(site, user, wanted())


def test_strangers_do_not_learn_that_a_job_exists(site):
    number = jobs.submit(site, ADA, wanted()).id
    with pytest.raises(UnknownError) as hidden:
        jobs.look(site, EVE, number)
    with pytest.raises(UnknownError) as absent:
        jobs.look(site, EVE, 999)
    assert str(hidden.value).replace(str(number), "N") == str(absent.value).replace("999", "N")
    assert jobs.look(site, BOB, number).id == number


def test_an_unknown_platform_is_answered_with_those_there_are(site):
    with pytest.raises(UnknownError, match="there are: Demo"):
        jobs.submit(site, ADA, wanted(platform="Dmeo"))


def test_the_first_quota_is_a_gift_and_comes_once_for_ever(site, clock):
    job = jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, job.id, lease.key, "h")
    clock.now += 3600
    claims.end(site, job.id, lease.key, State.FINISHED)

    with pytest.raises(QuotaError, match="1 of 1 hours"):
        jobs.submit(site, ADA, wanted())
    with site.database.writing() as c:
        for project in projects.page(c, collabs=["lab"]):
            for quota in project.quotas:
                projects.remove_quota(c, quota.id)


def test_lists_hold_what_one_may_see(site):
    mine = jobs.submit(site, ADA, wanted(collab="private-ada"))
    ours = jobs.submit(site, ADA, wanted(tags=("deep",)))
    assert [j.id for j in jobs.listed(site, ADA, Filter(), size=10)] == [ours.id, mine.id]
    assert [j.id for j in jobs.listed(site, BOB, Filter(), size=10)] == [ours.id]
    assert jobs.listed(site, EVE, Filter(), size=10) == []
    assert jobs.counted(site, ROOT, Filter()) == 2
    assert jobs.counted(site, PROVIDER, Filter()) == 2
    assert [j.id for j in jobs.listed(site, ADA, Filter(tags=("deep",)), size=10)] == [ours.id]
    assert jobs.counted(site, ADA, Filter(text="HELLO")) == 2
    assert jobs.counted(site, ADA, Filter(text="%")) == 0


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked_to_stop(site):
    waiting, running = (jobs.submit(site, ADA, wanted(priority=p)) for p in (0, 1))
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    assert lease.job.id == running.id
    claims.begin(site, running.id, lease.key, "h")

    assert jobs.cancel(site, ADA, waiting.id).state == State.CANCELLED
    assert jobs.cancel(site, ADA, running.id).state == State.STOPPING
    assert jobs.cancel(site, ADA, running.id).state == State.STOPPING
    assert claims.live(site, running.id, lease.key).state == State.STOPPING
    ended = claims.end(site, running.id, lease.key, State.CANCELLED)
    assert (ended.state, ended.reason) == (State.CANCELLED, "cancelled by ada")
    with pytest.raises(StateError, match="it is over"):
        jobs.cancel(site, ADA, running.id)


def test_only_those_who_may_edit_cancel(site):
    number = jobs.submit(site, ADA, wanted()).id
    with pytest.raises(ForbiddenError):
        jobs.cancel(site, BOB, number)
    with pytest.raises(UnknownError):
        jobs.cancel(site, EVE, number)
    assert jobs.cancel(site, ROOT, number).state == State.CANCELLED


def test_a_job_that_is_over_can_be_tried_again(site):
    first = jobs.submit(site, ADA, wanted(name="try", tags=("aa",)))
    with pytest.raises(StateError, match="wait until it is over"):
        jobs.retry(site, ADA, first.id)
    jobs.cancel(site, ADA, first.id)
    second = jobs.retry(site, ADA, first.id)
    assert (second.name, second.tags, second.state) == ("try", ("aa",), State.SUBMITTED)


def test_an_array_is_every_combination_under_one_number(site):
    made = jobs.submit_array(site, ADA, wanted(), {"tau": [1, 2], "seed": [7, 8, 9]})
    assert [job.parameters for job in made][:2] == [{"tau": 1, "seed": 7}, {"tau": 1, "seed": 8}]
    assert {job.array for job in made} == {None, made[0].id}
    assert jobs.counted(site, ADA, Filter(array=made[0].id)) == 6
    with pytest.raises(InvalidError, match="20000 jobs"):
        jobs.submit_array(site, ADA, wanted(), {"a": range(200), "b": range(100)})


def test_a_hidden_job_leaves_the_lists_and_keeps_its_number(site):
    number = jobs.submit(site, ADA, wanted()).id
    with pytest.raises(StateError, match="cancel it"):
        jobs.hide(site, ADA, number)
    jobs.cancel(site, ADA, number)
    jobs.hide(site, ADA, number)
    assert jobs.counted(site, ADA, Filter()) == 0
    assert jobs.look(site, ADA, number).hidden
    with pytest.raises(ForbiddenError):
        jobs.remove(site, ADA, number)
    jobs.remove(site, ROOT, number)
    with pytest.raises(UnknownError):
        jobs.look(site, ROOT, number)


def test_an_administrator_of_one_collab_is_nobody_in_the_next(site):
    with site.database.writing() as c:
        projects.set_platform(c, replace(_demo(c), gift=None))
    boss = User(name="boss", roles={"club": Role.ADMINISTRATOR})
    with pytest.raises(QuotaError, match="no quota"):
        jobs.submit(site, boss, wanted(collab="club"))
    with pytest.raises(UnknownError):
        jobs.submit(site, boss, wanted(collab="lab"))


def _demo(c) -> Platform:
    return projects.get_platform(c, "Demo")
