"""From labels to synapses."""

import numpy as np
import pytest

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import router

EXCITATORY, INHIBITORY, BOTH = 1, 2, 3
NOWHERE = {"mask": 0, "target": 1}


def quiet_chip():
    """All crossbar nodes closed, all bus inputs open, all columns connected."""
    registers = Chip().array
    registers["crossbar"]["nodes"]["mask"] = NOWHERE["mask"]
    registers["crossbar"]["nodes"]["target"] = NOWHERE["target"]
    registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"] = True
    switches = registers["neuron_block"]["current_rows"]["values"]
    switches["enable_synaptic_current_excitatory"] = True
    switches["enable_synaptic_current_inhibitory"] = True
    return registers


def node(source, output):
    inputs, outputs = wiring.crossbar_nodes()
    return np.flatnonzero((inputs == source) & (outputs == output))[0]


def open_node(registers, source, output, mask=0, target=0):
    registers["crossbar"]["nodes"]["mask"][node(source, output)] = mask
    registers["crossbar"]["nodes"]["target"][node(source, output)] = target


def synapse(registers, *, hemisphere=0, row, column, label, weight=63, mode=EXCITATORY):
    blocks = registers["synapse_driver_blocks"]["synapse_drivers"]
    blocks["enable_receiver"][hemisphere, row // 2] = True
    blocks["row_mode_top" if row % 2 else "row_mode_bottom"][hemisphere, row // 2] = mode
    matrix = registers["synapse_blocks"]["matrix"]
    matrix["weights"][hemisphere, row, column] = weight
    matrix["labels"][hemisphere, row, column] = label


def volts(registers):
    """One volt for weight 63."""
    return registers["synapse_blocks"]["matrix"]["weights"] / 63.0


def routed(registers, labels=(), neurons=(0, 1, 256)):
    return router.route(
        registers, volts(registers), np.array(neurons), router.outside(np.array(labels, np.uint16))
    )


def heard(routes, event=0):
    """Line and amplitude of what an event does."""
    address = routes.address[event]
    if address < 0:
        return {}
    entries = slice(routes.fanout.start[address], routes.fanout.start[address + 1])
    return dict(zip(routes.fanout.line[entries], routes.fanout.amplitude[entries], strict=True))


def label(lane=0, row_select=0, synapse=0):
    return lane << 14 | row_select << 6 | synapse


@pytest.fixture
def registers():
    """Lane 0 is open to bus 0 of the top; neuron 1 has a synapse with label 7 in row 1."""
    registers = quiet_chip()
    open_node(registers, 8, 0)
    synapse(registers, row=1, column=1, label=7)
    return registers


def test_an_event_reaches_the_synapse_with_its_label(registers):
    assert heard(routed(registers, [label(synapse=7)])) == {1: 1.0}


@pytest.mark.parametrize(
    "other", [label(synapse=6), label(lane=1, synapse=7), label(row_select=1, synapse=7)]
)
def test_other_labels_lanes_and_rows_are_not_heard(registers, other):
    routes = routed(registers, [other])
    assert routes.address.tolist() == [-1]
    assert routes.fanout.line.size == 0


def test_a_bus_that_is_closed_to_events_hears_none(registers):
    registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"][0, 0] = False
    assert heard(routed(registers, [label(synapse=7)])) == {}


def test_a_crossbar_node_passes_what_agrees_with_its_target_under_its_mask(registers):
    open_node(registers, 8, 0, mask=0b1000000000, target=0b1000000000)
    synapse(registers, row=65, column=1, label=7)
    assert heard(routed(registers, [label(row_select=0, synapse=7)])) == {}
    assert heard(routed(registers, [label(row_select=8, synapse=7)])) == {1: 1.0}


def test_inhibitory_rows_pull_the_other_line(registers):
    synapse(registers, row=1, column=1, label=7, mode=INHIBITORY)
    assert heard(routed(registers, [label(synapse=7)])) == {3 + 1: 1.0}


def test_rows_of_both_kinds_pull_both_lines(registers):
    synapse(registers, row=1, column=1, label=7, mode=BOTH)
    assert heard(routed(registers, [label(synapse=7)])) == {1: 1.0, 4: 1.0}


def test_synapses_of_one_line_add_up(registers):
    synapse(registers, row=0, column=1, label=7, weight=21)
    assert heard(routed(registers, [label(synapse=7)])) == {1: pytest.approx(4 / 3)}


def test_the_switches_of_a_column_disconnect_its_lines(registers):
    switches = registers["neuron_block"]["current_rows"]["values"]
    switches["enable_synaptic_current_excitatory"][0, 1] = False
    assert heard(routed(registers, [label(synapse=7)])) == {}


def test_a_synapse_of_weight_0_does_nothing(registers):
    synapse(registers, row=1, column=1, label=7, weight=0)
    assert heard(routed(registers, [label(synapse=7)])) == {}


def test_one_event_may_reach_both_hemispheres(registers):
    open_node(registers, 8, 4)
    synapse(registers, hemisphere=1, row=1, column=0, label=7)
    assert heard(routed(registers, [label(synapse=7)])) == {1: 1.0, 2: 1.0}


def test_neurons_that_are_not_simulated_are_left_out(registers):
    synapse(registers, row=1, column=0, label=7)
    assert heard(routed(registers, [label(synapse=7)], neurons=(1,))) == {0: 1.0}


def test_a_spike_goes_through_the_event_output_of_its_neuron_to_its_bus(registers):
    neurons = registers["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["enable_digital"][33] = True
    neurons["event_routing"]["address"][33] = 0b00000111
    open_node(registers, 1, 1)
    row_select = 1 << 2  # the event output makes bits [10:8] of the label
    synapse(registers, row=2 * (4 * row_select + 1), column=0, label=7)
    routes = routed(registers, neurons=(0, 33))
    address = routes.fanout.address_of
    assert address.tolist() == [-1, 0]
    assert routes.fanout.line.tolist() == [0]
    assert routes.neuron_label.tolist() == [-1, 1 << 8 | 7]


def test_a_spike_leaves_through_the_link_of_its_event_output(registers):
    neurons = registers["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["enable_digital"][33] = True
    open_node(registers, 1, 9)
    routes = routed(registers, neurons=(33,))
    assert np.flatnonzero(routes.neuron_outputs[0]).tolist() == [9]
    assert router.to_fpga(routes.neuron_label, np.array([9])).tolist() == [1 << 14 | 1 << 8]


def test_a_background_source_reaches_its_own_bus(registers):
    open_node(registers, 12 + 2, 2)
    synapse(registers, row=4, column=1, label=9)
    events = router.background(2, np.array([9], np.uint16))
    routes = router.route(registers, volts(registers), np.array([1]), events)
    assert heard(routes) == {0: 1.0}


def test_a_neuron_in_bypass_hears_an_event_once_whatever_its_weights(registers):
    neurons = registers["neuron_block"]["atomic_neurons"]
    neurons["event_routing"]["enable_bypass_excitatory"][1] = True
    neurons["event_routing"]["enable_bypass_inhibitory"][1] = True
    synapse(registers, row=0, column=1, label=7, weight=1, mode=INHIBITORY)
    routes = routed(registers, [label(synapse=7)])
    assert list(heard(routes)) == [1]
    assert routes.fanout.bypass.tolist() == [False, True, False]


def test_labels_that_pulse_the_same_synapses_share_an_address(registers):
    registers["synapse_driver_blocks"]["synapse_drivers"]["row_address_compare_mask"] = 0
    routes = routed(registers, [label(row_select=3, synapse=7), label(row_select=5, synapse=7)])
    assert routes.address.tolist() == [0, 0]


def test_a_full_chip_delivers_what_adding_up_synapse_by_synapse_delivers():
    rng = np.random.default_rng(3)
    registers = quiet_chip()
    for output in range(8):
        open_node(registers, 8, output)
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"] = rng.random((2, 128)) < 0.9
    for name in ("row_mode_top", "row_mode_bottom"):
        drivers[name] = rng.integers(0, 4, (2, 128))
    drivers["row_address_compare_mask"] = rng.integers(0, 32, (2, 128))
    matrix = registers["synapse_blocks"]["matrix"]
    matrix["weights"] = rng.integers(0, 64, (2, 256, 256))
    matrix["labels"] = rng.integers(0, 64, (2, 256, 256))
    labels = rng.choice(2**11, 20, replace=False)
    routes = routed(registers, labels, neurons=np.arange(512))
    for event, name in enumerate(labels):
        assert heard(routes, event) == pytest.approx(by_hand(registers, int(name)))


def by_hand(registers, name):
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"]
    matrix = registers["synapse_blocks"]["matrix"]
    sums = {}
    for hemisphere, driver in np.ndindex(2, 128):
        settings = drivers[hemisphere, driver]
        mask = settings["row_address_compare_mask"]
        if not settings["enable_receiver"] or (name >> 6 & mask) != (driver // 4 & mask):
            continue
        for row, mode in (
            (2 * driver + 1, settings["row_mode_top"]),
            (2 * driver, settings["row_mode_bottom"]),
        ):
            for column in np.flatnonzero(matrix["labels"][hemisphere, row] == (name & 63)):
                weight = matrix["weights"][hemisphere, row, column] / 63
                for receptor in (0, 1):
                    if mode >> receptor & 1 and weight:
                        line = receptor * 512 + hemisphere * 256 + column
                        sums[line] = sums.get(line, 0) + weight
    return sums
