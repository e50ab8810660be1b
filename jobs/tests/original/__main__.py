"""Run programs of the original platform against a service of ours.

`python -m jobs.tests.original [client] [runner] [names] [lifetime] [app]` starts a service with a
few accounts on a free port, and then, each where it is named:

 * client, runner: the tests of the Python client and of the queue runner,
   from the checkout `NECKAR_NMPI_CLIENT`, with the Python `NECKAR_NMPI_PYTHON`,
 * names: the same tests of the client, of ours with the same names in `compat/`,
 * lifetime: the original service's tests of the lives of a job and of a session,
   from the checkout `NECKAR_NMPI_SERVICE`, with the same Python,
 * app: the web application in `NECKAR_NMPI_APP` (after `npm ci`), in headless Chromium; its editor,
   which it loads from elsewhere, from the package of npm in `NECKAR_MONACO`.

That Python has what those programs import: requests, ebrains-drive, radical.saga, sh, PyNN, httpx,
httpx2, pytest, pytest-asyncio, pytest-mock, playwright. Prints a table for the documentation; the
exit code counts what failed.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from jobs.tests.original.installation import Installation, running

HERE = Path(__file__).parent
LIMIT = 400  # s, for one file of tests
OFFLINE = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def main() -> int:
    """Run what the command line names, or all for which the environment names a checkout."""
    named = [name for name, (variable, _) in PARTS.items() if variable in os.environ]
    wanted = sys.argv[1:] or named
    missing = {PARTS[name][0] for name in wanted} - set(os.environ)
    if missing or not wanted:
        print(f"set {', '.join(sorted(missing)) or 'one of the variables'}; see:\n{__doc__}")
        return 2
    print("| program | passed | failed | skipped | not passed, and why |\n|---|---|---|---|---|")
    failed = 0
    with TemporaryDirectory() as folder, running(Path(folder)) as site:
        for name in wanted:
            variable, run = PARTS[name]
            for row, n_failed in run(Path(os.environ[variable]), site):
                print(row, flush=True)
                failed += n_failed
    return failed


def client(checkout: Path, site: Installation) -> Iterator[tuple[str, int]]:
    """The Python client, with a password."""
    yield _pytest(checkout / "test" / "test_mock.py", site, checkout, None)
    yield _pytest(checkout / "test" / "test_client.py", site, checkout, "client_plugin")


def names(checkout: Path, site: Installation) -> Iterator[tuple[str, int]]:
    """The same tests of the client, of our own client with its names."""
    ours = HERE.parents[2] / "compat" / "src"
    yield _pytest(checkout / "test" / "test_mock.py", site, ours, None)
    yield _pytest(checkout / "test" / "test_client.py", site, ours, "client_plugin")


def runner(checkout: Path, site: Installation) -> Iterator[tuple[str, int]]:
    """The queue runner, with the key of a provider."""
    yield _pytest(checkout / "test" / "test_saga_client.py", site, checkout, "client_plugin")


def lifetime(checkout: Path, site: Installation) -> Iterator[tuple[str, int]]:
    """What users and providers do in turn, as the original service tests it of itself."""
    file = checkout / "api" / "simqueue" / "tests" / "test_integration.py"
    yield _pytest(file, site, HERE / "lifetime", "lifetime_plugin")


def app(checkout: Path, site: Installation) -> Iterator[tuple[str, int]]:
    """The web application: submit, follow, look at the results."""
    yield _pytest(HERE / "browse.py", site, checkout, None)


PARTS: Mapping[str, tuple[str, Callable[[Path, Installation], Iterator[tuple[str, int]]]]] = {
    "runner": ("NECKAR_NMPI_CLIENT", runner),  # first: the client's tests want a job that is over
    "client": ("NECKAR_NMPI_CLIENT", client),
    "names": ("NECKAR_NMPI_CLIENT", names),
    "lifetime": ("NECKAR_NMPI_SERVICE", lifetime),
    "app": ("NECKAR_NMPI_APP", app),
}


def _pytest(file: Path, site: Installation, path: Path, plugin: str | None) -> tuple[str, int]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # saga ends late
        report = Path(folder, "report.xml")
        copied = Path(folder, file.name)  # away from settings of pytest that lie beside it
        copied.write_bytes(file.read_bytes())
        command = [os.environ["NECKAR_NMPI_PYTHON"], "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += ["-p", plugin] if plugin else []
        command += [f"--rootdir={folder}", f"--junitxml={report}", str(copied)]
        paths = os.pathsep.join(map(str, (path, HERE)))
        more = {"HOME": folder, "PYTHONPATH": paths, "NECKAR_NMPI_APP_FOLDER": str(path)}
        environment = {**os.environ, **OFFLINE, **site.variables, **more}
        command = ["timeout", "-k", "5", str(LIMIT), *command]  # with all that they start
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if os.environ.get("NECKAR_NMPI_VERBOSE"):
            print(done.stdout[-8000:], done.stderr[-2000:], file=sys.stderr)
        if not report.exists():
            return f"| {file.stem} | | | | nothing came back: {done.returncode} |", 1
        return _row(file.stem, list(ElementTree.parse(report).iter("testcase")))


def _row(name: str, cases: list[ElementTree.Element]) -> tuple[str, int]:
    failed = [each for each in cases if {"failure", "error"} & {part.tag for part in each}]
    skipped = [each for each in cases if "skipped" in {part.tag for part in each}]
    reasons = []
    for each in (*failed, *skipped):
        text = each[0].get("message", "").replace("\n", " ")
        reasons.append(f"`{each.get('name')}`: {text[:160]}")
    passed = len(cases) - len(failed) - len(skipped)
    counts = f"{passed} | {len(failed)} | {len(skipped)}"
    return f"| {name} | {counts} | {'; '.join(reasons)} |", len(failed)


if __name__ == "__main__":
    sys.exit(main())
