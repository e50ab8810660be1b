"""Keep what runs, from whatever front-end it comes, to look at it afterwards."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from neckar.brainscales2.backends import twin
from neckar.brainscales2.mapping.forecast import Forecast, forecast
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.results import Results
from neckar.run import watcher


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """One run of a script.

    Args:
        snippets: what was run.
        results: what it brought.
        wall_time: how long it took here, s.
        n_executions: of which this is one, for networks larger than a chip.
    """

    snippets: Sequence[Mapped]
    results: Results
    wall_time: float
    n_executions: int = 1

    @cached_property
    def forecast(self) -> Forecast:
        """What it takes on silicon, and how near circuits come to what was wanted."""
        return forecast(self.snippets, twin.default(), self.n_executions)


@contextmanager
def watch() -> Iterator[list[Run]]:
    """A list that grows by every run in the block, also by those of PyNN scripts."""
    runs: list[Run] = []
    token = watcher.set(_Eye(runs))
    try:
        yield runs
    finally:
        watcher.reset(token)


class _Eye:
    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs
        self.begin, self.n_executions = 0.0, 1

    def prepared(self, snippets: Sequence[Mapped], n_executions: int) -> None:
        self.begin, self.n_executions = time.monotonic(), n_executions

    def returned(self, snippets: Sequence[Mapped], results: Results) -> None:
        wall_time = time.monotonic() - self.begin
        self.runs.append(
            Run(
                snippets=snippets,
                results=results,
                wall_time=wall_time,
                n_executions=self.n_executions,
            )
        )
