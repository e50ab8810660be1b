from dataclasses import replace

from neckar_jobs.model import Code, CodeKind, DataFile, Job, Lease, Link
from neckar_jobs.runner import notes
from neckar_jobs.runner.notes import Note
from neckar_jobs.states import State

JOB = Job(
    id=3,
    owner="ada",
    collab="lab",
    platform="Demo",
    code=Code(kind=CodeKind.TEXT, text="print(1)"),
    command="run.py",
    name="",
    hardware={"chip": 7},
    tags=("one",),
    priority=0,
    limit=60.0,
    parameters=None,
    array=None,
    state=State.CLAIMED,
    reason="",
    attempt=1,
    runner="here",
    submitted_at=1.0,
    started_at=None,
    ended_at=None,
    usage=None,
    provenance=None,
    log_size=0,
    version=1,
    hidden=False,
)


def test_what_is_written_down_is_read_again_and_is_nobody_elses(tmp_path):
    lease = Lease(
        job=JOB,
        key="secret",
        seconds=30.0,
        inputs=(DataFile(path="a", size=1, sha256="0" * 64),),
        linked=(Link(url="https://example.org/b", path="b"),),
        stale=None,
    )
    folder = tmp_path / "job_3_1"
    note = Note(
        lease=lease, folder=folder, log_starts=5, code={"sha256": "1"}, before={"a": (1, 2)}
    )
    notes.write(note)
    notes.write(replace(note, handle="17 /x"))
    [found] = notes.kept(tmp_path)
    assert found == replace(note, handle="17 /x")
    assert (tmp_path / "job_3_1.json").stat().st_mode & 0o077 == 0
