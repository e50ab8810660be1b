import os
from dataclasses import replace

import pytest

from cast import ADA, PROVIDER, wanted
from neckar_jobs.errors import InvalidError, StateError, UnknownError
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.model import Code, CodeKind, DataFile
from neckar_jobs.operations.sweep import DAY, Rules, Swept, sweep
from neckar_jobs.service import claims, jobs, projects
from neckar_jobs.settings import Settings
from neckar_jobs.states import State
from neckar_jobs.store import outbox

NOTHING = Swept(contents=0, bytes=0, logs=0, jobs=0, tokens=0, mails=0)
STRICT = Rules(contents=2.0, logs=30.0, hidden=30.0)


def keep(site, data, days_ago=10.0):
    """A content that was brought so many days ago."""
    digest, _ = site.files.put([data])
    at = site.clock() - days_ago * DAY
    os.utime(site.files.path(digest), (at, at))
    return digest


def is_kept(site, digest):
    try:
        return site.files.path(digest).exists()
    except UnknownError:
        return False


def finished(site, **rest):
    number = jobs.submit(site, ADA, wanted(**rest)).id
    lease = claims.claim(site, PROVIDER, "r", ["Demo"])
    claims.begin(site, number, lease.key, "h")
    claims.write_log(site, number, lease.key, 0, b"printed")
    claims.end(site, number, lease.key, State.FINISHED, seconds=360.0)
    return number


def used(site):
    [project] = projects.listed(site, ADA)
    return project.quotas[0].usage


def test_contents_that_no_job_names_go_when_nobody_has_asked_for_them_lately(site):
    archive, given = keep(site, b"archive"), keep(site, b"input")
    code = Code(kind=CodeKind.ARCHIVE, text=archive)
    inputs = (DataFile(path="a", size=5, sha256=given),)
    jobs.submit(site, ADA, wanted(code=code, inputs=inputs))
    lonely, new, asked = keep(site, b"lonely"), keep(site, b"new", 0.1), keep(site, b"asked")
    for digest in (archive, given):  # submission has asked for them; make them old again
        os.utime(site.files.path(digest), (0, 0))
    os.utime(site.files.path(asked), None)
    (site.files.incoming_folder / "half").write_bytes(b"12345")
    os.utime(site.files.incoming_folder / "half", (0, 0))

    expected = replace(NOTHING, contents=1, bytes=len(b"lonely") + 5)
    assert sweep(site, Rules(), dry_run=True) == expected
    assert is_kept(site, lonely)
    assert sweep(site, Rules()) == expected
    assert [is_kept(site, d) for d in (archive, given, lonely, new, asked)] == [
        *(True, True, False, True, True)
    ]
    assert sweep(site, Rules()) == NOTHING


def test_a_content_that_is_asked_for_is_new_again(site, clock):
    digest = keep(site, b"wanted again")
    assert site.files.has(digest)
    assert sweep(site, Rules()) == NOTHING


def test_logs_and_hidden_jobs_go_by_the_rules_and_what_they_cost_stays(site, clock):
    kept, hidden = finished(site), finished(site)
    jobs.hide(site, ADA, hidden)
    before = used(site)
    assert sweep(site, STRICT) == NOTHING
    clock.now += 31 * DAY
    assert sweep(site, STRICT, dry_run=True) == replace(NOTHING, logs=1, jobs=1)
    assert sweep(site, STRICT) == replace(NOTHING, logs=1, jobs=1)
    assert (jobs.log(site, ADA, kept), jobs.look(site, ADA, kept).log_size) == (b"", 0)
    with pytest.raises(UnknownError):
        jobs.look(site, ADA, hidden)
    assert used(site) == pytest.approx(before)
    assert sweep(site, STRICT) == NOTHING


def test_tokens_go_a_while_after_they_expired(site, clock):
    tokens.issue(site, "ada", name="short", seconds=DAY)
    clock.now += 20 * DAY
    assert sweep(site, Rules()) == NOTHING
    clock.now += 20 * DAY
    assert sweep(site, Rules()).tokens == 1


def test_an_unknown_rule_is_refused(tmp_path):
    with pytest.raises(InvalidError, match=r"\['weeks'\]; there are \['contents', 'hidden'"):
        _ = Settings(folder=tmp_path, retention={"weeks": 1}).rules


def test_mails_that_do_not_wait_are_forgotten(site, clock):
    accounts.create(site, "ada", "", by="test")
    with site.database.writing() as c:
        for _ in range(2):
            outbox.sent(c, outbox.put(c, "ada", "told", "…", clock.now))
        outbox.put(c, "ada", "waits", "…", clock.now)
    clock.now += 31 * DAY
    assert sweep(site, Rules()) == replace(NOTHING, mails=2)
    with site.database.reading() as c:
        assert outbox.counts(c) == {"waiting": 1, "sent": 0, "given up": 0}


def test_a_clock_that_seems_wrong_throws_nothing_away(site, clock):
    kept = finished(site)
    clock.now += 365 * DAY
    with pytest.raises(StateError, match="nothing has happened here for 365 days"):
        sweep(site, STRICT)
    assert jobs.log(site, ADA, kept)
    assert sweep(site, STRICT, clock_is_right=True).logs == 1
