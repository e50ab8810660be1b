"""The emulated chip as a whole: its time, its chance, its state."""

from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    Configure,
    Program,
    Read,
    SampleMADC,
    SendSpikes,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import ProgramError
from neckar.units import ms, us

QUIET = Twin(noise=Noise.none())
VALID = slice(240, None)  # MADC samples after the first 8 us


def test_the_membrane_goes_on_from_snippet_to_snippet(leaky, settled, until, play):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    low = r.Chip(leaky)
    low.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"][5] = 800
    entry = play(
        *settled(leaky),
        SampleMADC(enable=True),
        until(50 * us),
        Configure(config=ChipConfig.of(low)),
        until(10 * ms),
    )
    value = entry.madc["value"][VALID].astype(int)
    assert np.abs(np.diff(value)).max() <= 2
    assert value[:100].mean() - value[-100:].mean() > 50


def test_cells_of_the_analog_memory_take_milliseconds_to_settle(leaky, settled, until, play):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    entry = play(*settled(leaky, wait=1 * us), SampleMADC(enable=True), until(20 * ms))
    value = entry.madc["value"].astype(int)
    at = [value[round(t / 34e-9)] for t in (0.1 * ms, 3 * ms, 19 * ms)]
    assert at[0] < at[1] < at[2]
    assert at[2] - at[1] > 20


def test_waiting_unobserved_ends_where_watching_ends(leaky, settled, until, play):
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    watched = (*settled(leaky), SampleMADC(enable=True), until(5 * ms))
    waited = (*settled(leaky), until(4.9 * ms), SampleMADC(enable=True), until(5 * ms))
    ends = [play(*instructions).madc["value"][-100:] for instructions in (watched, waited)]
    assert np.array_equal(*ends)


def test_a_neuron_that_nobody_followed_is_at_rest_when_somebody_looks(leaky, settled, until):
    silent = r.Chip(leaky)
    neurons = silent.array["neuron_block"]["atomic_neurons"]
    neurons["threshold"]["enable"] = False
    session = QUIET.open()
    session.run(Program(instructions=settled(silent)))
    looked = session.run(Program(instructions=(SampleMADC(enable=True), until(20 * us)))).entries[0]
    value = looked.madc["value"][VALID].astype(int)
    assert np.ptp(value) <= 1
    assert value[0] > 300


def test_the_state_of_the_chip_outlives_a_program(leaky, settled, until):
    session = QUIET.open()
    first = session.run(Program(instructions=(*settled(leaky), until(1 * ms))))
    second = session.run(Program(instructions=(until(1 * ms),)))
    counts = [recording.entries[0].spikes.size for recording in (first, second)]
    assert counts[0] > 100
    assert counts[1] == pytest.approx(counts[0], abs=2)


def _leak_of(neuron):
    rows, columns = c.CapMemRowOnCapMemBlock, c.CapMemColumnOnCapMemBlock
    cell = c.CapMemCellOnCapMemBlock(columns(neuron), rows.v_leak)
    return c.CapMemCellOnDLS(cell, c.CapMemBlockOnDLS())


def test_the_chip_goes_on_while_the_host_makes_the_next_program(leaky, settled):
    """What one program writes without a wait has arrived for the next, but not for itself."""
    leaky.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    lowered = Write(coordinate=_leak_of(5), register=r.CapMemCell(700))
    look = Read(coordinate=c.CADCSamplesOnDLS(), ticket=0)

    def seen(*programs):
        session = QUIET.open()
        for program in (settled(leaky, wait=60 * ms), *programs):
            entry = session.run(Program(instructions=program)).entries[0]
        return int(entry.reads[0].array["causal"][0, 5])

    before, at_once = seen((look,)), seen((lowered, look))
    later, at_last = seen((lowered,), (look,)), seen((lowered,), (), (), (look,))
    assert before - at_once <= 1
    assert before - at_last > 80
    assert later - at_last < 8


# --- chance ---


def recorded(twin, instructions, n_runs=1):
    session = twin.open()
    return [session.run(Program(instructions=instructions)) for _ in range(n_runs)][-1].entries


def same(a, b):
    return all(
        x.spikes.tobytes() == y.spikes.tobytes() and x.madc.tobytes() == y.madc.tobytes()
        for x, y in zip(a, b, strict=True)
    )


@pytest.fixture
def firing(leaky, settled, until):
    return (*settled(leaky), SampleMADC(enable=True), until(0.2 * ms))


def test_without_noise_two_runs_are_the_same_bit_by_bit(firing):
    assert same(recorded(QUIET, firing), recorded(QUIET, firing))


def test_with_noise_a_seed_repeats_and_another_does_not(firing):
    twins = Twin(seed=1), Twin(seed=1), Twin(seed=2)
    a, b, other = (recorded(twin, firing) for twin in twins)
    assert same(a, b)
    assert not same(a, other)


def test_trials_of_one_session_differ(firing):
    assert not same(recorded(Twin(), firing), recorded(Twin(), firing, n_runs=2))


def test_chips_differ(firing):
    twins = (Twin(serial=serial, noise=Noise.none()) for serial in (1, 2))
    assert not same(*(recorded(twin, firing) for twin in twins))


def batch(relays, settled, spikes, until, n_entries):
    sets = tuple(spikes([(k + 1) * us, 60 * us], k) for k in range(n_entries))
    return *settled(relays), SendSpikes(entries=sets), until(0.1 * ms)


def test_batch_entries_do_not_depend_on_threads(relays, settled, spikes, until):
    instructions = batch(relays, settled, spikes, until, 5)
    one, many = (recorded(Twin(threads=n), instructions) for n in (1, 4))
    assert same(one, many)
    assert [entry.spikes.size for entry in one] == [2] * 5


def test_an_entry_does_not_depend_on_how_many_follow(leaky, settled, spikes, until):
    def instructions(n_entries):
        sets = tuple(spikes([], 0) for _ in range(n_entries))
        listen = SendSpikes(entries=sets), SampleMADC(enable=True)
        return *settled(leaky), *listen, until(0.1 * ms)

    few, many = (recorded(Twin(), instructions(n)) for n in (2, 4))
    assert same(few, many[:2])
    assert not same(many[:1], many[1:2])


def test_a_program_that_cannot_be_played_leaves_the_chip_as_it_was(leaky, settled, until):
    session = QUIET.open()
    session.run(Program(instructions=settled(leaky)))
    bad = r.Chip()
    bad.array["neuron_block"]["atomic_neurons"]["bayesian"]["connect_fire_from_right"] = True
    with pytest.raises(ProgramError, match=r"bayesian\.connect_fire_from_right"):
        session.run(
            Program(
                instructions=(
                    Configure(config=ChipConfig.of(r.Chip())),
                    Configure(config=ChipConfig.of(bad)),
                )
            )
        )
    after = session.run(Program(instructions=(until(1 * ms),))).entries[0]
    assert after.spikes.size > 100


def test_progress_is_told_up_to_the_end(leaky, settled, until, play):
    told = []
    play(*settled(leaky), until(100 * ms), on=replace(QUIET, progress=told.append))
    assert told == sorted(told)
    assert len(told) > 3
    assert told[-1] == pytest.approx(1.0)


def test_a_chip_is_named_by_what_calibrations_depend_on():
    assert Twin(serial=3, seed=1).identifier == Twin(serial=3, noise=Noise.none()).identifier
    assert Twin(serial=3).identifier != Twin(serial=4).identifier
    assert Twin.ideal().identifier == "twin-ideal"
    other = Twin(spread=replace(Spread(), synapse=0.1)).identifier
    assert other not in (Twin().identifier, Twin.ideal().identifier)


def test_a_reset_that_nobody_saw_is_over_when_it_should_be(leaky, settled, until):
    """Resets of 1 ms, first of a neuron that nobody follows, then of one with short resets."""
    neuron = leaky.array["neuron_block"]["atomic_neurons"][5]
    neuron["threshold"]["enable"] = neuron["event_routing"]["enable_digital"] = False
    neuron["readout"]["enable_amplifier"] = False
    neuron["refractory_period"]["input_clock"] = 0
    leaky.array["neuron_block"]["backends"]["clock_scale_slow"] = 9
    reset = Write(coordinate=c.NeuronResetOnDLS(c.Enum(5)), register=r.NeuronReset())
    with Twin.ideal().open() as session:
        session.run(Program(instructions=(*settled(leaky), reset, until(10 * ms))))
        neuron["readout"]["enable_amplifier"] = True
        neuron["refractory_period"]["refractory_time"] = 1
        read = Read(coordinate=c.CADCSampleRowOnDLS(), ticket=0)
        configure = Configure(config=ChipConfig.of(leaky))
        entry = session.run(Program(instructions=(configure, read))).entries[0]
        seen = int(entry.reads[0].array["causal"][5])
        neuron["readout"]["enable_amplifier"] = True
        entry = session.run(Program(instructions=(*settled(leaky), read))).entries[0]
    assert seen == pytest.approx(int(entry.reads[0].array["causal"][5]), abs=1)


def forcing(leaky, half, is_forced):
    register = r.CommonNeuronBackendConfig.from_array(leaky.array["neuron_block"]["backends"][half])
    register.force_reset = is_forced
    return Write(coordinate=c.CommonNeuronBackendConfigOnDLS(half), register=register)


def time_of(entry, events):
    """In s since the timer was set to zero."""
    return (events["chip_time"].astype(int) - entry.timer_resets[-1]) * 8e-9


@pytest.mark.parametrize("half", [0, 1])
def test_a_half_of_the_chip_can_be_forced_into_reset(leaky, settled, until, play, half):
    """A neuron that fires all the time is silent then, and low; one of the other half goes on."""
    program = [*settled(leaky), SampleMADC(enable=True), until(300 * us)]
    program += [forcing(leaky, half, True), until(600 * us), forcing(leaky, half, False)]
    entry = play(*program, until(900 * us))
    spikes, time = time_of(entry, entry.spikes), time_of(entry, entry.madc)
    n_before, n_then, n_after = np.histogram(spikes, np.array([0, 301, 600, 900]) * us)[0]
    assert n_before > 10
    assert n_after > 10
    is_then = (time > 320 * us) & (time < 600 * us)
    value = entry.madc["value"].astype(int)
    if half == 0:
        assert n_then == 0
        assert value[is_then].max() < value[~is_then][VALID].mean() - 10
    else:
        assert n_then > 10


def test_a_forced_reset_that_nobody_saw_leaves_membranes_low(leaky, settled, until):
    """Read right after it, and long after it, from a neuron that nobody follows before."""
    neurons = leaky.array["neuron_block"]["atomic_neurons"]
    neurons["threshold"]["enable"] = neurons["event_routing"]["enable_digital"] = False
    neurons["readout"]["enable_amplifier"] = True
    off = Write(coordinate=c.EventRecordingConfigOnFPGA(), register=r.EventRecordingConfig())
    force, free = (forcing(leaky, 0, is_forced) for is_forced in (True, False))
    reads = [Read(coordinate=c.CADCSampleRowOnDLS(), ticket=ticket) for ticket in range(3)]
    program = [*settled(leaky), off, until(1 * ms), reads[0], force, until(2 * ms)]
    program += [free, reads[1], until(8 * ms), reads[2]]
    with Twin.ideal().open() as session:
        found = session.run(Program(instructions=tuple(program))).entries[0].reads
    before, after, later = (int(each.array["causal"][5]) for each in found)
    assert abs(after - before) > 10
    assert later == pytest.approx(before, abs=1)


def test_a_line_that_is_shown_is_remembered_though_its_amplifier_is_off(
    leaky, settled, until, play
):
    """Events pull the line of 100 us; 100 us later it is still low, with nobody else to know."""
    event = r.PADIEvent()
    event.array["fire_bus"] = True
    neuron = leaky.array["neuron_block"]["atomic_neurons"][5]
    neuron["threshold"]["enable"] = neuron["event_routing"]["enable_digital"] = False
    neuron["leak"]["i_bias"] = 1000
    neuron["readout"]["source"] = 1
    neuron["excitatory_input"]["i_bias_tau"] = 2
    neuron["excitatory_input"]["enable_small_capacitance"] = False
    rows = leaky.array["neuron_block"]["current_rows"]["values"]
    rows["enable_synaptic_current_excitatory"] = True
    drivers = leaky.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"], drivers["row_mode_top"] = True, 1
    leaky.array["synapse_driver_blocks"]["synapse_drivers"]["row_address_compare_mask"] = 0
    leaky.array["synapse_blocks"]["i_bias_dac"] = 600
    leaky.array["synapse_blocks"]["matrix"]["weights"] = 20
    fire = Write(coordinate=c.PADIEventOnDLS(), register=event)
    reads = [Read(coordinate=c.CADCSampleRowOnDLS(), ticket=k) for k in range(2)]
    program = (*settled(leaky), reads[0], until(1 * ms), fire, until(1.1 * ms), reads[1])
    before, after = (int(read.array["causal"][5]) for read in play(*program, on=Twin.ideal()).reads)
    assert after < before - 10
