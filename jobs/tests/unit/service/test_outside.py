"""What lies outside this site is fetched from public hosts only."""

import http.server
import io
import tarfile
import threading

import pytest

from neckar_jobs.errors import InvalidError, TooLargeError, UnknownError
from neckar_jobs.runner import prepare
from neckar_jobs.service.outside import checked_link, fetched


@pytest.fixture
def server(tmp_path):
    """A web server inside this network, and its host and port."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_words):
            pass

        def __init__(self, *words):
            super().__init__(*words, directory=str(tmp_path))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


def test_a_trusted_server_is_read_and_others_inside_are_not(server, tmp_path):
    (tmp_path / "a.dat").write_bytes(b"12345")
    url = f"http://{server}/a.dat"
    with fetched(url, largest=10, trusted=[server]) as pieces:
        assert b"".join(pieces) == b"12345"
    with pytest.raises(TooLargeError), fetched(url, largest=4, trusted=[server]) as pieces:
        b"".join(pieces)
    missing = f"http://{server}/b.dat"
    with pytest.raises(UnknownError), fetched(missing, largest=4, trusted=[server]):
        pass
    for inside in (url, url.replace("127.0.0.1", "localhost")):
        with pytest.raises(InvalidError), fetched(inside, largest=10):
            pass


@pytest.mark.parametrize(
    "url", ["ftp://a.org/x", "https://me:secret@a.org/x", "http://[::1]/x", "http://0x7f.1/x"]
)
def test_addresses_that_cannot_be_files_say_why(url):
    assert list(checked_link(url))


def packed(path, kind=tarfile.REGTYPE):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bag:
        member = tarfile.TarInfo(path)
        member.size, member.type, member.linkname = 2, kind, "/etc/passwd"
        bag.addfile(member, io.BytesIO(b"hi"))
    buffer.seek(0)
    return buffer


def test_a_tar_is_unpacked_below_the_folder(tmp_path):
    prepare.unpack_tar(tmp_path, packed("a/run.py"))
    assert (tmp_path / "a/run.py").read_bytes() == b"hi"


@pytest.mark.parametrize(
    ("archive", "why"),
    [
        (packed("../out"), "cannot be the path"),
        (packed("/etc/x"), "cannot be the path"),
        (packed("x", tarfile.SYMTYPE), "no file"),
        (packed("x", tarfile.CHRTYPE), "no file"),
        (io.BytesIO(b"\x1f\x8b nothing"), "no tar"),
    ],
)
def test_a_tar_that_leads_elsewhere_is_refused(archive, why, tmp_path):
    with pytest.raises(InvalidError, match=why):
        prepare.unpack_tar(tmp_path, archive)
