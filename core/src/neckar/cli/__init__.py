"""Run a script on an emulated chip, look ahead, ask about the chip, see where a network went."""

import argparse
import os
import sys
from collections.abc import Sequence

from neckar import __version__
from neckar.cli import calibrate, info, scripts, serve
from neckar.errors import NeckarError


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    main = argparse.ArgumentParser(prog="neckar", description=__doc__)
    main.add_argument("--version", action="version", version=f"neckar {__version__}")
    commands = main.add_subparsers(required=True, metavar="COMMAND")
    for add in (scripts.add_run, scripts.add_show, scripts.add_check, calibrate.add, serve.add):
        add(commands)
    info.add(commands)
    return main


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    options = _parsed(arguments)
    _choose_chip(options)
    try:
        code: int = options.command(options)
    except NeckarError as error:
        print(f"neckar: {_place(error, options)}{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Options may stand before, between and behind the script and its arguments."""
    main = parser()
    options, rest = main.parse_known_args(arguments)
    unknown = [word for word in rest if word.startswith("-") or not hasattr(options, "arguments")]
    if unknown:
        main.error(f"unrecognized arguments: {' '.join(unknown)}")
    if rest:
        options.arguments += rest
    return options


def _choose_chip(options: argparse.Namespace) -> None:
    if options.serial is not None:
        os.environ["NECKAR_SERIAL"] = str(options.serial)
        os.environ.pop("NECKAR_IDEAL", None)
    if options.ideal:
        os.environ["NECKAR_IDEAL"] = "1"
    if getattr(options, "seed", None) is not None:
        os.environ["NECKAR_SEED"] = str(options.seed)


def _place(error: NeckarError, options: argparse.Namespace) -> str:
    """The line of the script that led to the error."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == getattr(options, "script", None):
            line = trace.tb_lineno
        trace = trace.tb_next
    return "" if line is None else f"{options.script}, line {line}: "
