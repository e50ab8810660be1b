"""How important messages are."""

from __future__ import annotations

import logging
from enum import IntEnum


class LogLevel(IntEnum):
    """How important a message is."""

    ALL = 0
    TRACE = 5
    DEBUG = logging.DEBUG
    INFO = logging.INFO
    WARN = logging.WARNING
    ERROR = logging.ERROR
    FATAL = logging.CRITICAL
    OFF = logging.CRITICAL + 10

    @classmethod
    def toLevel(cls, name: str, otherwise: LogLevel | None = None) -> LogLevel:
        """The level of this name, or another one."""
        return cls.__members__.get(name.upper(), cls.DEBUG if otherwise is None else otherwise)

    def toString(self) -> str:
        """Its name."""
        return self.name

    def __str__(self) -> str:
        return self.name


logging.addLevelName(LogLevel.TRACE, "TRACE")
