"""Makes a folder in which a job's command finds its code and its inputs."""

import os
import shlex
import shutil
import stat
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO
from urllib.parse import urlsplit

from neckar_jobs.errors import InvalidError, TooLargeError
from neckar_jobs.files import checked_path
from neckar_jobs.model import Code, Job, Link
from neckar_jobs.service.outside import checked_address, fetched, public_address

MOST_FILES = 20_000  # in an archive
LARGEST_ARCHIVE = 2 * 1024**3  # bytes when unpacked
CLONE_TIMEOUT = 300.0  # s
GIT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "https",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_LFS_SKIP_SMUDGE": "1",
}


def words(job: Job, system: str, python: str) -> list[str]:
    """The command of a job as words, with what stands in braces filled in.

    A script is run by `python`; anything else is looked for in the PATH of the platform.
    """
    values = {"system": system, **(job.parameters or {})}
    try:
        found = [word.format_map(values) for word in shlex.split(job.command)]
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise InvalidError(
            f"the command {job.command!r} cannot be filled in ({error}); known are {known}"
        ) from None
    return [python, *found] if found[0].endswith(".py") else found


def write_text(folder: Path, job: Job) -> None:
    """The script, under the name that the command calls it by."""
    first = shlex.split(job.command)[0]
    name = checked_path(first) if first.endswith(".py") else "run.py"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(job.code.text, encoding="utf-8")


def clone(folder: Path, code: Code) -> str:
    """A repository, without its history, its submodules and its hooks; return which commit."""
    if wrong := list(checked_address(code.text)):
        raise InvalidError("; ".join(wrong))
    public_address(urlsplit(code.text).hostname or "")
    options = ["--depth", "1", "--no-recurse-submodules", "--no-tags"]
    if code.revision is not None:
        options += ["--branch", code.revision]
    command = ["git", "-c", "core.hooksPath=" + os.devnull, "-c", "http.followRedirects=false"]
    command += ["clone", *options, "--", code.text, str(folder)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **GIT}
    try:
        done = subprocess.run(
            command, env=environment, timeout=CLONE_TIMEOUT, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        raise InvalidError(f"{code.text} took longer than {CLONE_TIMEOUT:g} s") from None
    if done.returncode != 0:
        raise InvalidError(f"{code.text} could not be cloned: {done.stderr.strip()[-500:]}")
    asked = ["git", "-C", str(folder), "rev-parse", "HEAD"]
    return subprocess.run(asked, env=environment, capture_output=True, text=True).stdout.strip()


def unpack(folder: Path, archive: BinaryIO) -> None:
    """A zip: ordinary files below `folder`, of a size that was announced and is kept to."""
    try:
        with zipfile.ZipFile(archive) as bag:
            members = [member for member in bag.infolist() if not member.is_dir()]
            _check_size([member.file_size for member in members])
            for member in members:
                _extract(bag, member, folder)
    except zipfile.BadZipFile as error:
        raise InvalidError(f"the archive is no zip: {error}") from None


def unpack_tar(folder: Path, archive: BinaryIO) -> None:
    """A tar, packed or not, under the same rules."""
    try:
        with tarfile.open(fileobj=archive) as bag:
            members = [member for member in bag.getmembers() if not member.isdir()]
            _check_size([member.size for member in members])
            for member in members:
                if not member.isreg():
                    raise InvalidError(f"the archive holds {member.name!r}, which is no file")
                source = bag.extractfile(member)
                if source is not None:
                    put(folder, member.name, source)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise InvalidError(f"the archive is no tar: {error}") from None


def download(folder: Path, url: str) -> None:
    """A zip or tar that lies elsewhere."""
    with TemporaryFile() as file:
        _fetch(url, file)
        if urlsplit(url).path.endswith(".zip"):
            unpack(folder, file)
        else:
            unpack_tar(folder, file)


def put_linked(folder: Path, link: Link) -> None:
    """One input file that lies elsewhere."""
    with TemporaryFile() as file:
        _fetch(link.url, file)
        put(folder, link.path, file)


def put(folder: Path, path: str, source: IO[bytes]) -> None:
    """One input file."""
    target = folder / checked_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)


def environment(
    base: Mapping[str, str],
    job: Job,
    hardware: Mapping[str, Any],
    templates: Mapping[str, str],
    path: str,
) -> dict[str, str]:
    """What the command finds in its environment.

    `templates` are variables that name settings of the hardware, such as SERIAL = "{serial}";
    one whose settings are not given is left out.
    """
    found = {"PATH": path, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **base}
    found["NECKAR_JOB"] = str(job.id)
    found["NECKAR_PROVENANCE"] = PROVENANCE
    for name, template in templates.items():
        try:
            found[name] = template.format_map(hardware)
        except KeyError:
            continue
    return found


PROVENANCE = "provenance.json"  # a command may write there what was special about its run


def _fetch(url: str, file: IO[bytes]) -> None:
    with fetched(url, largest=LARGEST_ARCHIVE) as pieces:
        for piece in pieces:
            file.write(piece)
    file.seek(0)


def _check_size(members: Sequence[int]) -> None:
    size = sum(members)
    if len(members) > MOST_FILES or size > LARGEST_ARCHIVE:
        raise TooLargeError(
            f"the archive holds {len(members)} files with {size} bytes; at most {MOST_FILES} files "
            f"with {LARGEST_ARCHIVE} bytes go"
        )


def _extract(bag: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InvalidError(f"the archive holds a link, {member.filename!r}; pack what it leads to")
    target = folder / PurePosixPath(checked_path(member.filename))
    target.parent.mkdir(parents=True, exist_ok=True)
    with bag.open(member) as source, target.open("wb") as file:
        # The zip module ends a member at its announced size, and complains if there is more.
        shutil.copyfileobj(source, file)
