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


def add_words(commands: Any) -> None:
    """Commands about what people are told."""
    mail = commands.add_parser("mail", help="what you are told by mail, and where")
    matters = [str(each) for each in Matter]
    mail.add_argument("--on", nargs="+", default=[], choices=matters, help="be told about")
    mail.add_argument("--off", nargs="+", default=[], choices=matters, help="be told no more")
    mail.add_argument("--address", help="get mail there, once you follow the link that goes there")
    mail.set_defaults(command=_mail)


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
