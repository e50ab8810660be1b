"""Wires between readout multiplexers, debug lines and pads: who drives them.

Closed switches of a setting join wires. A joined wire is driven by neurons, by synaptic lines and
by the board. The buffers behind the two multiplexers show on the pads what their multiplexer sees,
and nothing flows back through them.

A voltage on the debug line of the synaptic inputs holds the lines of all neurons whose debug switch
is closed: what synapses draw is nothing against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import N_HEMISPHERES, N_NEURONS
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.board import NOTHING, Pads
from neckar.errors import ProgramError

Wire = tuple[str, int]
Edges = dict[Wire, list[Wire]]

DIRECT_MEMBRANE, DIRECT_EXCITATORY, DIRECT_INHIBITORY = 4, 5, 6
"""What a neuron shows without its readout amplifier; 0 .. 3 are shown through it."""

_KINDS = {"excitatory": DIRECT_EXCITATORY, "inhibitory": DIRECT_INHIBITORY}

CADC_DEBUG = ("cadc_debug_causal", "cadc_debug_acausal")

_NEURON = np.arange(N_NEURONS)
_IS_ODD = wiring.column_of_neuron(_NEURON) % 2 == 1
_HEMISPHERE = wiring.hemisphere_of_neuron(_NEURON)

_MUX_SINGLE = (
    "debug_plus",
    "debug_minus",
    "current_dac",
    "synin_debug_excitatory",
    "synin_debug_inhibitory",
    *CADC_DEBUG,
)
_MUX_SIDES = ("synapse_driver_debug", "neuron_odd", "neuron_even")
_DEBUG_OF_PAD = ("debug_plus", "debug_minus")  # [haldls PadMultiplexerConfig]
_SYNAPSE_LINES = ("synin_debug_excitatory", "synin_debug_inhibitory", *CADC_DEBUG)
_CAPMEM_OUTPUTS = ("capmem_v_out", "capmem_i_out", "capmem_v_ref")
_UNMODELLED = {
    "synapse_driver_debug": "the debug line of the synapse drivers",
    "cadc_v_ramp": "the ramp of the CADC",
    "capmem_i_out": "an output of the analog parameter memory",
    "capmem_v_ref": "an output of the analog parameter memory",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """What drives a wire.

    Args:
        neurons: that do.
        sources: what each of them shows, 0 .. 6.
        volts: of everything that stays as it is.
        cells: of the parameter memory whose voltages are shown, by their enum on the chip.
    """

    neurons: np.ndarray
    sources: np.ndarray
    volts: tuple[float, ...] = ()
    cells: tuple[int, ...] = ()

    @property
    def is_driven(self) -> bool:
        """Whether anybody does."""
        return bool(self.neurons.size or self.volts or self.cells)


_NOTHING = Line(neurons=np.empty(0, int), sources=np.empty(0, int))


def line(registers: np.ndarray, wire: Wire, board: Pads = NOTHING) -> Line:
    """What drives a wire with this setting of the chip and of the board beside it.

    Raises:
        ProgramError: something does that the twin has no model of.
    """
    found = _line(registers, wire, board, _edges(registers["readout_chain"]), ())
    if found.volts or found.cells:
        return _held_by(found)
    for kind, shown in _KINDS.items():
        n = np.count_nonzero(found.sources == shown)
        if n > 1:
            raise ProgramError(
                f"the {kind} lines of {n} neurons are joined through their debug line, which is"
                f" not modelled unless a voltage holds it; leave enable_debug_{kind} on in one"
                " column, or put a voltage onto the debug line"
            )
    return found


def _held_by(line: Line) -> Line:
    """With a voltage on the wire, synaptic lines follow it and do not drive it."""
    drives = (line.sources != DIRECT_EXCITATORY) & (line.sources != DIRECT_INHIBITORY)
    return replace(line, neurons=line.neurons[drives], sources=line.sources[drives])


def held(
    registers: np.ndarray, board: Pads, switches: np.ndarray | None = None
) -> tuple[tuple[np.ndarray, Line], ...]:
    """Neurons whose excitatory and whose inhibitory line a voltage holds, and what drives it.

    Closed debug switches may be given, (2, 512), instead of those of the registers.
    """
    found = []
    for number, kind in enumerate(_KINDS):
        neurons, wire = _on_debug_line(registers, kind), (f"synin_debug_{kind}", 0)
        if switches is not None:
            neurons = np.flatnonzero(switches[number])
        edges = _edges(registers["readout_chain"])
        by = _line(registers, wire, board, edges, ()) if neurons.size else _NOTHING
        is_held = bool(by.volts or by.cells)
        found.append((neurons, _held_by(by)) if is_held else (neurons[:0], by))
    return tuple(found)


def check(registers: np.ndarray, board: Pads) -> None:
    """Refuse wires that show, or do, something that the twin has no model of.

    Raises:
        ProgramError: with the first of them.
    """
    chain = registers["readout_chain"]
    if not _is_unusual(chain, board):
        return
    switches = _switches(registers, board)
    if switches in _ALLOWED:
        return
    if chain["madc_input_crossbar"]["connect_source_measure_unit"]:
        raise ProgramError(
            "connect_source_measure_unit of the MADC's input crossbar: currents are not measured;"
            " switch it off and record a voltage"
        )
    for number in range(2):
        line(registers, ("mux", number), board)
    for name in CADC_DEBUG:
        line(registers, (name, 0), board)
    for name in ("synin_debug_excitatory", "synin_debug_inhibitory"):
        _refuse_forcing(registers, (name, 0), board)
    for hemisphere in range(N_HEMISPHERES):
        _refuse_forcing(registers, ("i_stim", hemisphere), board)
    if len(_ALLOWED) >= _MOST_ALLOWED:
        _ALLOWED.clear()
    _ALLOWED.add(switches)


_ALLOWED: set[tuple[Pads | bytes, ...]] = set()  # those that were found good before
_MOST_ALLOWED = 256


def _switches(registers: np.ndarray, board: Pads) -> tuple[Pads | bytes, ...]:
    """Everything on which it depends whether wires are refused."""
    chain, channels = registers["readout_chain"], registers["cadc_readout_chains"]
    neurons = registers["neuron_block"]
    parts = (
        *(chain[name] for name in ("input_mux", "pad_mux", "buffer_to_pad", "current_dac")),
        chain["madc_input_crossbar"],
        registers["capmem"]["blocks"],
        *(channels[f"channels_{kind}"] for kind in ("causal", "acausal")),
        neurons["current_rows"],
        neurons["atomic_neurons"]["readout"]["enable_unbuffered_access"],
        neurons["atomic_neurons"]["readout"]["enable_amplifier"],
        neurons["i_bias_readout_amp"],
    )
    return board, *(part.tobytes() for part in parts)


def _is_unusual(chain: np.ndarray, board: Pads) -> bool:
    """Whether more than the lines of the neurons is connected anywhere."""
    mux = chain["input_mux"]
    return bool(
        board != NOTHING
        or chain["madc_input_crossbar"]["connect_source_measure_unit"]
        or chain["pad_mux"].tobytes().strip(b"\0")
        or any(mux[name].any() for name in (*_MUX_SINGLE, "synapse_driver_debug"))
    )


def _refuse_forcing(registers: np.ndarray, wire: Wire, board: Pads) -> None:
    """A voltage of the board would hold what it is connected to."""
    found = line(registers, wire, board)
    forced = found.neurons[found.sources == DIRECT_MEMBRANE]
    if (found.volts or found.cells) and forced.size:
        raise ProgramError(
            f"a voltage from outside would be forced onto the membrane of neuron {forced[0]},"
            f" which is not modelled ({forced.size} neurons); open one of the switches between"
        )


def _line(
    registers: np.ndarray, wire: Wire, board: Pads, edges: Edges, above: tuple[Wire, ...]
) -> Line:
    neurons, sources = [np.empty(0, int)], [np.empty(0, int)]
    volts: list[float] = []
    cells: list[int] = []
    for name, number in _joined(wire, edges):
        if name in _UNMODELLED:
            raise ProgramError(
                f"{_UNMODELLED[name]} is connected to {_told(wire)}, which is not modelled;"
                " open the switch between"
            )
        if name == "buffer":
            behind = _behind(registers, number, board, edges, (*above, wire))
            neurons.append(behind.neurons)
            sources.append(behind.sources)
            volts.extend(behind.volts)
            cells.extend(behind.cells)
        elif name == "capmem_v_out":
            cells.extend(_shown_cells(registers["capmem"]["blocks"][number], number))
        elif name == "pad":
            volts.extend(volt for volt in (board[number],) if volt is not None)
        else:
            driving, shown = _driving(registers, name, number)
            neurons.append(driving)
            sources.append(shown)
    driving, shown = np.concatenate(neurons), np.concatenate(sources)
    order = np.argsort(driving, kind="stable")
    return Line(
        neurons=driving[order], sources=shown[order], volts=tuple(volts), cells=tuple(cells)
    )


def _shown_cells(block: np.ndarray, number: int) -> list[int]:
    """The cell whose voltage a block of the parameter memory puts onto its output, if it does."""
    if not block["debug_readout_enable"]:
        return []
    local = int(block["debug_capmem_coord"])
    if not capmem.is_voltage(local):
        raise ProgramError(
            f"debug_capmem_coord of parameter memory block {number} is a current, which cannot be"
            " shown as a voltage; choose a cell that holds a voltage"
        )
    return [number * capmem.CELLS_PER_BLOCK + local]


def _behind(
    registers: np.ndarray, number: int, board: Pads, edges: Edges, above: tuple[Wire, ...]
) -> Line:
    """What a buffer in front of the pads shows."""
    if ("mux", number) in above:
        raise ProgramError(
            f"buffer {number} in front of the pads drives its own input; open buffer_to_pad or"
            " debug_to_pad"
        )
    if not registers["readout_chain"]["buffer_to_pad"]["enable"][number]:
        return _NOTHING
    return _line(registers, ("mux", number), board, edges, above)


def amplifies(registers: np.ndarray) -> np.ndarray:
    """Neurons whose readout amplifier is switched on and has a current to work with."""
    block = registers["neuron_block"]
    is_on = block["atomic_neurons"]["readout"]["enable_amplifier"]
    return is_on & np.repeat(block["i_bias_readout_amp"] > 0, is_on.size // 4)


def _driving(registers: np.ndarray, name: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Neurons that drive a wire of their own accord, and what they show there."""
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    nobody = np.empty(0, int)
    match name:
        case "neuron_even" | "neuron_odd":
            is_there = (number == _HEMISPHERE) & ((name == "neuron_odd") == _IS_ODD)
            is_driven = readout["enable_buffered_access"] & amplifies(registers)
            neurons = np.flatnonzero(is_there & is_driven)
            return neurons, readout["source"][neurons].astype(int)
        case "i_stim":
            neurons = np.flatnonzero((number == _HEMISPHERE) & readout["enable_unbuffered_access"])
            return neurons, np.full(neurons.size, DIRECT_MEMBRANE)
        case "synin_debug_excitatory" | "synin_debug_inhibitory":
            neurons = _on_debug_line(registers, name.removeprefix("synin_debug_"))
            is_excitatory = name == "synin_debug_excitatory"
            shown = DIRECT_EXCITATORY if is_excitatory else DIRECT_INHIBITORY
            return neurons, np.full(neurons.size, shown)
        case "cadc_debug_causal" | "cadc_debug_acausal":
            neurons = _through_cadc(registers, name.removeprefix("cadc_debug_"))
            return neurons, readout["source"][neurons].astype(int)
        case "current_dac":
            _refuse_current(registers["readout_chain"]["current_dac"])
    return nobody, nobody


def _on_debug_line(registers: np.ndarray, kind: str) -> np.ndarray:
    switches = registers["neuron_block"]["current_rows"]["values"]
    return np.flatnonzero(switches[f"enable_debug_{kind}"].reshape(-1))


def _through_cadc(registers: np.ndarray, kind: str) -> np.ndarray:
    """Neurons that are connected to their CADC channel, which is connected to the debug line."""
    channels = registers["cadc_readout_chains"][f"channels_{kind}"]
    is_debugged = channels["enable_connect_debug"]
    if (is_debugged & channels["enable_connect_correlation"]).any():
        raise ProgramError(
            f"channels_{kind} of the CADC join correlation sensors and the debug line, which is not"
            " modelled; open enable_connect_correlation or enable_connect_debug"
        )
    is_joined = (is_debugged & channels["enable_connect_neuron"]).reshape(-1)
    return np.flatnonzero(is_joined & amplifies(registers))


def _refuse_current(dac: np.ndarray) -> None:
    if dac["enable_current"]:
        raise ProgramError(
            "the current DAC is connected to a readout multiplexer, which is not modelled; leave"
            " enable_current off or close another input of the multiplexer"
        )


def _told(wire: Wire) -> str:
    return f"readout multiplexer {wire[1]}" if wire[0] == "mux" else wire[0]


def _joined(wire: Wire, edges: Edges) -> list[Wire]:
    """All wires that closed switches join with one, itself first."""
    found, waiting = [wire], [wire]
    while waiting:
        for other in edges.get(waiting.pop(), ()):
            if other not in found:
                found.append(other)
                waiting.append(other)
    return found


def _edges(chain: np.ndarray) -> Edges:
    mux, pads = chain["input_mux"], chain["pad_mux"]
    return _known_edges(mux.tobytes(), mux.dtype, pads.tobytes(), pads.dtype)


@lru_cache(maxsize=64)
def _known_edges(mux: bytes, of_mux: np.dtype, pads: bytes, of_pads: np.dtype) -> Edges:
    edges: Edges = {}
    for one, other in _closed(np.frombuffer(mux, of_mux), np.frombuffer(pads, of_pads)):
        edges.setdefault(one, []).append(other)
        edges.setdefault(other, []).append(one)
    return edges


def _closed(mux: np.ndarray, pads: np.ndarray) -> Iterator[tuple[Wire, Wire]]:
    for number in range(2):
        yield from _closed_to_mux(mux[number], number)
        yield from _closed_to_pad(pads[number], number)


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
        for name in _SYNAPSE_LINES:
            if pad[f"{name}_to_synapse_intermediate_mux"]:
                yield here, (name, 0)
    if pad["capmem_intermediate_mux_to_pad"]:
        for name in _CAPMEM_OUTPUTS:
            if pad[f"{name}_mux_to_capmem_intermediate_mux"]:
                yield from _fan(here, name, pad[f"{name}_mux"])


def _fan(here: Wire, name: str, switches: np.ndarray) -> Iterator[tuple[Wire, Wire]]:
    for number in np.flatnonzero(switches).tolist():
        yield here, (name, number)
