"""How long a connection was at work."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta

_NONE = timedelta()


@dataclass(frozen=True)
class ConnectionTimeInfo:
    """Times that a connection spent since it was made.

    Programs are not encoded into words here, so all of it is execution.
    """

    encode_duration: timedelta = _NONE
    decode_duration: timedelta = _NONE
    commit_duration: timedelta = _NONE
    execution_duration: timedelta = _NONE

    def __add__(self, other: ConnectionTimeInfo) -> ConnectionTimeInfo:
        return ConnectionTimeInfo(*(a + b for a, b in zip(_all(self), _all(other), strict=True)))

    def __sub__(self, other: ConnectionTimeInfo) -> ConnectionTimeInfo:
        return ConnectionTimeInfo(*(a - b for a, b in zip(_all(self), _all(other), strict=True)))


def _all(info: ConnectionTimeInfo) -> list[timedelta]:
    return [getattr(info, field.name) for field in fields(info)]
