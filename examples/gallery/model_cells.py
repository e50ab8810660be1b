"""Cells in volts and seconds, each calibrated on its own circuit, against their equation."""

import matplotlib.pyplot as plt
import numpy as np

import neckar
from neckar.network import LIF, Network, Population, observe
from neckar.run import forecast
from neckar.units import mV, us

N_NEURONS, RESET, THRESHOLD, REFRACTORY = 240, 0.45, 0.55, 5 * us
TAUS = np.repeat([10 * us, 20 * us, 40 * us], N_NEURONS // 3)
LEAKS = np.tile(np.linspace(0.5, 0.7, N_NEURONS // 3), 3)

cell = LIF(tau_mem=TAUS, leak=LEAKS, reset=RESET, threshold=THRESHOLD, refractory_time=REFRACTORY)
neurons = Population(name="neurons", size=N_NEURONS, cell=cell)
network = Network(populations=(neurons,), probes=(observe(neurons),))
rates = neckar.run(network, duration=3e-3).rates("neurons")
residuals = {p.name: p for p in forecast(network, duration=3e-3).parameters}
for name in ("tau_mem", "leak", "threshold"):
    one = residuals[name]
    scale, unit = (us, "µs") if one.unit == "s" else (mV, "mV")
    print(
        f"{name:9} rms error {one.error / scale:.2f} {unit}, worst {one.worst / scale:.2f} {unit}"
    )

plt.style.use("neckar.plots.neckar")
figure, axes = plt.subplots(figsize=(5.5, 3.4))
fine = np.linspace(THRESHOLD + 1e-4, LEAKS.max(), 500)
for number, tau in enumerate(np.unique(TAUS)):
    own = tau == TAUS
    expected = 1 / (REFRACTORY + tau * np.log((fine - RESET) / (fine - THRESHOLD)))
    axes.plot(LEAKS[own], rates[own] / 1e3, ".", ms=4, color=f"C{number}")
    axes.plot(fine, expected / 1e3, color=f"C{number}", label=f"τ = {tau / us:.0f} µs")
axes.axvline(THRESHOLD, color="0.6", lw=0.8, ls=":")
axes.set(title="240 neurons (dots) and their equation (lines)", xlabel="leak potential [V]")
axes.set(ylabel="rate [kHz]", ylim=(0, None))
axes.legend(loc="upper left")
figure.savefig("model_cells.png")
