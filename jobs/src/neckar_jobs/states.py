"""The lives of jobs and of projects, as two tables.

submitted -> claimed -> running -> finished
    |           |          |-----> failed
    |           |          |-----> stopping -> cancelled | finished | failed
    |           |----> stopping
    |----> cancelled
claimed, running --lost runner--> submitted (once), then failed

in preparation -> under review -> accepted | rejected
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from neckar_jobs.errors import StateError


class State(StrEnum):
    """Where a job stands. The values are what is stored and what the API shows."""

    SUBMITTED = "submitted"  # waits in the queue
    CLAIMED = "claimed"  # a runner has taken it and prepares its folder
    RUNNING = "running"  # its command has been started
    STOPPING = "stopping"  # somebody cancelled it; the runner has yet to say that it ended
    FINISHED = "finished"  # the command returned zero
    FAILED = "failed"  # it did not, or could not be started, or its runner was lost twice
    CANCELLED = "cancelled"


ALLOWED: Mapping[State, frozenset[State]] = {
    State.SUBMITTED: frozenset({State.CLAIMED, State.CANCELLED, State.FAILED}),
    State.CLAIMED: frozenset({State.RUNNING, State.STOPPING, State.SUBMITTED, State.FAILED}),
    State.RUNNING: frozenset({State.FINISHED, State.FAILED, State.STOPPING, State.SUBMITTED}),
    State.STOPPING: frozenset({State.CANCELLED, State.FINISHED, State.FAILED}),
    State.FINISHED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
HELD = frozenset({State.CLAIMED, State.RUNNING, State.STOPPING})  # a runner has a lease
OVER = frozenset(state for state, following in ALLOWED.items() if not following)


class Stage(StrEnum):
    """Where a project stands."""

    IN_PREPARATION = "in preparation"
    UNDER_REVIEW = "under review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


STAGES: Mapping[Stage, frozenset[Stage]] = {
    Stage.IN_PREPARATION: frozenset({Stage.UNDER_REVIEW}),
    Stage.UNDER_REVIEW: frozenset({Stage.ACCEPTED, Stage.REJECTED}),
    Stage.ACCEPTED: frozenset(),
    Stage.REJECTED: frozenset(),
}

_S = TypeVar("_S", bound=StrEnum)


def step(thing: str, current: _S, wanted: _S, table: Mapping[_S, frozenset[_S]]) -> _S:
    """Return `wanted` if `thing` may go there from `current`."""
    if wanted in table[current]:
        return wanted
    possible = ", ".join(sorted(table[current])) or "nothing, it is over"
    raise StateError(f"{thing} is {current} and cannot become {wanted}; possible: {possible}")


def is_over(state: State) -> bool:
    """Whether nothing can happen to the job any more."""
    return state in OVER
