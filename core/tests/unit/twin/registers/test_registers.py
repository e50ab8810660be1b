"""Writing and reading registers."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.register_map import PLACES
from neckar.brainscales2.chip.registers import words
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.registers.writable import check_settings, wrong_write
from neckar.errors import ProgramError

CLASS_OF = {
    register.coordinate_type.__name__: register
    for register in (r.HAL | r.LOLA).values()
    if register.coordinate_type is not None
}
NOT_MODELLED = {"enable_bayesian_0", "enable_bayesian_1", "enable_iconv_amplifier"}
KINDS = [*PLACES, "CapMemCellOnDLS", "CADCChannelConfigOnDLS"]


def coordinates(kind, place):
    """The first, the last or the middle one of its kind."""
    every = getattr(c, kind)
    enum = {"first": 0, "middle": every.size // 2, "last": every.size - 1}[place]
    return every.at(enum) if hasattr(every, "at") else every(enum)


def filled(kind):
    """Every byte is 1, but for what is not modelled."""
    register = CLASS_OF[kind]()
    register.array.reshape(1).view(np.uint8)[...] = 1
    for name in NOT_MODELLED & set(register.array.dtype.names):
        register.array[name] = False
    return register


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_is_read_back(kind, place):
    register = filled(kind)
    coordinate = coordinates(kind, place)
    registers = Registers()
    registers.write(coordinate, register)
    assert registers.read(coordinate) == register


@pytest.mark.parametrize("kind", [kind for kind in KINDS if getattr(c, kind).size > 1])
def test_a_write_elsewhere_changes_nothing_here(kind):
    first, last = (coordinates(kind, place) for place in ("first", "last"))
    registers = Registers()
    before = registers.read(first)
    registers.write(last, filled(kind))
    assert registers.read(first) == before


def test_a_neuron_is_one_and_the_same_by_every_name():
    registers = Registers()
    neuron = c.AtomicNeuronOnDLS(c.Enum(300))
    registers.write(neuron.toNeuronBackendConfigOnDLS(), r.NeuronBackendConfig(address_out=42))
    assert registers.read(neuron).event_routing.address == 42


@pytest.mark.parametrize("bits", [(True, False), (False, True), (True, True)])
def test_bits_of_the_backend_make_the_operation_of_the_neuron(bits):
    registers, neuron = Registers(), c.AtomicNeuronOnDLS(c.Enum(3))
    where = neuron.toNeuronBackendConfigOnDLS()
    written = r.NeuronBackendConfig(enable_bayesian_0=bits[0], enable_bayesian_1=bits[1])
    registers.write(where, written)
    operation = registers.read(neuron).bayesian.operation
    assert int(operation) == bits[0] + 2 * bits[1]
    assert registers.read(where) == written


def test_the_fire_switches_of_a_neuron_are_its_analog_output():
    registers = Registers()
    coordinate = c.NeuronConfigOnDLS(c.Enum(7))
    for fire, strong, expected in ((True, False, 1), (True, True, 2), (False, False, 0)):
        config = r.NeuronConfig(enable_fire=fire, enable_strong_fire=strong)
        registers.write(coordinate, config)
        assert registers.config.neurons["event_routing"]["analog_output"][7] == expected
        assert registers.read(coordinate) == config


def test_a_cell_of_the_analog_memory_belongs_to_its_neuron():
    registers = Registers()
    rows, columns = c.CapMemRowOnCapMemBlock, c.CapMemColumnOnCapMemBlock
    cell = c.CapMemCellOnCapMemBlock(columns(3), rows.i_bias_leak)
    registers.write(c.CapMemCellOnDLS(cell, c.CapMemBlockOnDLS(2)), r.CapMemCell(555))
    assert registers.config.neurons["leak"]["i_bias"][256 + 3] == 555


def test_a_picture_of_the_registers_does_not_change_when_they_do():
    registers = Registers()
    before = registers.config
    registers.write(c.CapMemCellOnDLS(c.Enum(0)), r.CapMemCell(1))
    assert before == ChipConfig.of(r.Chip())
    assert registers.config != before


def test_a_copy_is_independent():
    registers = Registers()
    other = registers.copy()
    other.write(c.CapMemCellOnDLS(c.Enum(0)), r.CapMemCell(1))
    assert registers.config == ChipConfig.of(r.Chip())


def test_configuring_costs_as_much_as_there_is_to_change():
    chip = r.Chip()
    registers = Registers()
    assert registers.configure(ChipConfig.of(chip)) == 0
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = 1000
    assert 500 <= registers.configure(ChipConfig.of(chip)) <= 1024


def test_registers_beside_the_chip_are_kept():
    registers = Registers()
    coordinate = c.EventRecordingConfigOnFPGA()
    assert not registers.read(coordinate).enable_event_recording
    registers.write(coordinate, r.EventRecordingConfig(enable_event_recording=True))
    assert registers.read(coordinate).enable_event_recording


@pytest.mark.parametrize(
    ("coordinate", "register", "message"),
    [
        (c.JTAGIdCodeOnDLS(), r.JTAGIdCode(), "JTAGIdCode only reports, it cannot be written"),
        (c.SpikeIOConfigOnFPGA(), r.SpikeIOConfig(), "SpikeIOConfig leads to sources outside"),
        (
            c.PPUMemoryBlockOnDLS(c.PPUMemoryBlockOnPPU.mailbox, c.PPUOnDLS(1)),
            r.PPUMemoryBlock(3),
            "takes 1024 cells, not 3",
        ),
        (
            c.PPUControlRegisterOnDLS(),
            r.PPUControlRegister(inhibit_reset=True),
            "inhibit_reset of PPUControlRegister is not modelled yet; switch it off",
        ),
        (c.AtomicNeuronOnDLS(), r.Chip(), "AtomicNeuronOnDLS takes AtomicNeuron, not Chip"),
        (3, r.Chip(), "int is no coordinate"),
    ],
)
def test_what_cannot_be_written_is_named(coordinate, register, message):
    assert message in wrong_write(coordinate, register)


def test_fire_signals_that_do_not_work_are_refused():
    chip = r.Chip().array
    chip["neuron_block"]["atomic_neurons"]["bayesian"]["connect_fire_from_right"][5] = True
    with pytest.raises(ProgramError, match=r"neuron 5: bayesian\.connect_fire_from_right does"):
        check_settings(chip)


def test_a_reset_of_the_chip_brings_its_registers_back_to_where_they_began():
    registers = Registers()
    registers.write(c.CapMemCellOnDLS(), r.CapMemCell(1))
    registers.write(c.ResetChipOnDLS(), r.ResetChip(value=False))
    assert registers.config != ChipConfig.of(r.Chip())
    registers.write(c.ResetChipOnDLS(), r.ResetChip(value=True))
    assert registers.config == ChipConfig.of(r.Chip())


@pytest.mark.parametrize(
    ("coordinate", "block"),
    [
        (
            c.PPUMemoryBlockOnDLS(
                c.PPUMemoryBlockOnPPU(c.PPUMemoryWordOnPPU(3), c.PPUMemoryWordOnPPU(5)),
                c.PPUOnDLS(1),
            ),
            r.PPUMemoryBlock.of(np.array([7, 2**32 - 1, 9])),
        ),
        (
            c.ExternalPPUMemoryBlockOnFPGA(
                c.ExternalPPUMemoryByteOnFPGA(100), c.ExternalPPUMemoryByteOnFPGA(102)
            ),
            r.ExternalPPUMemoryBlock.of(np.array([1, 2, 255])),
        ),
        (
            c.ExternalPPUDRAMMemoryBlockOnFPGA(
                c.ExternalPPUDRAMMemoryByteOnFPGA(65535), c.ExternalPPUDRAMMemoryByteOnFPGA(65537)
            ),
            r.ExternalPPUDRAMMemoryBlock.of(np.array([1, 2, 255])),
        ),
    ],
)
def test_a_block_of_memory_is_read_back_and_a_copy_keeps_what_it_had(coordinate, block):
    registers = Registers()
    before = registers.copy()
    registers.write(coordinate, block)
    assert registers.read(coordinate) == block
    assert not before.read(coordinate).to_numpy().any()


def test_of_four_bytes_only_those_are_written_that_are_enabled():
    for quad, byte, kind in (
        (c.ExternalPPUMemoryQuadOnFPGA, c.ExternalPPUMemoryByteOnFPGA, r.ExternalPPUMemoryQuad),
        (
            c.ExternalPPUDRAMMemoryQuadOnFPGA,
            c.ExternalPPUDRAMMemoryByteOnFPGA,
            r.ExternalPPUDRAMMemoryQuad,
        ),
    ):
        registers = Registers()
        registers.write(quad(5), kind(quad=[1, 2, 3, 4], enables=[True, False, True, True]))
        assert registers.read(quad(5)).quad.to_numpy().tolist() == [1, 0, 3, 4]
        assert [int(registers.read(byte(20 + i)).value) for i in range(4)] == [1, 0, 3, 4]


def test_all_cells_of_a_block_of_analog_memory_at_once():
    registers = Registers()
    block = r.CapMemBlock()
    block.cells.fill(3)
    cell = c.CapMemCellOnCapMemBlock(
        c.CapMemColumnOnCapMemBlock(3), c.CapMemRowOnCapMemBlock.i_bias_leak
    )
    block.cells[cell] = 555
    registers.write(c.CapMemBlockOnDLS(2), block)
    assert registers.read(c.CapMemBlockOnDLS(2)) == block
    assert registers.config.neurons["leak"]["i_bias"][256 + 3] == 555


def test_words_are_counted_as_on_the_bus():
    for name, n_written, n_read in (
        ("CapMemCell", 1, 1),
        ("AtomicNeuron", 34, 34),
        ("SynapseQuad", 2, 2),
        ("SynapseMatrix", 32768, 32768),
        ("NeuronReset", 1, 0),
        ("CADCSampleRow", 0, 128),
    ):
        assert words.by_name(name) == (n_written, n_read)
