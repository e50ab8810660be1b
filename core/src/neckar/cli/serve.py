"""`neckar serve`: hold a chip for others, who send their programs."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from functools import partial

from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.sharing import remote
from neckar.brainscales2.backends.sharing import serve as serving
from neckar.cli.options import Commands, add_chip


def add(commands: Commands) -> None:
    """Where to listen, and for whom."""
    serve = commands.add_parser("serve", help="hold a chip for others, who send their programs")
    add_chip(serve)
    serve.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    serve.add_argument("--port", type=int, default=0, help="(any that is free)")
    serve.add_argument(
        "--sessions", action="store_true", help="read who may come from lines of JSON"
    )
    serve.add_argument("--open", action="store_true", help="for all who can connect, without a key")
    serve.set_defaults(command=_serve)


def _serve(options: argparse.Namespace) -> int:
    backend = twin.default()
    if options.sessions:
        tell = partial(print, flush=True)
        serving.for_sessions(backend, options.host, options.port, sys.stdin, tell)
        return 0
    where = backend, options.host, options.port
    if options.open:
        server, variables = serving.for_all(*where)
    else:
        server, variables = serving.for_one_key(*where, os.environ.get(remote.KEY, ""))
    print(*(f"export {name}={value}" for name, value in variables.items()), sep="\n", flush=True)
    with suppress(KeyboardInterrupt):
        signal.pause()
    server.close()
    return 0
