import copy
import itertools
import pickle

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as halco
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.coordinates import COORDINATES, Enum, X, Y, common, iter_all
from neckar.brainscales2.chip.coordinates.base import Grid, Interval, Numbered, Pair, Ranged

RANGED = [kind for kind in COORDINATES.values() if issubclass(kind, Ranged)]
PAIRS = [kind for kind in COORDINATES.values() if issubclass(kind, Pair)]
GRIDS = [kind for kind in COORDINATES.values() if issubclass(kind, Grid)]
INTERVALS = [kind for kind in COORDINATES.values() if issubclass(kind, Interval)]
NUMBERED = [kind for kind in COORDINATES.values() if issubclass(kind, Numbered)]


def neuron(enum):
    return halco.AtomicNeuronOnDLS(Enum(enum))


def test_there_are_248_types():
    assert len(COORDINATES) == 248
    assert (len(RANGED), len(PAIRS), len(GRIDS), len(INTERVALS)) == (191, 45, 6, 3)


@pytest.mark.parametrize("kind", RANGED)
def test_ranged_integers_keep_their_range(kind):
    assert kind(kind.min) == kind.min
    assert int(kind(kind.max)) == kind.max
    assert kind.size == kind.max - kind.min + 1 == kind.end - kind.begin
    with pytest.raises(OverflowError, match=rf"range overflow: {kind.max + 1} > max\({kind.max}\)"):
        kind(kind.max + 1)
    with pytest.raises(OverflowError, match="range underflow"):
        kind(kind.min - 1)


@pytest.mark.parametrize("kind", [*RANGED, *NUMBERED])
def test_first_and_last_survive_enum_copies_and_pickles(kind):
    first, last = (kind(Enum(enum)) for enum in (_first(kind), kind.max))
    for made in (kind(), first, last):
        assert kind(made.toEnum()) == made == kind(made)
        assert pickle.loads(pickle.dumps(made)) == made
        assert copy.deepcopy(made) == made == copy.copy(made)
        assert hash(kind(made.toEnum())) == hash(made)
        assert repr(made).startswith(kind.__name__)
    assert first <= last
    assert (first < last) == (first != last)
    if last.toEnum() > 0:
        assert first < last


def _first(kind):
    return kind.min if issubclass(kind, Ranged) else 0


@pytest.mark.parametrize("kind", NUMBERED)
def test_numbered_coordinates_keep_their_range(kind):
    with pytest.raises(OverflowError, match=f"range overflow: {kind.size} > max"):
        kind(Enum(kind.size))


@pytest.mark.parametrize("kind", [*GRIDS, *INTERVALS])
def test_a_plain_number_is_no_grid_and_no_interval(kind):
    with pytest.raises(TypeError, match="cannot be made of 1"):
        kind(1)


def test_a_plain_number_is_a_place_on_the_first_block():
    assert halco.SynapseRowOnDLS(3) == halco.SynapseRowOnDLS(Enum(3))
    with pytest.raises(OverflowError):
        halco.SynapseRowOnDLS(300)


@pytest.mark.parametrize("kind", PAIRS)
def test_pairs_are_block_times_locals_plus_local(kind):
    local = kind.local_type(Enum(kind.local_type.max))
    block = kind.block_type(Enum(kind.block_type.max))
    made = kind(local, block)
    assert int(made) == int(made.toEnum()) == kind.max
    assert made.split() == (block, local)
    assert kind(**{kind.local_name: local, kind.block_name: block}) == made
    assert getattr(made, f"to{kind.block_type.__name__}")() == block


@pytest.mark.parametrize("kind", [k for k in GRIDS if k is not halco.CrossbarNodeOnDLS])
def test_grids_take_x_and_y_in_any_order(kind):
    x, y = kind.x_type(kind.x_type.max), kind.y_type(1)
    made = kind(x, y)
    assert int(made.toEnum()) == kind.x_type.size + int(x)
    assert kind(y, x) == kind(x=x, y=y) == kind(X(int(x)), Y(1)) == kind(Y(1), X(int(x))) == made
    assert kind(int(x), 1) == made
    assert (made.x(), made.y()) == (x, y)


def test_coordinates_of_different_types_are_never_equal():
    everything = [kind() for kind in COORDINATES.values()]
    assert len(dict.fromkeys(everything)) == len(everything)
    for one, other in itertools.pairwise(everything):
        assert one != other
        assert (one == other) is False


def test_ranged_integers_are_equal_to_plain_ones_and_keep_their_type_in_sums():
    row = halco.SynapseRowOnSynram(7)
    assert row == 7 == np.int64(7)
    assert type(row + 16) is type(row % 2) is type(row / 2) is halco.SynapseRowOnSynram
    assert row + 16 == 23
    assert row % 2 == 1
    with pytest.raises(OverflowError):
        row + 250
    with pytest.raises(TypeError):
        _ = row < halco.NeuronColumnOnDLS(8)


def test_enums_index_arrays():
    values = np.arange(512) * 2
    assert values[neuron(300).toEnum()] == 600
    assert values[[neuron(1).toEnum(), neuron(2).toEnum()]].tolist() == [2, 4]
    assert type(neuron(1).toEnum()) is common.EnumRanged_512_


def test_iter_all_goes_through_enums_and_products():
    assert [int(n.toEnum()) for n in iter_all(halco.AtomicNeuronOnDLS)] == list(range(512))
    both = list(iter_all(halco.SynramOnDLS, halco.PADIBusOnPADIBusBlock))
    assert len(both) == 8
    assert both[1] == (halco.SynramOnDLS.top, halco.PADIBusOnPADIBusBlock(1))


def test_reset_and_backend_enums_count_west_before_east():
    slots = [int(neuron(n).toNeuronResetOnDLS().toEnum()) for n in (0, 127, 128, 256, 384, 511)]
    assert slots == [0, 127, 256, 128, 384, 511]
    for n in range(512):
        backend = neuron(n).toNeuronBackendConfigOnDLS()
        assert backend.toAtomicNeuronOnDLS() == neuron(n)


def test_quads_hold_even_and_odd_columns():
    quad = halco.SynapseQuadColumnOnDLS(33)
    assert [int(column) for column in quad.toNeuronColumnOnDLS()] == [9, 11, 13, 15]
    for column in iter_all(halco.SynapseOnSynapseRow):
        entry = column.toEntryOnQuad()
        assert halco.SynapseOnSynapseRow(entry, column.toSynapseQuadColumnOnDLS()) == column


def test_drivers_know_rows_buses_and_capmem():
    driver = halco.SynapseDriverOnSynapseDriverBlock(6)
    assert driver.toSynapseRowOnSynram() == (13, 12)
    assert driver.toPADIBusOnPADIBusBlock() == 2
    assert driver.toSynapseDriverOnPADIBus() == 1
    odd = halco.SynapseDriverOnDLS(
        halco.SynapseDriverOnSynapseDriverBlock(7), halco.SynapseDriverBlockOnDLS.bottom
    )
    assert odd.toCapMemBlockOnDLS() == 3
    top = halco.SynapseRowOnSynapseDriver.top
    assert halco.SynapseRowOnSynram(13).toSynapseRowOnSynapseDriver() == top


def test_neurons_know_their_quadrant_output_and_synram():
    assert [int(neuron(n).toCapMemBlockOnDLS()) for n in (0, 128, 256, 384)] == [0, 1, 2, 3]
    column = halco.NeuronColumnOnDLS(100)
    assert column.toNeuronEventOutputOnDLS().toCrossbarInputOnDLS() == 3
    assert neuron(300).toSynramOnDLS() == halco.SynramOnDLS.bottom
    assert neuron(300).toNeuronRowOnDLS().toHemisphereOnDLS() == halco.HemisphereOnDLS.bottom


def test_crossbar_nodes_are_numbered_input_by_input():
    nodes = list(iter_all(halco.CrossbarNodeOnDLS))
    assert len(nodes) == 76
    inputs, outputs = wiring.crossbar_nodes()
    assert [int(node.y()) for node in nodes] == inputs.tolist()
    assert [int(node.x()) for node in nodes] == outputs.tolist()
    assert (int(nodes[24].x()), int(nodes[24].y())) == (0, 8)
    assert (int(nodes[75].x()), int(nodes[75].y())) == (11, 19)
    with pytest.raises(ValueError, match="Invalid combination"):
        halco.CrossbarNodeOnDLS(halco.CrossbarOutputOnDLS(1), halco.CrossbarInputOnDLS(0))


def test_crossbar_inputs_and_outputs_know_what_is_behind_them():
    assert halco.CrossbarOutputOnDLS(5).toPADIBusOnDLS().toEnum() == 5
    assert halco.CrossbarOutputOnDLS(9).toPADIBusOnDLS() is None
    assert halco.CrossbarOutputOnDLS(9).toCrossbarL2OutputOnDLS() == 1
    assert halco.SPL1Address(3).toCrossbarInputOnDLS() == 11
    assert halco.CrossbarInputOnDLS(12).toSPL1Address() is None
    assert halco.BackgroundSpikeSourceOnDLS(5).toCrossbarInputOnDLS() == 17


def test_spike_labels_are_made_of_parts():
    label = halco.SpikeLabel(0)
    label.spl1_address = halco.SPL1Address(2)
    label.row_select_address = halco.PADIRowSelectAddress(17)
    label.synapse_label = 5
    assert int(label) == 2 << 14 | 17 << 6 | 5
    label.neuron_event_output = halco.NeuronEventOutputOnDLS(Enum(7))
    assert label.neuron_event_output.toEnum() == 7
    assert label.neuron_backend_address_out == 17 << 6 & 0xFF | 5
    with pytest.raises(OverflowError):
        label.synapse_label = 64


def test_named_cells_and_channels_sit_where_halco_has_them():
    cell = halco.CapMemCellOnDLS.readout_out_amp_i_bias_1
    assert (int(cell.x()), int(cell.y()), int(cell.block())) == (129, 8, 0)
    assert halco.CapMemCellOnCapMemBlock.syn_i_bias_dac.y() == 8
    assert halco.CapMemRowOnCapMemBlock.i_mem_offset == 22
    assert int(halco.DACChannelOnBoard.mux_dac_25.toEnum()) == 7
    mailbox = halco.PPUMemoryBlockOnPPU.mailbox
    assert (int(mailbox.toMin()), int(mailbox.toMax())) == (3072, 4095)
    assert mailbox.toPPUMemoryBlockSize() == 1024


def test_unused_capmem_cells_are_90_different_ones():
    cells = {cell.toCapMemCellOnDLS() for cell in iter_all(halco.UnusedCapMemCellOnDLS)}
    assert len(cells) == 90


def test_intervals_have_an_orientation():
    with pytest.raises(RuntimeError, match="Interval orientation wrong"):
        halco.PPUMemoryBlockOnPPU(4, 3)


def test_logical_neurons_are_placed_at_their_anchor():
    circuit = halco.AtomicNeuronOnLogicalNeuron
    shape = halco.LogicalNeuronCompartments(
        {halco.CompartmentOnLogicalNeuron(): [circuit(0, 0), circuit(1, 0), circuit(0, 1)]}
    )
    placed = halco.LogicalNeuronOnDLS(shape, neuron(5))
    assert [int(n.toEnum()) for n in placed.get_atomic_neurons()] == [5, 6, 261]
    assert pickle.loads(pickle.dumps(placed)) == placed
    with pytest.raises(RuntimeError, match="outside of neuron grid"):
        halco.LogicalNeuronOnDLS(shape, neuron(127))


def test_unknown_names_are_told():
    with pytest.raises(AttributeError, match="no coordinate called 'NeuronOnDLSs'"):
        _ = halco.NeuronOnDLSs
