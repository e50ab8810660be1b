"""What commands for people have in common, and those about what they are told."""

import argparse
from collections.abc import Sequence
from typing import Any

from neckar_jobs.client.client import Client
from neckar_jobs.client.remembered import Login, recall
from neckar_jobs.model import Matter


def signed_in() -> tuple[Client, Login]:
    """The service for whoever has signed in here."""
    login = recall()
    return Client(login.address, login.token), login


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print columns, the first row above the others."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def moment(time: str | None, none: str = "") -> str:
    """A time that the service has told, to the minute (UTC)."""
    return none if time is None else time[:16].replace("T", " ")


def add_words(commands: Any) -> None:
    """Commands about what people are told."""
    sessions = commands.add_parser("sessions", help="who holds which chip; `cancel` ends one")
    sessions.set_defaults(command=_sessions)
    mail = commands.add_parser("mail", help="what you are told by mail, and where")
    matters = [str(each) for each in Matter]
    mail.add_argument("--on", nargs="+", default=[], choices=matters, help="be told about")
    mail.add_argument("--off", nargs="+", default=[], choices=matters, help="be told no more")
    mail.add_argument("--address", help="get mail there, once you follow the link that goes there")
    mail.set_defaults(command=_mail)
    hooks = commands.add_parser("hooks", help="addresses that are told when your jobs are over")
    hooks.set_defaults(command=_hooks)
    of_hooks = hooks.add_subparsers(metavar="WHAT")
    new = of_hooks.add_parser("add", help="have an https:// address told; prints its secret")
    new.add_argument("address")
    new.set_defaults(command=_add_hook)
    for name, what, command in (
        ("test", "send a message now", _try_hook),
        ("deliveries", "the last attempts, the newest first", _deliveries),
        ("remove", "have it told no longer", _remove_hook),
    ):
        one = of_hooks.add_parser(name, help=what)
        one.add_argument("hook", type=int, help="its number")
        one.set_defaults(command=command)


def _sessions(_chosen: argparse.Namespace) -> None:
    rows = [("job", "who", "chip", "state", "used", "left")]
    for each in signed_in()[0].sessions():
        left = "" if each["left"] is None else f"{each['left']:.0f} s"
        job, who = str(each["job"] or ""), each["owner"] or "somebody else"
        chip, used = each["chip"] or each["platform"], f"{each['used']:.1f} s"
        rows.append((job, who, chip, each["state"], used, left))
    print_table(rows)


def _mail(chosen: argparse.Namespace) -> None:
    client, _ = signed_in()
    wanted = {**dict.fromkeys(chosen.on, True), **dict.fromkeys(chosen.off, False)}
    found = client.choose_mail(wanted) if wanted else client.mail()
    if chosen.address is not None:
        client.name_address(chosen.address)
        there = chosen.address
        print(f"a link is on its way to {there}" if there else "you get no mail any more")
    if not found["is_sent"]:
        print("this service sends no mails")
    print_table([("address", found["address"] or "none"), *_choices(found["wanted"])])


def _choices(wanted: dict[str, bool]) -> list[tuple[str, str]]:
    return [(matter, "on" if is_so else "off") for matter, is_so in wanted.items()]


def _hooks(_chosen: argparse.Namespace) -> None:
    found = signed_in()[0].hooks()
    rows = [(str(each["id"]), each["address"], each["trouble"] or "well") for each in found]
    print_table([("hook", "address", "last"), *rows])


def _add_hook(chosen: argparse.Namespace) -> None:
    made = signed_in()[0].add_hook(chosen.address)
    print(f"hook {made['id']}; messages are signed with {made['secret']}")


def _try_hook(chosen: argparse.Namespace) -> int:
    done = signed_in()[0].try_hook(chosen.hook)
    print(done["trouble"] or f"taken, with {done['status']}")
    return 1 if done["trouble"] else 0


def _deliveries(chosen: argparse.Namespace) -> None:
    found = signed_in()[0].deliveries(chosen.hook)
    rows = [
        (moment(each["at"]), each["event"], str(each["job"] or ""), each["trouble"] or "taken")
        for each in found
    ]
    print_table([("at", "event", "job", "came of it"), *rows])


def _remove_hook(chosen: argparse.Namespace) -> None:
    signed_in()[0].remove_hook(chosen.hook)
    print(f"hook {chosen.hook} is told no longer")
