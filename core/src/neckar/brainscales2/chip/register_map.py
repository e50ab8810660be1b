"""Where each register lies in the array of the whole chip, as tables.

A `Place` names the array of circuits that a coordinate type counts through (`shape`) and, field by
field of its container, the path inside `Chip.array`. Containers that look like a part of the chip
have the single field "" and are copied whole.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_NEURONS
from neckar.brainscales2.chip.registers import HAL, LOLA, neuron
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.chip.shared_cells import Index, shared_cells


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one kind of register lies.

    Args:
        paths: by field of the container.
        index_of: turns the enum of a coordinate into an index.
        sums: fields of the chip that count how many of some switches are on.
        bits: fields of the chip that are put together from bits, the lowest first.
    """

    paths: dict[str, str]
    index_of: Callable[[int], Index]
    sums: dict[str, tuple[str, ...]] = field(default_factory=dict)
    bits: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _counted(shape: tuple[int, ...], **paths: str) -> Place:
    return Place(paths=paths, index_of=lambda enum: np.unravel_index(enum, shape) if shape else ())


def _part(path: str, *shape: int) -> Place:
    return Place(paths={"": path}, index_of=_counted(shape).index_of)


def _neuron_of_backend(enum: int) -> Index:
    return (wiring.neuron_of_backend_slot(enum),)


def atomic_neuron(coordinate: Any) -> int:
    """The neuron that a coordinate in the order of the neuron backends means."""
    return wiring.neuron_of_backend_slot(int(coordinate.toEnum()))


def neurons_of_quad(enum: int) -> np.ndarray:
    """The four neurons of a quad 0..127 of both hemispheres."""
    hemisphere, quad = divmod(enum, 64)
    return hemisphere * N_COLUMNS + columns_of_quad(quad)


def columns_of_quad(quad: int) -> np.ndarray:
    """The four columns of a quad 0..63, as an index."""
    return np.array(wiring.columns_of_quad(quad))


def _on_quad(enum: int) -> Index:
    hemisphere, row, quad = np.unravel_index(enum, (2, 256, 64))
    return hemisphere, row, columns_of_quad(int(quad))


def _in_quad(enum: int) -> Index:
    hemisphere, quad = np.unravel_index(enum, (2, 64))
    return hemisphere, columns_of_quad(int(quad))


def _neurons(prefix: str, names: dict[str, str]) -> dict[str, str]:
    return {name: f"{prefix}/{path}" for name, path in names.items()}


_ATOMIC = "neuron_block/atomic_neurons"
_NEURON_CONFIG = {name: "/".join(path) for name, path in neuron.DIGITAL.items()}
_BACKEND_CONFIG = {name: "/".join(path) for name, path in neuron.BACKEND.items()}
_MATRIX = "synapse_blocks/matrix"
_SYNAPSE = {
    name: f"{_MATRIX}/{name}" for name in ("weights", "labels", "time_calibs", "amp_calibs")
}
_CALIBS = {name: _SYNAPSE[name] for name in ("time_calibs", "amp_calibs")}
_CADC = "cadc_readout_chains"
_CORRELATION = {
    name: f"{_CADC}/correlation/{name}"
    for name in ("sense_delay", "reset_duration", "reset_fall_time", "reset_mode")
} | {"cadc_v_offset_assignment": f"{_CADC}/ramp/v_offset_assignment"}


def _switches(array: str) -> dict[str, str]:
    """Columns between correlation sensors, neurons and CADC channels."""
    connected = {
        "enable_internal": "enable_connect_correlation",
        "enable_debug": "enable_connect_debug",
        "enable_cadc_neuron_readout": "enable_connect_neuron",
    }
    return {
        f"{array}/{name}_{channel}": f"{_CADC}/channels_{channel}/{path}"
        for name, path in connected.items()
        for channel in ("causal", "acausal")
    }


_READOUT = "readout_chain"
_MADC_CONFIG = {
    "active_mux_initially_selected_input": "dynamic_mux/initially_selected_input",
    "active_mux_input_select_length": "dynamic_mux/input_select_length",
    "enable_active_mux_amplifiers": "dynamic_mux/enable_amplifiers",
    "sample_duration_adjust": "madc/sample_duration_adjust",
    "enable_sar_reset_on_fall": "madc/enable_sar_reset_on_fall",
    "sar_reset_wait": "madc/sar_reset_wait",
    "sar_reset_length": "madc/sar_reset_length",
    "powerup_wait_value": "madc/powerup_wait_value",
    "conversion_cycles_offset": "madc/conversion_cycles_offset",
    "calibration_wait_value": "madc/calibration_wait_value",
    "enable_calibration": "madc/enable_calibration",
    "number_of_samples": "madc/number_of_samples",
    "sample_on_positive_edge": "madc/sample_on_positive_edge",
    "enable_dummy_data": "madc/enable_dummy_data",
    "enable_madc_clock_scaling": "madc/enable_madc_clock_scaling",
    "madc_clock_scale_value": "madc/clock_scale_value",
    "preamp_sampling_window_start": "madc_preamp/sampling_window_start",
    "preamp_sampling_window_end": "madc_preamp/sampling_window_end",
    "preamp_gain_capacitor_size": "madc_preamp/gain_cap_size",
    "iconv_sampling_window_start": "source_measure_unit/sampling_window_start",
    "iconv_sampling_window_end": "source_measure_unit/sampling_window_end",
    "connect_iconv_neuron": "source_measure_unit/connect_neuron_stimulus",
    "connect_iconv_synapse": "source_measure_unit/connect_synapse_debug",
    "connect_preamp_to_madc": "madc_debug_crossbar/connect_preamp_to_madc",
    "connect_pads_to_madc": "madc_debug_crossbar/connect_pads_to_madc",
    "connect_preamp_to_pads": "madc_debug_crossbar/connect_preamp_to_pads",
    "enable_pseudo_differential_reference": "pseudo_diff_converter/enable_reference",
    "signal_selection_connect_current_meter": "madc_input_crossbar/connect_source_measure_unit",
    "signal_selection_connect_active_mux": "madc_input_crossbar/connect_dynamic_mux",
    "signal_selection_connect_debug": "madc_input_crossbar/connect_pad_mux",
    "signal_selection_connect_preamp": "madc_input_crossbar/connect_madc_preamp",
}
_CURRENT_DAC = {
    "enable_current": "enable_current",
    "current": "current",
    "sign": "sign",
    "connect_neuron": "connect_neuron_stimulus",
    "connect_synapse": "connect_synapse_debug",
}

PLACES: dict[str, Place] = {
    "ChipOnDLS": _part(""),
    "NeuronBlockOnDLS": _part("neuron_block"),
    "AtomicNeuronOnDLS": _part(_ATOMIC, N_NEURONS),
    "NeuronConfigOnDLS": Place(
        paths=_neurons(_ATOMIC, _NEURON_CONFIG),
        index_of=lambda enum: (enum,),
        sums={f"{_ATOMIC}/event_routing/analog_output": ("enable_fire", "enable_strong_fire")},
    ),
    "NeuronBackendConfigOnDLS": Place(
        paths=_neurons(_ATOMIC, _BACKEND_CONFIG),
        index_of=_neuron_of_backend,
        bits={f"{_ATOMIC}/bayesian/operation": ("enable_bayesian_0", "enable_bayesian_1")},
    ),
    "CommonNeuronBackendConfigOnDLS": _part("neuron_block/backends", 2),
    "ColumnCurrentRowOnDLS": _counted((2,), values="neuron_block/current_rows/values"),
    "ColumnCurrentQuadOnDLS": Place(
        paths={"switches": "neuron_block/current_rows/values"}, index_of=_in_quad
    ),
    "SynapseDriverBlockOnDLS": _part("synapse_driver_blocks", 2),
    "SynapseDriverOnDLS": _part("synapse_driver_blocks/synapse_drivers", 2, 128),
    "CommonPADIBusConfigOnDLS": _part("synapse_driver_blocks/padi_bus", 2),
    "CommonSTPConfigOnDLS": _part("synapse_driver_blocks/stp", 2),
    "SynapseBlockOnDLS": _part("synapse_blocks", 2),
    "SynramOnDLS": _part(_MATRIX, 2),
    "SynapseWeightMatrixOnDLS": _counted((2,), values=f"{_MATRIX}/weights"),
    "SynapseLabelMatrixOnDLS": _counted((2,), values=f"{_MATRIX}/labels"),
    "SynapseCorrelationCalibMatrixOnDLS": _counted((2,), **_CALIBS),
    "SynapseRowOnDLS": _counted((2, 256), **_SYNAPSE),
    "SynapseWeightRowOnDLS": _counted((2, 256), values=f"{_MATRIX}/weights"),
    "SynapseLabelRowOnDLS": _counted((2, 256), values=f"{_MATRIX}/labels"),
    "SynapseCorrelationCalibRowOnDLS": _counted((2, 256), **_CALIBS),
    "SynapseQuadOnDLS": Place(paths=_SYNAPSE, index_of=_on_quad),
    "SynapseWeightQuadOnDLS": Place(paths={"values": f"{_MATRIX}/weights"}, index_of=_on_quad),
    "SynapseLabelQuadOnDLS": Place(paths={"values": f"{_MATRIX}/labels"}, index_of=_on_quad),
    "SynapseCorrelationCalibQuadOnDLS": Place(paths=_CALIBS, index_of=_on_quad),
    "CrossbarOnDLS": _part("crossbar"),
    "CrossbarNodeOnDLS": _part("crossbar/nodes", 76),
    "CrossbarOutputConfigOnDLS": _part("crossbar/outputs"),
    "BackgroundSpikeSourceOnDLS": _part("background_spike_sources", 8),
    "CapMemOnDLS": _part("capmem"),
    "CapMemBlockConfigOnDLS": _part("capmem/blocks", 4),
    "SynapseBiasSelectionOnDLS": _part("capmem/synapse_bias_selection"),
    "ReferenceGeneratorConfigOnDLS": _part("capmem/reference_generator"),
    "CADCOnDLS": _part(_CADC, 2),
    "CADCConfigOnDLS": _counted(
        (2,), **{name: f"{_CADC}/ramp/{name}" for name in ("enable", "reset_wait", "dead_time")}
    ),
    "CommonCorrelationConfigOnDLS": _counted((2,), **_CORRELATION),
    "ColumnCorrelationRowOnDLS": _counted((2,), **_switches("values")),
    "ColumnCorrelationQuadOnDLS": Place(paths=_switches("switches"), index_of=_in_quad),
    "PPUMemoryOnDLS": _part("ppu_memory", 2),
    "PPUMemoryWordOnDLS": _part("ppu_memory/words", 2, 4096),
    "ExternalPPUMemoryOnFPGA": _part("external_ppu_memory"),
    "ExternalPPUMemoryByteOnFPGA": _part("external_ppu_memory/bytes", 131072),
    "ReadoutChainOnDLS": _part("readout_chain"),
    "ReadoutSourceSelectionOnDLS": _counted(
        (), buffer=f"{_READOUT}/input_mux", enable_buffer_to_pad=f"{_READOUT}/buffer_to_pad/enable"
    ),
    "MADCConfigOnDLS": _counted(
        (), **{name: f"{_READOUT}/{path}" for name, path in _MADC_CONFIG.items()}
    ),
    "CurrentDACOnDLS": _counted(
        (), **{name: f"{_READOUT}/current_dac/{path}" for name, path in _CURRENT_DAC.items()}
    ),
    "PadMultiplexerConfigOnDLS": _part("readout_chain/pad_mux", 2),
}
"""By the name of the coordinate type."""


def capmem_cell(enum: int) -> tuple[str, Index]:
    """Path and index of one cell of the analog parameter memory."""
    block, row, column = (int(i) for i in np.unravel_index(enum, (4, 24, 130)))
    if column < 128:
        return "/".join((_ATOMIC, *neuron.ANALOG[row])), (block * 128 + column,)
    return shared_cells()[enum]


def cadc_channel(enum: int) -> tuple[str, Index]:
    """Path and index of the offset of one CADC channel."""
    hemisphere, channel, column = np.unravel_index(enum, (2, 2, 256))
    return f"{_CADC}/{('channels_causal', 'channels_acausal')[channel]}/offset", (
        hemisphere,
        column,
    )


SINGLE = {
    "CapMemCellOnDLS": (capmem_cell, "value"),
    "CADCChannelConfigOnDLS": (cadc_channel, "offset"),
}
"""Registers with one field, whose place is a matter of its own."""

CLASS_OF = {
    register.coordinate_type.__name__: register
    for register in (HAL | LOLA).values()
    if register.coordinate_type is not None
}
"""Registers by the name of the coordinate type."""


def read(chip: Sections, coordinate: Any) -> Any:
    """The register at a coordinate that is in `PLACES` or `SINGLE`, as the chip holds it."""
    kind = type(coordinate).__name__
    made = CLASS_OF[kind]()
    if kind in SINGLE:
        where, name = SINGLE[kind]
        path, index = where(int(coordinate.toEnum()))
        made.array[name] = at(chip, path)[index]
        return made
    place, index = PLACES[kind], index_of(kind, int(coordinate.toEnum()))
    for name, path in place.paths.items():
        at(made.array, name)[...] = at(chip, path)[index]
    for path, names in place.sums.items():
        for least, name in enumerate(names, start=1):
            made.array[name] = at(chip, path)[index] >= least
    for path, names in place.bits.items():
        for number, name in enumerate(names):
            made.array[name] = at(chip, path)[index] >> number & 1
    return made


@cache
def index_of(kind: str, enum: int) -> Index:
    """Where in its array a register of the chip lies."""
    return PLACES[kind].index_of(enum)


def at(chip: Sections, path: str) -> np.ndarray:
    """What the chip has at a path through its sections."""
    return down(chip, split(path))


@cache
def split(path: str) -> tuple[str, ...]:
    """Its names."""
    return tuple(path.split("/")) if path else ()


def down(part: Any, path: tuple[str, ...]) -> np.ndarray:
    """What a part has at the end of a path."""
    for name in path:
        part = part[name]
    return part
