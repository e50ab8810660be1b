"""Switches between circuits, and what hangs together by them."""

import numpy as np
import pytest

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import Program, SampleCADC
from neckar.brainscales2.twin import capmem, coupling
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread

IDEAL = Twin.ideal()


def switched(*switches):
    """A chip with some switches closed: name and circuits of each."""
    chip = r.Chip()
    parts = chip.array["neuron_block"]["atomic_neurons"]
    for name, circuits in switches:
        part = "bayesian" if name in parts["bayesian"].dtype.names else "multicompartment"
        parts[part][name][circuits] = True
    return chip


def made(chip, spread=None):
    config = ChipConfig.of(chip)
    return coupling.fabricate(config, capmem.codes(config), 57, spread or Spread.none())


def links(chip):
    """Conductances in codes."""
    found = made(chip)
    return {
        (int(a), int(b)): pytest.approx(g / p.COUPLING_CONDUCTANCE_PER_CODE)
        for a, b, g in zip(found.first, found.second, found.conductance, strict=True)
    }


def test_a_chip_without_switches_has_no_coupling():
    assert made(r.Chip()) is None
    assert made(switched(("connect_soma", [3, 9]), ("connect_soma_right", [20]))) is None


@pytest.mark.parametrize(
    ("switches", "joined"),
    [
        ([("connect_right", [3, 4])], {3, 4, 5}),
        ([("connect_vertical", [7, 263])], {7, 263}),
        ([("connect_soma", [3, 5]), ("connect_soma_right", [3, 4])], {3, 5}),
        ([("connect_soma", [3, 4, 5]), ("connect_soma_right", [3])], {3, 4}),
        ([("connect_vertical", [7])], set()),
        ([("connect_right", [127, 255])], set()),
    ],
    ids=["right", "vertical", "soma", "cut line", "one-sided", "between halves"],
)
def test_hard_switches_make_one_membrane(switches, joined):
    found = made(switched(*switches))
    node = np.arange(512) if found is None else found.node
    assert set(np.flatnonzero(node != np.arange(512))) == joined - {min(joined, default=0)}
    assert len(set(node[list(joined)])) <= 1


def test_a_conductance_leads_to_the_membranes_on_the_line():
    chip = switched(
        ("connect_soma", [3]), ("connect_soma_right", [3, 4]), ("enable_conductance", [4, 5])
    )
    settings = chip.array["neuron_block"]["atomic_neurons"]["multicompartment"]
    settings["i_bias_nmda"][[4, 5]] = 100, 200
    assert links(chip) == {(4, 3): 100, (5, 3): 200}
    settings["enable_conductance_division"][4] = True
    settings["enable_conductance_multiplication"][5] = True
    assert links(chip) == {(4, 3): 25, (5, 3): 800}


def test_conductances_in_series_on_a_line_of_their_own():
    chip = switched(("connect_soma_right", [3, 4]), ("enable_conductance", [3, 4, 5]))
    bias = chip.array["neuron_block"]["atomic_neurons"]["multicompartment"]["i_bias_nmda"]
    bias[[3, 4]] = 100, 300
    assert links(chip) == {(3, 4): 75}
    bias[5] = 400
    assert links(chip) == {(3, 4): 37.5, (3, 5): 50, (4, 5): 150}


def test_conductances_differ_from_circuit_to_circuit():
    chip = switched(("connect_soma", slice(0, 128, 2)), ("enable_conductance", slice(1, 128, 2)),
                    ("connect_soma_right", slice(0, 128, 2)))  # fmt: skip
    chip.array["neuron_block"]["atomic_neurons"]["multicompartment"]["i_bias_nmda"] = 300
    spread = Spread(capmem_current_gain=0.0, capmem_current_offset_code=0.0)
    strength = made(chip, spread).conductance / (300 * p.COUPLING_CONDUCTANCE_PER_CODE)
    assert strength.size == 64
    assert np.log(strength).std() == pytest.approx(spread.coupling, rel=0.25)
    assert np.log(strength).mean() == pytest.approx(0, abs=0.07)


def test_all_that_hang_together_are_found():
    chip = switched(
        ("connect_right", [10]), ("connect_soma", [11]), ("connect_soma_right", [11]),
        ("enable_conductance", [12]), ("connect_vertical", [12, 268]),
    )  # fmt: skip
    wanted = np.zeros(512, bool)
    wanted[268] = True
    config = ChipConfig.of(chip)
    assert np.flatnonzero(coupling.neighbours(config, wanted)).tolist() == [10, 11, 12, 268]


def test_fire_signals_travel_along_their_lines():
    chip = switched(
        ("enable_master", [4]), ("connect_fire_to_right", [4, 5, 7]), ("enable_slave", [3, 6, 262]),
        ("connect_fire_vertical", [6]),
    )  # fmt: skip
    chip.array["neuron_block"]["atomic_neurons"]["event_routing"]["analog_output"] = 1
    found = made(chip)
    pairs = set(zip(found.leader.tolist(), found.follower.tolist(), strict=True))
    assert pairs == {(4, 6), (4, 262)}


def test_some_circuits_keep_what_hangs_together_among_them():
    chip = switched(("connect_right", [10]), ("connect_soma", [11]), ("connect_soma_right", [11]),
                    ("enable_conductance", [12]))  # fmt: skip
    chip.array["neuron_block"]["atomic_neurons"]["multicompartment"]["i_bias_nmda"] = 50
    some = coupling.take(made(chip), np.array([2, 11, 12]))
    assert some.node.tolist() == [0, 1, 2]
    assert (some.first.tolist(), some.second.tolist()) == ([2], [1])
    none = coupling.take(made(chip), np.array([2, 12]))
    assert none.conductance.size == 0


def test_the_cadc_sees_the_common_membrane_of_joined_circuits(leaky, settled, until):
    """Neuron 5 fires; its silent neighbour shows the same."""
    neurons = leaky.array["neuron_block"]["atomic_neurons"]
    neurons["readout"]["enable_amplifier"][6] = True
    neurons["multicompartment"]["connect_right"][5] = True
    program = Program(
        instructions=(
            *settled(leaky), SampleCADC(period_cycles=250, n_samples=60), until(150e-6),
        )
    )  # fmt: skip
    recording = Twin(serial=0, spread=Spread.none(), noise=Noise.none()).open().run(program)
    value = recording.entries[0].cadc.value.astype(int)
    assert np.ptp(value[:, 5]) > 30
    np.testing.assert_allclose(value[:, 6], value[:, 5], atol=1)


def test_a_slave_sends_its_own_label_whenever_its_master_fires(leaky, settled, until):
    neurons = leaky.array["neuron_block"]["atomic_neurons"]
    neurons["bayesian"]["enable_master"][5] = True
    neurons["bayesian"]["connect_fire_to_right"][5] = True
    neurons["bayesian"]["enable_slave"][6] = True
    neurons["event_routing"]["analog_output"][6] = 1
    neurons["event_routing"]["enable_digital"][6] = True
    neurons["event_routing"]["address"][6] = 9
    program = Program(instructions=(*settled(leaky), until(100e-6)))
    spikes = IDEAL.open().run(program).entries[0].spikes
    times = {k: spikes["chip_time"][spikes["label"] % 64 == k] for k in (7, 9)}
    assert times[7].size > 5
    np.testing.assert_array_equal(times[7], times[9])
