"""Postsynaptic potentials pile up on a calibrated neuron; one inhibitory event takes them down."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

EXCITATORY, INHIBITORY = [0.01, 0.05, 0.07, 0.09, 0.10], [0.03]  # ms

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
neuron = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
for times, weight, receptor in [(EXCITATORY, 63, "excitatory"), (INHIBITORY, -63, "inhibitory")]:
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=times))
    synapse = pynn.synapses.StaticSynapse(weight=weight)
    pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse, receptor_type=receptor)
neuron.record("v")
traces = []
for _ in range(20):
    pynn.run(0.2)
    traces.append(neuron.get_data("v", clear=True).segments[-1].irregularlysampledsignals[0])
    pynn.reset()
pynn.end()

grid = np.linspace(0.001, 0.199, 2000)
readings = np.array([np.interp(grid, t.times.magnitude, t.magnitude[:, 0]) for t in traces])
rest, mean = readings[:, :80].mean(), readings.mean(axis=0)
print(f"rest {rest:.0f} LSB; first EPSP {mean[:290].max() - rest:+.0f} LSB")
print(f"lowest {mean.min():.0f} LSB, highest {mean.max():.0f} LSB")

figure, axis = plt.subplots()
axis.plot(1e3 * grid, readings.T, color="C0", lw=0.4, alpha=0.25)
axis.plot(1e3 * grid, mean, color="C0", lw=1.6, label="mean of 20 runs")
low = readings.min() - 8
axis.plot(1e3 * np.array(EXCITATORY), np.full(5, low), "^", color="C1", ms=5, label="excitatory")
axis.plot(1e3 * np.array(INHIBITORY), [low], "v", color="C2", ms=5, label="inhibitory")
axis.axhline(rest, color="0.3", lw=0.8, ls=":")
axis.set(title="one calibrated neuron, weight 63", xlabel="hardware time [µs]", xlim=(0, 200))
axis.set_ylabel("membrane [LSB]")
axis.legend(loc="upper left")
figure.savefig("psp_stacking.png")
