"""Full disks, uploads that stop half-way, logs of 100 MB."""

import hashlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.testclient import TestClient

import own_postgresql
from cast import ADA, PROVIDER, signed_up, wanted
from neckar_jobs.api.app import application
from neckar_jobs.client.client import Client
from neckar_jobs.client.provider import Provider
from neckar_jobs.identity import tokens
from neckar_jobs.service import claims, jobs

PIECE, N_PIECES = 256 * 1024, 400  # bytes of a log that arrive at once


@pytest.fixture
def secret(site) -> str:
    """A token of ada's."""
    return signed_up(site)[0]


@pytest.fixture
def ada(site, secret) -> Iterator[TestClient]:
    with TestClient(application(site), headers={"Authorization": f"Bearer {secret}"}) as http:
        yield http


@pytest.fixture
def full(monkeypatch):
    """From now on, no block of a new file finds room."""
    made = tempfile.mkstemp

    def onto_a_full_disk(*words, **rest):
        handle, name = made(*words, **rest)
        os.close(handle)
        return os.open("/dev/full", os.O_WRONLY), name

    monkeypatch.setattr("neckar_jobs.files.tempfile.mkstemp", onto_a_full_disk)
    return monkeypatch


def test_what_a_full_disk_cannot_keep_is_refused_and_leaves_nothing(site, ada, full):
    data = b"x" * 300_000
    path = f"/v4/contents/{hashlib.sha256(data).hexdigest()}"
    answer = ada.put(path, content=data)
    assert answer.status_code == 507
    assert "nothing of this was kept" in answer.json()["detail"]
    assert ada.head(path).status_code == 404
    assert not list(site.files.incoming_folder.iterdir())
    full.undo()
    assert ada.put(path, content=data).status_code in (200, 201)
    assert ada.head(path).status_code == 200


def test_a_runner_keeps_what_it_has_until_there_is_room_again(site, full, tmp_path):
    jobs.submit(site, ADA, wanted())
    lease = claims.claim(site, PROVIDER, "runner", ["Demo"])
    claims.begin(site, lease.job.id, lease.key, "handle")
    (tmp_path / "result").write_bytes(b"result" * 100_000)
    secret, _ = tokens.issue_key(site, "root", "provider", ["Demo"])
    with TestClient(application(site), headers={"x-api-key": secret}) as http:
        desk = Provider(http)
        file = lease.job.id, lease.key, "result", tmp_path / "result", "application/x-result"
        with pytest.raises(ConnectionError, match="disk of the service is full"):
            desk.put_output(*file)
        full.undo()
        desk.put_output(*file)
    [kept] = jobs.files(site, ADA, lease.job.id, "output")
    assert kept.size == 600_000


@pytest.fixture
def port(site) -> Iterator[int]:
    """A port where the service answers, over a real network."""
    number = own_postgresql.free_port()
    config = uvicorn.Config(
        application(site), port=number, log_level="critical", timeout_graceful_shutdown=1
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield number
    running.should_exit = True
    thread.join()


def test_an_upload_that_stops_half_way_leaves_nothing(site, port, secret):
    data = b"y" * 1_000_000
    digest = hashlib.sha256(data).hexdigest()
    head = (
        f"PUT /v4/contents/{digest} HTTP/1.1\r\nHost: here\r\n"
        f"Authorization: Bearer {secret}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + data[:500_000])
        end = time.monotonic() + 10
        while not list(site.files.incoming_folder.iterdir()):
            assert time.monotonic() < end
            time.sleep(0.01)
    while list(site.files.incoming_folder.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not site.files.has(digest)


def test_a_log_of_100_megabytes_arrives_whole(site, ada):
    number = jobs.submit(site, ADA, wanted()).id
    lease = claims.claim(site, PROVIDER, "runner", ["Demo"])
    claims.begin(site, number, lease.key, "handle")
    sent, at = hashlib.sha256(), 0
    for k in range(N_PIECES):
        data = f"{k:08d}".encode() * (PIECE // 8)
        sent.update(data)
        size = claims.write_log(site, number, lease.key, at, data)
        if k % 50 == 0:  # the runner was not sure that it had arrived
            assert claims.write_log(site, number, lease.key, at, data) == size
        at = size
    assert at == PIECE * N_PIECES > 100e6
    client, read, found = Client(http=ada), hashlib.sha256(), 0
    while found < at:
        data = client.log(number, found)
        read.update(data)
        found += len(data)
    assert read.digest() == sent.digest()
