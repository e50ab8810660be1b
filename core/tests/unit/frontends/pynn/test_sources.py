import numpy as np
import pytest
from pyNN.errors import InvalidDimensionsError, InvalidParameterValueError
from pyNN.parameters import Sequence

from neckar.frontends import pynn

SOURCE = pynn.cells.SpikeSourceArray


def times(population: pynn.Population) -> list[list[float]]:
    return [train.tolist() for train in population.noun().cell.times]


@pytest.mark.parametrize(
    "given",
    [
        [[1, 2], [3]],
        [np.array([1.0, 2.0]), np.array([3.0])],
        [Sequence([1, 2]), Sequence([3])],
        [[1, 2], Sequence([3])],
    ],
)
def test_spike_times_come_in_many_forms(given: object) -> None:
    population = pynn.Population(2, SOURCE(spike_times=given))
    assert times(population) == [[0.001, 0.002], [0.003]]
    population.set(spike_times=[5, 4])
    assert times(population) == [[0.005, 0.004]] * 2


@pytest.mark.parametrize("given", [[], np.array([]), [[], []]])
def test_no_spikes_is_fine(given: object) -> None:
    assert times(pynn.Population(2, SOURCE(spike_times=given))) == [[], []]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([[1], [2], [3]], InvalidDimensionsError),
        ([float("nan")], InvalidParameterValueError),
        ([float("inf")], InvalidParameterValueError),
        (["soon"], ValueError),
    ],
)
def test_malformed_spike_times_name_the_population(given: object, error: type) -> None:
    population = pynn.Population(2, SOURCE(spike_times=[1]), label="stimulus")
    with pytest.raises(error, match="stimulus"):
        population.set(spike_times=given)
    assert times(population) == [[0.001]] * 2


def test_host_poisson_uses_the_global_generator_count_first_then_times() -> None:
    population = pynn.Population(2, pynn.cells.SpikeSourcePoisson(start=1, rate=1e4, duration=10))
    np.random.seed(5)
    drawn = times(population)
    np.random.seed(5)
    for train in drawn:
        count = np.random.poisson(100)
        assert np.allclose(train, (1 + np.random.rand(count) * 10) * 1e-3)


def test_host_poisson_keeps_its_spikes_until_a_parameter_changes() -> None:
    population = pynn.Population(2, pynn.cells.SpikeSourcePoisson(start=0, rate=1e4, duration=10))
    first = times(population)
    assert times(population) == first
    population[1:].set(rate=2e4)
    second = times(population)
    assert second[0] == first[0]
    assert second[1] != first[1]
    assert pynn.simulator.active().projections == []


def test_on_chip_poisson_needs_one_rate_and_one_seed() -> None:
    population = pynn.Population(
        2, pynn.cells.SpikeSourcePoissonOnChip(rate=[1e4, 2e4], seed=1), label="noise"
    )
    with pytest.raises(RuntimeError, match="noise: rate"):
        population.noun()


def test_on_chip_poisson_names_the_rate_it_cannot_reach() -> None:
    limit = pynn.cells.SpikeSourcePoissonOnChip.background_source_clock_freq
    population = pynn.Population(
        2, pynn.cells.SpikeSourcePoissonOnChip(rate=limit, seed=1), label="noise"
    )
    with pytest.raises(RuntimeError, match=f"noise: .*{limit:g}".replace("+", r"\+")):
        population.noun()
