"""The twin of the default chip over recordings of real chips with the same settings.

The recordings were digitised from figures of the public tutorials. Which chips they show is
unknown, so that shapes, levels and spreads can be compared, single samples cannot. Prints the
numbers as a table in Markdown.
"""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn
from scipy.optimize import curve_fit

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT / "core" / "tests" / "physics" / "silicon"
SILICON, TWIN = "C1", "C0"
PERIOD = 0.034  # of the MADC, µs

plt.style.use(ROOT / "examples" / "neckar.mplstyle")


def recorded(name):
    """Columns of a recording."""
    return np.loadtxt(RECORDINGS / f"{name}.csv", delimiter=",", skiprows=1, unpack=True)


def traced(cells, runtime):
    """Time in µs and reading of one cell."""
    cells.record("v")
    pynn.run(runtime)
    signal = cells.get_data("v", clear=True).segments[-1].irregularlysampledsignals[0]
    pynn.reset()
    return 1e3 * signal.times.magnitude, signal.magnitude[:, 0]


def silent():
    """An uncalibrated neuron at rest."""
    pynn.setup()
    cell = pynn.cells.HXNeuron(
        leak_v_leak=700, leak_i_bias=1022, membrane_capacitance_capacitance=63
    )
    trace = traced(pynn.Population(1, cell), 0.2)
    pynn.end()
    return trace


def neighbours():
    """Ten uncalibrated neurons that fire by themselves."""
    pynn.setup()
    cell = pynn.cells.HXNeuron(
        leak_v_leak=1000,
        leak_i_bias=200,
        threshold_enable=True,
        threshold_v_threshold=300,
        reset_v_reset=400,
        reset_i_bias=1022,
        membrane_capacitance_capacitance=63,
        refractory_period_refractory_time=255,
    )
    cells, traces = pynn.Population(10, cell), []
    for index in range(10):
        traces.append(traced(cells[[index]], 0.1))
        cells.record(None)
    pynn.end()
    return traces


def stimulated(place, times_of_sign, weight, runtime):
    """One calibrated neuron that cannot fire, and a function that runs it with some weight."""
    pynn.setup(initial_config=pynn.helper.chip_from_nightly(), neuronPermutation=[place])
    neuron = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
    projections = {}
    for sign, times in times_of_sign.items():
        source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=times))
        synapse = pynn.synapses.StaticSynapse(weight=weight * sign)
        projections[sign] = pynn.Projection(
            source,
            neuron,
            pynn.AllToAllConnector(),
            synapse,
            receptor_type="excitatory" if sign > 0 else "inhibitory",
        )

    def run(weight):
        for sign, projection in projections.items():
            projection.set(weight=weight * sign)
        return traced(neuron, runtime)

    return run


def stacking():
    """A calibrated neuron with one inhibitory and five excitatory events."""
    run = stimulated(0, {1: [0.01, 0.05, 0.07, 0.09, 0.1], -1: [0.03]}, 63, 0.2)
    trace = run(63)
    pynn.end()
    return trace


def dynamic_range(weights, sign):
    """Highest or lowest reading of eight neurons after one input of each weight."""
    extremes = np.empty((8, weights.size))
    for index in range(8):
        run = stimulated(64 * index, {sign: [0.02]}, 0, 0.1)
        readings = [run(weight)[1] for weight in weights]
        extremes[index] = [r.max() if sign > 0 else r.min() for r in readings]
        pynn.end()
    return extremes


def cycle(time, reading):
    """Means over the periods of a neuron that fires by itself, and where its spikes are."""
    v = np.interp(np.arange(time[0], time[-1], PERIOD), time, reading)
    smooth = np.convolve(v, np.ones(3) / 3, "same")
    is_peak = [
        smooth[i] == smooth[i - 20 : i + 40].max() and smooth[i] - smooth[i + 45] > 80
        for i in range(40, v.size - 130)
    ]
    peaks = 40 + np.flatnonzero(is_peak)
    peaks = peaks[np.diff(peaks, prepend=0) > 40]
    x = PERIOD * np.arange(58)
    fall = np.mean([v[i + 2 : i + 60] for i in peaks], axis=0)
    (_, _, tau), _ = curve_fit(lambda x, a, b, c: a + b * np.exp(-x / c), x, fall, (143, 260, 1.8))
    rises = [v[i + 66 : j - 4] for i, j in pairwise(peaks)]
    slopes = [np.polyfit(PERIOD * np.arange(rise.size), rise, 1)[0] for rise in rises]
    means = {
        "period [µs]": PERIOD * np.diff(peaks).mean(),
        "peak [LSB]": np.mean([v[i - 3 : i + 4].max() for i in peaks]),
        "minimum [LSB]": np.mean([v[i + 50 : i + 70].min() for i in peaks]),
        "time constant of the reset [µs]": tau,
        "rise [LSB/µs]": np.mean(slopes),
    }
    return means, time[0] + PERIOD * peaks


def row(name, silicon, twin):
    """One line of the table."""
    print(f"| {name} | {silicon} | {twin} |")


def draw_silence(axis, margin):
    """Ten microseconds, and how often each value is read."""
    traces = {SILICON: recorded("silent"), TWIN: silent()}
    for color, (time, reading) in traces.items():
        shown = (time > 50) & (time < 60)
        axis.plot(time[shown] - 50, reading[shown], color=color, lw=0.8)
        values = np.arange(360, 390)
        margin.hist(
            reading,
            values - 0.5,
            density=True,
            orientation="horizontal",
            color=color,
            histtype="step",
            lw=1.2,
        )
    axis.set(title="a silent neuron", xlabel="time [µs]", ylabel="membrane [LSB]")
    axis.set(ylim=(360, 388), xlim=(0, 10))
    margin.set(xlabel="share", ylim=(360, 388), yticklabels=[])
    means, deviations = zip(*((r.mean(), r.std()) for _, r in traces.values()), strict=True)
    row("silent: mean [LSB]", *(f"{m:.1f}" for m in means))
    row("silent: standard deviation [LSB]", *(f"{d:.2f}" for d in deviations))


def draw_neighbours(axes, dots):
    """Ten traces each, aligned at a spike; then the means of every neuron."""
    everyone = {
        SILICON: [recorded(f"fixed_pattern_{index}") for index in range(10)],
        TWIN: neighbours(),
    }
    tables = {}
    for (color, traces), axis in zip(everyone.items(), axes, strict=True):
        cycles = [cycle(*trace) for trace in traces]
        tables[color] = {name: np.array([c[0][name] for c in cycles]) for name in cycles[0][0]}
        for (time, reading), (_, spikes) in zip(traces, cycles, strict=True):
            axis.plot(time - spikes[2], reading, color=color, lw=0.7, alpha=0.8)
        axis.set(xlim=(-0.5, 15), ylim=(190, 445), xlabel="time since a spike [µs]")
    axes[0].set(title="ten neighbours on silicon", ylabel="membrane [LSB]")
    axes[1].set(title="ten neighbours on the twin", yticklabels=[])
    for place, name in enumerate(tables[SILICON]):
        silicon, twin = tables[SILICON][name], tables[TWIN][name]
        row(name, *(f"{x.mean():.2f} ± {x.std():.2f}" for x in (silicon, twin)))
        for shift, color, values in ((-0.15, SILICON, silicon), (0.15, TWIN, twin)):
            relative = values / silicon.mean()
            dots.plot(
                np.full(10, place + shift), relative, "o", color=color, ms=3, alpha=0.7, mew=0
            )
            dots.plot(place + shift, relative.mean(), "_", color=color, ms=14, mew=1.5)
    labels = ("period", "peak", "minimum", "reset\ntime const.", "rise")
    dots.set_xticks(range(len(labels)), labels)
    dots.set(title="… compared neuron by neuron", ylabel="relative to mean silicon")


def draw_stack(axis):
    """Readings over rest."""
    traces = {SILICON: recorded("psp_stacking"), TWIN: stacking()}
    above = {
        color: (time, reading - reading[(time > 1) & (time < 9)].mean())
        for color, (time, reading) in traces.items()
    }
    for color, label in ((SILICON, "silicon"), (TWIN, "twin")):
        axis.plot(*above[color], color=color, lw=0.8, label=label)
    axis.set(title="postsynaptic potentials of a calibrated neuron", xlim=(0, 200))
    axis.set(xlabel="time [µs]", ylabel="above rest [LSB]", ylim=(-48, 115))
    axis.legend(loc="upper right")
    for time, mark in ((10, "▲"), (30, "▼"), (50, "▲"), (70, "▲"), (90, "▲"), (100, "▲")):
        axis.annotate(mark, (time, -44), ha="center", color="C5", fontsize=7)
    grid = np.arange(5, 199, 0.1)
    silicon, twin = (np.interp(grid, *above[color]) for color in (SILICON, TWIN))
    first = (grid > 15) & (grid < 29)
    row("first EPSP [LSB]", *(f"{np.percentile(v[first], 90):.0f}" for v in (silicon, twin)))
    row("correlation of the stack", "1", f"{np.corrcoef(silicon, twin)[0, 1]:.4f}")


def draw_range(axis):
    """Mean and spread over eight neurons."""
    weights, *recordings = recorded("dynamic_range")
    for real, sign, name in zip(recordings, (1, -1), ("excitation", "inhibition"), strict=True):
        extremes = dynamic_range(weights.astype(int), sign)
        twin = extremes - extremes[:, :1].mean()
        axis.plot(weights, real - real[0], "o", color=SILICON, ms=3.5)
        axis.plot(weights, twin.mean(axis=0), color=TWIN)
        low, high = twin.mean(axis=0) - twin.std(axis=0), twin.mean(axis=0) + twin.std(axis=0)
        axis.fill_between(weights, low, high, color=TWIN, alpha=0.2, lw=0)
        slopes = [(y[-1] - y[0]) / weights[-1] for y in (real, twin.mean(axis=0))]
        row(f"{name}: LSB per weight up to 288", *(f"{slope:.2f}" for slope in slopes))
    axis.set(
        title="one input of growing weight", xlabel="weight", ylabel="extreme above rest [LSB]"
    )


figure = plt.figure(figsize=(9, 8.4))
grid = figure.add_gridspec(3, 12)
print("| | silicon | twin |\n|---|---|---|")
left = grid[0, :7].subgridspec(1, 2, width_ratios=(4, 1), wspace=0.05)
draw_silence(figure.add_subplot(left[0]), figure.add_subplot(left[1]))
sides = figure.add_subplot(grid[1, :4]), figure.add_subplot(grid[1, 4:8])
draw_neighbours(sides, figure.add_subplot(grid[1, 8:]))
draw_stack(figure.add_subplot(grid[2, :]))
draw_range(figure.add_subplot(grid[0, 7:]))
figure.savefig("twin_over_silicon.png")
