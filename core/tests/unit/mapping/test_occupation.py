from pathlib import Path

import numpy as np

from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.occupation import draw, figure, occupation
from neckar.network import Circuit, Network, Population, Projection, SpikeTimes
from neckar.run import Snippet, prepare


def mapped(n_projections: int = 1) -> Mapped:
    n = Population(name="n", size=300, cell=Circuit(parameters={}))
    h = Population(name="h", size=2, cell=SpikeTimes(times=(np.zeros(0),) * 2))
    projections = tuple(
        Projection(
            name=f"h -> n {k}",
            source="h",
            target="n",
            receptor="excitatory",
            pre=np.array([0, 1]),
            post=np.array([2, 258]),
            weight_code=np.array([1, 64]),
        )
        for k in range(n_projections)
    )
    network = Network(populations=(h, n), projections=projections)
    return prepare([Snippet(network=network, duration=1e-3)])[0]


def test_occupation_names_population_projection_and_bus() -> None:
    taken = occupation(mapped())
    assert np.count_nonzero(taken.neurons == 1) == 300
    assert np.count_nonzero(taken.neurons == 0) == 0  # sources take no circuits
    assert np.argwhere(taken.synapses == 0)[:, [0, 2]].tolist() == [[0, 2], [1, 2], [1, 2]]
    assert np.count_nonzero(taken.buses >= 0) == 3


def test_the_figure_names_what_is_on_the_chip() -> None:
    made = figure(mapped(n_projections=15))
    texts = [
        text.get_text()
        for axes in made.axes
        if (legend := axes.get_legend())
        for text in legend.get_texts()
    ]
    assert "n" in texts
    assert "h -> n 0" in texts
    assert "… and 3 more" in texts


def test_the_figure_is_saved(tmp_path: Path) -> None:
    draw(mapped(), tmp_path / "chip.png")
    assert (tmp_path / "chip.png").stat().st_size > 1000
