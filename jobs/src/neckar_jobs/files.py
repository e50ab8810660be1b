"""Contents of files, each kept once under its SHA-256."""

import hashlib
import mimetypes
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from neckar_jobs.errors import InvalidError, TooLargeError, UnknownError

BLOCK = 1024 * 1024  # bytes read at once
LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".cache", ".config"})

TYPES = {
    ".nwb": "application/x-hdf5",
    ".h5": "application/x-hdf5",
    ".hdf5": "application/x-hdf5",
    ".ipynb": "application/x-ipynb+json",
    ".npy": "application/x-npy",
    ".npz": "application/x-npz",
    ".log": "text/plain",
    ".py": "text/x-python",
}


class Files:
    """A folder of contents. What is in it is whole: files appear under their digest in one move."""

    def __init__(self, folder: Path, *, largest: int = 4 * 1024**3) -> None:
        self._folder, self.largest = folder, largest
        self.incoming_folder = folder / "incoming"
        self.incoming_folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def incoming(self) -> Iterator["Incoming"]:
        """Take a content in pieces; what is not kept in the end leaves nothing behind."""
        new = self.begin()
        try:
            yield new
        finally:
            new.drop()

    def begin(self) -> "Incoming":
        """Take a content in pieces; whoever does has to drop it in the end."""
        return Incoming(self.incoming_folder, self._path, self.largest)

    def put(self, blocks: Iterable[bytes], *, sha256: str | None = None) -> tuple[str, int]:
        """Keep what comes in pieces; return its digest and size. Checked against `sha256`."""
        with self.incoming() as new:
            for block in blocks:
                new.write(block)
            return new.keep(sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Read a content."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise UnknownError(f"the content {sha256[:12]}… is not kept (any more)") from None

    def path(self, sha256: str) -> Path:
        """Where a content lies, for those who send it as it is."""
        path = self._path(sha256)
        if not path.exists():
            raise UnknownError(f"the content {sha256[:12]}… is not kept (any more)")
        return path

    def has(self, sha256: str) -> bool:
        """Whether a content is kept. One that is asked for counts as new again."""
        try:
            os.utime(self._path(sha256))
        except FileNotFoundError:
            return False
        return True

    def older(self, before: float) -> Iterator[tuple[str, int]]:
        """Contents that nobody has brought or asked for since then (s since 1970), and sizes."""
        for path in self._folder.glob("??/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                if status.st_mtime < before:
                    yield path.name, status.st_size

    def remove(self, sha256: str, before: float) -> bool:
        """Remove a content, unless somebody has asked for it since then."""
        path = self._path(sha256)
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                return True
        return False

    def clear_incoming(self, before: float, *, dry_run: bool = False) -> int:
        """Remove what was sent by halves before that time; return how many bytes."""
        size = 0
        for path in self.incoming_folder.iterdir():
            with suppress(FileNotFoundError):
                status = path.stat()
                if status.st_mtime < before:
                    size += status.st_size
                    if not dry_run:
                        path.unlink()
        return size

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise InvalidError(f"{sha256[:80]!r} is no SHA-256")
        return self._folder / sha256[:2] / sha256


class Incoming:
    """A content on its way in."""

    def __init__(self, folder: Path, path: Callable[[str], Path], largest: int) -> None:
        handle, self._name = tempfile.mkstemp(dir=folder)
        self._file = os.fdopen(handle, "wb")
        self._path, self.largest = path, largest
        self._digest, self._size = hashlib.sha256(), 0

    def write(self, block: bytes) -> None:
        """Add a piece."""
        self._size += len(block)
        if self._size > self.largest:
            raise TooLargeError(f"a file may have {self.largest} bytes; this one has more")
        self._digest.update(block)
        self._file.write(block)

    def keep(self, sha256: str | None = None) -> tuple[str, int]:
        """Move it to its place at once and for good; return its digest and size."""
        digest = self._digest.hexdigest()
        if sha256 is not None and digest != sha256:
            raise InvalidError(
                f"{self._size} bytes arrived with the digest {digest[:12]}…, {sha256[:12]}… was "
                "announced; send the file again"
            )
        self._file.flush()
        os.fsync(self._file.fileno())
        path = self._path(digest)
        path.parent.mkdir(exist_ok=True)
        os.replace(self._name, path)
        return digest, self._size

    def drop(self) -> None:
        """Forget what was not kept."""
        with suppress(OSError):  # on a full disk, what was not written yet fails once more
            self._file.close()
        with suppress(FileNotFoundError):
            os.unlink(self._name)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """A file in pieces."""
    while block := file.read(BLOCK):
        yield block


def checked_path(text: str) -> str:
    """A relative path with forward slashes that stays inside the folder it is put into."""
    path = PurePosixPath(text)
    bad = (
        not text
        or len(text) > 1000
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in text
        or any(ord(c) < 32 for c in text)
    )
    if bad or str(path) == ".":
        raise InvalidError(
            f"{text[:80]!r} cannot be the path of a file here; give a relative path without '..'"
        )
    return str(path)


def content_type(path: str) -> str:
    """What kind of file this is, by its name."""
    by_us = TYPES.get(Path(path).suffix.lower())
    return by_us or mimetypes.guess_type(path)[0] or "application/octet-stream"
