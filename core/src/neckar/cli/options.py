"""Options that several commands have."""

import argparse
import os
from typing import Any

SPREADS = f"{'':24} {'wanted':>8} {'uncalibrated':>16} {'calibrated':>16}"  # heads of columns
Commands = Any  # what argparse's `add_subparsers` returns, which has no public name


def here(path: str) -> str:
    """A path that stays what it is when the script changes the folder."""
    return os.path.abspath(path)


def add_chip(command: argparse.ArgumentParser) -> None:
    """Which chip, and which of its noises."""
    add_which(command)
    command.add_argument("--seed", type=int, metavar="N", help="number of the temporal noise")


def add_which(command: argparse.ArgumentParser) -> None:
    """Which chip."""
    which = command.add_mutually_exclusive_group()
    which.add_argument("--serial", type=int, metavar="N", help="serial number of the chip")
    which.add_argument("--ideal", action="store_true", help="a chip without mismatch and noise")


def add_number(command: argparse.ArgumentParser) -> None:
    """Which of the networks of a script."""
    command.add_argument(
        "-n",
        "--number",
        type=int,
        default=1,
        metavar="N",
        help="which of the networks that the script runs, counted from 1 (%(default)s)",
    )


def add_script(command: argparse.ArgumentParser) -> None:
    """Which script, with what; the last of the options."""
    command.add_argument("script", metavar="SCRIPT", help="a Python file")
    command.add_argument(
        "arguments", nargs="*", metavar="...", help="what the script gets; options of it behind --"
    )
