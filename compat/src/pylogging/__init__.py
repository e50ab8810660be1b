"""Loggers in the manner of log4cxx."""

from pylogging.appenders import Appender, ConsoleAppender, FileAppender, LevelRangeFilter
from pylogging.configuration import (
    append_to_cout,
    append_to_file,
    append_to_logging,
    config_from_file,
    default_config,
    get_old_logger,
    log_to_cout,
    log_to_file,
    set_loglevel,
    write_to_cout,
    write_to_file,
    write_to_logging,
)
from pylogging.layout import PatternLayout
from pylogging.levels import LogLevel
from pylogging.loggers import Logger, get, get_root, reset

LOG4CXX_TRACE = Logger.TRACE
LOG4CXX_DEBUG = Logger.DEBUG
LOG4CXX_INFO = Logger.INFO
LOG4CXX_WARN = Logger.WARN
LOG4CXX_ERROR = Logger.ERROR
LOG4CXX_FATAL = Logger.FATAL

__all__ = [
    "LOG4CXX_DEBUG",
    "LOG4CXX_ERROR",
    "LOG4CXX_FATAL",
    "LOG4CXX_INFO",
    "LOG4CXX_TRACE",
    "LOG4CXX_WARN",
    "Appender",
    "ConsoleAppender",
    "FileAppender",
    "LevelRangeFilter",
    "LogLevel",
    "Logger",
    "PatternLayout",
    "append_to_cout",
    "append_to_file",
    "append_to_logging",
    "config_from_file",
    "default_config",
    "get",
    "get_old_logger",
    "get_root",
    "log_to_cout",
    "log_to_file",
    "reset",
    "set_loglevel",
    "write_to_cout",
    "write_to_file",
    "write_to_logging",
]
