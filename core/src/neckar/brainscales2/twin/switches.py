"""Switches of the readout: which wires are joined.

A wire is named by what it belongs to and a number: `("mux", 0)` is what the first multiplexer sees,
`("pad", 1)` the second pad, `("i_stim", 0)` the line that reaches membranes of the upper half.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

Wire = tuple[str, int]
Edges = dict[Wire, list[Wire]]

CADC_DEBUG = ("cadc_debug_causal", "cadc_debug_acausal")
SYNIN_DEBUG = ("synin_debug_excitatory", "synin_debug_inhibitory")

_MUX_SINGLE = ("debug_plus", "debug_minus", "current_dac", *SYNIN_DEBUG, *CADC_DEBUG)
_MUX_SIDES = ("synapse_driver_debug", "neuron_odd", "neuron_even")
_DEBUG_OF_PAD = ("debug_plus", "debug_minus")  # [haldls PadMultiplexerConfig]
_CAPMEM_OUTPUTS = ("capmem_v_out", "capmem_i_out", "capmem_v_ref")
_PARTS = ("input_mux", "pad_mux", "current_dac", "source_measure_unit")


def joined(wire: Wire, edges: Edges) -> list[Wire]:
    """All wires that closed switches join with one, itself first."""
    found, waiting = [wire], [wire]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found:
                found.append(other)
                waiting.append(other)
    return found


def edges(chain: np.ndarray) -> Edges:
    """Closed switches of the readout chain, by wire."""
    return _known_edges(*((chain[name].tobytes(), chain[name].dtype) for name in _PARTS))


def is_unusual(chain: np.ndarray) -> bool:
    """Whether more than the lines of the neurons is connected anywhere."""
    mux = chain["input_mux"]
    return bool(
        chain["madc_input_crossbar"]["connect_source_measure_unit"]
        or chain["pad_mux"].tobytes().strip(b"\0")
        or any(mux[name].any() for name in (*_MUX_SINGLE, "synapse_driver_debug"))
        or any(_stimulates(chain[name]) for name in ("current_dac", "source_measure_unit"))
    )


def _stimulates(source: np.ndarray) -> bool:
    names = ("connect_neuron_stimulus", "connect_synapse_debug")
    return any(bool(source[name].any()) for name in names)


@lru_cache(maxsize=64)
def _known_edges(*parts: tuple[bytes, np.dtype]) -> Edges:
    found: Edges = {}
    mux, pads, dac, unit = (np.frombuffer(data, dtype) for data, dtype in parts)
    for one, other in _closed(mux, pads, dac[0], unit[0]):
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def _closed(
    mux: np.ndarray, pads: np.ndarray, dac: np.ndarray, unit: np.ndarray
) -> Iterator[tuple[Wire, Wire]]:
    for number in range(2):
        yield from _closed_to_mux(mux[number], number)
        yield from _closed_to_pad(pads[number], number)
    yield from _closed_to_source(("current_dac", 0), dac)
    yield from _closed_to_source(("source_measure_unit", 0), unit)


def _closed_to_mux(mux: np.ndarray, number: int) -> Iterator[tuple[Wire, Wire]]:
    for name in _MUX_SINGLE:
        if mux[name]:
            yield ("mux", number), (name, 0)
    for name in _MUX_SIDES:
        for hemisphere in np.flatnonzero(mux[name]).tolist():
            yield ("mux", number), (name, hemisphere)


def _closed_to_pad(pad: np.ndarray, number: int) -> Iterator[tuple[Wire, Wire]]:
    here: Wire = ("pad", number)
    if pad["debug_to_pad"]:
        yield here, (_DEBUG_OF_PAD[number], 0)
    for buffer in np.flatnonzero(pad["buffer_to_pad"]).tolist():
        yield here, ("buffer", buffer)
    if pad["neuron_i_stim_mux_to_pad"]:
        yield from _fan(here, "i_stim", pad["neuron_i_stim_mux"])
    if pad["cadc_v_ramp_mux_to_pad"]:
        yield from _fan(here, "cadc_v_ramp", pad["cadc_v_ramp_mux"])
    if pad["synapse_intermediate_mux_to_pad"]:
        for name in (*SYNIN_DEBUG, *CADC_DEBUG):
            if pad[f"{name}_to_synapse_intermediate_mux"]:
                yield here, (name, 0)
    if pad["capmem_intermediate_mux_to_pad"]:
        for name in _CAPMEM_OUTPUTS:
            if pad[f"{name}_mux_to_capmem_intermediate_mux"]:
                yield from _fan(here, name, pad[f"{name}_mux"])


def _closed_to_source(here: Wire, source: np.ndarray) -> Iterator[tuple[Wire, Wire]]:
    yield from _fan(here, "i_stim", source["connect_neuron_stimulus"])
    for kind in np.flatnonzero(source["connect_synapse_debug"]).tolist():
        yield here, (SYNIN_DEBUG[kind], 0)


def _fan(here: Wire, name: str, switches: np.ndarray) -> Iterator[tuple[Wire, Wire]]:
    for number in np.flatnonzero(switches).tolist():
        yield here, (name, number)
