"""Ways to say where messages go to."""

from __future__ import annotations

from pathlib import Path

from pylogging.appenders import (
    OF_FILES,
    Appender,
    ConsoleAppender,
    FileAppender,
    LoggingAppender,
)
from pylogging.layout import PatternLayout
from pylogging.levels import LogLevel
from pylogging.loggers import Logger, get, get_root

_SETTINGS = "symap2ic_logger.conf"
_FILES = ("org.apache.log4j.FileAppender", "org.apache.log4j.RollingFileAppender")
_CONSOLE = "org.apache.log4j.ConsoleAppender"


def set_loglevel(logger: Logger, level: int) -> None:
    """Drop messages of a logger that are less important than `level`."""
    logger.setLevel(level)


def append_to_cout(logger: Logger | None = None) -> Appender:
    """Write messages of a logger to the screen too."""
    return _add(ConsoleAppender(), logger)


def write_to_file(
    filename: str | Path, append: bool = False, logger: Logger | None = None
) -> Appender:
    """Write messages of a logger to a file too."""
    return _add(FileAppender(None, filename, append), logger)


def append_to_file(filename: str | Path, logger: Logger | None = None) -> Appender:
    """Write messages of a logger to the end of a file too."""
    return write_to_file(filename, True, logger)


def append_to_logging(domain: str, logger: Logger | None = None) -> Appender:
    """Hand messages of a logger to Python's own logging, once for each domain."""
    for appender in (logger or get_root()).appenders():
        if isinstance(appender, LoggingAppender) and appender.domain == domain:
            return appender
    return _add(LoggingAppender(domain), logger)


write_to_cout, write_to_logging = append_to_cout, append_to_logging


def log_to_cout(level: int) -> Appender:
    """Write messages to the screen that are at least this important."""
    set_loglevel(get_root(), level)
    return append_to_cout()


def log_to_file(filename: str | Path, level: int | None = None) -> Appender:
    """Write messages to a file that are at least this important."""
    if level is not None:
        set_loglevel(get_root(), level)
    return write_to_file(filename)


def default_config(
    level: int = LogLevel.WARN,
    fname: str | Path = "",
    dual: bool = False,
    print_location: bool = False,
    color: bool = True,
    date_format: str = "ABSOLUTE",
) -> None:
    """Write messages to the screen, or to a file if one is named, or to both if `dual`.

    A file called `symap2ic_logger.conf` in the current folder goes before all of this.
    """
    if Path(_SETTINGS).exists():
        config_from_file(_SETTINGS)
        return
    _configure(get_root(), level, fname, dual)
    where = "  ->  %F:%L%n" if print_location else ""
    for appender in get_root().appenders():
        is_colored = color and isinstance(appender, ConsoleAppender) and appender.stream.isatty()
        kind = "%Y%-5p%y" if is_colored else "%-5p"
        if not isinstance(appender, LoggingAppender):
            appender.setLayout(PatternLayout(f"{kind} %d{{{date_format}}}  %c %m%n{where}"))


def get_old_logger(level: int = LogLevel.INFO, file: str | Path = "", dual: bool = False) -> Logger:
    """A logger that is configured if nothing was before."""
    logger = get("PyLogging")
    if not get_root().appenders() and not logger.appenders():
        _configure(logger, level, file, dual)
    return logger


def config_from_file(filename: str | Path) -> None:
    """Load levels and appenders from a file of properties.

    Raises:
        RuntimeError: there is no such file.
    """
    path = Path(filename).absolute()
    if not path.exists():
        raise RuntimeError(f"Logger configuration file '{path}' could not be found")
    lines = (line.strip() for line in path.read_text().splitlines())
    given = (line.partition("=") for line in lines if line and not line.startswith(("#", "!")))
    settings = {name.strip().removeprefix("log4j."): value.strip() for name, _, value in given}
    for name, value in settings.items():
        kind, _, logger = name.partition(".")
        if kind in ("rootCategory", "rootLogger"):
            _set(get_root(), value, settings)
        elif kind in ("logger", "category"):
            _set(get(logger), value, settings)


def _set(logger: Logger, value: str, settings: dict[str, str]) -> None:
    """Take over `LEVEL, APPENDER, …`."""
    level, *names = (part.strip() for part in value.split(","))
    if level:
        logger.setLevel(LogLevel.toLevel(level))
    for name in names:
        logger.addAppender(_appender(f"appender.{name}", settings))


def _appender(name: str, settings: dict[str, str]) -> Appender:
    kind = settings.get(name)
    pattern = settings.get(f"{name}.layout.ConversionPattern", OF_FILES)
    layout = PatternLayout(pattern.replace("\\n", "\n"))
    if kind == _CONSOLE:
        return ConsoleAppender(layout)
    if kind in _FILES:
        options = {key.lower(): value for key, value in settings.items()}
        is_kept = options.get(f"{name}.append".lower(), "true").lower() == "true"
        return FileAppender(layout, options[f"{name}.file".lower()], is_kept)
    raise ValueError(f"{name} is {kind!r}; known are {', '.join((_CONSOLE, *_FILES))}")


def _configure(logger: Logger, level: int, fname: str | Path, dual: bool) -> None:
    if dual and not fname:
        raise ValueError("dual log mode requires a filename")
    set_loglevel(logger, level)
    is_on_screen = any(isinstance(each, ConsoleAppender) for each in logger.appenders())
    if (dual or not fname) and not is_on_screen:
        append_to_cout(logger)
    if fname:
        append_to_file(fname, logger)


def _add(appender: Appender, logger: Logger | None) -> Appender:
    (logger or get_root()).addAppender(appender)
    return appender
