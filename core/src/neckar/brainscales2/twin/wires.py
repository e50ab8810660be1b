"""Wires between readout multiplexers, debug lines and pads: who drives them.

Closed switches of a setting join wires. A joined wire is driven by neurons, by synaptic lines, by
what else shows a voltage, and by the board. The buffers behind the two multiplexers show on the
pads what their multiplexer sees, and nothing flows back through them: one that is joined with its
own input adds nothing to what is there.

Some wires reach the neurons themselves. A voltage on the debug line of the synaptic inputs holds
the lines of all neurons whose debug switch is closed: what synapses draw is nothing against it.
Without one, these lines are one line. Likewise the membranes that are connected to a stimulus line.
"""

from dataclasses import dataclass, replace

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.coordinates import CapMemCellOnDLS
from neckar.brainscales2.chip.datasheet import N_DRIVERS, N_HEMISPHERES, N_NEURONS
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.chip.shared_cells import CELLS_PER_BLOCK
from neckar.brainscales2.twin.board import NOTHING, Pads
from neckar.brainscales2.twin.switches import (
    Edges,
    Wire,
    edges,
    is_unusual,
    joined,
)
from neckar.errors import ProgramError

DIRECT_MEMBRANE, DIRECT_EXCITATORY, DIRECT_INHIBITORY = 4, 5, 6
"""What a neuron shows without its readout amplifier; 0 .. 3 are shown through it."""

DIRECT_LINES = DIRECT_EXCITATORY, DIRECT_INHIBITORY

_KINDS = {"excitatory": DIRECT_EXCITATORY, "inhibitory": DIRECT_INHIBITORY}

_NEURON = np.arange(N_NEURONS)
_IS_ODD = wiring.column_of_neuron(_NEURON) % 2 == 1
_HEMISPHERE = wiring.hemisphere_of_neuron(_NEURON)
_SINK = 1  # sign of the current DAC
_I_OUT_MUX, _I_OUT_RAMP = 1, 2
_OUTPUT_BIASES = tuple(
    f"debug_{name}_bias" for name in ("out_amp", "source_follower", "level_shifter")
)
TEST_VOLTAGE = int(CapMemCellOnDLS.readout_iconv_test_voltage.toEnum())


@dataclass(frozen=True, kw_only=True)
class Line:
    """What drives a wire.

    Args:
        neurons: that do.
        sources: what each of them shows, 0 .. 6.
        volts: of everything that stays as it is.
        cells: of the parameter memory whose voltages are shown, by their enum on the chip.
        drivers: of synapses that show what they remember, hemisphere * 128 + driver.
        ramps: of the CADC, by quadrant.
        current_cells: of the parameter memory whose currents enter the wire.
        amperes: of other currents that enter it.
    """

    neurons: np.ndarray
    sources: np.ndarray
    volts: tuple[float, ...] = ()
    cells: tuple[int, ...] = ()
    drivers: tuple[int, ...] = ()
    ramps: tuple[int, ...] = ()
    current_cells: tuple[int, ...] = ()
    amperes: tuple[float, ...] = ()

    @property
    def n_driving(self) -> int:
        """How many voltages lie on it."""
        still = len(self.volts) + len(self.cells)
        return self.neurons.size + still + len(self.drivers) + len(self.ramps)

    @property
    def is_held(self) -> bool:
        """Whether a voltage that stays as it is lies on it."""
        return bool(self.volts or self.cells)

    def without(self, *sources: int) -> "Line":
        """What drives it beside neurons that show these."""
        kept = ~np.isin(self.sources, sources)
        return replace(self, neurons=self.neurons[kept], sources=self.sources[kept])


NOBODY = Line(neurons=np.empty(0, int), sources=np.empty(0, int))


def line(registers: Sections, wire: Wire, board: Pads = NOTHING) -> Line:
    """What drives a wire with this setting of the chip and of the board beside it."""
    found = _line(registers, wire, board, edges(registers["readout_chain"]), ())
    # Synaptic lines follow a voltage that holds them, and membranes lag behind their switch.
    return found.without(*DIRECT_LINES, DIRECT_MEMBRANE) if found.is_held else found


@dataclass(frozen=True, kw_only=True)
class OnWire:
    """Circuits of neurons that a wire reaches directly, and what else drives it."""

    neurons: np.ndarray
    by: Line


_UNREACHED = OnWire(neurons=np.empty(0, int), by=NOBODY)


def on_debug_lines(
    registers: Sections, board: Pads, switches: np.ndarray | None = None
) -> tuple[OnWire, OnWire]:
    """Neurons whose excitatory and whose inhibitory line is on a debug line.

    Closed debug switches may be given, (2, 512), instead of those of the registers.
    """
    excitatory, inhibitory = (
        _on_debug_line(registers, board, kind, None if switches is None else switches[number])
        for number, kind in enumerate(_KINDS)
    )
    return excitatory, inhibitory


def _on_debug_line(
    registers: Sections, board: Pads, kind: str, switches: np.ndarray | None
) -> OnWire:
    neurons = _debugged(registers, kind) if switches is None else np.flatnonzero(switches)
    if not neurons.size:
        return _UNREACHED
    wire = f"synin_debug_{kind}", 0
    by = _line(registers, wire, board, edges(registers["readout_chain"]), ())
    return OnWire(neurons=neurons, by=by.without(*DIRECT_LINES, DIRECT_MEMBRANE))


def on_stimulus_lines(registers: Sections, board: Pads = NOTHING) -> tuple[OnWire, ...]:
    """Neurons whose membranes are on the same stimulus line, for each line that reaches any."""
    if not registers["neuron_block"]["atomic_neurons"]["readout"]["enable_unbuffered_access"].any():
        return ()
    closed, found = edges(registers["readout_chain"]), []
    for hemisphere in range(N_HEMISPHERES):
        wire = "i_stim", hemisphere
        if hemisphere and ("i_stim", 0) in joined(wire, closed):
            continue
        by = _line(registers, wire, board, closed, ())
        neurons = by.neurons[by.sources == DIRECT_MEMBRANE]
        if neurons.size:
            by = by.without(*DIRECT_LINES, DIRECT_MEMBRANE)
            found.append(OnWire(neurons=neurons, by=by))
    return tuple(found)


def on_unit(registers: Sections, board: Pads = NOTHING) -> Line:
    """Everything on the wire that the unit for measuring currents holds."""
    wire = "source_measure_unit", 0
    return _line(registers, wire, board, edges(registers["readout_chain"]), ())


SECTIONS = frozenset(
    {"readout_chain", "cadc_readout_chains", "neuron_block", "capmem", "synapse_driver_blocks"}
)
"""Of all registers, those on which it depends who drives which wire."""


def check(registers: Sections, board: Pads) -> None:
    """Refuse wires that force a moving voltage onto neurons.

    Raises:
        ProgramError: with the first of them.
    """
    chain = registers["readout_chain"]
    if board == NOTHING and not is_unusual(chain):
        return
    switches = _switches(registers, board)
    if switches in _ALLOWED:
        return
    for reached in (*on_debug_lines(registers, board), *on_stimulus_lines(registers, board)):
        by, neurons = reached.by, reached.neurons
        n_moving = by.neurons.size + len(by.drivers) + len(by.ramps)
        if n_moving and neurons.size:
            raise ProgramError(
                f"neuron {neurons[0]} is connected directly to a wire on which an amplifier shows"
                f" something that moves, which is not modelled ({neurons.size} neurons,"
                f" {n_moving} amplifiers); open one of the switches between"
            )
    if len(_ALLOWED) >= _MOST_ALLOWED:
        _ALLOWED.clear()
    _ALLOWED.add(switches)


_ALLOWED: set[tuple[Pads | bytes, ...]] = set()  # those that were found good before
_MOST_ALLOWED = 256


def _switches(registers: Sections, board: Pads) -> tuple[Pads | bytes, ...]:
    """Everything on which it depends whether wires are refused."""
    channels, neurons = registers["cadc_readout_chains"], registers["neuron_block"]
    drivers = registers["synapse_driver_blocks"]
    parts = (
        registers["readout_chain"],
        registers["capmem"]["blocks"],
        *(channels[f"channels_{kind}"] for kind in ("causal", "acausal")),
        neurons["current_rows"],
        neurons["atomic_neurons"]["readout"],
        neurons["i_bias_readout_amp"],
        drivers["synapse_drivers"]["enable_readout"],
        drivers["stp_i_bias_readout"],
    )
    return board, *(part.tobytes() for part in parts)


def _line(
    registers: Sections, wire: Wire, board: Pads, closed: Edges, above: tuple[Wire, ...]
) -> Line:
    lines = [
        _behind(registers, number, board, closed, (*above, wire))
        if name == "buffer"
        else _driving(registers, name, number, board)
        for name, number in joined(wire, closed)
    ]
    neurons = np.concatenate([each.neurons for each in lines])
    sources = np.concatenate([each.sources for each in lines])
    order = np.argsort(neurons, kind="stable")
    names = ("volts", "cells", "drivers", "ramps", "current_cells", "amperes")
    others = {name: sum((getattr(each, name) for each in lines), ()) for name in names}
    return Line(neurons=neurons[order], sources=sources[order], **others)


def _behind(
    registers: Sections, number: int, board: Pads, closed: Edges, above: tuple[Wire, ...]
) -> Line:
    """What a buffer in front of the pads shows; through its own input it changes nothing."""
    seen = {other for wire in above for other in joined(wire, closed)}
    if ("mux", number) in seen or not registers["readout_chain"]["buffer_to_pad"]["enable"][number]:
        return NOBODY
    return _line(registers, ("mux", number), board, closed, above)


def amplifies(registers: Sections) -> np.ndarray:
    """Neurons whose readout amplifier is switched on and has a current to work with."""
    block = registers["neuron_block"]
    is_on = block["atomic_neurons"]["readout"]["enable_amplifier"]
    return is_on & np.repeat(block["i_bias_readout_amp"] > 0, is_on.size // 4)


def _driving(registers: Sections, name: str, number: int, board: Pads) -> Line:
    """What drives a wire of its own accord."""
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    match name:
        case "neuron_even" | "neuron_odd":
            is_there = (number == _HEMISPHERE) & ((name == "neuron_odd") == _IS_ODD)
            is_driven = readout["enable_buffered_access"] & amplifies(registers)
            neurons = np.flatnonzero(is_there & is_driven)
            return Line(neurons=neurons, sources=readout["source"][neurons].astype(int))
        case "i_stim":
            neurons = np.flatnonzero((number == _HEMISPHERE) & readout["enable_unbuffered_access"])
            return Line(neurons=neurons, sources=np.full(neurons.size, DIRECT_MEMBRANE))
        case "synin_debug_excitatory" | "synin_debug_inhibitory":
            kind = name.removeprefix("synin_debug_")
            neurons = _debugged(registers, kind)
            return Line(neurons=neurons, sources=np.full(neurons.size, _KINDS[kind]))
        case "cadc_debug_causal" | "cadc_debug_acausal":
            neurons = _through_cadc(registers, name.removeprefix("cadc_debug_"))
            return Line(neurons=neurons, sources=readout["source"][neurons].astype(int))
        case "pad":
            volt = board[number]
            return NOBODY if volt is None else replace(NOBODY, volts=(volt,))
        case "synapse_driver_debug":
            return replace(NOBODY, drivers=_shown_drivers(registers, number))
        case "cadc_v_ramp":
            return replace(NOBODY, ramps=(number,))
        case "current_dac":
            return replace(NOBODY, amperes=_of_dac(registers["readout_chain"]["current_dac"]))
        case "source_measure_unit":
            return _of_unit(registers["readout_chain"])
        case _ if name.startswith("capmem"):
            return _of_block(name, registers["capmem"], number)
    return NOBODY


def _of_block(name: str, capmem: np.ndarray, number: int) -> Line:
    """What a block of the parameter memory puts onto one of its outputs."""
    block = capmem["blocks"][number]
    cell = number * CELLS_PER_BLOCK + int(block["debug_capmem_coord"])
    if name == "capmem_v_ref":
        is_on = block["debug_v_ref_select"] > 0
        return replace(NOBODY, volts=(p.CAPMEM_VOLT_AT_ZERO,)) if is_on else NOBODY
    if name == "capmem_v_out":
        is_on = block["debug_readout_enable"] and all(block[name] for name in _OUTPUT_BIASES)
        return replace(NOBODY, cells=(cell,)) if is_on else NOBODY
    if block["debug_i_out_select"] == _I_OUT_RAMP:
        slope = float(capmem["reference_generator"]["capmem_slope"][number])
        return replace(NOBODY, amperes=(p.CAPMEM_RAMP_CURRENT_PER_CODE * slope,))
    if block["debug_i_out_select"] == _I_OUT_MUX and block["debug_readout_enable"]:
        return replace(NOBODY, current_cells=(cell,))
    return NOBODY


def _shown_drivers(registers: Sections, hemisphere: int) -> tuple[int, ...]:
    """Drivers of one half whose source follower is on, if the buffer behind has a current."""
    block = registers["synapse_driver_blocks"]
    if not block["stp_i_bias_readout"][hemisphere]:
        return ()
    shown = np.flatnonzero(block["synapse_drivers"]["enable_readout"][hemisphere])
    return tuple((hemisphere * N_DRIVERS + shown).tolist())


def _of_dac(dac: np.ndarray) -> tuple[float, ...]:
    """I = bias * steps / 255, into the wire or out of it."""
    if not dac["enable_current"]:
        return ()
    bias = p.CAPMEM_CURRENT_PER_CODE * float(dac["i_bias"])
    amount = bias * float(dac["current"]) / p.CURRENT_DAC_STEPS
    return (-amount if dac["sign"] == _SINK else amount,)


def _of_unit(chain: np.ndarray) -> Line:
    """The unit that measures currents holds its wire at the test voltage."""
    is_on = chain["madc_input_crossbar"]["connect_source_measure_unit"]
    if not is_on or not chain["source_measure_unit"]["buffer_i_bias"]:
        return NOBODY
    return replace(NOBODY, cells=(TEST_VOLTAGE,))


def _debugged(registers: Sections, kind: str) -> np.ndarray:
    switches = registers["neuron_block"]["current_rows"]["values"]
    return np.flatnonzero(switches[f"enable_debug_{kind}"].reshape(-1))


def _through_cadc(registers: Sections, kind: str) -> np.ndarray:
    """Neurons that are connected to their CADC channel, which is connected to the debug line.

    Correlation sensors reach the line only for the instant in which their row is read.
    """
    channels = registers["cadc_readout_chains"][f"channels_{kind}"]
    is_joined = channels["enable_connect_debug"] & channels["enable_connect_neuron"]
    return np.flatnonzero(is_joined.reshape(-1) & amplifies(registers))
