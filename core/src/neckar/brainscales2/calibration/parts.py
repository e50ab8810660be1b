"""What a calibration says of a chip, register by register, so that all else stays as it was.

In the pieces in which the original's calibration software writes them: scripts look for the
settings of a neuron, of a channel or of a driver at its coordinate.
"""

from collections.abc import Iterator

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip.register_map import read
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.chip.registers.base import Register
from neckar.brainscales2.chip.shared_cells import shared_cells

Part = tuple[object, Register]

_COORDINATES = (  # of neurons, converters and drivers
    c.AtomicNeuronOnDLS,
    c.CommonNeuronBackendConfigOnDLS,
    c.ColumnCurrentQuadOnDLS,
    c.CADCConfigOnDLS,
    c.CADCChannelConfigOnDLS,
    c.ColumnCorrelationQuadOnDLS,
    c.CommonCorrelationConfigOnDLS,
    c.SynapseDriverOnDLS,
    c.CommonPADIBusConfigOnDLS,
    c.CommonSTPConfigOnDLS,
)
_WITH_CELLS = (  # parts of the chip to which cells of the analog memory belong
    "neuron_block",
    "cadc_readout_chains",
    "synapse_driver_blocks",
    "synapse_blocks",
)


def parts(chip: Chip) -> Iterator[Part]:
    """Coordinates and settings of converters, neurons, synapse drivers and synaptic currents.

    Synapses and routes are the business of networks.
    """
    for kind in _COORDINATES:
        for coordinate in c.iter_all(kind):
            yield coordinate, read(chip.array, coordinate)
    for enum, (path, _) in sorted(shared_cells().items()):
        if path.startswith(_WITH_CELLS):
            cell = c.CapMemCellOnDLS(c.Enum(enum))
            yield cell, read(chip.array, cell)


def sensor_parts(chip: Chip) -> Iterator[Part]:
    """Those, and the bits of correlation sensors; weights and labels stay as they are."""
    yield from parts(chip)
    for coordinate in c.iter_all(c.SynapseCorrelationCalibMatrixOnDLS):
        yield coordinate, read(chip.array, coordinate)
