import numpy as np
import pyNN.connectors
import pytest

from neckar.frontends import pynn


def pairs(connector: object, n_pre: int = 5, n_post: int = 4) -> list[tuple[int, int]]:
    projection = pynn.Projection(
        pynn.Population(n_pre, pynn.cells.HXNeuron()),
        pynn.Population(n_post, pynn.cells.HXNeuron()),
        connector,
        pynn.synapses.StaticSynapse(weight=2),
    )
    assert set(projection.weight) <= {2}
    return [(c.presynaptic_index, c.postsynaptic_index) for c in projection]


def test_one_to_one_connects_as_many_as_the_smaller_has() -> None:
    assert pairs(pynn.OneToOneConnector()) == [(k, k) for k in range(4)]


def test_all_to_all_can_leave_out_the_cell_itself() -> None:
    population = pynn.Population(3, pynn.cells.HXNeuron())
    connector = pynn.AllToAllConnector(allow_self_connections=False)
    projection = pynn.Projection(population[[0, 1]], population[[1, 2]], connector)
    assert [(c.pop_pre_index, c.pop_post_index) for c in projection] == [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("FixedProbabilityConnector", (0.5,)),
        ("DistanceDependentProbabilityConnector", ("d < 2",)),
        ("FixedNumberPreConnector", (2,)),
        ("FixedNumberPostConnector", (2,)),
        ("FixedTotalNumberConnector", (6,)),
    ],
)
def test_random_connectors_draw_what_pynn_draws(name: str, arguments: tuple) -> None:
    rng = pyNN.random.NumpyRNG(seed=7)
    first = pairs(getattr(pynn, name)(*arguments, rng=rng))
    again = pairs(getattr(pynn, name)(*arguments, rng=pyNN.random.NumpyRNG(seed=7)))
    assert first == again
    assert first == sorted(first)


def test_lists_carry_weights() -> None:
    source, target = (pynn.Population(3, pynn.cells.HXNeuron()) for _ in range(2))
    projection = pynn.Projection(
        source, target, pynn.FromListConnector([(2, 1, 9), (0, 2, 4)], column_names=["weight"])
    )
    assert projection.get("weight", format="list") == [(0, 2, 4), (2, 1, 9)]


def test_arrays_and_clones_say_who_is_connected() -> None:
    source, target = (pynn.Population(3, pynn.cells.HXNeuron()) for _ in range(2))
    mask = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]], dtype=bool)
    projection = pynn.Projection(source, target, pynn.ArrayConnector(mask))
    clone = pynn.Projection(source, target, pynn.CloneConnector(projection))
    for one in (projection, clone):
        assert np.array_equal(~np.isnan(one.get("weight", format="array")), mask)


def test_weights_may_be_drawn_or_given_as_matrix() -> None:
    source, target = (pynn.Population(3, pynn.cells.HXNeuron()) for _ in range(2))
    matrix = np.arange(9).reshape(3, 3)
    given = pynn.Projection(
        source, target, pynn.AllToAllConnector(), pynn.synapses.StaticSynapse(weight=matrix)
    )
    assert given.get("weight", format="array").tolist() == matrix.tolist()
    drawn = pynn.Projection(
        source,
        target,
        pynn.AllToAllConnector(),
        pynn.synapses.StaticSynapse(
            weight=pyNN.random.RandomDistribution("uniform", (10, 60), pyNN.random.NumpyRNG(3))
        ),
    )
    assert len(set(drawn.weight.tolist())) > 3


@pytest.mark.parametrize("name", [name for name in pynn.__all__ if name.endswith("Connector")])
def test_connectors_take_selectors_by_keyword_only(name: str) -> None:
    connector = getattr(pynn, name)
    assert issubclass(connector, getattr(pyNN.connectors, name))
    with pytest.raises(TypeError):
        connector()(None) if name in ("AllToAllConnector", "OneToOneConnector") else connector()
