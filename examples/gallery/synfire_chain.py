"""A volley travels along a chain of seven links, as it did on a real chip.

Every link excites the next one, and the interneurons that silence it. The recording was digitised
from a public tutorial; its stimulus is not known, so time counts from the second link. Nor is its
calibration: its potentials, over threshold, were those of 0.77 of its weights here.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

LINKS, SIZE, RUNTIME = 7, 7, 0.1  # ms
WEIGHT = 46  # recorded with 60
ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "core" / "tests" / "physics" / "silicon" / "synfire.csv"

plt.style.use(ROOT / "examples" / "neckar.mplstyle")


def connect(source: object, target: object, weight: int, receptor: str = "excitatory") -> None:
    """All to all."""
    synapse = pynn.synapses.StaticSynapse(weight=weight)
    pynn.Projection(source, target, pynn.AllToAllConnector(), synapse, receptor_type=receptor)


def neurons() -> list[pynn.Population]:
    """One population per link."""
    cell = pynn.cells.HXNeuron(refractory_period_refractory_time=15)
    links = [pynn.Population(SIZE, cell) for _ in range(LINKS)]
    for link in links:
        link.record("spikes")
    return links


pynn.setup(initial_config=pynn.helper.chip_from_nightly())
excitatory, inhibitory = neurons(), neurons()
kick = pynn.Population(SIZE, pynn.cells.SpikeSourceArray(spike_times=[0.0]))
connect(kick, excitatory[0], WEIGHT)
connect(kick, inhibitory[0], WEIGHT // 2)
for k in range(LINKS):
    connect(inhibitory[k], excitatory[k], -WEIGHT, "inhibitory")
    if k < LINKS - 1:
        connect(excitatory[k], excitatory[k + 1], WEIGHT)
        connect(excitatory[k], inhibitory[k + 1], WEIGHT // 2)
pynn.run(RUNTIME)
trains = [
    1e3 * train.magnitude
    for link in excitatory + inhibitory
    for train in link.get_data("spikes").segments[-1].spiketrains
]
pynn.end()

twin = (
    np.concatenate(trains),
    np.repeat(np.arange(len(trains)), [train.size for train in trains]),
)
silicon = np.loadtxt(RECORDING, delimiter=",", skiprows=1, unpack=True)
figure, raster = plt.subplots(figsize=(6.5, 3.6))
for name, color, (time, neuron) in (("silicon", "C1", silicon), ("twin", "C0", twin)):
    link = neuron // SIZE
    arrival = np.array([time[link == k].mean() for k in range(LINKS)])
    is_excitatory = link < LINKS
    n_excitatory = np.count_nonzero(is_excitatory)
    raster.plot(time - arrival[1], neuron, ".", color=color, ms=4, label=name)
    print(
        f"{name}: {(arrival[-1] - arrival[1]) / (LINKS - 2):.2f} µs per link,"
        f" {n_excitatory / (LINKS * SIZE):.2f} spikes of each excitatory neuron,"
        f" {(time.size - n_excitatory) / (LINKS * SIZE):.2f} of each inhibitory one"
    )
raster.axhline(LINKS * SIZE - 0.5, color="0.6", lw=0.8)
raster.set(
    title="a chain of seven links, with feed-forward inhibition",
    xlabel="hardware time since the second link fired [µs]",
    ylabel="neuron, inhibitory above",
    xlim=(-5, 25),
)
raster.legend(loc="lower right")
figure.savefig("synfire_chain.png")
