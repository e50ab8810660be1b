"""What a calibration says of a chip, register by register, so that all else stays as it was.

In the pieces in which the original's calibration software writes them: scripts look for the
settings of a neuron, of a channel or of a driver at its coordinate.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.chip.register_map import read
from neckar.brainscales2.chip.registers import Chip, Timer
from neckar.brainscales2.chip.registers.base import Register
from neckar.brainscales2.chip.shared_cells import shared_cells
from neckar.units import ms


class Writes(Protocol):
    """A builder of programs."""

    def write(self, coordinate: Any, register: Any) -> None:
        """Append the writing of a register."""

    def block_until(self, coordinate: Any, until: Any) -> None:
        """Append a wait."""


Part = tuple[object, Register | Timer.Value]
"""A coordinate and a setting, or until when to wait."""

_SETTLED = 20 * ms  # what the original waits for the analog memory [calix]

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


def settling() -> Iterator[Part]:
    """Time for the analog memory, which files and results of the original take, too."""
    yield c.TimerOnDLS(), Timer()
    yield c.TimerOnDLS(), Timer.Value(round(_SETTLED / FPGA_CYCLE))


def apply(settings: Iterable[Part], builder: Writes) -> None:
    """Append settings and waits to a program or a dumper."""
    for coordinate, setting in settings:
        if isinstance(setting, Timer.Value):
            builder.block_until(coordinate, setting)
        else:
            builder.write(coordinate, setting)


def sensor_parts(chip: Chip) -> Iterator[Part]:
    """Those, and the bits of correlation sensors; weights and labels stay as they are."""
    yield from parts(chip)
    for coordinate in c.iter_all(c.SynapseCorrelationCalibMatrixOnDLS):
        yield coordinate, read(chip.array, coordinate)
