"""Fills a folder with everything that a job was given."""

import hashlib
from pathlib import Path

from neckar_jobs.client.provider import Provider
from neckar_jobs.files import blocks
from neckar_jobs.model import Code, CodeKind, Lease
from neckar_jobs.runner import prepare


def fetch(desk: Provider, lease: Lease, folder: Path) -> dict[str, str]:
    """Put code and inputs into an empty folder; return what exactly the code was."""
    found = _fetch_code(desk, lease, folder)
    for file in lease.inputs:
        with desk.content(lease, file.sha256) as source:
            prepare.put(folder, file.path, source)
    for link in lease.linked:
        prepare.put_linked(folder, link)
    return found


def _fetch_code(desk: Provider, lease: Lease, folder: Path) -> dict[str, str]:
    code: Code = lease.job.code
    if code.kind == CodeKind.TEXT:
        prepare.write_text(folder, lease.job)
        return {"sha256": hashlib.sha256(code.text.encode()).hexdigest()}
    if code.kind == CodeKind.GIT:
        return {"repository": code.text, "commit": prepare.clone(folder, code)}
    if code.kind == CodeKind.LINK:
        prepare.download(folder, code.text)
        return {"address": code.text, "sha256_of_files": _digest(folder)}
    with desk.content(lease, code.text) as archive:
        prepare.unpack(folder, archive)
    return {"sha256": code.text}


def _digest(folder: Path) -> str:
    """One digest of all files and their names, in the order of the names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        with path.open("rb") as file:
            for block in blocks(file):
                digest.update(block)
    return digest.hexdigest()
