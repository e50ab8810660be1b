"""What a calibration says of a chip, register by register, so that all else stays as it was."""

from collections.abc import Iterator

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.registers.base import Register

Part = tuple[object, Register]

BITS = "time_calibs", "amp_calibs"  # of every synapse


def parts(chip: Chip) -> Iterator[Part]:
    """Coordinates and settings of converters, neurons, synapse drivers and synaptic currents.

    Synapses and routes are the business of networks.
    """
    array = chip.array
    yield c.NeuronBlockOnDLS(), r.NeuronBlock.from_array(array["neuron_block"])
    for side, coordinate in enumerate(c.iter_all(c.CADCOnDLS)):
        chain = array["cadc_readout_chains"][side]
        yield coordinate, r.CADCReadoutChain.from_array(chain)
    for side, coordinate in enumerate(c.iter_all(c.SynapseDriverBlockOnDLS)):
        block = array["synapse_driver_blocks"][side]
        yield coordinate, r.SynapseDriverBlock.from_array(block)
    biases = array["synapse_blocks"]["i_bias_dac"].ravel()
    for code, place in zip(biases, c.iter_all(c.CapMemBlockOnDLS), strict=True):
        cell = c.CapMemCellOnDLS(c.CapMemCellOnCapMemBlock.syn_i_bias_dac, place)
        yield cell, r.CapMemCell(r.CapMemCell.Value(int(code)))


def sensor_parts(chip: Chip) -> Iterator[Part]:
    """Those, and the bits of correlation sensors; weights and labels stay as they are."""
    yield from parts(chip)
    matrices = chip.array["synapse_blocks"]["matrix"]
    for matrix, coordinate in zip(
        matrices, c.iter_all(c.SynapseCorrelationCalibMatrixOnDLS), strict=True
    ):
        register = r.SynapseCorrelationCalibMatrix()
        for name in BITS:
            register.array[name] = matrix[name]
        yield coordinate, register
