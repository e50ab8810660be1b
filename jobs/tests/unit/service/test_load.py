"""What is asked hundreds of times per second needs few statements that look at few rows."""

import time
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from cast import ADA, BOB, PROVIDER, wanted
from neckar_jobs.identity import accounts, tokens
from neckar_jobs.service import activity, claims, jobs
from neckar_jobs.service.forecast import LONG, forecast
from neckar_jobs.states import State
from neckar_jobs.store import database as store
from neckar_jobs.store.jobs import Filter
from neckar_jobs.store.queue import standing


@contextmanager
def asked(site):
    """What the database is asked meanwhile."""
    statements = []

    def note(_connection, _cursor, statement, parameters, *_):
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            statements.append((statement, parameters))

    event.listen(site.database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(site.database.engine, "before_cursor_execute", note)


def test_a_claim_asks_whose_turn_it_is_and_takes_the_job(site):
    first, second = jobs.submit_array(site, ADA, wanted(tags=("two",)), {"a": [1, 2]})
    untagged = jobs.submit(site, ADA, wanted())
    with asked(site) as statements:
        lease = claims.claim(site, PROVIDER, "one", ["Demo"])
    job = lease.job
    assert (job.id, job.tags, job.state, job.attempt) == (first.id, ("two",), State.CLAIMED, 1)
    assert len(statements) == 3  # the third for its tags
    claims.claim(site, PROVIDER, "two", ["Demo"])
    with asked(site) as statements:
        assert claims.claim(site, PROVIDER, "three", ["Demo"]).job.id == untagged.id
    assert len(statements) == 2
    assert jobs.look(site, ADA, second.id).state == State.CLAIMED


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # it tells how it will go about it
def test_a_claim_looks_at_no_job_that_neither_waits_nor_is_held(site):
    jobs.submit_array(site, ADA, wanted(), {"a": list(range(20))})
    with asked(site) as statements:
        claims.claim(site, PROVIDER, "one", ["Demo"])
    turns, taking = (_plan(site, *each) for each in statements)
    assert {"ix_job_waiting", "ix_job_held"} <= set(turns.split())
    assert "ix_job_waiting" in taking
    assert "SCAN job" not in turns + taking
    assert "TEMP B-TREE" not in taking


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("count", [activity.days, activity.people])
def test_days_are_counted_without_a_look_at_jobs(site, count):
    jobs.submit_array(site, ADA, wanted(), {"a": list(range(20))})
    with asked(site) as statements:
        count(site, 30)
    assert "COVERING INDEX ix_job_submitted" in _plan(site, *statements[0])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_used_is_summed_without_a_look_at_charges(site):
    with asked(site) as statements:
        jobs.submit(site, ADA, wanted())
    quotas = next(each for each in statements if "sum(charge.amount)" in each[0])
    assert "COVERING INDEX ix_charge_paid" in _plan(site, *quotas)


def test_whoever_shows_a_token_is_found_with_one_question(site):
    accounts.create(site, "ada", "correct horse", by="test", is_admin=True)
    secret, _ = tokens.issue(site, "ada", name="one")
    tokens.bearer(site, secret)  # notes when it was used, once a minute
    with asked(site) as statements:
        user = tokens.bearer(site, secret)
    assert (user.name, user.is_admin, user.roles) == ("ada", True, {})
    assert len(statements) == 1


def test_places_in_a_long_queue_are_counted_from_its_nearer_end(site):
    made = jobs.submit_array(site, ADA, wanted(), {"a": list(range(LONG + 20))})
    urgent = jobs.submit(site, ADA, wanted(priority=1))
    other = jobs.submit(site, BOB, wanted(collab="club"))
    assert forecast(site, made[-1]).position == LONG + 20 + 1 + 1  # urgent, and the other collab's
    assert forecast(site, made[3]).position == 3 + 1 + 1 + 1
    assert {forecast(site, urgent).position, forecast(site, other).position} == {1, 2}
    with asked(site) as statements:
        again = forecast(site, made[-1])
    assert again.position == LONG + 22
    assert len(statements) == 1  # how many go after it; all else is known for a moment


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("words", "are_bytes"), [("A b_c%", True), ("über", False)])
def test_only_words_of_other_letters_are_compared_in_the_language_of_the_database(
    site, words, are_bytes
):
    name = "begins: ÜBER a b_c% all"
    jobs.submit(site, ADA, wanted(name="a bxc"))
    found = jobs.submit(site, ADA, wanted(name=name))
    with asked(site) as statements:
        listed = jobs.listed(site, ADA, Filter(text=words), size=5)
    assert [job.id for job in listed] == [found.id]
    assert ('COLLATE "C"' in statements[0][0]) == are_bytes


def test_an_array_takes_few_statements_however_long_it_is(site):
    with asked(site) as statements:
        made = jobs.submit_array(site, ADA, wanted(tags=("many",)), {"a": list(range(1500))})
    assert [job.parameters["a"] for job in made] == list(range(1500))
    assert {job.array for job in made} == {None, made[0].id}
    assert len(statements) < 40


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_connections_that_a_server_has_dropped_are_replaced(site, monkeypatch):
    monkeypatch.setattr(store, "UNSURE", 0.05)
    with site.database.reading() as c, site.database.reading() as other:
        mine = other.execute(text("SELECT pg_backend_pid()")).scalar_one()
        c.execute(text("SELECT pg_terminate_backend(:mine)"), {"mine": mine})
    time.sleep(0.1)
    for _ in range(3):
        with site.database.reading() as c:
            assert standing(c, "Demo") == []


def _plan(site, statement, parameters):
    with site.database.reading() as c:
        rows = c.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        return " ".join(row[3] for row in rows)
