"""Share chips: start the service, submit jobs, follow them, fetch what they leave behind."""

import argparse
import getpass
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from neckar_jobs import __version__, up
from neckar_jobs.api.app import application
from neckar_jobs.client.answers import checked
from neckar_jobs.client.client import Client
from neckar_jobs.client.people import add_people
from neckar_jobs.client.remembered import Login, remember
from neckar_jobs.client.session import session
from neckar_jobs.client.words import add_words, print_table, signed_in
from neckar_jobs.errors import InvalidError, JobsError
from neckar_jobs.files import Files
from neckar_jobs.identity import accounts
from neckar_jobs.machines import walls
from neckar_jobs.model import SESSION, Job
from neckar_jobs.nmpi.facade import add_facade
from neckar_jobs.nmpi.who import Customs
from neckar_jobs.operations.backup import back_up, restore
from neckar_jobs.operations.log import write_log
from neckar_jobs.operations.sweep import sweep
from neckar_jobs.policy import own_space
from neckar_jobs.runner.serve import serve
from neckar_jobs.settings import Settings, load, open_site
from neckar_jobs.states import State
from neckar_jobs.store.database import Database
from neckar_jobs.web.app import add_pages


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    main = argparse.ArgumentParser(prog="neckar-jobs", description=__doc__)
    main.add_argument("--version", action="version", version=f"neckar-jobs {__version__}")
    commands = main.add_subparsers(required=True, metavar="COMMAND")
    _for_people(commands)
    _for_sites(commands)
    return main


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for; an error is one line."""
    chosen = parser().parse_args(arguments)
    try:
        code: int | None = chosen.command(chosen)
        return code or 0
    except (JobsError, ConnectionError) as error:
        print(f"neckar-jobs: {error}", file=sys.stderr)
        return 1
    except httpx2.TransportError as error:
        print(f"neckar-jobs: the service cannot be reached: {error}", file=sys.stderr)
        return 1


Command = Callable[[argparse.Namespace], int | None]


def _for_people(commands: Any) -> None:
    login = commands.add_parser("login", help="keep the address of a service and who you are")
    login.add_argument("address")
    login.add_argument("name")
    login.set_defaults(command=_login)
    several: tuple[tuple[str, str, Command], ...] = (
        ("submit", "put a job into the queue and print its number", _submit),
        ("run", "the same, then follow it and fetch its files", _run),
    )
    for name, what, command in several:
        one = commands.add_parser(name, help=what)
        _add_submission(one)
        one.set_defaults(command=command)
    one.add_argument("-o", "--output", type=Path, help="folder for the files; job_N by default")
    chip = commands.add_parser("chip", help="use a shared chip directly, while a command runs")
    chip.add_argument("-p", "--platform", help="needed if several give sessions")
    chip.add_argument("-c", "--collab", help="who pays; your own space by default")
    chip.add_argument("--limit", type=float, metavar="SECONDS", help="of the chip's time")
    chip.add_argument("words", nargs="*", metavar="COMMAND", help="none: until Ctrl-C")
    chip.set_defaults(command=_chip)
    several = (
        ("logs", "print what a job prints, until it is over", _logs),
        ("show", "everything about a job, as JSON", _show),
        ("cancel", "end a job early", _cancel),
        ("retry", "submit a job that is over once more", _retry),
        ("get", "fetch the files of a job", _get),
    )
    for name, what, command in several:
        one = commands.add_parser(name, help=what)
        one.add_argument("job", type=int)
        one.set_defaults(command=command)
    one.add_argument("-o", "--output", type=Path, help="folder for the files; job_N by default")
    one.add_argument("--crate", action="store_true", help="all of the job as one RO-Crate, a zip")
    listing = commands.add_parser("list", help="your jobs, the newest first")
    listing.add_argument("--state", action="append", choices=list(State))
    listing.add_argument("--text", help="in name, code or command")
    listing.add_argument("-n", type=int, default=20, help="how many (20)")
    listing.set_defaults(command=_list)
    for name, what, command in (
        ("projects", "requests for resources", _projects),
        ("quota", "what is left to compute with", _quota),
    ):
        commands.add_parser(name, help=what).set_defaults(command=command)
    add_words(commands)
    add_people(commands)


def _add_submission(one: argparse.ArgumentParser) -> None:
    one.add_argument("source", help="script, folder, zip, or https:// address of a repository")
    one.add_argument("-p", "--platform", help="where to run; needed if there are several")
    one.add_argument("-c", "--collab", help="who pays; your own space by default")
    one.add_argument("--command", dest="words", help="such as 'run.py {system}'")
    one.add_argument("--name", default="")
    one.add_argument("-t", "--tag", action="append", default=[])
    one.add_argument("-i", "--input", action="append", default=[], help="a file beside the code")
    one.add_argument("--limit", type=float, metavar="SECONDS")
    one.add_argument("--priority", type=int, default=0, help="among the jobs of your collab")
    one.add_argument("--hardware", type=_pair, action="append", default=[], metavar="NAME=VALUE")
    one.add_argument(
        "--over",
        type=_values,
        action="append",
        default=[],
        metavar="NAME=A,B,…",
        help="one job for every value",
    )


def _for_sites(commands: Any) -> None:
    starting = commands.add_parser("up", help="start everything on this computer")
    _add_running(starting)
    _add_settings(starting)
    starting.set_defaults(command=_up)
    serving = commands.add_parser("serve", help="one process of the service")
    _add_log(serving)
    _add_settings(serving)
    serving.set_defaults(command=_serve)
    running = commands.add_parser("runner", help="take jobs; the key is in NECKAR_JOBS_KEY")
    running.add_argument("address")
    _add_running(running)
    _add_log(running)
    _add_settings(running)
    running.set_defaults(command=_runner)
    for name, what, command in (
        ("backup", "copy everything into one file, while the service runs", _backup),
        ("restore", "fill an empty installation from such a file", _restore),
    ):
        one = commands.add_parser(name, help=what)
        one.add_argument("file", type=Path)
        _add_settings(one)
        one.set_defaults(command=command)
    sweeping = commands.add_parser("sweep", help="throw away what nobody needs any more")
    sweeping.add_argument("--dry-run", action="store_true", help="only say what that would be")
    sweeping.add_argument(
        "--clock-is-right", action="store_true", help="though nothing has happened for long"
    )
    _add_settings(sweeping)
    sweeping.set_defaults(command=_sweep)
    account = commands.add_parser("account", help="add a person, here; asks for the password")
    account.add_argument("name")
    account.add_argument("--admin", action="store_true")
    _add_settings(account)
    account.set_defaults(command=_account)


def _add_running(one: argparse.ArgumentParser) -> None:
    one.add_argument("--slots", type=int, default=1, help="jobs at once on this computer (1)")
    one.add_argument(
        "--without-walls", action="store_true", help="no sandbox: only for your own code"
    )


def _add_log(one: argparse.ArgumentParser) -> None:
    one.add_argument("--log", choices=("text", "json"), default="text", help="lines for whom")


def _add_settings(one: argparse.ArgumentParser) -> None:
    one.add_argument("--settings", type=Path, metavar="FILE", help="TOML")
    one.add_argument("--folder", type=Path, help="where everything is kept")
    one.add_argument("--port", type=int)


def _settings(chosen: argparse.Namespace) -> Settings:
    return load(chosen.settings, folder=chosen.folder, port=chosen.port)


def _pair(text: str) -> tuple[str, Any]:
    name, is_there, value = text.partition("=")
    if not is_there or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _values(text: str) -> tuple[str, list[Any]]:
    name, _, values = text.partition("=")
    return name, [_pair(f"{name}={value}")[1] for value in values.split(",")]


def _login(chosen: argparse.Namespace) -> None:
    password = os.environ.get("NECKAR_JOBS_PASSWORD") or getpass.getpass("password: ")
    address = chosen.address.rstrip("/")
    how = {"name": chosen.name, "password": password}
    token = checked(httpx2.post(f"{address}/v4/login", json=how)).json()["secret"]
    path = remember(Login(address=address, token=token, collab=own_space(chosen.name)))
    print(f"signed in as {chosen.name}; kept in {path}")


def _submit(chosen: argparse.Namespace) -> None:
    print(_submitted(chosen)[1].id)


def _run(chosen: argparse.Namespace) -> int:
    client, job = _submitted(chosen)
    print(f"job {job.id} is in the queue", file=sys.stderr)
    job = client.wait(job.id, show=_print)
    _fetch(client, job, chosen.output)
    return _verdict(job)


def _submitted(chosen: argparse.Namespace) -> tuple[Client, Job]:
    client, login = signed_in()
    rest: dict[str, Any] = {"name": chosen.name, "tags": chosen.tag, "priority": chosen.priority}
    if chosen.words:
        rest["command"] = chosen.words
    if chosen.hardware:
        rest["hardware"] = dict(chosen.hardware)
    if chosen.limit:
        rest["limit"] = chosen.limit
    job = client.submit(
        chosen.source,
        platform=chosen.platform or _only_platform(client),
        collab=chosen.collab or login.collab,
        inputs=chosen.input,
        over=dict(chosen.over) or None,
        **rest,
    )
    return client, job


def _chip(chosen: argparse.Namespace) -> int:
    client, login = signed_in()
    asked = session(
        client,
        platform=chosen.platform or _only_platform(client, for_sessions=True),
        collab=chosen.collab or login.collab,
        seconds=chosen.limit,
        show=lambda text: print(text, file=sys.stderr),
    )
    with asked as variables:
        if chosen.words:
            return subprocess.run(chosen.words, env={**os.environ, **variables}).returncode
        for name, value in variables.items():
            print(f"export {name}={value}", flush=True)
        print("Ctrl-C ends the session.", file=sys.stderr)
        up.wait_for_the_end()
    return 0


def _only_platform(client: Client, for_sessions: bool = False) -> str:
    names = [
        str(each["name"])
        for each in client.platforms()
        if (each["system"] == SESSION) == for_sessions
    ]
    if len(names) != 1:
        raise InvalidError(f"say where to run with --platform; there are: {', '.join(names)}")
    return names[0]


def _logs(chosen: argparse.Namespace) -> int:
    client, _ = signed_in()
    return _verdict(client.wait(chosen.job, show=_print))


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _verdict(job: Job) -> int:
    used = "" if job.usage is None else f", used {job.usage:.3g}"
    why = f": {job.reason}" if job.reason else ""
    print(f"job {job.id} is {job.state}{why}{used}", file=sys.stderr)
    return 0 if job.state == State.FINISHED else 1


def _show(chosen: argparse.Namespace) -> None:
    job = signed_in()[0].job(chosen.job)
    print(json.dumps(vars(job), indent=2, default=vars))


def _cancel(chosen: argparse.Namespace) -> None:
    job = signed_in()[0].cancel(chosen.job)
    print(f"job {job.id} is {job.state}")


def _retry(chosen: argparse.Namespace) -> None:
    print(signed_in()[0].retry(chosen.job).id)


def _get(chosen: argparse.Namespace) -> None:
    client, _ = signed_in()
    if chosen.crate:
        print(client.crate(chosen.job, chosen.output or Path(f"job_{chosen.job}.crate.zip")))
    else:
        _fetch(client, client.job(chosen.job), chosen.output)


def _fetch(client: Client, job: Job, folder: Path | None) -> None:
    for path in client.download(job.id, folder or Path(f"job_{job.id}")):
        print(path)


def _list(chosen: argparse.Namespace) -> None:
    which = {"state": chosen.state, "text": chosen.text}
    wanted = {name: value for name, value in which.items() if value}
    rows = [("job", "state", "platform", "collab", "name")]
    for job in signed_in()[0].jobs(most=chosen.n, **wanted):
        rows.append((str(job.id), job.state, job.platform, job.collab, job.name or job.command))
    print_table(rows)


def _projects(_chosen: argparse.Namespace) -> None:
    found = signed_in()[0].projects()
    rows = [("collab", "stage", "title")]
    print_table(rows + [(each["collab"], each["stage"], each["title"]) for each in found])


def _quota(_chosen: argparse.Namespace) -> None:
    print_table([("collab", "platform", "used", "of", "units"), *_quotas(signed_in()[0])])


def _quotas(client: Client) -> Iterator[tuple[str, ...]]:
    for project in client.projects():
        for quota in project["quotas"]:
            used, limit = f"{quota['usage']:.4g}", f"{quota['limit']:.4g}"
            yield project["collab"], quota["platform"], used, limit, quota["units"]


def _up(chosen: argparse.Namespace) -> None:
    if chosen.without_walls:
        print("Without walls: jobs may do whatever you may. For your own code only.")
    else:
        walls.check()
    settings, within = _settings(chosen), not chosen.without_walls
    slots, file = chosen.slots, chosen.settings
    with up.running(settings, file=file, slots=slots, walls=within) as welcome:
        print(f"{welcome.address} is ready; the command line is signed in as {welcome.name}")
        print(f"in a browser, once and soon: {welcome.link}")
        if welcome.password:
            print(f"elsewhere sign in as {welcome.name} with the password {welcome.password}")
        print("Ctrl-C ends it.", flush=True)
        up.wait_for_the_end()


def _serve(chosen: argparse.Namespace) -> None:
    settings = _settings(chosen)
    server, hooks = settings.mail_server, settings.trusted_hooks
    app = application(open_site(settings), trusted_hooks=hooks, mail_server=server)
    provider = settings.provider
    add_pages(app, provider=provider, examples=settings.examples, cells=settings.cells)
    if settings.nmpi:
        storages, trusted = settings.storages, settings.trusted_hosts
        customs = Customs(storages=storages, trusted=trusted, provider=provider)
        add_facade(app, customs)
    write_log(chosen.log)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning", log_config=None)


def _runner(chosen: argparse.Namespace) -> None:
    write_log(chosen.log)
    settings = _settings(chosen)
    key = os.environ.get(up.KEY)
    if not key:
        raise InvalidError(f"set {up.KEY} to a key that an admin has made for this provider")
    folder, within = settings.folder / "work", walls.none if chosen.without_walls else None
    serve(chosen.address, key, settings.platforms, folder, slots=chosen.slots, within=within)


def _backup(chosen: argparse.Namespace) -> None:
    site = open_site(_settings(chosen))
    done = back_up(site.database, site.files, chosen.file)
    print(f"{done.rows} rows and {done.contents} contents of files are in {chosen.file}")
    for digest in done.missing:
        print(f"not kept any more: {digest}", file=sys.stderr)


def _restore(chosen: argparse.Namespace) -> None:
    settings = _settings(chosen)
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = Files(settings.folder / "files")
    done = restore(Database(settings.database_url), files, chosen.file)
    print(f"{done.rows} rows and {done.contents} contents of files are back")


def _sweep(chosen: argparse.Namespace) -> None:
    settings = _settings(chosen)
    how = {"dry_run": chosen.dry_run, "clock_is_right": chosen.clock_is_right}
    done = sweep(open_site(settings), settings.rules, **how)
    what = "would be thrown away" if chosen.dry_run else "thrown away"
    print(
        f"{what}: {done.contents} contents, {done.bytes} bytes in all; {done.logs} logs, "
        f"{done.jobs} jobs, {done.tokens} tokens, {done.mails} mails"
    )


def _account(chosen: argparse.Namespace) -> None:
    password = os.environ.get("NECKAR_JOBS_PASSWORD") or getpass.getpass("new password: ")
    site = open_site(_settings(chosen))
    accounts.create(site, chosen.name, password, by=getpass.getuser(), is_admin=chosen.admin)
    print(f"added {chosen.name}")


if __name__ == "__main__":
    raise SystemExit(main())
