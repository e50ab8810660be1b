"""What is written down of watched neurons: knots, to be joined by straight lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

KNOT = np.dtype(
    [
        ("time", np.float64),
        ("v", np.float32),
        ("w", np.float32),
        ("excitatory", np.float32),
        ("inhibitory", np.float32),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Knots of one watched neuron; arrays of shape (k,).

    A knot at the end of every step that is watched, and further ones where a spike bends the trace.
    """

    time: np.ndarray
    v: np.ndarray
    w: np.ndarray
    excitatory: np.ndarray
    inhibitory: np.ndarray


@dataclass(frozen=True)
class Traces:
    """Those of all watched neurons.

    Args:
        knots: array like `KNOT`, of one neuron after the other.
        counts: how many there are of each, (m,).
    """

    knots: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, parts: Sequence[np.ndarray]) -> Self:
        """From the knots of each neuron."""
        knots = np.concatenate(parts) if parts else np.empty(0, KNOT)
        return cls(knots, np.array([len(part) for part in parts], int))

    @classmethod
    def of_nobody(cls) -> Self:
        """Nobody is watched."""
        return cls.of(())

    @classmethod
    def joined(cls, pieces: Sequence[Self]) -> Self:
        """Pieces of time as one."""
        parts = zip(*(piece.parts() for piece in pieces), strict=True)
        return cls.of([np.concatenate(each) for each in parts])

    def __len__(self) -> int:
        return len(self.counts)

    def __getitem__(self, k: int) -> Trace:
        part = self._part(k)
        return Trace(**{name: part[name] for name in KNOT.names or ()})

    def __iter__(self) -> Iterator[Trace]:
        return (self[k] for k in range(len(self)))

    def parts(self) -> Iterable[np.ndarray]:
        """The knots of each neuron."""
        return (self._part(k) for k in range(len(self)))

    def at(self, which: np.ndarray, names: Sequence[str], times: np.ndarray) -> np.ndarray:
        """A variable of each of some neurons, (len(times), len(which))."""
        values = np.empty((times.size, which.size))
        together = self._together
        is_alike = np.zeros(len(self), bool) if together is None else together[1]
        chosen = np.array(names)
        if together is not None and times.size:
            for name in set(names):
                columns = np.flatnonzero((chosen == name) & is_alike[which])
                if columns.size:
                    heights = together[0][name][which[columns]]
                    values[:, columns] = _between(together[2], heights, times)
        for column in np.flatnonzero(~is_alike[which]).tolist():
            part = self._part(int(which[column]))
            values[:, column] = np.interp(times, part["time"], part[names[column]])
        return values

    @cached_property
    def _ends(self) -> np.ndarray:
        return np.cumsum(self.counts)

    def _part(self, k: int) -> np.ndarray:
        end = int(self._ends[k])
        return self.knots[end - int(self.counts[k]) : end]

    @cached_property
    def _together(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Most neurons have knots at the same times: those of all, who they are, and the times."""
        if not len(self) or self.counts.min() < 2:
            return None
        size = int(self.counts.min())
        if self.knots.size == size * len(self):
            knots = self.knots.reshape(-1, size)
        else:
            knots = self.knots[(self._ends - self.counts)[:, None] + np.arange(size)]
        common = knots["time"][int(np.argmin(self.counts))]
        return knots, (self.counts == size) & (knots["time"] == common).all(axis=1), common


def _between(time: np.ndarray, heights: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Straight lines through heights (m, k) at common times (k,); level beyond both ends."""
    times = np.clip(times, time[0], time[-1])
    before = np.clip(np.searchsorted(time, times, side="right") - 1, 0, time.size - 2)
    low = heights[:, before].astype(float)
    slope = (heights[:, before + 1] - low) / (time[before + 1] - time[before])
    return np.asarray((slope * (times - time[before]) + low).T)
