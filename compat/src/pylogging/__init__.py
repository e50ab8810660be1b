"""Loggers that are asked in capitals, over Python's own logging."""

import logging
import sys
from pathlib import Path
from typing import Any, TextIO

_ROOT = "pylogging"
_FORMAT = "%(level)-5s %(asctime)s,%(msecs)03d %(short)s %(message)s"


class LogLevel:
    """How important a message is."""

    ALL = 0
    TRACE = 5
    DEBUG = logging.DEBUG
    INFO = logging.INFO
    WARN = logging.WARNING
    ERROR = logging.ERROR
    FATAL = logging.CRITICAL
    OFF = logging.CRITICAL + 10


_NAMES = {
    LogLevel.TRACE: "TRACE",
    LogLevel.DEBUG: "DEBUG",
    LogLevel.INFO: "INFO",
    LogLevel.WARN: "WARN",
    LogLevel.ERROR: "ERROR",
    LogLevel.FATAL: "FATAL",
}
_appended: list[logging.Handler] = []
logging.addLevelName(LogLevel.TRACE, "TRACE")


class Logger:
    """Writes messages of one name; `log.INFO("a", 1)` and `log.info("a", 1)` say "a 1"."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._logger = logging.getLogger(f"{_ROOT}.{name}" if name else _ROOT)

    def _say(self, level: int, parts: tuple[Any, ...]) -> None:
        if self._logger.isEnabledFor(level):
            text = " ".join(map(str, parts))
            extra = {"short": self._name or "root", "level": _NAMES[level]}
            self._logger.log(level, "%s", text, extra=extra)

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

    def get_number_of_appenders(self) -> int:
        """How many places its messages go to, of those that were asked for here."""
        return sum(handler in _appended for handler in self._logger.handlers)

    def setLevel(self, level: int) -> None:
        """Drop what is less important."""
        self._logger.setLevel(level)

    def getEffectiveLevel(self) -> int:
        """What is dropped, its own level or that of the loggers above it."""
        return self._logger.getEffectiveLevel()


class _Screen(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is at the moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


def get(name: str) -> Logger:
    """The logger of this name."""
    return Logger(name)


def get_root() -> Logger:
    """The logger above all others."""
    return Logger("")


def set_loglevel(logger: Logger, level: int) -> None:
    """Drop messages of a logger that are less important than `level`."""
    logger.setLevel(level)


def reset() -> None:
    """Forget where messages go to."""
    while _appended:
        handler = _appended.pop()
        logging.getLogger(_ROOT).removeHandler(handler)
        handler.close()


def default_config(level: int = LogLevel.WARN, fname: str = "", **_: Any) -> None:
    """Write messages to the screen, and to a file if one is named."""
    set_loglevel(get_root(), level)
    append_to_cout()
    if fname:
        log_to_file(fname)


def append_to_cout() -> None:
    """Write messages to the screen too."""
    _append(_Screen())


def log_to_cout(level: int) -> None:
    """Write messages to the screen."""
    set_loglevel(get_root(), level)
    append_to_cout()


def log_to_file(filename: str | Path, level: int | None = None) -> None:
    """Write messages to a file."""
    if level is not None:
        set_loglevel(get_root(), level)
    _append(logging.FileHandler(filename))


append_to_file = log_to_file


def _append(handler: logging.Handler) -> None:
    handler.setFormatter(
        logging.Formatter(_FORMAT, "%H:%M:%S", defaults={"short": "root", "level": ""})
    )
    logging.getLogger(_ROOT).addHandler(handler)
    _appended.append(handler)


logging.getLogger(_ROOT).propagate = False

__all__ = [
    "LogLevel",
    "Logger",
    "append_to_cout",
    "append_to_file",
    "default_config",
    "get",
    "get_root",
    "log_to_cout",
    "log_to_file",
    "reset",
    "set_loglevel",
]
