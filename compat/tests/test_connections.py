"""Connections: several at a time, shared ones, and nobody's."""

import subprocess
import sys

import pytest
from dlens_vx_v3 import hal, halco, hxcomm, lola, sta

from neckar.errors import NeckarError

WORD = halco.PPUMemoryWordOnDLS()


def write(connection, value):
    builder = sta.PlaybackProgramBuilder()
    builder.write(WORD, hal.PPUMemoryWord(value))
    sta.run(connection, builder.done())


def read(connection):
    builder = sta.PlaybackProgramBuilder()
    ticket = builder.read(WORD)
    sta.run(connection, builder.done())
    return int(ticket.get().value)


def test_several_connections_in_one_process_are_several_chips():
    with hxcomm.ManagedConnection() as one, hxcomm.ManagedConnection() as other:
        write(one, 1)
        write(other, 2)
        assert (read(one), read(other)) == (1, 2)


def test_a_connection_knows_how_long_it_was_at_work():
    with hxcomm.ManagedConnection() as connection:
        assert connection.time_info == [hxcomm.ConnectionTimeInfo()]
        spent = [sta.run(connection, sta.PlaybackProgramBuilder().done()) for _ in range(2)]
        (total,) = connection.time_info
        assert total == spent[0].connection[0] + spent[1].connection[0]
        assert total.execution_duration.total_seconds() > 0
        assert (total - total).execution_duration.total_seconds() == 0


def test_the_environment_can_ask_for_nobody(monkeypatch):
    monkeypatch.setenv("HXCOMM_ENABLE_ZERO_MOCK", "1")
    with hxcomm.ManagedConnection() as connection:
        write(connection, 7)
        assert read(connection) == 0
        assert isinstance(connection.get_hwdb_entry()[0], hxcomm.ZeroMockEntry)


def test_without_an_address_there_is_no_shared_chip(monkeypatch):
    monkeypatch.delenv("QUIGGELDY_PORT", raising=False)
    with pytest.raises(NeckarError, match=r"QUIGGELDY_PORT.* not set"):
        hxcomm.ManagedQuiggeldyConnection().__enter__()


@pytest.fixture
def shared(monkeypatch):
    for name in ("ENABLED", "IP", "PORT"):
        monkeypatch.delenv(f"QUIGGELDY_{name}", raising=False)
    pid, port = hxcomm.launch_quiggeldy_locally_from_env()
    assert port > 0
    yield
    hxcomm.unset_quiggeldy_env()
    hxcomm.terminate(pid)


def test_users_share_a_chip_and_find_it_as_they_need_it(shared):
    with hxcomm.ManagedConnection() as one, hxcomm.ManagedConnection() as other:
        assert isinstance(one, hxcomm.QuiggeldyConnectionHandle)
        assert one.get_unique_identifier() == other.get_unique_identifier()
        write(one, 5)
        assert read(other) == 5

        builder = sta.PlaybackProgramBuilder()
        builder.write(WORD, hal.PPUMemoryWord(11))
        reinit = sta.ReinitStackEntry(one)
        reinit.set(builder.done(), enforce=False)
        write(one, 12)
        assert read(one) == 12
        write(other, 99)
        assert read(one) == 11
        reinit.pop()
        write(other, 99)
        assert read(one) == 99


def test_what_is_refused_is_refused_to_the_one_who_asked(shared):
    from neckar.errors import ProgramError

    builder = sta.PlaybackProgramBuilder()
    builder.write(halco.SpikeIOConfigOnFPGA(), hal.SpikeIOConfig())
    with hxcomm.ManagedQuiggeldyConnection() as connection:
        with pytest.raises(ProgramError, match="sources outside"):
            sta.run(connection, builder.done())
        write(connection, 3)
        assert read(connection) == 3


def test_another_process_finds_the_shared_chip(shared):
    with hxcomm.ManagedConnection() as connection:
        write(connection, 77)
    script = (
        "from dlens_vx_v3 import halco, hxcomm, sta\n"
        "builder = sta.PlaybackProgramBuilder()\n"
        "ticket = builder.read(halco.PPUMemoryWordOnDLS())\n"
        "with hxcomm.ManagedConnection() as connection:\n"
        "    sta.run(connection, builder.done())\n"
        "print(int(ticket.get().value))\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    assert told.stdout == "77\n"


def readings():
    """Of all columns, of membranes that nothing but noise moves."""
    builder, _ = sta.SystemInit().generate()
    chip = lola.Chip()
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["leak"]["v_leak"], neurons["leak"]["i_bias"] = 700, 200
    neurons["readout"]["enable_amplifier"] = True
    chains = chip.array["cadc_readout_chains"]
    chains["channels_causal"]["enable_connect_neuron"] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    builder.write(halco.ChipOnDLS(), chip)
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(30_000 * 125))
    ticket = builder.read(halco.CADCSamplesOnDLS())
    with hxcomm.ManagedConnection() as connection:
        sta.run(connection, builder.done())
    return ticket.get().causal.to_numpy()


def test_noise_does_not_come_again_when_a_chip_is_taken_in_hand_again():
    one, other = readings(), readings()
    assert 0 < (one != other).mean() < 1
    assert abs(one.astype(int) - other.astype(int)).max() < 10  # the chip is the same


def test_what_is_no_connection_or_no_program_yet_is_named():
    builder = sta.PlaybackProgramBuilder()
    manager = hxcomm.ManagedConnection()
    with pytest.raises(TypeError, match=r"not a ManagedConnection; write `with hxcomm"):
        sta.run(manager, builder.done())
    with manager as connection:
        with pytest.raises(TypeError, match=r"not a PlaybackProgramBuilder; call its done\(\)"):
            sta.run(connection, builder)
        with pytest.raises(TypeError, match=r"plays programs, not a int$"):
            sta.run(connection, [3])
    with pytest.raises(RuntimeError, match="connection is closed"):
        sta.run(connection, builder.done())
