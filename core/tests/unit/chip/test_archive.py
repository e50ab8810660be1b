"""Portable binary archives of the original."""

import struct

import numpy as np
import pytest

from neckar.brainscales2.chip import archive, wire
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r


def named(number: int, name: str) -> bytes:
    """A pointer to a class that has not been named yet."""
    return struct.pack("<IQ", 0x8000_0000 | number, len(name)) + name.encode() + b"\1"


def known(number: int) -> bytes:
    """A pointer to a class that has been named."""
    return struct.pack("<I", number) + b"\1"


CELLS = [
    (c.CapMemCellOnDLS(c.Enum(7)), r.CapMemCell(321)),
    (c.CapMemCellOnDLS(c.Enum(8)), r.CapMemCell(r.CapMemCell.DisableRefresh())),
]
ARCHIVE = (
    b"\1"
    + struct.pack("<IQ", 0, 3)
    + named(1, "halco::hicann_dls::vx::v3::CapMemCellOnDLS")
    + struct.pack("<Q", 7)
    + named(2, "haldls::vx::v3::CapMemCell")
    + struct.pack("<IiQ", 0, 0, 321)
    + known(1)
    + struct.pack("<Q", 8)
    + known(2)
    + struct.pack("<iQ", 1, 1023)
    + named(3, "halco::hicann_dls::vx::TimerOnDLS")
    + struct.pack("<Q", 0)
    + named(4, "haldls::vx::Timer::Value")
    + struct.pack("<I", 12345)
)


def test_an_archive_is_read_as_the_sources_lay_it_out():
    entries = [*CELLS, (c.TimerOnDLS(), r.Timer.Value(12345))]
    assert wire.decode(ARCHIVE) == entries
    assert archive.encode(entries) == ARCHIVE


def test_fields_come_in_the_order_of_the_original_and_versions_once():
    config = r.CommonNeuronBackendConfig()
    config.clock_scale_fast, config.enable_clocks = 3, False
    config.set_sample_positive_edge(c.NeuronEventOutputOnNeuronBackendBlock(2), False)
    document = archive.encode_one(config)
    assert document[:10] == b"\1" + struct.pack("<I???BB", 0, True, False, False, 0, 3)
    assert archive.decode_one(r.CommonNeuronBackendConfig, document) == config
    block = archive.encode_one(r.PLLClockOutputBlock())
    assert block.count(struct.pack("<I", 0)) >= 2


def test_grids_say_where_they_lie_twice():
    neuron = c.AtomicNeuronOnDLS(c.Enum(300))
    document = archive.encode([(neuron, r.AtomicNeuron())])
    place = document.index(struct.pack("<QQQ", 44, 1, 300))
    assert wire.decode(document) == [(neuron, r.AtomicNeuron())]
    wrong = document[:place] + struct.pack("<Q", 45) + document[place + 8 :]
    with pytest.raises(ValueError, match="is said to lie in column 45 and row 1"):
        wire.decode(wrong)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (ARCHIVE[:-1], "the archive ends after"),
        (ARCHIVE + b"\0", "1 bytes are left over"),
        (
            ARCHIVE.replace(b"CapMemCellOn", b"CapNemCellOn"),
            "CapNemCellOnDLS in the archive is not",
        ),
        (b"\0" + ARCHIVE[1:], "no document of registers"),
        (
            ARCHIVE.replace(struct.pack("<iQ", 0, 321), struct.pack("<iQ", 0, 2000)),
            "range overflow",
        ),
    ],
)
def test_what_is_wrong_with_an_archive_is_said(document, message):
    with pytest.raises((ValueError, OverflowError), match=message):
        wire.decode(document)


def test_large_registers_are_quick():
    matrix = r.SynapseMatrix()
    matrix.array["weights"] = np.arange(65536).reshape(256, 256) % 64
    assert wire.decode(archive.encode([(c.SynramOnDLS(1), matrix)])) == [(c.SynramOnDLS(1), matrix)]
