"""The end of a script: what it prints, writes and draws."""

SPIKES = """\
for name, segment in data.items():
    n_spikes = sum(len(train) for train in segment.spiketrains)
    print(f"{name}: {n_spikes} spikes from {len(segment.spiketrains)} cells")

with open("spikes.csv", "w") as file:
    print("time_ms,unit,population,cell", file=file)
    unit = 0  # counts the cells of all populations
    for name, segment in data.items():
        for cell, train in enumerate(segment.spiketrains):
            for time in train.magnitude:
                print(f"{time:.6f},{unit},{name},{cell}", file=file)
            unit += 1"""

TRACES = """\
for name, segment in data.items():
    for signal in segment.irregularlysampledsignals:
        cell = signal.array_annotations["channel_index"][0]
        table = np.column_stack([signal.times.magnitude, signal.magnitude[:, 0]])
        head = f"time_ms,{signal.name}"
        file = f"{signal.name} of {name} {cell}.csv"
        np.savetxt(file, table, fmt="%.6g", delimiter=",", header=head, comments="")"""

_RASTER = """\
first = 0
for name, segment in data.items():
    for train in segment.spiketrains:
        raster.plot(train.magnitude, np.full(len(train), first), "|", color=color[name], ms=4)
        first += 1
    if segment.spiketrains:
        raster.plot([], [], "|", color=color[name], label=name)
raster.set(ylabel="cell", ylim=(-1, first))
raster.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)"""

_CURVES = """\
traced = [name for name, segment in data.items() if segment.irregularlysampledsignals]
for axis, name in zip(traces, traced, strict=True):
    for signal in data[name].irregularlysampledsignals:
        cell = signal.array_annotations["channel_index"][0]
        axis.plot(signal.times.magnitude, signal.magnitude[:, 0], lw=0.7, label=f"cell {cell}")
    axis.set(title=name, ylabel=f"{signal.name} [LSB]")
    axis.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)"""

_SAVE = """\
axes[-1, 0].set(xlabel="time [ms]", xlim=(0, RUNTIME))
figure.savefig("network.png", dpi=150)"""


def figure(has_spikes: bool, n_traces: int) -> str:
    """A raster of all spikes, and a panel for every population with traces."""
    panels = has_spikes + n_traces
    height = f"{1.2 + 1.9 * panels:.1f}"
    size = f'figsize=(8, {height}), sharex=True, squeeze=False, layout="constrained"'
    axes = ("raster, *traces" if n_traces else "raster") if has_spikes else "traces"
    of = "axes[:, 0]" if n_traces else "axes[0, 0]"
    parts = [f"figure, axes = plt.subplots({panels}, {size})\n{axes} = {of}"]
    if has_spikes:
        parts[0] += '\ncolor = {name: f"C{number}" for number, name in enumerate(data)}'
        parts.append(_RASTER)
    if n_traces:
        parts.append(_CURVES)
    return "\n\n".join([*parts, _SAVE])
