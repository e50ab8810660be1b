"""Whose turn it is. Time on the chip is shared evenly between users, not between programs.

Start-time fair queueing: every user has a clock that runs while their programs are played; the one
whose clock is behind goes next. Somebody who was away does not save up time: their clock is
set to that of the one who is served. Since setting up the chip for another user costs time, one may
go on for `period` seconds while others wait.
"""

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

User = TypeVar("User", bound=Hashable)
Item = TypeVar("Item")


@dataclass
class Turns(Generic[User, Item]):
    """Items of users that wait.

    Args:
        period: s that one user may have the chip while others wait; 0 changes after every item.
    """

    period: float = 0.0
    _waiting: dict[User, deque[Item]] = field(default_factory=dict)
    _clock: dict[User, float] = field(default_factory=dict)
    _now: float = 0.0
    _last: User | None = None
    _had: float = 0.0

    def __len__(self) -> int:
        """How many items wait."""
        return sum(map(len, self._waiting.values()))

    def add(self, user: User, item: Item) -> None:
        """Let an item wait behind others of the same user."""
        if user not in self._waiting:
            self._clock[user] = max(self._clock.get(user, 0.0), self._now)
        self._waiting.setdefault(user, deque()).append(item)

    def next(self) -> tuple[User, Item]:
        """Take the item whose turn it is."""
        user = self._chosen()
        if user != self._last:
            self._last, self._had = user, 0.0
        self._now = self._clock[user]
        item = self._waiting[user].popleft()
        if not self._waiting[user]:
            del self._waiting[user]
        return user, item

    def charge(self, user: User, seconds: float) -> None:
        """Say how long an item had the chip."""
        self._clock[user] = self._clock.get(user, self._now) + seconds
        if user == self._last:
            self._had += seconds

    def drop(self, user: User) -> list[Item]:
        """A user is gone; what still waited."""
        self._clock.pop(user, None)
        return [*self._waiting.pop(user, ())]

    def _chosen(self) -> User:
        last = self._last
        if last is not None and last in self._waiting and self._had < self.period:
            return last
        return min(self._waiting, key=self._clock.__getitem__)
