"""Counters, and commands to the running chip."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import (
    Program,
    Read,
    SampleMADC,
    SendSpikes,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.execution import apart
from neckar.brainscales2.twin.noise import Noise
from neckar.units import ms, us

VALID = slice(240, None)  # MADC samples after the first 8 us


def test_spike_counters_count_from_their_reset(leaky, settled, until, play, time_of):
    neuron = c.AtomicNeuronOnDLS(c.Enum(5))
    entry = play(
        *settled(leaky),
        until(100 * us),
        Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset()),
        until(300 * us),
        Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=0),
    )
    times = time_of(entry.spikes, entry)
    expected = np.count_nonzero((times > 100 * us) & (times < 300 * us))
    assert int(entry.reads[0].count) == pytest.approx(expected, abs=1)
    assert 20 < expected < 50


def test_counters_count_what_nobody_records(leaky, settled, until, record, play):
    neuron = c.AtomicNeuronOnDLS(c.Enum(5))
    entry = play(
        *settled(leaky),
        record(False),
        Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset()),
        until(20 * ms),
        Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=0),
    )
    assert entry.spikes.size <= 1
    assert bool(entry.reads[0].overflow)


def test_counters_read_one_after_the_other_follow_one_neuron_after_the_other(
    leaky, settled, until, record, monkeypatch
):
    neurons = [c.AtomicNeuronOnDLS(c.Enum(k)) for k in range(3, 27)]
    sizes, advance = [], apart.advance

    def noted(circuits, state, *rest):
        sizes.append(len(state.v))
        return advance(circuits, state, *rest)

    def counts(*of):
        instructions = [*settled(leaky), record(False)]
        for k, neuron in enumerate(of):
            reset = r.SpikeCounterReset()
            instructions += [
                Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=reset),
                until((k + 1) * 1.2 * ms),
                Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=k),
            ]
        with Twin(noise=Noise.none()).open() as session:
            entry = session.run(Program(instructions=tuple(instructions))).entries[0]
        return [int(each.count) for each in entry.reads]

    alone = [counts(neuron)[0] for neuron in neurons[:3]]
    monkeypatch.setattr(apart, "advance", noted)
    together = counts(*neurons)
    assert together[:3] == pytest.approx(alone, abs=1)
    assert any(alone)
    assert max(sizes) <= 6  # some remember the time before their look for longer than a look


def test_counters_go_on_until_a_later_program_reads_them(leaky, settled, until, record):
    """Neuron 5 fires once per ms, because its reset takes so long; 10 ms pass between programs."""
    registers = leaky.array["neuron_block"]
    period = registers["atomic_neurons"][5]["refractory_period"]
    registers["backends"]["clock_scale_slow"], period["input_clock"] = 9, 0
    period["refractory_time"] = 244
    neuron = c.AtomicNeuronOnDLS(c.Enum(5))
    reset = Write(coordinate=neuron.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset())
    read = Read(coordinate=neuron.toSpikeCounterReadOnDLS(), ticket=0)
    programs = (
        (*settled(leaky), record(False), reset, until(5 * ms)),
        (until(7 * ms),),
        (until(2 * ms), read),
    )
    with Twin(noise=Noise.none()).open() as session:
        *_, last = (session.run(Program(instructions=each)).entries[0] for each in programs)
    assert int(last.reads[0].count) == pytest.approx(5 + 10 + 7 + 10 + 2, abs=2)


def test_event_counters_of_the_crossbar_count_inputs_and_outputs(
    relays, settled, spikes, until, play
):
    relays.array["crossbar"]["outputs"]["enable_event_counter"] = True
    entry = play(
        *settled(relays),
        SendSpikes(entries=(spikes(np.arange(1, 11) * us, 3),)),
        until(0.1 * ms),
        Read(coordinate=c.CrossbarOutputOnDLS(0), ticket=0),
        Read(coordinate=c.CrossbarOutputOnDLS(8), ticket=1),
        Read(coordinate=c.CrossbarOutputOnDLS(9), ticket=2),
        Write(coordinate=c.CrossbarOutputOnDLS(0), register=r.CrossbarOutputEventCounter()),
        Read(coordinate=c.CrossbarOutputOnDLS(0), ticket=3),
    )
    assert [int(read.value) for read in entry.reads] == [10, 10, 0, 0]


@pytest.mark.parametrize("counts", [True, False])
def test_a_bus_that_is_offered_too_much_loses_events_and_counts_them_where_it_is_told_to(
    relays, settled, spikes, until, counts, play
):
    relays.array["crossbar"]["nodes"]["enable_drop_counter"] = counts
    sent = spikes(np.repeat(np.arange(2000), 2) * FPGA_CYCLE, 3)
    entry = play(
        *settled(relays),
        SendSpikes(entries=(sent,)),
        until(0.1 * ms),
        Read(coordinate=c.CrossbarInputOnDLS(8), ticket=0),
        Read(coordinate=c.CrossbarInputOnDLS(9), ticket=1),
    )
    assert [int(read.value) for read in entry.reads] == [entry.dropped_in * counts, 0]
    assert 1000 < entry.dropped_in < 2000


def test_a_slow_output_of_the_crossbar_spreads_events_that_come_together(
    relays, settled, spikes, until, play
):
    relays.array["crossbar"]["outputs"]["enable_slow"][1] = True  # of neurons 32 to 63
    sent = spikes(np.full(64, 10) * us, np.arange(64))
    entry = play(*settled(relays), SendSpikes(entries=(sent,)), until(0.1 * ms))
    assert entry.spikes.size == 64
    lane = entry.spikes["label"] >> 14
    fast, slow = (np.ptp(entry.spikes["chip_time"][lane == k]) for k in (0, 1))
    assert slow * FPGA_CYCLE == pytest.approx(31 * 32e-9, abs=10e-9)
    assert fast * FPGA_CYCLE < 0.6 * us


def test_an_event_can_be_put_onto_a_bus_by_hand(relays, settled, until, play, time_of):
    """Past the crossbar, and past the switch that opens the bus to it."""
    relays.array["synapse_driver_blocks"]["padi_bus"]["enable_spl1"] = False
    event = r.PADIEvent(event_address=9)
    event.fire_bus[c.PADIBusOnPADIBusBlock(0)] = True
    elsewhere = r.PADIEvent(event_address=9, row_select_address=1)
    elsewhere.fire_bus[c.PADIBusOnPADIBusBlock(0)] = True
    entry = play(
        *settled(relays),
        until(10 * us),
        Write(coordinate=c.PADIEventOnDLS(0), register=event),
        Write(coordinate=c.PADIEventOnDLS(0), register=elsewhere),
        Write(coordinate=c.PADIEventOnDLS(1), register=event),
        until(50 * us),
        Write(coordinate=c.PADIEventOnDLS(0), register=event),
        until(100 * us),
    )
    assert entry.spikes["label"].tolist() == [9, 9]
    assert time_of(entry.spikes, entry) == pytest.approx([10.15 * us, 50.15 * us], abs=20e-9)


def test_a_neuron_can_be_reset_from_outside(leaky, settled, until, play, time_of):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(
        *settled(leaky),
        SampleMADC(enable=True),
        until(50 * us),
        Write(
            coordinate=c.AtomicNeuronOnDLS(c.Enum(5)).toNeuronResetOnDLS(),
            register=r.NeuronReset(),
        ),
        until(100 * us),
    )
    madc = entry.madc[VALID]
    value, cycles = madc["value"].astype(int), time_of(madc, entry)
    lowest = cycles[np.argmin(value)]
    assert lowest == pytest.approx(52 * us, abs=0.3 * us)
    assert entry.spikes.size == 0
