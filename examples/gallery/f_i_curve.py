"""Rate over current for 32 neurons with equal settings."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

N_NEURONS, RUNTIME = 32, 0.5  # ms of hardware time
CURRENTS = np.linspace(0, 1000, 26)

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")


def rates(refractory_time: int) -> np.ndarray:
    """Rates in kHz of hardware time, (currents, neurons)."""
    pynn.setup()
    neurons = pynn.Population(
        N_NEURONS,
        pynn.cells.HXNeuron(
            leak_v_leak=530,
            leak_i_bias=300,
            threshold_enable=True,
            threshold_v_threshold=250,
            reset_v_reset=300,
            reset_i_bias=1022,
            reset_enable_multiplication=True,
            membrane_capacitance_capacitance=0,
            refractory_period_refractory_time=refractory_time,
            constant_current_enable=True,
        ),
    )
    neurons.record("spikes")
    counts = []
    for current in CURRENTS:
        neurons.set(constant_current_i_offset=current)
        pynn.run(RUNTIME)
        trains = neurons.get_data(clear=True).segments[-1].spiketrains
        counts.append([len(train) / RUNTIME for train in trains])
        pynn.reset()
    pynn.end()
    return np.array(counts)


figure, axes = plt.subplots(1, 2, figsize=(7, 3))
for axis, refractory_time in zip(axes, (120, 255), strict=True):
    rate = rates(refractory_time)
    limit = 125e3 / refractory_time
    axis.plot(CURRENTS, rate, color="C0", lw=0.6, alpha=0.45)
    axis.plot(CURRENTS, rate.mean(axis=1), color="C1", lw=2)
    axis.axhline(limit, color="0.3", lw=0.8, ls=":")
    axis.text(15, limit, f"1 / τ$_{{ref}}$ = {limit:.0f} kHz", va="bottom", size=8)
    axis.set(title=f"refractory counter {refractory_time}", xlabel="current [code]")
    axis.set(ylim=(0, None))
    print(f"counter {refractory_time}: {rate[-1].mean():.0f} ± {rate[-1].std():.0f} kHz at the end")
axes[0].set_ylabel("rate [kHz]")
figure.savefig("f_i_curve.png")
