"""Commands about people: accounts, collabs, tokens of their own, and keys of providers."""

import argparse
from collections.abc import Callable
from typing import Any

from neckar_jobs.client.words import moment, print_table, signed_in
from neckar_jobs.model import Role
from neckar_jobs.policy import SCOPES

DAY = 86_400.0  # s
ROLES = [role.name.lower() for role in Role]
Command = Callable[[argparse.Namespace], None]


def add_people(commands: Any) -> None:
    """All of them. Without a further word, each lists what there is."""
    _add_accounts(commands)
    _add_keys(commands)
    _add_tokens(commands)
    _add_collabs(commands)


def _add_accounts(commands: Any) -> None:
    of = _listed(commands, "accounts", "everybody who has an account (admins)", _accounts)
    new = _word(of, "add", "add a person; prints a link that signs them in, once", _add_account)
    new.add_argument("name")
    new.add_argument("--full-name", default="")
    new.add_argument("--mail", default="", metavar="ADDRESS")
    new.add_argument("--admin", action="store_true")
    _word(of, "link", "such a link for who forgot the password", _link).add_argument("name")
    what = "shut somebody out, let them in again, make an admin or unmake one"
    change = _word(of, "change", what, _change_account)
    change.add_argument("name")
    change.add_argument("--closed", action=argparse.BooleanOptionalAction)
    change.add_argument("--admin", action=argparse.BooleanOptionalAction)


def _add_keys(commands: Any) -> None:
    of = _listed(commands, "keys", "with which providers take jobs (admins)", _keys)
    new = _word(of, "add", "make one; prints its secret", _add_key)
    new.add_argument("provider", help="whose it is")
    new.add_argument("platforms", nargs="+", metavar="platform")
    _word(of, "remove", "make one worthless", _remove_key).add_argument("key")


def _add_tokens(commands: Any) -> None:
    of = _listed(commands, "tokens", "of your own, for programs", _tokens)
    new = _word(of, "add", "make one; prints its secret", _add_token)
    new.add_argument("name")
    new.add_argument("--scope", action="append", choices=sorted(SCOPES), help="all, if not said")
    new.add_argument("--days", type=float, help="that it is good for; for ever, if not said")
    _word(of, "remove", "make one worthless", _remove_token).add_argument("token")


def _add_collabs(commands: Any) -> None:
    of = _listed(commands, "collabs", "that you belong to", _collabs)
    new = _word(of, "add", "begin one", _found)
    new.add_argument("name")
    new.add_argument("--title", default="")
    new.add_argument("--public", action="store_true", help="everybody may see what it does")
    _word(of, "members", "who belongs to one", _members).add_argument("collab")
    inside = _word(of, "let-in", "let somebody in, or change their role", _let_in)
    outside = _word(of, "let-out", "let somebody out", _let_out)
    for one in (inside, outside):
        one.add_argument("collab")
        one.add_argument("person")
    inside.add_argument("--role", choices=ROLES, default=ROLES[0], help=f"{ROLES[0]}, if not said")


def _listed(commands: Any, name: str, what: str, command: Command) -> Any:
    one = commands.add_parser(name, help=what)
    one.set_defaults(command=command)
    return one.add_subparsers(metavar="WHAT")


def _word(words: Any, name: str, what: str, command: Command) -> argparse.ArgumentParser:
    one: argparse.ArgumentParser = words.add_parser(name, help=what)
    one.set_defaults(command=command)
    return one


def _accounts(_chosen: argparse.Namespace) -> None:
    rows = [("name", "full name", "mail", "is")]
    for each in signed_in()[0].accounts():
        said = [word for word, is_so in _said(each) if is_so]
        rows.append((each["name"], each["full_name"], each["mail"], ", ".join(said)))
    print_table(rows)


def _said(account: Any) -> list[tuple[str, bool]]:
    return [("admin", account["is_admin"]), ("closed", account["closed"])]


def _add_account(chosen: argparse.Namespace) -> None:
    client, _ = signed_in()
    rest = {"full_name": chosen.full_name, "mail": chosen.mail, "is_admin": chosen.admin}
    client.add_account(chosen.name, **rest)
    print(f"added {chosen.name}; in a browser, once and soon: {client.invite(chosen.name)}")


def _link(chosen: argparse.Namespace) -> None:
    print(signed_in()[0].invite(chosen.name))


def _change_account(chosen: argparse.Namespace) -> None:
    wanted = {"closed": chosen.closed, "is_admin": chosen.admin}
    what = {name: is_so for name, is_so in wanted.items() if is_so is not None}
    changed = signed_in()[0].change_account(chosen.name, **what)
    now = [word if is_so else f"not {word}" for word, is_so in _said(changed)]
    print(f"{chosen.name} is {', '.join(now)}")


def _keys(_chosen: argparse.Namespace) -> None:
    rows, found = [("key", "provider", "made", "platforms")], signed_in()[0].keys()
    for each in found:
        made, platforms = moment(each["created_at"]), ", ".join(each["platforms"])
        rows.append((each["id"], each["provider"], made, platforms))
    print_table(rows)


def _add_key(chosen: argparse.Namespace) -> None:
    made = signed_in()[0].add_key(chosen.provider, chosen.platforms)
    print(f"key {made['id']} of {chosen.provider}: {made['secret']}")


def _remove_key(chosen: argparse.Namespace) -> None:
    signed_in()[0].remove_key(chosen.key)
    print(f"key {chosen.key} is worthless")


def _tokens(_chosen: argparse.Namespace) -> None:
    rows = [("token", "name", "scopes", "until", "last used")]
    for each in signed_in()[0].tokens():
        scopes = "all" if each["scopes"] is None else ", ".join(each["scopes"])
        until, used = moment(each["expires_at"], "for ever"), moment(each["used_at"], "never")
        rows.append((each["id"], each["name"], scopes, until, used))
    print_table(rows)


def _add_token(chosen: argparse.Namespace) -> None:
    seconds = None if chosen.days is None else chosen.days * DAY
    made = signed_in()[0].add_token(chosen.name, scopes=chosen.scope, seconds=seconds)
    print(f"token {made['id']}: {made['secret']}")


def _remove_token(chosen: argparse.Namespace) -> None:
    signed_in()[0].remove_token(chosen.token)
    print(f"token {chosen.token} is worthless")


def _collabs(_chosen: argparse.Namespace) -> None:
    rows = [("collab", "title", "seen by")]
    for each in signed_in()[0].collabs():
        rows.append((each["name"], each["title"], "all" if each["is_public"] else "members"))
    print_table(rows)


def _found(chosen: argparse.Namespace) -> None:
    signed_in()[0].found(chosen.name, title=chosen.title, is_public=chosen.public)
    print(f"{chosen.name} has begun; you are its administrator")


def _members(chosen: argparse.Namespace) -> None:
    print_table([("name", "role"), *signed_in()[0].members(chosen.collab).items()])


def _let_in(chosen: argparse.Namespace) -> None:
    signed_in()[0].set_member(chosen.collab, chosen.person, chosen.role)
    print(f"{chosen.person} is {chosen.role} of {chosen.collab}")


def _let_out(chosen: argparse.Namespace) -> None:
    signed_in()[0].set_member(chosen.collab, chosen.person, None)
    print(f"{chosen.person} does not belong to {chosen.collab} any more")
