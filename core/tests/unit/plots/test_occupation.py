"""The drawing of what a network takes of the chip."""

import numpy as np
import pytest

from neckar import plots
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.network import Circuit, Network, Population, Projection, SpikeTimes
from neckar.run import Snippet, prepare

pytest.importorskip("matplotlib")


def mapped(size: int, post: list[int], n_projections: int = 1) -> Mapped:
    n = Population(name="n", size=size, cell=Circuit(parameters={}))
    h = Population(name="h", size=2, cell=SpikeTimes(times=(np.zeros(0),) * 2))
    projections = tuple(
        Projection(
            name=f"h -> n {k}",
            source="h",
            target="n",
            receptor="excitatory",
            pre=np.array([0, 1]),
            post=np.array(post),
            weight_code=np.array([1, 64]),
        )
        for k in range(n_projections)
    )
    network = Network(populations=(h, n), projections=projections)
    return prepare([Snippet(network=network, duration=1e-3)])[0]


def test_the_figure_names_what_is_on_the_chip() -> None:
    made = plots.occupation(mapped(300, [2, 258], n_projections=15))
    texts = [text.get_text() for text in made.legends[0].get_texts()]
    for text in ("n", "h -> n 0", "… and 3 more", "PADI buses", "populations"):
        assert text in texts


def test_few_columns_are_looked_at_more_closely_and_empty_hemispheres_are_low() -> None:
    few = plots.occupation(mapped(3, [0, 2]))
    many = plots.occupation(mapped(300, [2, 258]))
    assert few.axes[1].get_xlim() == (-0.5, 15.5)
    assert many.axes[1].get_xlim() == (-0.5, 255.5)
    assert few.get_figheight() < many.get_figheight()


def test_numbers_are_told_in_the_title() -> None:
    made = plots.occupation(mapped(1, [0, 0]))
    assert made.axes[1].get_title(loc="left") == (
        "1 neuron, 3 synapses in 3 rows above and 0 below"
    )
