"""What a line of a log looks like: patterns such as `%-5p %d{ISO8601}  %c %m%n`."""

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime

from pylogging.levels import LogLevel

_DATES = {
    "": "%Y-%m-%d %H:%M:%S,{ms}",
    "ISO8601": "%Y-%m-%d %H:%M:%S,{ms}",
    "ABSOLUTE": "%H:%M:%S,{ms}",
    "DATE": "%d %b %Y %H:%M:%S,{ms}",
    "NULL": "",
}
_PARTS_OF_DATES = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "SSS": "{ms}",
}
_COLORS = {
    LogLevel.FATAL: 35,
    LogLevel.ERROR: 31,
    LogLevel.WARN: 33,
    LogLevel.INFO: 32,
    LogLevel.DEBUG: 36,
    LogLevel.TRACE: 34,
}
_CONVERSION = re.compile(r"%(-?\d+)?([a-zA-Z%])(?:\{([^}]*)\})?")
_START = time.time()


class PatternLayout(logging.Formatter):
    """Fills a pattern with what is known of a message.

    `%p` level, `%c` logger, `%m` message, `%n` end of line, `%d{FORMAT}` date, `%r` ms since the
    beginning, `%F` file, `%L` line, `%M` function, `%Y` and `%y` begin and end of the color of the
    level. A number before the letter is a width, on the left if it is negative.
    """

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.setConversionPattern(pattern)

    def setConversionPattern(self, pattern: str) -> None:
        """Use another pattern.

        Raises:
            ValueError: it has a letter that means nothing.
        """
        for letter in (found[2] for found in _CONVERSION.finditer(pattern)):
            if letter not in _CONVERTERS:
                known = " ".join(_CONVERTERS)
                raise ValueError(f"%{letter} in {pattern!r} means nothing; known are {known}")
        self._pattern = pattern

    def format(self, record: logging.LogRecord) -> str:
        """One message as a line."""

        def fill(found: re.Match[str]) -> str:
            width = int(found[1] or 0)
            text = _CONVERTERS[found[2]](record, found[3] or "")
            return text.ljust(-width) if width < 0 else text.rjust(width)

        return _CONVERSION.sub(fill, self._pattern)


def _date(record: logging.LogRecord, form: str) -> str:
    if form == "RELATIVE":
        return str(round((record.created - _START) * 1000))
    pattern = _DATES.get(form)
    if pattern is None:
        pattern = form
        for part, ours in _PARTS_OF_DATES.items():
            pattern = pattern.replace(part, ours)
    text = datetime.fromtimestamp(record.created).strftime(pattern)
    return text.replace("{ms}", f"{int(record.msecs):03d}")


def _level(record: logging.LogRecord) -> LogLevel:
    return LogLevel(record.levelno)


def short_name(record: logging.LogRecord) -> str:
    """The name of the logger as users know it."""
    return record.name.partition(".")[2] or "root"


_CONVERTERS: dict[str, Callable[[logging.LogRecord, str], str]] = {
    "p": lambda record, _: _level(record).name,
    "c": lambda record, _: short_name(record),
    "m": lambda record, _: record.getMessage(),
    "n": lambda record, _: "\n",
    "d": _date,
    "r": lambda record, _: _date(record, "RELATIVE"),
    "F": lambda record, _: record.pathname,
    "L": lambda record, _: str(record.lineno),
    "M": lambda record, _: record.funcName or "",
    "Y": lambda record, _: f"\x1b[{_COLORS.get(_level(record), 0)}m",
    "y": lambda record, _: "\x1b[0m",
    "%": lambda record, _: "%",
}
