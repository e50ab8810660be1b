"""Synaptic lines that a voltage of the board holds through their debug switches."""

import numpy as np
import pytest

from neckar.brainscales2.calibration.readout import on_pad
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.register_map import columns_of_quad
from neckar.brainscales2.program import Program, Read, SendSpikes, Write
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.execution import acts
from neckar.units import us

SHOWN = slice(0, 8)
TAU = 200 * us * 100 * 0.58  # of a line with its high resistance and its small capacitance


@pytest.fixture
def slow(relays):
    """The lines of neurons 0 to 7 are shown and hardly leak; the debug line lies on a pad."""
    registers = relays.array
    neurons = registers["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["enable_bypass_excitatory"] = False
    neurons["event_routing"]["enable_digital"] = False
    neurons["excitatory_input"]["enable_high_resistance"] = True
    neurons["readout"]["source"], neurons["readout"]["enable_amplifier"] = 1, True
    registers["neuron_block"]["i_bias_readout_amp"] = 500
    registers["synapse_blocks"]["i_bias_dac"] = 600
    chains = registers["cadc_readout_chains"]
    chains["channels_causal"]["enable_connect_neuron"][0, SHOWN] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    pad = registers["readout_chain"]["pad_mux"][0]
    pad["synin_debug_excitatory_to_synapse_intermediate_mux"] = True
    pad["synapse_intermediate_mux_to_pad"] = True
    return relays


def switches(is_closed):
    quad = r.ColumnCurrentQuad()
    quad.array["switches"]["enable_synaptic_current_excitatory"] = True
    quad.array["switches"]["enable_synaptic_current_inhibitory"] = False
    quad.array["switches"]["enable_debug_excitatory"] = is_closed
    where = [c.ColumnCurrentQuadOnDLS(c.Enum(k)) for k in range(64)]
    return [Write(coordinate=coordinate, register=quad) for coordinate in where]


def look(ticket):
    return Read(coordinate=c.CADCSampleRowOnDLS(), ticket=ticket)


def readings(*instructions):
    reads = Twin.ideal().open().run(Program(instructions=instructions)).entries[0].reads
    return [reads[k].array["causal"].astype(int)[SHOWN] for k in sorted(range(len(reads)))]


def test_lines_are_left_where_a_voltage_held_them(slow, settled, until):
    rests = until(100 * us), look(0)
    held = *on_pad(1.0), *switches(True), *switches(False), until(140 * us), look(1)
    later = until(200_000 * us), look(2)
    before, after, much_later = readings(*settled(slow), *rests, *held, *later)
    assert (before - after).min() > 40
    assert np.ptp(after) <= 1
    assert np.array_equal(before, much_later)


def test_nothing_moves_a_line_while_it_is_held(slow, settled, spikes, until):
    sent = SendSpikes(entries=(spikes(np.arange(200, 300) * us, 3),))
    free = *settled(slow), sent, until(100 * us), look(0), until(300 * us), look(1)
    before, after = readings(*free)
    assert (before - after)[3] > 10
    closed = *on_pad(1.0), *switches(True)
    held = *settled(slow), *closed, sent, until(100 * us), look(0), until(300 * us), look(1)
    before, after = readings(*held)
    assert np.array_equal(before, after)
    opened = *switches(False), until(320 * us), look(2)
    assert np.abs(readings(*held, *opened)[2] - before).max() <= 2


def test_another_voltage_of_the_board_moves_the_lines_that_it_holds(slow, settled, until):
    closed = *settled(slow), *on_pad(1.2), *switches(True)
    moved = until(100 * us), look(0), *on_pad(1.0), until(200 * us), look(1)
    before, after = readings(*closed, *moved)
    assert (before - after).min() > 40


def test_switches_that_move_one_after_the_other_make_one_change(slow, settled, until, monkeypatch):
    made = []
    monkeypatch.setattr(acts, "_move", lambda lines, *_: made.append(lines.during))
    readings(*settled(slow), *on_pad(1.0), *switches(True), *switches(False), until(50 * us))
    assert [on.neurons.size for on in made[0]] == [256, 0]
    assert len(made) == 1


def test_lines_that_become_one_share_their_charge_and_keep_it(slow, settled, spikes, until):
    """One of eight lines is pulled down: together they go an eighth of the way."""
    columns = r.ColumnCurrentQuad()
    columns.array["switches"]["enable_synaptic_current_excitatory"] = True
    columns.array["switches"]["enable_debug_excitatory"] = True
    quads = [
        Write(coordinate=c.ColumnCurrentQuadOnDLS(c.Enum(k)), register=columns) for k in (0, 32)
    ]
    sent = SendSpikes(entries=(spikes(np.arange(200, 240) * us, 3),))
    alone = *settled(slow), sent, until(50 * us), look(0), until(242 * us), look(1)
    joined = *quads, look(2)
    before, after, shared = readings(*alone, *joined)
    assert (before - after)[3] > 60
    assert np.ptp(shared) <= 1
    left = (before - after)[3] * np.exp(-110 * us / TAU)  # while the rows were read
    assert (before - shared).mean() == pytest.approx(left / 8, abs=1)


def test_an_event_moves_lines_that_are_one_by_their_share(slow, settled, spikes, until):
    """Two of four columns hear it: all four go half as far as one that is alone.

    So few events that lines are far from where they end.
    """
    matrix, switches = slow.array["synapse_blocks"]["matrix"], r.ColumnCurrentQuad()
    together, alone = columns_of_quad(0), np.array([1, 3, 5, 7])
    matrix["labels"][0, 1, :8] = [3, 3, 9, 3, 3, 3, 9, 3]
    switches.array["switches"]["enable_synaptic_current_excitatory"] = True
    switches.array["switches"]["enable_debug_excitatory"] = True
    sent = SendSpikes(entries=(spikes(np.arange(200, 210) * us, 3),))
    join = Write(coordinate=c.ColumnCurrentQuadOnDLS(c.Enum(0)), register=switches)
    looks = sent, until(100 * us), look(0), until(242 * us), look(1)
    before, after = readings(*settled(slow), join, *looks)
    fall = before - after
    assert np.ptp(fall[together]) <= 1
    assert fall[together].mean() == pytest.approx(fall[alone].mean() / 2, abs=1)
