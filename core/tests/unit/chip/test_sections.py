"""Pictures of a chip share what was not written."""

import numpy as np

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.sections import NAMES, SharedSections, as_array, n_differing
from neckar.brainscales2.twin.registers.file import Registers


def test_a_write_copies_the_section_that_it_is_in():
    registers = Registers()
    before = registers.config.registers
    registers.write(c.CrossbarNodeOnDLS(c.Enum(3)), r.CrossbarNode(mask=5))
    after = registers.config.registers
    assert [name for name in NAMES if before[name] is not after[name]] == ["crossbar"]
    assert (before["crossbar"]["nodes"]["mask"][3], after["crossbar"]["nodes"]["mask"][3]) == (0, 5)


def test_a_write_of_what_is_there_changes_no_picture():
    registers = Registers()
    before = registers.config
    for coordinate, register in (
        (c.CapMemCellOnDLS(c.Enum(7)), r.CapMemCell(0)),
        (c.ColumnCurrentQuadOnDLS(c.Enum(7)), r.ColumnCurrentQuad()),
        (c.ChipOnDLS(), r.Chip()),
    ):
        registers.write(coordinate, register)
    assert registers.config is before


def test_sections_make_an_array_again():
    chip = r.Chip().array
    chip["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = np.arange(512)
    chip["external_ppu_memory"]["bytes"]["value"][-1] = 3
    assert as_array(SharedSections.of(chip)).tobytes() == chip.tobytes()


def test_words_that_differ_are_counted():
    one, other = r.Chip().array, r.Chip().array
    other["synapse_blocks"]["matrix"]["weights"][1, 7, :8] = 63
    other["capmem"]["unused_cells"][-1] = 9
    assert n_differing(one, other) == 3
