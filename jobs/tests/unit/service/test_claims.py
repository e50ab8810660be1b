import threading
import time
from dataclasses import replace

import pytest

from cast import ADA, PROVIDER, ROOT, wanted
from neckar_jobs.errors import ForbiddenError, LeaseError
from neckar_jobs.model import DataFile, Role, User
from neckar_jobs.service import claims, jobs
from neckar_jobs.service.watch import Watch
from neckar_jobs.states import State
from neckar_jobs.store import jobs as store
from neckar_jobs.store import logs, projects


def take(site):
    lease = claims.claim(site, PROVIDER, "runner", ["Demo"])
    return lease and (lease.job.id, lease.key)


def test_the_oldest_job_goes_first_and_priority_before_age(site):
    low, high = (jobs.submit(site, ADA, wanted(priority=p)).id for p in (0, 5))
    assert [take(site)[0], take(site)[0]] == [high, low]
    assert take(site) is None


def test_collabs_take_turns(site):
    other = User(name="cleo", roles={"club": Role.EDITOR})
    many = [jobs.submit(site, ADA, wanted()).id for _ in range(4)]
    few = [jobs.submit(site, other, wanted(collab="club")).id for _ in range(2)]
    order = [take(site)[0] for _ in range(6)]
    assert order[:4] in ([many[0], few[0], many[1], few[1]], [few[0], many[0], few[1], many[1]])
    assert order[4:] == many[2:]


def test_who_used_less_lately_goes_first(site, clock):
    other = User(name="cleo", roles={"club": Role.EDITOR})
    for user, collab, hours in ((ADA, "lab", 0.01), (other, "club", 0.02)):
        number = jobs.submit(site, user, wanted(collab=collab)).id
        _, key = take(site)
        claims.begin(site, number, key, "h")
        clock.now += hours * 3600
        claims.end(site, number, key, State.FINISHED)
    late = jobs.submit(site, other, wanted(collab="club")).id
    later = jobs.submit(site, ADA, wanted()).id
    assert [take(site)[0], take(site)[0]] == [later, late]


def test_many_runners_never_share_a_job(site):
    numbers = {jobs.submit(site, ADA, wanted()).id for _ in range(40)}
    taken: list[int] = []

    def runner():
        while found := take(site):
            taken.append(found[0])

    threads = [threading.Thread(target=runner) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while found := take(site):  # a runner may leave while another holds the last one
        taken.append(found[0])
    assert len(taken) == len(numbers)
    assert set(taken) == numbers


def test_only_providers_of_a_platform_claim(site):
    for user in (ADA, ROOT, replace(PROVIDER, platforms=frozenset({"Other"}))):
        with pytest.raises(ForbiddenError):
            claims.claim(site, user, "runner", ["Demo"])


def test_a_paused_platform_gives_nothing_out(site):
    jobs.submit(site, ADA, wanted())
    with site.database.writing() as c:
        demo = projects.get_platform(c, "Demo")
        projects.set_platform(c, replace(demo, paused="maintenance"))
    assert take(site) is None


def test_usage_is_what_the_job_took_and_is_set_not_added(site, clock):
    number = jobs.submit(site, ADA, wanted()).id
    _, key = take(site)
    claims.begin(site, number, key, "h")
    clock.now += 360
    job = claims.end(site, number, key, State.FINISHED, provenance={"serial": 849})

    assert (job.usage, job.provenance) == (pytest.approx(0.1), {"serial": 849})
    for _ in range(3):
        with site.database.writing() as c:
            claims.set_usage(c, site, job, 0.25)
        with site.database.reading() as c:
            assert projects.quotas_of(c, "lab", "Demo")[0].usage == pytest.approx(0.25)


def test_a_log_grows_by_offset_and_repetition_does_no_harm(site):
    number = jobs.submit(site, ADA, wanted()).id
    _, key = take(site)
    assert claims.write_log(site, number, key, 0, b"hello ") == 6
    assert claims.write_log(site, number, key, 0, b"hello world") == 11
    assert claims.write_log(site, number, key, 30, b"a gap") == 11
    big = bytes(range(256)) * 1024
    assert claims.write_log(site, number, key, 11, big) == 11 + len(big)
    assert jobs.log(site, ADA, number, 6, 5) == b"world"
    assert jobs.log(site, ADA, number, 11 + logs.PIECE - 3, 10) == big[logs.PIECE - 3 :][:10]
    assert jobs.look(site, ADA, number).log_size == 11 + len(big)


def test_a_lost_runner_gives_its_job_back_once(site):
    number = jobs.submit(site, ADA, wanted()).id
    stopwatch = [0.0]
    watch = Watch(site=site, stopwatch=lambda: stopwatch[0])
    for attempt in (1, 2):
        _, key = take(site)
        claims.begin(site, number, key, f"handle {attempt}")
        assert watch.look() == []
        stopwatch[0] += site.lease_seconds + 1
        assert [job.id for job in watch.look()] == [number]
        with pytest.raises(LeaseError):
            claims.live(site, number, key)
        with pytest.raises(LeaseError):
            claims.end(site, number, key, State.FINISHED)
        file = DataFile(path="a", size=0, sha256="0" * 64)
        with pytest.raises(LeaseError):
            claims.put_output(site, number, key, file)
    job = jobs.look(site, ADA, number)
    assert (job.state, job.attempt) == (State.FAILED, 2)
    assert "lost, for the second time" in job.reason


def test_the_second_runner_learns_what_the_first_had_started(site):
    number = jobs.submit(site, ADA, wanted()).id
    lease = claims.claim(site, PROVIDER, "first", ["Demo"])
    assert lease.stale is None
    claims.begin(site, number, lease.key, "slurm 17")
    claims.lose(site, number, lease.key)
    assert claims.claim(site, PROVIDER, "second", ["Demo"]).stale == "slurm 17"


def test_heartbeats_keep_a_lease_whatever_the_wall_clock_does(site, clock):
    number = jobs.submit(site, ADA, wanted()).id
    _, key = take(site)
    stopwatch = [0.0]
    watch = Watch(site=site, stopwatch=lambda: stopwatch[0])
    for jump in (0.0, 1e6, -2e6, 1e6):
        clock.now += jump
        claims.live(site, number, key)
        assert watch.look() == []
        stopwatch[0] += 0.9 * site.lease_seconds
        assert watch.look() == []


def test_a_cancelled_job_of_a_lost_runner_is_cancelled(site):
    number = jobs.submit(site, ADA, wanted()).id
    _, key = take(site)
    jobs.cancel(site, ADA, number)
    assert claims.lose(site, number, key).state == State.CANCELLED


def test_a_lease_that_another_process_gives_anew_meanwhile_is_not_lost(site):
    number = jobs.submit(site, ADA, wanted()).id
    old = claims.claim(site, PROVIDER, "runner", ["Demo"])
    found = []
    late = threading.Thread(target=lambda: found.append(claims.lose(site, number, old.key)))
    with site.database.writing() as c:
        job = store.get(c, number, lock=True)
        late.start()
        time.sleep(0.3)  # it waits for us now
        job = store.move(c, job, State.SUBMITTED, lease=None)
        store.move(c, job, State.CLAIMED, lease="another", runner="another", attempt=2)
    late.join()
    assert found == [None]
    assert jobs.look(site, ADA, number).state == State.CLAIMED
