"""Conversions between coordinates that are more than "the same number", as functions of enums.

Keys are `Source.Target`; a function takes the enum of the source and returns the enum of the
target, a tuple of enums where one source has several, or None where it has none.
"""

from collections.abc import Callable

from neckar.brainscales2.chip import wiring

Enums = int | tuple[int, ...] | None


def _same(enum: int) -> int:
    return enum


def _modulo(n: int) -> Callable[[int], Enums]:
    return lambda enum: enum % n


def _divided(n: int) -> Callable[[int], Enums]:
    return lambda enum: enum // n


def _column_quad_on_dls(neuron: int) -> int:
    quad = wiring.quad_of_column(wiring.column_of_neuron(neuron))
    return int(wiring.hemisphere_of_neuron(neuron) * 64 + quad)


def _of_neuron(neuron_of: Callable[[int], int]) -> dict[str, Callable[[int], Enums]]:
    """What belongs to a neuron, from any coordinate that names a neuron."""
    backend = wiring.backend_slot_of_neuron
    facts: dict[str, Callable[[int], Enums]] = {
        "AtomicNeuronOnDLS": _same,
        "NeuronConfigOnDLS": _same,
        "NeuronConfigBlockOnDLS": wiring.quadrant_of_neuron,
        "CapMemBlockOnDLS": wiring.quadrant_of_neuron,
        "CapMemColumnOnCapMemBlock": _modulo(128),
        "NeuronResetOnDLS": backend,
        "NeuronBackendConfigOnDLS": backend,
        "SpikeCounterReadOnDLS": backend,
        "SpikeCounterResetOnDLS": backend,
        "NeuronBackendConfigBlockOnDLS": wiring.backend_of_neuron,
        "CommonNeuronBackendConfigOnDLS": wiring.backend_of_neuron,
        "NeuronBackendConfigOnNeuronBackendConfigBlock": lambda neuron: backend(neuron) % 256,
        "NeuronRowOnDLS": wiring.hemisphere_of_neuron,
        "SynramOnDLS": wiring.hemisphere_of_neuron,
        "NeuronColumnOnDLS": wiring.column_of_neuron,
        "SynapseOnSynapseRow": wiring.column_of_neuron,
        "SynapseQuadColumnOnDLS": lambda n: wiring.quad_of_column(wiring.column_of_neuron(n)),
        "EntryOnQuad": lambda n: wiring.entry_of_column(wiring.column_of_neuron(n)),
        "ColumnCorrelationQuadOnDLS": _column_quad_on_dls,
        "ColumnCurrentQuadOnDLS": _column_quad_on_dls,
    }
    return {target: lambda enum, f=f: f(neuron_of(enum)) for target, f in facts.items()}  # type: ignore[misc]


def _resets_of_quad(enum: int) -> tuple[int, ...]:
    hemisphere, quad = divmod(enum, 64)
    columns = wiring.columns_of_quad(quad)
    return tuple(wiring.backend_slot_of_neuron(256 * hemisphere + c) for c in columns)


def _quadrant_of_synapse_quad(enum: int) -> int:
    synram, quad_column = enum // (64 * 256), enum % 64
    return 2 * synram + (quad_column % 32 >= 16)


def _quad_of_cadc_sample(enum: int) -> int:
    """Forget channel and way of reading: sample = ((synram * 2 + way) * 2 + channel) * quads."""
    return enum // (4 * 64 * 256) * (64 * 256) + enum % (64 * 256)


def _quadrant_of_driver(enum: int) -> int:
    return int(wiring.quadrant_of_driver(*divmod(enum, 128)))


def _between(first: int, n: int) -> Callable[[int], int | None]:
    """Number within a part of a list, None outside of it."""
    return lambda enum: enum - first if first <= enum < first + n else None


def _vdd_of_dac_channel(enum: int) -> int:
    if not 8 <= enum < 14:
        raise RuntimeError("DAC channel not convertible to VDDOnBoard.")
    return enum - 8


def _unused_capmem_cells() -> tuple[int, ...]:
    """The cells that no circuit uses, (block, column, row) in the order of `halco`."""
    cells = [(1, 128, 23), (3, 128, 23)]
    cells += [(2, 128, row) for row in range(21, 24)]
    cells += [(0, 129, row) for row in (*range(8), *range(15, 23))]
    cells += [(block, 129, row) for block in range(1, 4) for row in range(23)]
    return tuple(block * 3120 + row * 130 + column for block, column, row in cells)


_HEMISPHERE_OF_BLOCK: dict[str, Callable[[int], Enums]] = {
    f"{block}.{target}": function
    for block in ("CapMemBlockOnDLS", "CapMemBlockConfigOnDLS", "CapMemSRAMTimingConfigOnDLS")
    for target, function in (
        ("CapMemBlockOnHemisphere", _modulo(2)),
        ("HemisphereOnDLS", _divided(2)),
    )
}

_NEURONS: dict[str, Callable[[int], Enums]] = {
    f"{source}.{target}": function
    for source, neuron_of in (
        ("AtomicNeuronOnDLS", _same),
        ("NeuronConfigOnDLS", _same),
        ("NeuronBackendConfigOnDLS", wiring.neuron_of_backend_slot),
    )
    for target, function in _of_neuron(neuron_of).items()
}

_QUADS = (
    "SynapseQuadOnDLS",
    "SynapseWeightQuadOnDLS",
    "SynapseLabelQuadOnDLS",
    "SynapseCorrelationCalibQuadOnDLS",
)

CONVERSIONS: dict[str, Callable[[int], Enums]] = {
    **_NEURONS,
    **{f"{quad}.NeuronConfigBlockOnDLS": _quadrant_of_synapse_quad for quad in _QUADS},
    **{f"CADCSampleQuadOnDLS.{quad}": _quad_of_cadc_sample for quad in _QUADS},
    **_HEMISPHERE_OF_BLOCK,
    "NeuronConfigBlockOnDLS.NeuronResetBlockOnDLS": _modulo(2),
    "NeuronConfigBlockOnDLS.SpikeCounterReadBlockOnDLS": _modulo(2),
    "NeuronConfigBlockOnDLS.SpikeCounterResetBlockOnDLS": _modulo(2),
    "NeuronBackendConfigOnNeuronBackendConfigBlock.NeuronEventOutputOnNeuronBackendBlock": (
        lambda enum: enum % 128 // 32
    ),
    "NeuronColumnOnDLS.CapMemColumnOnCapMemBlock": _modulo(128),
    "NeuronColumnOnDLS.NeuronEventOutputOnDLS": wiring.event_output_of_neuron,
    "NeuronResetQuadOnDLS.NeuronResetOnDLS": _resets_of_quad,
    "SynapseRowOnSynram.SynapseDriverOnSynapseDriverBlock": wiring.driver_of_row,
    "SynapseRowOnSynram.SynapseRowOnSynapseDriver": lambda row: (row + 1) % 2,
    "SynapseQuadColumnOnDLS.NeuronColumnOnDLS": wiring.columns_of_quad,
    "SynapseOnSynapseRow.EntryOnQuad": wiring.entry_of_column,
    "SynapseOnSynapseRow.SynapseQuadColumnOnDLS": wiring.quad_of_column,
    "SynapseDriverOnSynapseDriverBlock.PADIBusOnPADIBusBlock": wiring.bus_of_driver,
    "SynapseDriverOnSynapseDriverBlock.SynapseDriverOnPADIBus": wiring.position_of_driver,
    "SynapseDriverOnSynapseDriverBlock.SynapseRowOnSynram": wiring.rows_of_driver,
    "SynapseDriverOnPADIBus.SynapseDriverOnSynapseDriverBlock": lambda position: tuple(
        int(wiring.driver_at(bus, position)) for bus in range(4)
    ),
    "SynapseDriverOnDLS.CapMemBlockOnDLS": _quadrant_of_driver,
    "SynapseDriverOnDLS.SynapseRowOnDLS": lambda driver: (2 * driver, 2 * driver + 1),
    "CADCChannelConfigOnDLS.NeuronConfigBlockOnDLS": lambda e: 2 * (e // 512) + e % 256 // 128,
    "CADCChannelConfigOnSynram.SynapseOnSynapseRow": _modulo(256),
    "CrossbarOutputOnDLS.PADIBusOnDLS": _between(0, 8),
    "CrossbarOutputOnDLS.CrossbarL2OutputOnDLS": _between(8, 4),
    "CrossbarL2OutputOnDLS.CrossbarOutputOnDLS": lambda enum: enum + 8,
    "CrossbarInputOnDLS.SPL1Address": _between(8, 4),
    "CrossbarInputOnDLS.NeuronEventOutputOnDLS": _between(0, 8),
    "BackgroundSpikeSourceOnDLS.CrossbarInputOnDLS": lambda enum: enum + 12,
    "BackgroundSpikeSourceOnDLS.CrossbarL2OutputOnDLS": _modulo(4),
    "SPL1Address.CrossbarInputOnDLS": lambda enum: enum + 8,
    "UnusedCapMemCellOnDLS.CapMemCellOnDLS": _unused_capmem_cells().__getitem__,
    "VDDOnBoard.DACChannelOnBoard": lambda enum: enum + 8,
    "DACChannelOnBoard.VDDOnBoard": _vdd_of_dac_channel,
    "PhyConfigChipOnDLS.JTAGPhyRegisterOnDLS": lambda enum: 7 - enum,
    "TCA9554ChannelOnBoard.TCA9554OnBoard": _divided(8),
    "TCA9546ChannelOnBoard.TCA9546OnBoard": _divided(4),
    "I2CAD5252RwRegisterOnBoard.AD5252ChannelOnAD5252": lambda enum: enum // 2 % 2,
}
