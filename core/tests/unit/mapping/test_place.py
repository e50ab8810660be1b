import numpy as np
import pytest

from neckar.brainscales2.mapping.place import place
from neckar.errors import RuleError
from neckar.network import Circuit, Network, Population, SpikeTimes


def neurons(name: str, size: int) -> Population:
    return Population(name=name, size=size, cell=Circuit(parameters={}))


def test_cells_take_circuits_in_the_order_of_their_creation() -> None:
    source = Population(name="s", size=9, cell=SpikeTimes(times=(np.zeros(0),) * 9))
    placement = place(Network(populations=(neurons("a", 2), source, neurons("b", 3))))
    assert placement.neurons["a"].tolist() == [0, 1]
    assert placement.neurons["b"].tolist() == [2, 3, 4]
    assert set(placement.neurons) == {"a", "b"}


def test_a_permutation_says_which_circuits_come_first() -> None:
    placement = place(Network(populations=(neurons("a", 2), neurons("b", 1))), [500, 3, 7, 8])
    assert placement.neurons["a"].tolist() == [500, 3]
    assert placement.neurons["b"].tolist() == [7]


def test_the_whole_chip_can_be_filled_and_not_more() -> None:
    assert len(place(Network(populations=(neurons("a", 512),))).neurons["a"]) == 512
    with pytest.raises(RuleError, match=r"513 neurons are needed \(a 512, b 1\), the chip has 512"):
        place(Network(populations=(neurons("a", 512), neurons("b", 1))))


def test_a_short_permutation_limits_the_neurons() -> None:
    with pytest.raises(RuleError, match="the neuron permutation names 1"):
        place(Network(populations=(neurons("a", 2),)), [4])


def test_an_empty_network_is_placed() -> None:
    assert place(Network()).neurons == {}
