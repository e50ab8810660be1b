"""Loggers that are asked in capitals, over Python's own logging."""

import logging
from typing import Any

from pylogging.appenders import Appender
from pylogging.levels import LogLevel

_ROOT = "pylogging"


class Logger:
    """Writes messages of one name; `log.INFO("a = ", 1)` and `log.info("a = ", 1)` say "a = 1"."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._logger = logging.getLogger(f"{_ROOT}.{name}" if name else _ROOT)

    def _say(self, level: LogLevel, parts: tuple[Any, ...]) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, "%s", "".join(map(str, parts)), stacklevel=3)

    def TRACE(self, *parts: Any) -> None:
        self._say(LogLevel.TRACE, parts)

    def DEBUG(self, *parts: Any) -> None:
        self._say(LogLevel.DEBUG, parts)

    def INFO(self, *parts: Any) -> None:
        self._say(LogLevel.INFO, parts)

    def WARN(self, *parts: Any) -> None:
        self._say(LogLevel.WARN, parts)

    def ERROR(self, *parts: Any) -> None:
        self._say(LogLevel.ERROR, parts)

    def FATAL(self, *parts: Any) -> None:
        self._say(LogLevel.FATAL, parts)

    trace, debug, info, warn, error, fatal = TRACE, DEBUG, INFO, WARN, ERROR, FATAL
    WARNING = warning = WARN

    def getName(self) -> str:
        """What it is called."""
        return self._name or "root"

    def appenders(self) -> list[Appender]:
        """Where its messages go to, of those that were asked for here."""
        return [handler for handler in self._logger.handlers if isinstance(handler, Appender)]

    def get_number_of_appenders(self) -> int:
        """How many places its messages go to, of those that were asked for here."""
        return len(self.appenders())

    def addAppender(self, appender: Appender) -> None:
        """Send its messages, and those of the loggers below it, to one place more."""
        self._logger.addHandler(appender)

    def removeAppender(self, appender: Appender) -> None:
        """Send its messages there no longer."""
        self._logger.removeHandler(appender)
        appender.close()

    def setAdditivity(self, value: bool) -> None:
        """Whether messages also go where those of the loggers above go."""
        self._logger.propagate = bool(value) and bool(self._name)

    def setLevel(self, level: int) -> None:
        """Drop what is less important."""
        self._logger.setLevel(int(level))

    def getEffectiveLevel(self) -> int:
        """What is dropped, its own level or that of the loggers above it."""
        return self._logger.getEffectiveLevel()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Logger) and other._name == self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"Logger({self.getName()!r})"


def get(name: str) -> Logger:
    """The logger of this name."""
    return Logger(name)


def get_root() -> Logger:
    """The logger above all others."""
    return Logger("")


def reset() -> None:
    """Forget where messages go to, and which are dropped."""
    below = [name for name in logging.root.manager.loggerDict if name.startswith(f"{_ROOT}.")]
    for name in ["", *(name.partition(".")[2] for name in below)]:
        logger = Logger(name)
        for appender in logger.appenders():
            logger.removeAppender(appender)
        logger.setAdditivity(True)
        logger.setLevel(LogLevel.ALL)
    get_root().setLevel(LogLevel.DEBUG)


reset()
