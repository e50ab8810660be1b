"""Ten neighbouring neurons with equal settings fire, each at its own pace."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

N_NEURONS = 10

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")

pynn.setup()
neurons = pynn.Population(
    N_NEURONS,
    pynn.cells.HXNeuron(
        leak_v_leak=1000,
        leak_i_bias=200,
        threshold_enable=True,
        threshold_v_threshold=300,
        reset_v_reset=400,
        reset_i_bias=1022,
        membrane_capacitance_capacitance=63,
        refractory_period_refractory_time=255,
    ),
)
neurons.record("spikes")
traces = []
for neuron in range(N_NEURONS):  # the fast ADC looks at one neuron at a time
    pynn.reset()
    view = neurons[[neuron]]
    view.record("v")
    pynn.run(0.06)
    traces.append(view.get_data("v").segments[-1].irregularlysampledsignals[0])
    neurons.record(None)
pynn.reset()
neurons.record("spikes")
pynn.run(0.2)
trains = neurons.get_data().segments[-1].spiketrains
pynn.end()

periods = np.array([1e3 * np.diff(train.magnitude).mean() for train in trains])
print(f"period {periods.mean():.2f} ± {periods.std():.2f} µs over {N_NEURONS} neighbours")

figure, (left, right) = plt.subplots(1, 2, figsize=(7, 4), width_ratios=[2.4, 1])
for neuron, trace in enumerate(traces):
    times, readings = 1e3 * trace.times.magnitude, trace.magnitude[:, 0]
    left.plot(times, readings + 215 * neuron, lw=0.8, color=plt.cm.viridis(neuron / N_NEURONS))
left.set(title="same settings, ten circuits", xlabel="hardware time [µs]", xlim=(0, 60))
left.set(ylabel="membrane, shifted by neuron", yticks=[])
left.spines.left.set_visible(False)
colors = plt.cm.viridis(np.arange(N_NEURONS) / N_NEURONS)
right.barh(np.arange(N_NEURONS), periods, color=colors, height=0.7)
right.axvline(periods.mean(), color="0.3", lw=0.8, ls=":")
right.set(title="mean period", xlabel="µs", yticks=range(N_NEURONS), ylabel="neuron")
figure.savefig("fixed_pattern.png")
