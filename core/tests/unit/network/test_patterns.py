"""Usual ways to connect and to observe populations."""

import numpy as np

from neckar.network import (
    LIF,
    Population,
    SpikeTimes,
    all_to_all,
    from_matrix,
    observe,
    one_to_one,
)

SOURCE = Population(name="s", size=3, cell=SpikeTimes(times=(np.zeros(0),) * 3))
TARGET = Population(name="t", size=2, cell=LIF())


def test_everybody_reaches_everybody() -> None:
    projection = all_to_all(SOURCE, TARGET, weight_code=7, receptor="inhibitory")
    pairs = sorted(zip(projection.pre.tolist(), projection.post.tolist(), strict=True))
    assert pairs == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    assert set(projection.weight_code.tolist()) == {7}
    assert (projection.source, projection.target, projection.receptor) == ("s", "t", "inhibitory")


def test_one_to_one_ends_with_the_smaller_population() -> None:
    projection = one_to_one(SOURCE, TARGET, weight_code=1)
    assert projection.pre.tolist() == projection.post.tolist() == [0, 1]


def test_signs_of_a_matrix_become_receptors_and_zeros_no_connection() -> None:
    excitatory, inhibitory = from_matrix(SOURCE, TARGET, np.array([[1, 0, -2], [0, 3, 0]]))
    assert excitatory.pre.tolist() == [0, 1]
    assert excitatory.post.tolist() == [0, 1]
    assert excitatory.weight_code.tolist() == [1, 3]
    assert (inhibitory.pre[0], inhibitory.post[0], inhibitory.weight_code[0]) == (2, 0, 2)
    assert from_matrix(SOURCE, TARGET, np.zeros((2, 3))) == ()


def test_everybody_is_observed_unless_some_are_named() -> None:
    assert observe(TARGET).cells.tolist() == [0, 1]
    assert observe(TARGET, "v", cells=[1], device="cadc").cells.tolist() == [1]


def test_a_compartment_can_be_observed() -> None:
    cells = Population(name="n", size=2, cell=LIF())
    assert observe(cells, "v").compartment == 0
    assert observe(cells, "v", compartment=3).compartment == 3
