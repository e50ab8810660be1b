"""Resting readings of all 512 neurons before and after calibration."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")


def resting(initial_config: object, **parameters: object) -> np.ndarray:
    """Mean reading of each neuron on the parallel ADC, at rest."""
    pynn.setup(initial_config=initial_config)
    neurons = pynn.Population(512, pynn.cells.HXNeuron(threshold_enable=False, **parameters))
    neurons.record("v", device="cadc")
    pynn.run(0.1)
    signals = neurons.get_data().segments[-1].irregularlysampledsignals
    pynn.end()
    return np.array([signal.magnitude.mean() for signal in signals])


nightly = pynn.helper.chip_from_nightly()
after = resting(nightly)
codes = [neuron.leak.v_leak for neuron in nightly.neuron_block.atomic_neurons]
before = resting(nightly, leak_v_leak=int(np.mean([int(code) for code in codes])))
for name, readings in [("one code for all", before), ("calibrated", after)]:
    print(f"{name}: {readings.mean():.1f} ± {readings.std():.1f} LSB")

figure, axes = plt.subplots(1, 2, figsize=(7, 2.9), width_ratios=[2, 1])
axes[0].plot(before, ".", ms=3, color="C1", label="one code for all")
axes[0].plot(after, ".", ms=3, color="C0", label="calibrated")
axes[0].set(title="rest of 512 neurons", xlabel="neuron", ylabel="reading [LSB]", xlim=(0, 511))
axes[0].set_ylim(None, before.max() + 10)
axes[0].legend(loc="upper right", markerscale=3, ncols=2)
bins = np.arange(min(before.min(), after.min()) - 1, max(before.max(), after.max()) + 2, 2)
for readings, color in [(before, "C1"), (after, "C0")]:
    axes[1].hist(readings, bins, color=color, alpha=0.8, orientation="horizontal")
axes[1].set(title="how many", xlabel="neurons")
figure.savefig("calibration.png")
