"""A chip that one process holds and several use."""

import io
import json
import socket
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

import neckar
from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.sharing import serve
from neckar.brainscales2.backends.sharing.remote import SharedSession
from neckar.brainscales2.backends.sharing.server import Server, digest
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.program import BlockUntil, Program, Read, ResetTimer, Write
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import NeckarError, ProgramError
from neckar.network import LIF, Network, Population, observe

WORD = c.PPUMemoryWordOnDLS()


def write(value):
    word = r.PPUMemoryWord(value)
    return Program(instructions=(ResetTimer(), Write(coordinate=WORD, register=word)))


def read(session):
    program = Program(instructions=(ResetTimer(), Read(coordinate=WORD, ticket=0)))
    return int(session.run(program).entries[0].reads[0].value)


@pytest.fixture
def server():
    made = Server(Twin.ideal(), period=0.0, ended=lambda guest, why: ends.append((guest, why)))
    ends = made.ends = []
    made.where = made.listen()
    yield made
    made.close()


@pytest.fixture
def visit(server, monkeypatch):
    """Makes connections with a key."""
    open_ones = []

    def visit(key=None, user=None):
        for name in ("NECKAR_CHIP_KEY", "QUIGGELDY_USER_NO_MUNGE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("QUIGGELDY_IP", server.where[0])
        monkeypatch.setenv("QUIGGELDY_PORT", str(server.where[1]))
        if key:
            monkeypatch.setenv("NECKAR_CHIP_KEY", key)
        if user:
            monkeypatch.setenv("QUIGGELDY_USER_NO_MUNGE", user)
        open_ones.append(SharedSession())
        return open_ones[-1]

    yield visit
    for session in open_ones:
        session.__exit__(None, None, None)


def admit(server, *names, seconds=100.0):
    return [server.admit(name, digest(f"key of {name}"), seconds) for name in names]


def test_everybody_finds_the_chip_as_they_left_it_if_they_say_how(server, visit):
    admit(server, "ada", "bob")
    ada, bob = visit("key of ada"), visit("key of bob")
    ada.keep_ready([write(11)])
    ada.run(write(12))
    assert read(ada) == 12
    bob.run(write(99))
    assert read(bob) == 99
    assert read(ada) == 11


def test_time_on_the_chip_is_counted_for_whoever_had_it(server, visit):
    ada, bob = admit(server, "ada", "bob")
    session = visit("key of ada")
    begin = time.perf_counter()
    session.run(Program(instructions=(ResetTimer(), BlockUntil(cycles=1000))))
    assert 0 < ada.used < time.perf_counter() - begin
    assert (ada.n_programs, bob.used, bob.n_programs) == (1, 0.0, 0)


def test_whoever_has_used_up_their_time_is_told_and_the_others_go_on(server, visit):
    admit(server, "ada", seconds=1e-9)
    admit(server, "bob")
    ada, bob = visit("key of ada"), visit("key of bob")
    ada.run(write(1))
    with pytest.raises(NeckarError, match="has ended: its 1e-09 s of the chip are used up"):
        ada.run(write(2))
    assert read(bob) == 1
    [(guest, why)] = server.ends
    assert guest.name == "ada"
    assert "used up" in why
    with pytest.raises(NeckarError, match="opens no session"):
        visit("key of ada")


def test_without_the_key_of_a_session_nobody_comes_in(server, visit):
    admit(server, "ada")
    for key in ("key of bob", "", digest("key of ada")):
        with pytest.raises(NeckarError, match="opens no session"):
            visit(key)


def test_names_are_believed_only_where_that_was_decided(server, visit):
    with pytest.raises(NeckarError, match="opens no session"):
        visit(user="ada")
    trusting = Server(Twin.ideal(), trusts_names=True)
    server.where = trusting.listen()
    ada, bob = visit(user="ada"), visit(user="bob")
    ada.run(write(5))
    assert read(bob) == 5
    assert sorted(guest.name for guest in trusting.guests()) == ["ada", "bob"]
    trusting.close()


def test_errors_go_to_the_one_who_made_them(server, visit):
    admit(server, "ada", "bob")
    ada, bob = visit("key of ada"), visit("key of bob")
    refused = Write(coordinate=c.SpikeIOConfigOnFPGA(), register=r.SpikeIOConfig())
    with pytest.raises(ProgramError):
        ada.run(Program(instructions=(refused,)))
    ada.keep_ready([Program(instructions=(refused,))])
    bob.run(write(3))
    with pytest.raises(ProgramError):
        read(ada)
    assert read(bob) == 3
    ada.keep_ready([])
    assert read(ada) == 3


def test_a_session_ends_when_its_guest_says_so(server, visit):
    admit(server, "ada")
    one, other = visit("key of ada"), visit("key of ada")
    one.run(write(1))
    one.end()
    with pytest.raises(NeckarError, match="has ended: as was asked"):
        other.run(write(2))
    assert [(guest.name, guest.n_programs) for guest, _ in server.ends] == [("ada", 1)]


def test_idle_guests_are_dismissed():
    now = [0.0]
    server = Server(Twin.ideal(), clock=lambda: now[0])
    admit(server, "ada")
    now[0] = 5.0
    admit(server, "bob")
    server.dismiss_idle(4.0)
    assert [guest.name for guest in server.guests()] == ["bob"]


def test_noise_on_the_line_harms_nobody(server, visit):
    admit(server, "ada")
    ada = visit("key of ada")
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\x05\0\0\0\0\0\0\0hello", b"", bytes(8)):
        with socket.create_connection(server.where) as other:
            other.settimeout(5)
            with suppress(OSError):  # it may have hung up already
                other.sendall(noise)
                other.shutdown(socket.SHUT_WR)
                assert b'"identifier"' not in other.recv(1000)
    ada.run(write(8))
    assert read(ada) == 8


def test_programs_of_many_guests_at_the_same_time_are_all_played(server, visit):
    names = [f"guest {k}" for k in range(8)]
    guests = admit(server, *names)
    sessions = [visit(f"key of {name}") for name in names]

    def work(session):
        for value in range(10):
            session.run(write(value))

    threads = [threading.Thread(target=work, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [guest.n_programs for guest in guests] == [10] * 8


def test_a_program_says_who_may_come_and_is_told_what_was_used(visit, server, monkeypatch):
    monkeypatch.setattr(serve, "REPORT_SECONDS", 0.01)
    said, orders = [], _Orders()
    holder = threading.Thread(
        target=serve.for_sessions, args=(Twin.ideal(), "127.0.0.1", 0, orders, said.append)
    )
    holder.start()
    orders.give({"admit": "17", "digest": digest("secret"), "seconds": 60})
    _until(lambda: said)
    hello = json.loads(said[0])
    assert hello["chip"] == "twin-ideal"
    server.where = hello["listening"]
    _until(lambda: _lets_in(visit))
    visit("secret").run(write(1))
    _until(lambda: any('"used": "17"' in line for line in said))
    orders.give({"dismiss": "17", "why": "cancelled"})
    _until(lambda: any('"ended"' in line for line in said))
    end = json.loads(said[-1])
    assert (end["ended"], end["programs"], end["why"]) == ("17", 1, "cancelled")
    assert end["seconds"] > 0
    orders.end()
    holder.join()


class _Orders(io.StringIO):
    """Lines that come one after the other."""

    def __init__(self):
        self._lines, self._changed = [], threading.Condition()

    def give(self, order):
        with self._changed:
            self._lines.append(None if order is None else json.dumps(order))
            self._changed.notify()

    def end(self):
        self.give(None)

    def __iter__(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line = self._lines.pop(0)
            if line is None:
                return
            yield line


def _until(is_true):
    end = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.005)


def _lets_in(visit):
    try:
        visit("secret")
    except NeckarError:
        return False
    return True


def test_a_script_uses_the_chip_that_the_environment_names(server, visit, monkeypatch):
    cell = LIF(leak=0.55, reset=0.45, threshold=0.52)
    population = Population(name="n", size=3, cell=cell)
    network = Network(populations=(population,), probes=(observe(population),))
    alone = neckar.run(network, duration=300e-6, backend=Twin.ideal())
    admit(server, "ada")
    visit("key of ada")
    monkeypatch.setenv("QUIGGELDY_ENABLED", "1")
    assert twin.default().identifier == "twin-ideal"
    shared = neckar.run(network, duration=300e-6)
    assert server.guests()[0].n_programs > 0
    assert len(alone.spikes["n"][0]) > 3
    for k in range(3):
        np.testing.assert_array_equal(shared.spikes["n"][k], alone.spikes["n"][k])


def test_nobody_there_is_told(monkeypatch):
    monkeypatch.setenv("QUIGGELDY_IP", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as some:
        monkeypatch.setenv("QUIGGELDY_PORT", str(some.getsockname()[1]))
    with pytest.raises(NeckarError, match="nobody holds a chip at"):
        SharedSession()
