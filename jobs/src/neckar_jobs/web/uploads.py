"""Files that come with a form."""

import tempfile
import zipfile
from dataclasses import replace
from pathlib import PurePosixPath

from starlette.datastructures import UploadFile

from neckar_jobs.files import BLOCK, blocks, checked_path, content_type
from neckar_jobs.model import CodeKind, DataFile
from neckar_jobs.site import Site
from neckar_jobs.web.draft import Draft
from neckar_jobs.web.visit import Form


def taken(site: Site, draft: Draft, form: Form) -> Draft:
    """The draft with what was uploaded: code as one archive, inputs one by one."""
    if form.has("drop_inputs"):
        draft = replace(draft, inputs=())
    new = tuple(_input(site, each) for each in form.files("inputs"))
    names = {each.path for each in new}
    kept = tuple(each for each in draft.inputs if each.path not in names)
    draft = replace(draft, inputs=kept + new)
    code = [*form.files("archive_files"), *form.files("archive_folder")]
    if draft.kind != CodeKind.ARCHIVE or not code:
        return draft
    digest = _archive(site, code)
    name = _name(code[0]) if len(code) == 1 else f"{len(code)} files"
    return replace(draft, archive=digest, archive_name=name)


def _input(site: Site, file: UploadFile) -> DataFile:
    path = checked_path(_name(file))
    sha256, size = site.files.put(blocks(file.file))
    return DataFile(path=path, size=size, sha256=sha256, content_type=content_type(path))


def _archive(site: Site, files: list[UploadFile]) -> str:
    """A zip as it is, anything else as a zip made here, without a common folder around it."""
    if len(files) == 1 and _name(files[0]).lower().endswith(".zip"):
        return site.files.put(blocks(files[0].file))[0]
    paths = [PurePosixPath(checked_path(_name(each))) for each in files]
    first = {path.parts[0] for path in paths}
    common = len(first) == 1 and all(len(path.parts) > 1 for path in paths)
    with tempfile.TemporaryFile() as bag:
        with zipfile.ZipFile(bag, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, file in zip(paths, files, strict=True):
                inside = PurePosixPath(*path.parts[1:]) if common else path
                with archive.open(str(inside), "w", force_zip64=True) as target:
                    while block := file.file.read(BLOCK):
                        target.write(block)
        bag.seek(0)
        return site.files.put(blocks(bag))[0]


def _name(file: UploadFile) -> str:
    return (file.filename or "").replace("\\", "/")
