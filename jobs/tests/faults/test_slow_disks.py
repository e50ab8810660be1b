"""Disks on which every write and every sync takes long."""

import hashlib
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2

from cast import signed_up
from faults.processes import JOB, Processes, until
from faults.weather import library
from neckar_jobs.files import Files
from neckar_jobs.identity import sessions
from neckar_jobs.site import Site
from neckar_jobs.store import jobs as store
from neckar_jobs.store.database import Database
from neckar_jobs.store.jobs import Filter
from neckar_jobs.web.visit import COOKIE

AT_A_TIME = 60  # uploads
AT_ONCE = 1.5  # s that others wait for an answer at most, on a computer that is busy
RESULT = "echo result > result.txt\n"  # the last line of a job


class Installation:
    """A service and its runners, with what is below `slow` on a slow disk."""

    def __init__(self, folder, database, **pauses):
        slow = folder / "slow"
        slow.mkdir()
        self.database = Database(database)
        self.database.migrate()
        self.site = Site(database=self.database, files=Files(slow / "files"))
        token, key = signed_up(self.site)
        variables = {"LD_PRELOAD": library(folder), "NECKAR_SLOW_DISK": str(slow), **pauses}
        how = {"n_services": 1, "n_runners": 1, "weather": lambda _: variables}
        self.processes = Processes(slow, database, key, **how)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.marks = folder / "marks"
        self.marks.mkdir()

    def __enter__(self):
        self.processes.start()
        address = self.processes.address(0)
        limits = httpx2.Limits(max_connections=AT_A_TIME)
        self.http = httpx2.Client(
            base_url=address, headers=self.headers, timeout=120.0, limits=limits
        )
        return self

    def __exit__(self, *_):
        self.http.close()
        self.processes.stop()
        self.database.close()

    def submit(self, number, seconds):
        job = {"collab": "private-ada", "platform": "Demo", "command": "sh run.py"}
        script = JOB.format(folder=self.marks, seconds=seconds) + RESULT
        job["code"] = {"kind": "text", "text": script}
        for _ in range(number):
            assert self.http.post("/v4/jobs", json=job).status_code == 201

    def jobs(self):
        with self.database.reading() as c:
            return store.page(c, Filter(), size=100)

    def are_over(self):
        return all(job.ended_at for job in self.jobs())

    def check(self):
        """Each job ran once, and its first runner kept its lease."""
        found = self.jobs()
        assert {(job.state, job.attempt) for job in found} == {("finished", 1)}, found
        assert not (self.marks / "at-the-same-time").exists()
        done = (self.marks / "done").read_text().split()
        assert Counter(done) == {str(job.id): 1 for job in found}


@contextmanager
def watched(there):
    """Meanwhile a person who knows nothing of disks asks for lists, and gets each at once."""
    took, is_over = [], threading.Event()

    def ask():
        address = there.processes.address(0)
        with httpx2.Client(base_url=address, headers=there.headers, timeout=60.0) as http:
            while not is_over.wait(0.1):
                begun = time.perf_counter()
                assert http.get("/v4/jobs").status_code == 200
                took.append(time.perf_counter() - begun)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        is_over.set()
        asking.join()
    assert len(took) > 20
    assert max(took) < AT_ONCE, sorted(took)[-5:]


def test_others_get_their_answers_and_runners_keep_their_jobs_while_files_are_slow(tmp_path):
    """Sixty uploads come at once; each needs three seconds for itself, more than half a lease."""
    pauses = {"NECKAR_SLOW_WRITE": "1000", "NECKAR_SLOW_SYNC": "2000"}
    pauses["NECKAR_JOBS_LEASE_SECONDS"] = "6"
    with Installation(tmp_path, f"sqlite:///{tmp_path / 'jobs.db'}", **pauses) as there:
        there.submit(4, seconds=6)

        def upload(number):
            data = f"{number}".encode() * 5000
            path = f"/v4/contents/{hashlib.sha256(data).hexdigest()}"
            return there.http.put(path, content=data).status_code

        with watched(there):
            with ThreadPoolExecutor(AT_A_TIME) as people:
                assert set(people.map(upload, range(AT_A_TIME))) == {201}
            until(there.are_over, "jobs do not end")
        there.check()
        results = [there.http.get(f"/v4/jobs/{job.id}/files/output").json() for job in there.jobs()]
        assert [[file["path"] for file in files] for files in results] == [["result.txt"]] * 4


def test_others_get_their_answers_while_files_come_with_forms(tmp_path):
    """Sixty forms come at once; each has a file that needs two seconds."""
    pauses = {"NECKAR_SLOW_SYNC": "2000"}
    with Installation(tmp_path, f"sqlite:///{tmp_path / 'jobs.db'}", **pauses) as there:
        secret = sessions.begin(there.site, "ada")
        form = {"csrf": sessions.stamp(secret), "platform": "Demo", "collab": "private-ada"}
        form |= {"kind": "text", "text": "pass", "command": "run.py", "check": "on"}
        headers = {"Cookie": f"{COOKIE}={secret}"}

        def upload(number):
            files = {"inputs": ("in.txt", f"{number}".encode())}
            return there.http.post("/app/new", data=form, files=files, headers=headers)

        with watched(there), ThreadPoolExecutor(AT_A_TIME) as people:
            answers = list(people.map(upload, range(AT_A_TIME)))
        assert {answer.status_code for answer in answers} == {200}, answers[0].text
        digests = [hashlib.sha256(f"{number}".encode()).hexdigest() for number in range(AT_A_TIME)]
        assert all(map(there.site.files.has, digests))


def test_jobs_run_once_and_lists_are_read_while_the_database_is_slow(tmp_path):
    """SQLite: one transaction after the other, each half a second."""
    pauses = {"NECKAR_SLOW_SYNC": "500", "NECKAR_JOBS_LEASE_SECONDS": "15"}
    database = f"sqlite:///{tmp_path / 'slow' / 'jobs.db'}"
    with Installation(tmp_path, database, **pauses) as there:
        with watched(there):
            there.submit(4, seconds=1)
            until(there.are_over, "jobs do not end")
        there.check()
