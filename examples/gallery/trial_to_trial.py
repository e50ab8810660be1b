"""The same stimulus twenty times: spikes jitter, and some are lost."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

N_TRIALS, RUNTIME = 20, 0.5  # ms

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")

stimulus = np.random.default_rng(11)
times = [np.sort(stimulus.uniform(0.02, RUNTIME, 8)) for _ in range(40)]

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
source = pynn.Population(40, pynn.cells.SpikeSourceArray(spike_times=times))
neuron = pynn.Population(1, pynn.cells.HXNeuron())
synapse = pynn.synapses.StaticSynapse(weight=8)
pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse)
neuron.record(["spikes", "v"])
trains, traces = [], []
for _ in range(N_TRIALS):
    pynn.run(RUNTIME)
    segment = neuron.get_data(clear=True).segments[-1]
    trains.append(1e3 * segment.spiketrains[0].magnitude)
    traces.append(segment.irregularlysampledsignals[0])
    pynn.reset()
pynn.end()

counts = [len(train) for train in trains]
print(f"{np.mean(counts):.1f} ± {np.std(counts):.1f} spikes for the same input")

figure, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(6, 4.2), sharex=True, height_ratios=[1, 2, 1.6]
)
top.eventplot([1e3 * train for train in times], color="0.55", lw=0.7, linelengths=0.8)
top.set(title="input, 40 sources", yticks=[])
for trace in traces[:5]:
    middle.plot(1e3 * trace.times.magnitude, trace.magnitude[:, 0], lw=0.6, alpha=0.6)
middle.set(title="membrane, five trials", ylabel="LSB")
bottom.eventplot(trains, color="C0", lw=1.2, linelengths=0.8)
bottom.set(title="spikes, twenty trials", xlabel="hardware time [µs]", xlim=(0, 1e3 * RUNTIME))
bottom.set(yticks=[], ylim=(-1, N_TRIALS))
figure.savefig("trial_to_trial.png")
