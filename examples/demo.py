"""An afternoon with the chip: one neuron listening, unequal neighbours, a travelling wave.

An ordinary PyNN script for BrainScaleS-2. All times are hardware time, a thousand times faster than
biology. Started by `make demo`.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

plt.style.use(Path(__file__).resolve().parent / "neckar.mplstyle")
np.random.seed(1)  # PyNN draws Poisson spikes from it


def connect(source, target, connector, weight):
    """Connect with the receptor that belongs to the sign of the weight."""
    return pynn.Projection(
        source,
        target,
        connector,
        pynn.synapses.StaticSynapse(weight=weight),
        receptor_type="excitatory" if weight >= 0 else "inhibitory",
    )


def listening_neuron(calibration, runtime=0.5):
    """A calibrated neuron under Poisson bombardment; every 100 µs five sources fire together."""
    pynn.setup(initial_config=calibration)
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    poisson = {"rate": 8e3, "start": 0, "duration": runtime}
    excitation = pynn.Population(20, pynn.cells.SpikeSourcePoisson(**poisson))
    inhibition = pynn.Population(8, pynn.cells.SpikeSourcePoisson(**poisson))
    volley_times = np.arange(0.05, runtime, 0.1)
    volley = pynn.Population(5, pynn.cells.SpikeSourceArray(spike_times=volley_times))
    for source, weight in [(excitation, 24), (inhibition, -30), (volley, 60)]:
        connect(source, neuron, pynn.AllToAllConnector(), weight)
        source.record("spikes")
    neuron.record(["spikes", "v"])
    pynn.run(runtime)
    segment = neuron.get_data().segments[-1]
    inputs = [
        [train.magnitude for train in source.get_data().segments[-1].spiketrains]
        for source in (excitation, inhibition, volley)
    ]
    pynn.end()
    return segment.irregularlysampledsignals[0], segment.spiketrains[0].magnitude, inputs


def f_i_curves(currents, n_neurons=24, runtime=0.5):
    """Rates in kHz of uncalibrated neurons with equal settings, (currents, neurons)."""
    pynn.setup()
    neurons = pynn.Population(
        n_neurons,
        pynn.cells.HXNeuron(
            leak_v_leak=530,
            leak_i_bias=300,
            threshold_enable=True,
            threshold_v_threshold=250,
            reset_v_reset=300,
            reset_i_bias=1022,
            reset_enable_multiplication=True,
            membrane_capacitance_capacitance=63,
            refractory_period_refractory_time=120,
            constant_current_enable=True,
        ),
    )
    neurons.record("spikes")
    rates = []
    for current in currents:
        neurons.set(constant_current_i_offset=int(current))
        pynn.run(runtime)
        trains = neurons.get_data(clear=True).segments[-1].spiketrains
        rates.append([len(train) / runtime for train in trains])
        pynn.reset()
    pynn.end()
    return np.array(rates)


def travelling_wave(n_groups=24, group_size=8, runtime=0.5):
    """Groups of neurons in a ring, each exciting the next: one volley travels round and round."""
    calibration = pynn.helper.chip_from_nightly()
    for backend in calibration.neuron_block.backends:
        backend.clock_scale_slow = 4  # 255 refractory counts are 33 µs: one spike per volley
    pynn.setup(initial_config=calibration)
    n_neurons = n_groups * group_size
    neurons = pynn.Population(
        n_neurons,
        pynn.cells.HXNeuron(refractory_period_refractory_time=255, refractory_period_input_clock=0),
    )
    groups = [
        pynn.PopulationView(neurons, slice(first, first + group_size))
        for first in range(0, n_neurons, group_size)
    ]
    start = pynn.Population(group_size, pynn.cells.SpikeSourceArray(spike_times=[0.01]))
    connect(start, groups[0], pynn.AllToAllConnector(), 50)
    for group, following in zip(groups, groups[1:] + groups[:1], strict=True):
        connect(group, following, pynn.AllToAllConnector(), 50)
    neurons.record("spikes")
    pynn.run(runtime)
    trains = [train.magnitude for train in neurons.get_data().segments[-1].spiketrains]
    pynn.end()
    return trains


membrane, spikes, inputs = listening_neuron(pynn.helper.chip_from_nightly())
readings = membrane.magnitude[:, 0]
print("a neuron that listens")
print(f"  input            {sum(len(t) for group in inputs for t in group)} spikes in 0.5 ms")
print(
    f"  membrane         {readings.mean():.0f} ± {readings.std():.0f} LSB, {len(readings)} samples"
)
print(f"  output           {len(spikes)} spikes, {len(spikes) / 0.5:.0f} kHz (Hz in biology)")

currents = np.linspace(0, 1000, 26)
rates = f_i_curves(currents)
onset = currents[np.argmax(rates > 0, axis=0)]
print("24 neurons with equal settings")
print(f"  first spikes at  current code {onset.mean():.0f} ± {onset.std():.0f}")
print(f"  rate at 1000     {rates[-1].mean():.0f} ± {rates[-1].std():.0f} kHz")

wave = travelling_wave()
laps = wave[0]
print("a travelling wave")
print(f"  spikes           {sum(len(train) for train in wave)} from {len(wave)} neurons in 0.5 ms")
print(f"  one lap takes    {1e3 * np.diff(laps).mean():.1f} µs, {len(laps)} laps")

figure = plt.figure(figsize=(8, 6))
rows = figure.add_gridspec(3, 2, height_ratios=[0.75, 1.5, 1.9], width_ratios=[1.9, 1])

input_axis = figure.add_subplot(rows[0, 0])
first = 0
for trains, color in zip(inputs, ("0.45", "C2", "C1"), strict=True):
    offsets = first + np.arange(len(trains))
    input_axis.eventplot(
        [1e3 * t for t in trains], colors=color, lineoffsets=offsets, lw=1.4, linelengths=1.2
    )
    first += len(trains)
input_axis.set(title="input: excitation, inhibition, volleys", yticks=[])
input_axis.tick_params(labelbottom=False)
input_axis.set(xlim=(0, 500), ylim=(-1, first))
input_axis.spines.left.set_visible(False)

membrane_axis = figure.add_subplot(rows[1, 0], sharex=input_axis)
membrane_axis.plot(1e3 * membrane.times.magnitude, readings, lw=0.5)
top = readings.max() + 12
membrane_axis.plot(1e3 * spikes, np.full(len(spikes), top), "|", color="C4", ms=8, mew=1.4)
membrane_axis.set(title="one calibrated neuron, on the fast ADC", ylabel="membrane [LSB]")
membrane_axis.set_xlabel("hardware time [µs]")

rate_axis = figure.add_subplot(rows[:2, 1])
rate_axis.plot(currents, rates, color="C0", lw=0.6, alpha=0.4)
rate_axis.plot(currents, rates[:, 0], color="C1", lw=2)
rate_axis.set(title="24 neurons, equal settings", xlabel="current [code]", ylabel="rate [kHz]")
rate_axis.set(ylim=(0, None), xlim=(0, 1000))

wave_axis = figure.add_subplot(rows[2, :])
colors = plt.cm.viridis(np.arange(len(wave)) / len(wave))
wave_axis.eventplot([1e3 * train for train in wave], colors=colors, lw=1.2, linelengths=1.5)
wave_axis.set(title="a volley travels around a ring of 24 groups of neurons", ylabel="neuron")
wave_axis.set(xlabel="hardware time [µs]", xlim=(0, 500), ylim=(-1, len(wave)))

figure.savefig("demo.png")
print("figure             demo.png")
