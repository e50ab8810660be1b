"""Where messages go to."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TextIO

from pylogging.layout import PatternLayout, short_name
from pylogging.levels import LogLevel

OF_FILES = "%-5p %d{ISO8601}  %c %m%n"
OF_THE_SCREEN = "%-5p %d{HH:mm:ss,SSS}  %c %m%n"
COLORED = "%Y%-5p%y %d{HH:mm:ss,SSS}  %c %m%n"


class LevelRangeFilter(logging.Filter):
    """Lets messages pass that are neither too unimportant nor too important."""

    def __init__(self) -> None:
        super().__init__()
        self._least, self._most = LogLevel.ALL, LogLevel.OFF

    def setLevelMin(self, level: LogLevel) -> None:
        """The least important that may pass."""
        self._least = level

    def setLevelMax(self, level: LogLevel) -> None:
        """The most important that may pass."""
        self._most = level

    def getLevelMin(self) -> LogLevel:
        """The least important that may pass."""
        return self._least

    def getLevelMax(self) -> LogLevel:
        """The most important that may pass."""
        return self._most

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a message may pass."""
        return self._least <= record.levelno <= self._most


class Appender(logging.StreamHandler[TextIO]):
    """A place that messages go to; its layout says what their lines look like."""

    terminator = ""  # the layout ends the line

    def setLayout(self, layout: PatternLayout) -> None:
        """Write lines in another way."""
        self.setFormatter(layout)


class ConsoleAppender(Appender):
    """Writes to whatever standard output is at the moment."""

    def __init__(self, layout: PatternLayout | None = None) -> None:
        logging.Handler.__init__(self)
        self.setLayout(layout or PatternLayout(COLORED if _is_terminal() else OF_THE_SCREEN))

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stdout


class FileAppender(Appender):
    """Writes to a file."""

    def __init__(
        self, layout: PatternLayout | None, filename: str | Path, append: bool = True
    ) -> None:
        super().__init__(Path(filename).open("a" if append else "w"))  # noqa: SIM115 `close` closes it
        self.setLayout(layout or PatternLayout(OF_FILES))

    def close(self) -> None:
        self.stream.close()
        super().close()


class LoggingAppender(Appender):
    """Hands messages to Python's own logging, below a domain."""

    def __init__(self, domain: str) -> None:
        logging.Handler.__init__(self)
        self.domain = domain

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a message on; Python knows nothing less important than DEBUG."""
        level = max(record.levelno, LogLevel.DEBUG)
        logging.getLogger(f"{self.domain}.{short_name(record)}").log(level, record.getMessage())


def _is_terminal() -> bool:
    return sys.stdout.isatty()
