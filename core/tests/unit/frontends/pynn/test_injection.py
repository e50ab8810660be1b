from typing import Any

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.program import BlockUntil, ProgramBuilder, Read, ResetTimer, Write
from neckar.frontends import pynn

CYCLES_PER_MS = 125_000


class Ticket:
    def fill(self, register: Any) -> None:
        self.register = register


class Played:
    """A program with tickets, as builders hand it out."""

    def __init__(self, instructions: list[Any], tickets: list[Ticket]) -> None:
        self.program = ProgramBuilder().add(*instructions).done()
        self.tickets = tickets


class Builder:
    def __init__(self) -> None:
        self.instructions: list[Any] = []
        self.tickets: list[Ticket] = []

    def read(self, coordinate: Any) -> Ticket:
        self.instructions.append(Read(coordinate=coordinate, ticket=len(self.tickets)))
        self.tickets.append(Ticket())
        return self.tickets[-1]

    def write(self, coordinate: Any, register: Any) -> None:
        self.instructions.append(Write(coordinate=coordinate, register=register.copy()))

    def copy_back(self, other: "Builder") -> None:
        self.instructions += other.instructions
        self.tickets += other.tickets

    def done(self) -> Played:
        return Played(self.instructions, self.tickets)


class TimedBuilder(Builder):
    """Hands out a builder that hands out a program."""

    def at(self, time_ms: float, coordinate: Any, register: Any) -> None:
        self.instructions.append(BlockUntil(cycles=int(time_ms * CYCLES_PER_MS)))
        self.write(coordinate, register)

    def in_order(self) -> Any:
        made = Builder()
        made.copy_back(self)
        return made


def relay(n_spikes: int, runtime: float = 1.0) -> tuple[Any, Any]:
    """A source that sends evenly into a bypassed neuron."""
    times = (np.arange(n_spikes) + 0.5) / n_spikes * runtime
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=times))
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    neuron.record("spikes")
    synapse = pynn.synapses.StaticSynapse(weight=63)
    return neuron, pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse)


def spikes(neuron: Any) -> np.ndarray:
    return np.concatenate([t.magnitude for t in neuron.get_data().segments[-1].spiketrains])


@pytest.fixture
def injected() -> pynn.InjectedConfiguration:
    return pynn.InjectedConfiguration()


@pytest.fixture
def readout() -> pynn.InjectedReadout:
    return pynn.InjectedReadout()


def counting() -> dict[Any, Any]:
    config = r.CrossbarOutputConfig()
    for output in c.iter_all(c.CrossbarOutputOnDLS):
        config.enable_event_counter[output] = True
    return {c.CrossbarOutputConfigOnDLS(): config}


def test_counters_of_events_count_between_two_reads(injected, readout) -> None:
    injected.pre_realtime = counting()
    readout.pre_realtime = readout.post_realtime = {
        c.CrossbarOutputOnDLS(0),
        c.CrossbarOutputOnDLS(8),
    }
    pynn.setup(injected_config=injected, injected_readout=readout, enable_neuron_bypass=True)
    relay(20)
    pynn.run(1)
    before, after = pynn.get_pre_realtime_read(), pynn.get_post_realtime_read()
    for output in readout.post_realtime:
        assert int(after[output].value) - int(before[output].value) == 20


def test_counters_of_spikes_count_a_run(injected, readout) -> None:
    injected.pre_realtime = {c.SpikeCounterResetOnDLS(): r.SpikeCounterReset()}
    for at in c.iter_all(c.CommonNeuronBackendConfigOnDLS):
        injected.pre_realtime[at] = r.Chip.default_neuron_bypass.neuron_block.backends[at].copy()
        injected.pre_realtime[at].enable_event_registers = True
    readout.post_realtime.add(c.SpikeCounterReadOnDLS())
    pynn.setup(injected_config=injected, injected_readout=readout, enable_neuron_bypass=True)
    relay(30)
    pynn.run(1)
    assert int(pynn.get_post_realtime_read()[c.SpikeCounterReadOnDLS()].count) == 30


def test_registers_written_while_the_experiment_runs_act_from_then_on(injected) -> None:
    injected.inside_realtime = timed = TimedBuilder()
    pynn.setup(injected_config=injected, enable_neuron_bypass=True)
    neuron, projection = relay(100)
    pynn.run(None, pynn.RunCommand.PREPARE)
    row = projection.placed_connections[0][0].synapse_row.toSynapseWeightRowOnDLS()
    timed.at(0.5, row, r.SynapseWeightRow())
    pynn.run(1)
    assert len(spikes(neuron)) == 50
    assert spikes(neuron).max() < 0.5


def test_what_was_written_lasts_into_later_snippets(injected) -> None:
    injected.inside_realtime = timed = TimedBuilder()
    pynn.setup(injected_config=injected, enable_neuron_bypass=True)
    neuron, projection = relay(100)
    neuron.set(leak_v_leak=300)
    pynn.run(None, pynn.RunCommand.PREPARE)
    row = projection.placed_connections[0][0].synapse_row.toSynapseWeightRowOnDLS()
    timed.at(0.2, row, r.SynapseWeightRow())
    pynn.run(0.4, pynn.RunCommand.APPEND)
    neuron.set(leak_v_leak=400)
    pynn.run(0.4, pynn.RunCommand.APPEND)
    projection.set(weight=62)
    pynn.run(0.2)
    times = spikes(neuron)
    assert not np.any((times > 0.21) & (times < 0.8))
    assert np.sum(times > 0.8) == 20


def test_builders_inside_a_run_are_kept_by_reference_and_reread_at_each_run(injected) -> None:
    injected.inside_realtime = timed = TimedBuilder()
    pynn.setup(injected_config=injected, enable_neuron_bypass=True)
    neuron, projection = relay(100)
    pynn.run(1)
    row = projection.placed_connections[0][0].synapse_row.toSynapseWeightRowOnDLS()
    assert len(spikes(neuron)) == 100
    for _ in range(2):
        pynn.reset()
        timed.at(0.25, row, r.SynapseWeightRow())
        pynn.run(1)
        assert len(spikes(neuron)) == 25


def test_all_other_parts_are_taken_as_they_were_at_setup(injected, readout) -> None:
    injected.pre_realtime = counting()
    readout.post_realtime.add(c.CrossbarOutputOnDLS(8))
    pynn.setup(injected_config=injected, injected_readout=readout, enable_neuron_bypass=True)
    injected.pre_realtime.clear()
    readout.post_realtime.clear()
    relay(10)
    pynn.run(1)
    assert int(pynn.get_post_realtime_read()[c.CrossbarOutputOnDLS(8)].value) == 10


@pytest.mark.parametrize(
    "part", ["pre_realtime", "inside_realtime_begin", "inside_realtime_end", "post_realtime"]
)
def test_reads_of_builders_answer_their_tickets(injected, part) -> None:
    builder = Builder()
    wanted = r.CrossbarOutputConfig()
    wanted.enable_event_counter[c.CrossbarOutputOnDLS(3)] = True
    builder.write(c.CrossbarOutputConfigOnDLS(), wanted)
    ticket = builder.read(c.CrossbarOutputConfigOnDLS())
    setattr(injected, part, builder)
    pynn.setup(injected_config=injected)
    pynn.Population(1, pynn.cells.HXNeuron())
    pynn.run(0.01)
    assert ticket.register == wanted


def test_what_is_written_before_the_configuration_yields_to_it(injected, readout) -> None:
    """The older name of the part works as well."""
    at = c.AtomicNeuronOnDLS(c.Enum(0))
    neuron = r.AtomicNeuron()
    neuron.leak.v_leak = 700
    injected.pre_static_config = {at: neuron}
    readout.pre_realtime.add(at)
    pynn.setup(injected_config=injected, injected_readout=readout)
    pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=300))
    pynn.run(0.01)
    assert pynn.get_pre_realtime_read()[at].leak.v_leak == 300


def test_the_timer_of_a_run_cannot_be_reset_inside() -> None:
    builder = Builder()
    builder.instructions.append(ResetTimer())
    with pytest.raises(ValueError, match="inside_realtime_end"):
        pynn.setup(injected_config=pynn.InjectedConfiguration(inside_realtime_end=builder))


def test_parts_of_other_kinds_are_refused() -> None:
    with pytest.raises(TypeError, match="post_realtime"):
        pynn.setup(injected_config=pynn.InjectedConfiguration(post_realtime=[1, 2]))


def test_symbols_of_processors_are_refused(readout) -> None:
    readout.ppu_symbols.add("counter")
    with pytest.raises(NotImplementedError, match="ppu_symbols"):
        pynn.setup(injected_readout=readout)
    pynn.setup()
    with pytest.raises(RuntimeError, match="run"):
        pynn.get_post_realtime_read_ppu_symbols()
