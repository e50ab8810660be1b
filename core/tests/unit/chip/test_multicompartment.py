import pytest

from neckar.brainscales2.chip import coordinates as halco
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wire

at = halco.AtomicNeuronOnLogicalNeuron
row = halco.NeuronRowOnLogicalNeuron
column = halco.NeuronColumnOnLogicalNeuron


def test_a_compartment_connects_neighbours():
    builder = r.Morphology()
    builder.create_compartment([at(0, 0), at(1, 0), at(1, 1)])
    assert builder[at(0, 0)].connect_right
    assert builder[at(1, 0)].connect_vertical
    assert builder[at(1, 1)].connect_vertical
    assert not builder[at(1, 0)].connect_right


def test_a_compartment_must_hang_together():
    with pytest.raises(RuntimeError, match="not made up of a contiguous block"):
        r.Morphology().create_compartment([at(0, 0), at(2, 0)])
    with pytest.raises(RuntimeError, match="At least one"):
        r.Morphology().create_compartment([])


def test_a_circuit_belongs_to_one_compartment():
    builder = r.Morphology()
    builder.create_compartment([at(0, 0)])
    with pytest.raises(RuntimeError, match="already in compartment 0"):
        builder.create_compartment([at(0, 0), at(1, 0)])


def test_a_circuit_has_one_connection_to_the_soma():
    builder = r.Morphology()
    builder.connect_to_soma(at(0, 0))
    with pytest.raises(RuntimeError, match="direct switch"):
        builder.connect_resistor_to_soma(at(0, 0))


def test_all_compartments_must_be_connected():
    builder = r.Morphology()
    builder.create_compartment([at(0, 0), at(0, 1)])
    builder.connect_to_soma(at(2, 0))
    builder.connect_soma_line(column(0), column(2), row(0))
    with pytest.raises(RuntimeError, match="not contiguous"):
        builder.done()
    builder.connect_resistor_to_soma(at(0, 0))
    compartments, neuron = builder.done()
    assert len(compartments.get_compartments()) == 3
    assert len(neuron.collapse_neuron()) == 3


def test_two_compartments_must_not_share_a_membrane():
    builder = r.Morphology()
    builder.create_compartment([at(0, 0)])
    builder.create_compartment([at(1, 0)])
    builder.connect_to_soma(at(0, 0))
    builder.connect_to_soma(at(1, 0))
    builder.connect_soma_line(column(0), column(1), row(0))
    with pytest.raises(RuntimeError, match="larger than on construction"):
        builder.done()


def test_settings_and_switches_make_complete_neurons():
    builder = r.Morphology()
    builder.create_compartment([at(0, 0), at(0, 1)])
    _, neuron = builder.done()
    first = halco.CompartmentOnLogicalNeuron(0)
    neuron.at(first, 1).leak.v_leak = 400
    neuron.at(first, 1).multicompartment.i_bias_nmda = 7
    assert wire.decode(wire.encode([(None, neuron)])) == [(None, neuron)]
    complete = neuron.collapse_neuron()[first][1]
    assert complete.leak.v_leak == 400
    assert complete.multicompartment.connect_vertical
    assert complete.multicompartment.i_bias_nmda == 7
