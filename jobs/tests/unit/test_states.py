import pytest

from neckar_jobs.errors import StateError
from neckar_jobs.states import ALLOWED, HELD, OVER, STAGES, Stage, State, step


def test_the_tables_know_every_state():
    assert set(ALLOWED) == set(State)
    assert set(STAGES) == set(Stage)


def test_what_is_over_stays_over():
    assert {State.FINISHED, State.FAILED, State.CANCELLED} == OVER
    assert not OVER & HELD


def test_a_forbidden_step_says_what_would_be_allowed():
    with pytest.raises(StateError, match="job 3 is submitted and cannot become finished"):
        step("job 3", State.SUBMITTED, State.FINISHED, ALLOWED)
    with pytest.raises(StateError, match="possible: nothing, it is over"):
        step("job 3", State.FAILED, State.SUBMITTED, ALLOWED)
