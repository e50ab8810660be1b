"""Commands that act on the running chip, and questions that only it can answer."""

from typing import Any

import numpy as np

from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_HEMISPHERES, N_NEURONS, N_ROWS
from neckar.brainscales2.chip.register_map import atomic_neuron, columns_of_quad, neurons_of_quad
from neckar.brainscales2.program import Read, Write
from neckar.brainscales2.twin import correlation
from neckar.brainscales2.twin.counters import MAX_DROPS, MAX_OUTPUT, MAX_SPIKES
from neckar.brainscales2.twin.execution.play import Player
from neckar.brainscales2.twin.execution.setting import Setting
from neckar.brainscales2.twin.execution.spans import Act, Lines
from neckar.brainscales2.twin.kernels import STEP
from neckar.brainscales2.twin.kernels.pairing import Sensors
from neckar.brainscales2.twin.registers.kinds import PADI_EVENT
from neckar.brainscales2.twin.registers.readable import CADC_QUADS


def act(this: Act, setting: Setting, player: Player) -> dict[int, Any]:
    """Do what an act says; its answer by ticket, if it was a question."""
    if this.lines is not None:
        _move(this.lines, setting, player)
        return {}
    match this.instruction:
        case Write() as write:
            _COMMANDS[type(write.coordinate).__name__](write, this.cycle, setting, player)
            return {}
        case Read(coordinate=coordinate, ticket=ticket):
            return {
                ticket: _QUESTIONS[type(coordinate).__name__](
                    coordinate, this.cycle, setting, player
                )
            }
    return {}


def _move(lines: Lines, setting: Setting, player: Player) -> None:
    """Synaptic lines are where a voltage holds them; those that become one share their charge.

    Deflections count down from where lines rest, which is another place for lines that are one.
    """
    for number, kind in enumerate(("excitatory", "inhibitory")):
        before, during = lines.before[number], lines.during[number]
        reached = before.neurons, during.neurons, lines.after[number].neurons
        touched = np.unique(np.concatenate(reached))
        state, rest = getattr(player.state, kind), setting.own_rest(kind)
        volts = rest.copy()
        if (shared := setting.share(kind, before)) is not None:
            volts[shared.neurons] = shared.level
        volts -= state
        if during.by.is_held:
            volts[during.neurons] = setting.volts(during.by).mean()
        if (shared := setting.shared[number]) is not None:
            volts[shared.neurons] = shared.share @ volts[shared.neurons]
            rest[shared.neurons] = shared.level
        state[touched] = (rest - volts)[touched]


def _fire(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    player.fire(cycle, write, setting)


def _reset_spike_counter(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    player.counters.spikes[atomic_neuron(write.coordinate)] = 0


def _set_output_counter(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    player.counters.outputs[int(write.coordinate.toEnum())] = int(write.register.value)


def _set_drop_counter(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    player.counters.drops[int(write.coordinate.toEnum())] = int(write.register.value)


def _reset_neuron(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    _reset(np.array([atomic_neuron(write.coordinate)]), cycle, setting, player)


def _reset_quad(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    _reset(neurons_of_quad(int(write.coordinate.toEnum())), cycle, setting, player)


def _reset(neurons: np.ndarray, cycle: int, setting: Setting, player: Player) -> None:
    """As after a spike that only correlation sensors see; needs the neuron's fire output."""
    routing = setting.config.neurons["event_routing"]
    neurons = neurons[routing["analog_output"][neurons] > 0]
    player.state.reset_left[neurons] = setting.analog.reset_time[neurons]
    player.state.holdoff_left[neurons] = setting.analog.holdoff_time[neurons]
    player.known[neurons] = round(player.time_of(cycle) / STEP)
    _pulse(neurons, cycle, player)


def _pulse(neurons: np.ndarray, cycle: int, player: Player) -> None:
    """The columns of some neurons."""
    player.sensing.see_columns(np.full(neurons.size, player.time_of(cycle)), neurons)


def _pulse_block(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    """Neurons of one half, west or east, whose spikes are replaced by such pulses."""
    neurons = np.arange(N_NEURONS)
    is_mine = wiring.backend_of_neuron(neurons) == int(write.coordinate.toEnum())
    routing = setting.config.neurons["event_routing"]
    _pulse(neurons[is_mine & routing["enable_post_overwrite"]], cycle, player)


def _reset_quad_of_sensors(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    hemisphere, row, quad = np.unravel_index(int(write.coordinate.toEnum()), (2, 256, 64))
    columns = columns_of_quad(int(quad))
    correlation.reset(_sensors(cycle, setting, player), int(hemisphere * N_ROWS + row), columns)


def _reset_row_of_sensors(write: Write, cycle: int, setting: Setting, player: Player) -> None:
    row, columns = int(write.coordinate.toEnum()), np.arange(N_COLUMNS)
    correlation.reset(_sensors(cycle, setting, player), row, columns)


def _sensors(cycle: int, setting: Setting, player: Player) -> Sensors:
    """As they are now."""
    now = player.time_of(cycle)
    player.sensing.change_to(setting, now)
    return player.sensing.up_to(now)


def _spike_counter(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    count = int(player.counters.spikes[atomic_neuron(coordinate)])
    read = r.SpikeCounterRead()
    read.count, read.overflow = count % (MAX_SPIKES + 1), count > MAX_SPIKES
    return read


def _output_counter(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    count = int(player.counters.outputs[int(coordinate.toEnum())])
    return r.CrossbarOutputEventCounter(value=count & MAX_OUTPUT)


def _drop_counter(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    count = int(player.counters.drops[int(coordinate.toEnum())])
    return r.CrossbarInputDropCounter(value=min(count, MAX_DROPS))


def _cadc(cycle: int, setting: Setting, player: Player, row: int = 0) -> np.ndarray:
    """Causal and acausal readings of both hemispheres, (2, 2, 256), with sensors of a row."""
    sensors = _sensors(cycle, setting, player) if setting.shows_sensors else None
    found = player.sampler.read_cadc(setting, player.state, sensors, row)
    return found.reshape(2, N_HEMISPHERES, N_COLUMNS)


def _cadc_all(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    read = r.CADCSamples()
    read.array["causal"], read.array["acausal"] = _cadc(cycle, setting, player)
    return read


def _cadc_row(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    hemisphere, row = divmod(int(coordinate.toEnum()), N_ROWS)
    causal, acausal = _cadc(cycle, setting, player, row)
    read = r.CADCSampleRow()
    read.array["causal"], read.array["acausal"] = causal[hemisphere], acausal[hemisphere]
    return read


def _cadc_quad(coordinate: Any, cycle: int, setting: Setting, player: Player) -> Any:
    """A triggering read converts all columns; a buffered one shows what was converted then."""
    hemisphere, buffered, channel, row, quad = np.unravel_index(
        int(coordinate.toEnum()), CADC_QUADS
    )
    if not buffered or player.converted is None:
        player.converted = _cadc(cycle, setting, player, int(row))
    read = r.CADCSampleQuad()
    read.array["samples"] = player.converted[channel, hemisphere, columns_of_quad(int(quad))]
    return read


_COMMANDS = {
    "BlockPostPulseOnDLS": _pulse_block,
    "CorrelationResetOnDLS": _reset_quad_of_sensors,
    "CorrelationResetRowOnDLS": _reset_row_of_sensors,
    "CrossbarInputOnDLS": _set_drop_counter,
    "CrossbarOutputOnDLS": _set_output_counter,
    "NeuronResetOnDLS": _reset_neuron,
    "NeuronResetQuadOnDLS": _reset_quad,
    PADI_EVENT: _fire,
    "SpikeCounterResetOnDLS": _reset_spike_counter,
}
_QUESTIONS = {
    "CADCSampleQuadOnDLS": _cadc_quad,
    "CADCSampleRowOnDLS": _cadc_row,
    "CADCSamplesOnDLS": _cadc_all,
    "CrossbarInputOnDLS": _drop_counter,
    "CrossbarOutputOnDLS": _output_counter,
    "SpikeCounterReadOnDLS": _spike_counter,
}
