"""Programs and recordings travel to other processes and come out as they went in."""

import json
import struct
import zlib

import numpy as np
import pytest

from neckar.brainscales2.backends.sharing import letters
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    Read,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Spikes,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import ProgramError

WORD = c.PPUMemoryWordOnDLS()


def program():
    chip = r.Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = np.arange(512)
    config = ChipConfig.of(chip)
    spikes = Spikes(cycles=np.array([10, 20]), labels=np.array([3, 4], np.uint16))
    recording = r.EventRecordingConfig(enable_event_recording=True)
    return Program(
        instructions=(
            ResetTimer(),
            Configure(config=config),
            Configure(config=config),
            Write(coordinate=c.EventRecordingConfigOnFPGA(), register=recording),
            Write(coordinate=WORD, register=r.PPUMemoryWord(77)),
            Read(coordinate=WORD, ticket=1),
            Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0),
            SendSpikes(entries=(spikes, spikes)),
            SampleMADC(enable=True),
            SampleCADC(n_samples=3, period_cycles=220),
            BlockUntil(cycles=20_000),
        )
    )


def test_a_program_arrives_as_it_left():
    left, arrived = program(), letters.to_program(letters.of_program(program()))
    assert len(arrived.instructions) == len(left.instructions)
    for one, other in zip(arrived.instructions, left.instructions, strict=True):
        assert type(one) is type(other)
        if isinstance(one, SendSpikes):
            for a, b in zip(one.entries, other.entries, strict=True):
                np.testing.assert_array_equal(a.cycles, b.cycles)
                np.testing.assert_array_equal(a.labels, b.labels)
        else:
            assert one == other
    first, second = arrived.instructions[1:3]
    assert all(first.config.registers[n] is second.config.registers[n] for n in letters.NAMES)


def test_it_plays_the_same_and_so_does_its_recording():
    with Twin(seed=3).open() as one, Twin(seed=3).open() as other:
        here = one.run(program())
        there = other.run(letters.to_program(letters.of_program(program())))
    arrived = letters.to_recording(letters.of_recording(there))
    assert len(arrived.entries) == 2
    for a, b in zip(arrived.entries, here.entries, strict=True):
        for name in ("spikes", "madc", "timer_resets", "read_times"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
            assert getattr(a, name).dtype == getattr(b, name).dtype
        np.testing.assert_array_equal(a.cadc.value, b.cadc.value)
        assert a.reads == b.reads
        assert int(a.reads[1].value) == 77
        assert (a.dropped_in, a.dropped_out) == (b.dropped_in, b.dropped_out)
    arrived.entries[0].spikes["label"] = 0  # it belongs to whoever got it


def letter(header, body=b""):
    text = json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + zlib.compress(body)


EMPTY = wire.encode([])


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff\xff\xff\xff",
        letter({"sizes": []}),
        letter({"program": [], "registers": 0, "sizes": [5]}, b"four"),
        letter({"program": [["fly"]], "registers": 0, "sizes": [len(EMPTY)]}, EMPTY),
        letter({"program": [["write", 0]], "registers": 0, "sizes": [len(EMPTY)]}, EMPTY),
        letter({"program": [["until", "x"]], "registers": 0, "sizes": [len(EMPTY)]}, EMPTY),
        letters.of_program(program())[:-9],
    ],
)
def test_what_is_no_program_is_refused(broken):
    with pytest.raises(ProgramError, match="no letter with a program"):
        letters.to_program(broken)


def test_a_letter_that_unpacks_to_too_much_is_refused():
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        letters.unpacked(zlib.compress(bytes(10_000)), 1000)


@pytest.mark.parametrize("name", ["np.ndarray", "__class__", "Chip.__init__", "nothing"])
def test_a_document_can_name_nothing_but_registers(name):
    with pytest.raises(ValueError, match="there is no register"):
        wire._kind(name)
