import numpy as np
import pytest
from pyNN.errors import InvalidDimensionsError

from neckar.frontends import pynn


def test_ids_are_consecutive_over_populations_and_sources() -> None:
    pynn.Population(2, pynn.cells.HXNeuron())
    pynn.Population(3, pynn.cells.SpikeSourceArray(spike_times=[]))
    last = pynn.Population(1, pynn.cells.HXNeuron())
    assert (last.first_id, last.last_id) == (5, 5)


def test_values_go_to_populations_views_and_single_cells() -> None:
    population = pynn.Population(4, pynn.cells.HXNeuron())
    population.set(leak_i_bias=400)
    population[0:2].set(leak_i_bias=[1, 2])
    population[3].leak_i_bias = 9
    assert population.get("leak_i_bias").tolist() == [1, 2, 400, 9]
    assert population[2:][1:].get("leak_i_bias") == 9
    assert population[1].leak_i_bias == 2


def test_a_view_of_a_view_sets_the_right_cells() -> None:
    population = pynn.Population(5, pynn.cells.HXNeuron())
    population[np.array([1, 3, 4])][[1, 2]].set(leak_v_leak=7)
    assert population.get("leak_v_leak").tolist() == [0, 0, 0, 7, 7]


def test_get_simplifies_what_is_uniform() -> None:
    population = pynn.Population(3, pynn.cells.HXNeuron(threshold_enable=True))
    assert population.get("threshold_enable") is True
    assert population.get(["leak_v_leak", "threshold_enable"]) == [0.0, True]


def test_values_of_the_wrong_number_are_refused_with_the_populations_name() -> None:
    with pytest.raises(InvalidDimensionsError, match="output"):
        pynn.Population(3, pynn.cells.HXNeuron(leak_v_leak=[1, 2]), label="output")
    population = pynn.Population(3, pynn.cells.HXNeuron(), label="output")
    with pytest.raises(InvalidDimensionsError, match="output"):
        population.set(leak_v_leak=[1, 2])


def test_a_population_that_was_refused_leaves_nothing_behind() -> None:
    state = pynn.simulator.active()
    with pytest.raises(InvalidDimensionsError):
        pynn.Population(3, pynn.cells.HXNeuron(leak_v_leak=[1, 2]))
    assert not state.populations
    assert not state.recorders
    assert state.id_counter == 0


def test_equal_labels_get_different_names_for_the_mapping() -> None:
    populations = [pynn.Population(1, pynn.cells.HXNeuron(), label="a") for _ in range(3)]
    assert [population.name for population in populations] == ["a", "a #2", "a #3"]


def test_a_description_follows_the_label() -> None:
    population = pynn.Population(1, pynn.cells.HXNeuron())
    before = population.describe()
    assert population.describe() == before
    population.label = "abc"
    assert population.describe() != before
    with pytest.raises(KeyError, match="doesnotexist"):
        population.describe(engine="doesnotexist")


def test_nothing_works_without_setup() -> None:
    pynn.end()
    with pytest.raises(RuntimeError, match="setup"):
        pynn.Population(1, pynn.cells.HXNeuron())
    with pytest.raises(RuntimeError, match="setup"):
        pynn.run(1)


def test_an_assembly_records_all_its_populations() -> None:
    first, second = (pynn.Population(n, pynn.cells.HXNeuron()) for n in (1, 2))
    assembly = first + second[1:]
    assembly.record(["spikes", "v"])
    for _ in range(2):
        pynn.run(0.01)
        pynn.reset()
    segments = assembly.get_data("v").segments
    assert [len(segment.irregularlysampledsignals) for segment in segments] == [2, 2]
    assert [len(segment.spiketrains) for segment in segments] == [0, 0]


def test_parameters_may_be_functions_of_the_index() -> None:
    population = pynn.Population(3, pynn.cells.HXNeuron(leak_v_leak=lambda i: 100 * i + 300))
    assert population.get("leak_v_leak").tolist() == [300, 400, 500]


def test_a_type_that_a_population_has_makes_another_population() -> None:
    few = pynn.Population(2, pynn.cells.HXNeuron(leak_v_leak=500))
    many = pynn.Population(3, few.celltype)
    many.set(leak_v_leak=[1, 2, 3])
    assert many.get("leak_v_leak").tolist() == [1, 2, 3]
    assert few.get("leak_v_leak") == 500
    assert pynn.Population(3, many.celltype).get("leak_v_leak").tolist() == [1, 2, 3]
    with pytest.raises(InvalidDimensionsError, match="leak_v_leak has 3 values"):
        pynn.Population(2, many.celltype)
