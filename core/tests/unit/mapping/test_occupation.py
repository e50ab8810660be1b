import numpy as np

from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.occupation import occupation
from neckar.network import Circuit, Network, Population, Projection, SpikeTimes
from neckar.run import Snippet, prepare


def mapped() -> Mapped:
    n = Population(name="n", size=300, cell=Circuit(parameters={}))
    h = Population(name="h", size=2, cell=SpikeTimes(times=(np.zeros(0),) * 2))
    projection = Projection(
        name="h -> n",
        source="h",
        target="n",
        receptor="excitatory",
        pre=np.array([0, 1]),
        post=np.array([2, 258]),
        weight_code=np.array([1, 64]),
    )
    network = Network(populations=(h, n), projections=(projection,))
    return prepare([Snippet(network=network, duration=1e-3)])[0]


def test_occupation_names_population_projection_and_bus() -> None:
    taken = occupation(mapped())
    assert np.count_nonzero(taken.neurons == 1) == 300
    assert np.count_nonzero(taken.neurons == 0) == 0  # sources take no circuits
    assert np.argwhere(taken.synapses == 0)[:, [0, 2]].tolist() == [[0, 2], [1, 2], [1, 2]]
    assert np.count_nonzero(taken.buses >= 0) == 3
