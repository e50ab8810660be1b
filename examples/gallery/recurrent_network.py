"""Excitatory and inhibitory neurons in balance, kept going by Poisson input."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

N_EXCITATORY, N_INHIBITORY, RUNTIME = 96, 24, 2.0  # ms

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
np.random.seed(4)  # PyNN draws Poisson input and random connections from it


def connect(source: object, target: object, weight: int, inputs: int, receptor: str) -> None:
    """Give every target `inputs` partners."""
    pynn.Projection(
        source,
        target,
        pynn.FixedNumberPreConnector(inputs),
        pynn.synapses.StaticSynapse(weight=weight),
        receptor_type=receptor,
    )


pynn.setup(initial_config=pynn.helper.chip_from_nightly())
excitatory = pynn.Population(N_EXCITATORY, pynn.cells.HXNeuron(), label="excitatory")
inhibitory = pynn.Population(N_INHIBITORY, pynn.cells.HXNeuron(), label="inhibitory")
noise = pynn.Population(
    64, pynn.cells.SpikeSourcePoisson(rate=9e3, start=0, duration=RUNTIME), label="noise"
)
for target in (excitatory, inhibitory):
    connect(noise, target, 38, 8, "excitatory")
    connect(excitatory, target, 16, 10, "excitatory")
    connect(inhibitory, target, -40, 8, "inhibitory")
    target.record("spikes")
pynn.run(RUNTIME)
trains = [
    [train.magnitude for train in population.get_data().segments[-1].spiketrains]
    for population in (excitatory, inhibitory)
]
pynn.end()

rates = [np.array([len(train) / RUNTIME for train in group]) for group in trains]
for name, rate in zip(("excitatory", "inhibitory"), rates, strict=True):
    print(f"{name}: {rate.mean():.1f} ± {rate.std():.1f} kHz, that is Hz in biology")

figure, (raster, histogram) = plt.subplots(
    2, 1, figsize=(6.5, 4.2), sharex=True, height_ratios=[3, 1]
)
for group, color, first in zip(trains, ("C0", "C4"), (0, N_EXCITATORY), strict=True):
    offsets = first + np.arange(len(group))
    raster.eventplot(group, colors=color, lineoffsets=offsets, lw=0.8, linelengths=0.9)
raster.set(title="recurrent network on one chip", ylabel="neuron", ylim=(-1, 120))
all_times = np.concatenate([time for group in trains for time in group])
counts, edges = np.histogram(all_times, np.arange(0, RUNTIME + 0.01, 0.02))
histogram.fill_between(edges[:-1], counts / 0.02 / 120, step="post", color="0.6", lw=0)
histogram.set(xlabel="hardware time [ms]", ylabel="rate [kHz]", xlim=(0, RUNTIME))
figure.savefig("recurrent_network.png")
