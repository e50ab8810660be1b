"""How lists of jobs are read: in their order, from an index."""

import pytest
from sqlalchemy import event

from cast import ADA, wanted
from neckar_jobs.service import jobs
from neckar_jobs.service.jobs import Filter
from neckar_jobs.states import State


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # it tells how it will go about it
@pytest.mark.parametrize("which", [Filter(), Filter(states=(State.SUBMITTED,))])
def test_lists_are_not_sorted_and_counted_without_a_look_at_jobs(site, which):
    jobs.submit_array(site, ADA, wanted(), {"a": list(range(50))})
    asked = []

    def note(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(site.database.engine, "before_cursor_execute", note)
    found = jobs.listed(site, ADA, which, size=5)
    listed = next(each for each in asked if "ORDER BY job.id" in each[0])
    asked.clear()
    assert jobs.counted(site, ADA, which, most=20) == 20
    counted = next(each for each in asked if "count(" in each[0])
    event.remove(site.database.engine, "before_cursor_execute", note)

    def plan(statement, parameters):
        with site.database.reading() as c:
            rows = c.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
            return " ".join(row[3] for row in rows)

    assert [job.parameters["a"] for job in found] == [49, 48, 47, 46, 45]
    assert "TEMP B-TREE" not in plan(*listed)
    assert "COVERING INDEX ix_job_listed" in plan(*counted)


def test_an_array_of_more_jobs_than_one_question_may_name(site):
    made = jobs.submit_array(site, ADA, wanted(tags=("many",)), {"a": list(range(1200))})
    assert [job.parameters["a"] for job in made] == list(range(1200))
    assert {job.tags for job in made} == {("many",)}
    assert {job.array for job in made[1:]} == {made[0].id}
