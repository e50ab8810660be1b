import numpy as np
import pytest
from pyNN.errors import ConnectionError

from neckar.frontends import pynn


def neurons(size: int, label: str | None = None) -> pynn.Population:
    return pynn.Population(size, pynn.cells.HXNeuron(), label=label)


def static(weight: object) -> pynn.synapses.StaticSynapse:
    return pynn.synapses.StaticSynapse(weight=weight)


def test_connections_are_sorted_by_source_then_target() -> None:
    projection = pynn.Projection(
        neurons(3), neurons(2), pynn.FromListConnector([(2, 0), (0, 1), (0, 0)])
    )
    pairs = [(c.presynaptic_index, c.postsynaptic_index) for c in projection]
    assert pairs == [(0, 0), (0, 1), (2, 0)]
    assert len(projection) == 3


def test_weights_are_rounded_like_python_does() -> None:
    projection = pynn.Projection(neurons(1), neurons(1), pynn.AllToAllConnector())
    assert projection.get("weight", format="array") == 0
    projection.set(weight=42.5)
    assert projection.get("weight", format="list") == [(0, 0, 42)]
    projection.set(weight=43.5)
    assert projection.get("weight", format="list", with_address=False) == [44]


def test_missing_connections_are_nan_in_arrays() -> None:
    projection = pynn.Projection(
        neurons(2), neurons(2), pynn.OneToOneConnector(), synapse_type=static(7)
    )
    weights = projection.get("weight", format="array")
    assert np.array_equal(weights, [[7, np.nan], [np.nan, 7]], equal_nan=True)


@pytest.mark.parametrize(
    "given", [np.arange(6).reshape(2, 3), np.arange(6.0), list(range(6)), np.arange(6, dtype="u1")]
)
def test_weights_are_set_from_matrices_and_from_lists(given: object) -> None:
    projection = pynn.Projection(neurons(2), neurons(3), pynn.AllToAllConnector())
    projection.set(weight=given)
    assert projection.get("weight", format="array").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_single_connections_can_be_changed() -> None:
    projection = pynn.Projection(neurons(2), neurons(2), pynn.AllToAllConnector())
    for connection in projection:
        connection.weight = 63.0
    projection.connections[1].weight = 5
    assert projection.get("weight", format="array").tolist() == [[63, 5], [63, 63]]
    assert projection.noun().weight_code.tolist() == [63, 5, 63, 63]


def test_indices_of_views_lead_to_the_whole_population() -> None:
    source, target = neurons(4), neurons(6)
    projection = pynn.Projection(source[[1, 3]], target[2:][[0, 3]], pynn.AllToAllConnector())
    assert [c.pop_pre_index for c in projection] == [1, 1, 3, 3]
    assert [c.pop_post_index for c in projection] == [2, 5, 2, 5]
    assert projection.get("weight", format="list") == [(i, j, 0) for i in (0, 1) for j in (0, 1)]


@pytest.mark.parametrize(("receptor", "wrong"), [("excitatory", -3), ("inhibitory", 3)])
def test_wrong_signs_are_refused_everywhere(receptor: str, wrong: int) -> None:
    source, target = neurons(2, "input"), neurons(2, "output")
    with pytest.raises(ConnectionError, match=f"input→output: weight {wrong} "):
        pynn.Projection(
            source, target, pynn.AllToAllConnector(), static(wrong), receptor_type=receptor
        )
    assert not pynn.simulator.active().projections
    projection = pynn.Projection(
        source, target, pynn.AllToAllConnector(), static(-wrong), receptor_type=receptor
    )
    with pytest.raises(ConnectionError, match="input→output"):
        projection.set(weight=[[-wrong, -wrong], [-wrong, wrong]])
    with pytest.raises(ConnectionError, match="input→output"):
        projection[0].weight = wrong
    assert set(projection.weight) == {-wrong}


def test_a_negative_weight_selects_the_inhibitory_receptor() -> None:
    projection = pynn.Projection(neurons(1), neurons(1), pynn.AllToAllConnector(), static(-100))
    assert projection.receptor_type == "inhibitory"
    assert projection.noun().weight_code.tolist() == [100]


def test_delays_are_zero() -> None:
    projection = pynn.Projection(neurons(1, "a"), neurons(1, "b"), pynn.AllToAllConnector())
    assert projection.get("delay", format="array") == [0]
    projection.set(delay=0)
    with pytest.raises(ValueError, match="a→b: delay 1"):
        projection.set(delay=1)
    with pytest.raises(ValueError, match="delay 2"):
        projection[0].delay = 2


def test_assemblies_are_refused() -> None:
    with pytest.raises(NotImplementedError, match="instead"):
        pynn.Projection(neurons(1) + neurons(1), neurons(1), pynn.AllToAllConnector())


def test_labeled_locations_need_labels() -> None:
    with pytest.raises(ValueError, match="dendrite"):
        pynn.Projection(
            neurons(1), neurons(1), pynn.AllToAllConnector(location_selector="dendrite")
        )
    with pytest.raises(ValueError, match="axon"):
        pynn.Projection(
            neurons(1), neurons(1), pynn.AllToAllConnector(source_location_selector="axon")
        )
    assert not pynn.simulator.active().projections


def test_places_are_unknown_before_mapping() -> None:
    projection = pynn.Projection(neurons(1), neurons(1), pynn.AllToAllConnector())
    with pytest.raises(RuntimeError, match="PREPARE"):
        _ = projection.placed_connections


def test_every_connection_has_a_place_and_large_weights_have_several() -> None:
    projection = pynn.Projection(
        pynn.Population(3, pynn.cells.SpikeSourceArray(spike_times=[])),
        neurons(3),
        pynn.OneToOneConnector(),
        static(100),
    )
    pynn.run(None, pynn.RunCommand.PREPARE)
    placed = projection.placed_connections
    assert [len(synapses) for synapses in placed] == [2, 2, 2]
    assert [int(synapses[0].synapse_on_row) for synapses in placed] == [0, 1, 2]
    assert len({int(synapses[0].synapse_row) for synapses in placed}) == 1
    first, second = placed[0]
    assert first.toSynapseOnSynram() != second.toSynapseOnSynram()
    assert first.synapse_row.toSynapseWeightRowOnDLS() is not None
