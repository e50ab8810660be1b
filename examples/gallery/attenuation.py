"""A postsynaptic potential gets smaller on its way along a chain of compartments.

Settings are those of the public tutorial, whose recording of a real chip is drawn beside.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn
from pynn_brainscales.brainscales2.morphology import (
    Compartment,
    SharedLineConnection,
    create_mc_neuron,
)

LENGTH = 4  # compartments
CONDUCTANCES = (100, 500, 1000)  # codes; 500 is what was recorded
AT = np.array([0.05, 0.20])  # ms, events for the first and for the last compartment

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "core" / "tests" / "physics" / "silicon" / "chain.csv"

plt.style.use(ROOT / "examples" / "neckar.mplstyle")

labels = [str(k) for k in range(LENGTH)]
compartments = [
    Compartment(
        positions=[2 * k, 2 * k + 1],
        label=labels[k],
        connect_shared_line=[2 * k] if k > 0 else None,
        connect_conductance=[(2 * k + 1, 0)] if k < LENGTH - 1 else None,
    )
    for k in range(LENGTH)
]
lines = [SharedLineConnection(2 * k + 1, 2 * k + 2, 0) for k in range(LENGTH - 1)]
chain = create_mc_neuron("Chain", compartments, lines, single_active_circuit=True)

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
cell = pynn.Population(1, chain(threshold_enable=False))
for time, label in zip(AT, (labels[0], labels[-1]), strict=True):
    source = pynn.Population(10, pynn.cells.SpikeSourceArray(spike_times=[time]))
    synapse = pynn.synapses.StaticSynapse(weight=31)
    pynn.Projection(source, cell, pynn.AllToAllConnector(location_selector=label), synapse)
cell.record("v", locations=labels)
runs = {}
for conductance in CONDUCTANCES:
    cell.set(multicompartment_i_bias_nmda=conductance)
    pynn.run(0.35)
    runs[conductance] = cell.get_data("v", clear=True).segments[-1].irregularlysampledsignals
    pynn.reset()
pynn.end()


def around(signal, time):  # type: ignore[no-untyped-def]
    """Time since an event in µs, and the deflection that follows in LSB."""
    since = 1e3 * (signal.times.magnitude - time)
    near = (since > -20) & (since < 100)
    reading = signal.magnitude[near, 0]
    return since[near], reading - reading[since[near] < 0].mean()


figure, (left, right) = plt.subplots(1, 2, width_ratios=(3, 2))
for k, signal in enumerate(runs[CONDUCTANCES[1]]):
    left.plot(*around(signal, AT[0]), lw=0.9, label=f"compartment {k}")
for number, (conductance, signals) in enumerate(runs.items()):
    for time, style, way in ((AT[0], "o-", "to the right"), (AT[1], "s:", "to the left")):
        heights = np.array([around(signal, time)[1].max() for signal in signals])
        heights = heights if time == AT[0] else heights[::-1]
        print(f"conductance {conductance:4d}, {way:12}: {heights.round().astype(int)} LSB")
        label = str(conductance) if time == AT[0] else None
        right.semilogy(heights / heights[0], style, color=f"C{number}", label=label)
silicon = np.loadtxt(RECORDING, delimiter=",", skiprows=1, usecols=range(1, 1 + LENGTH))
for heights, style, way in ((silicon[0], "D", "right"), (silicon[-1, ::-1], "d", "left")):
    print(f"silicon, conductance 500, to the {way:5}: {heights.round().astype(int)} LSB")
    label = "silicon, 500" if way == "right" else None
    right.semilogy(heights / heights[0], style, color="0.25", mfc="none", ms=7, label=label)
left.set(xlabel="hardware time since the event [µs]", ylabel="membrane [LSB]")
left.set_title("event at compartment 0")
left.legend()
right.set(xlabel="compartments from the event", ylabel="height over height at the event")
right.set_xticks(range(LENGTH))
right.set(ylim=(0.02, 1.3), title="right; dotted: left")
right.legend(title="conductance", loc="lower left")
figure.savefig("attenuation.png")
