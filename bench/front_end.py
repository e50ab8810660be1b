"""What does a PyNN script pay besides the chip's own time?"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pynn_brainscales.brainscales2 as pynn
from machine import RESULTS, processor

LEAK, THRESHOLD, RESET = 530, 250, 300  # codes; the current decides whether the neuron fires


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds of one core, and of hardware time that the experiment was about."""

    seconds: float
    hardware: float


def main() -> None:
    """Measure, print a table, keep it as Markdown and JSON."""
    costs = {
        "one neuron, first `run()`": _one_neuron(lambda: pynn.run(0.1)),
        "one neuron, `reset()`, another current, `run()`": _one_neuron(_again),
        "f–I curve of 420 runs": _f_i_curve(),
        "bypass mode, one source of 200 Hz": _bypass(),
    }
    lines = [
        f"Whole experiments in PyNN, noise and mismatch on; {processor()}, one core.",
        "",
        "| experiment | hardware time | computing |",
        "|---|---|---|",
        *(f"| {what} | {c.hardware * 1e3:g} ms | {_readable(c)} |" for what, c in costs.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "front_end.md").write_text(text, encoding="utf-8")
    report = {"processor": processor(), "costs": {k: asdict(c) for k, c in costs.items()}}
    (RESULTS / "front_end.json").write_text(json.dumps(report, indent=1) + "\n")


def _readable(cost: Cost) -> str:
    if cost.seconds < 1:
        return f"{cost.seconds * 1e3:.0f} ms"
    return f"{cost.seconds:.1f} s"


def _one_neuron(last: Callable[[], object], n_times: int = 9) -> Cost:
    """The median of experiments with 0.1 ms, the last call of which counts."""
    seconds = []
    for _ in range(n_times):
        pynn.setup()
        neuron = _neuron()
        neuron.record(["spikes", "v"])
        if last is _again:
            pynn.run(0.1)
            neuron.set(constant_current_i_offset=600)
        begin = time.process_time()
        last()
        seconds.append(time.process_time() - begin)
        pynn.end()
    return Cost(seconds=float(np.median(seconds)), hardware=0.1e-3)


def _again() -> None:
    pynn.reset()
    pynn.run(0.1)


def _neuron() -> pynn.Population:
    cell = pynn.cells.HXNeuron(
        leak_i_bias=150,
        leak_v_leak=LEAK,
        reset_v_reset=RESET,
        reset_i_bias=1022,
        reset_enable_multiplication=True,
        threshold_v_threshold=THRESHOLD,
        threshold_enable=True,
        constant_current_enable=True,
        constant_current_i_offset=500,
    )
    return pynn.Population(1, cell)


def _f_i_curve(n_currents: int = 420) -> Cost:
    """A rate for every current, each of which is a run of its own."""
    begin = time.process_time()
    pynn.setup()
    neuron, rates = _neuron(), []
    neuron.record(["spikes"])
    for current in np.linspace(0, 1000, n_currents):
        neuron.set(constant_current_i_offset=current)
        pynn.run(1.0)
        rates.append(len(neuron.get_data("spikes").segments[-1].spiketrains[0]))
        pynn.reset()
    pynn.end()
    seconds = time.process_time() - begin
    if not max(rates) > min(rates):
        raise RuntimeError(f"the current does not change the rate: {rates[0]} spikes in all runs")
    return Cost(seconds=seconds, hardware=n_currents * 1e-3)


def _bypass(duration: float = 10.0, rate: float = 200.0) -> Cost:
    """One spike out of the neuron for every spike in."""
    times = np.cumsum(np.random.default_rng(2026).exponential(1e3 / rate, int(duration * rate)))
    times = times[times < 1e3 * duration]
    begin = time.process_time()
    pynn.setup(enable_neuron_bypass=True)
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=times))
    synapse = pynn.synapses.StaticSynapse(weight=63)
    pynn.Projection(source, neuron, pynn.AllToAllConnector(), synapse_type=synapse)
    neuron.record(["spikes"])
    pynn.run(1e3 * duration)
    n_spikes = len(neuron.get_data("spikes").segments[-1].spiketrains[0])
    pynn.end()
    if n_spikes != len(times):
        raise RuntimeError(f"{len(times)} spikes in, but {n_spikes} out")
    return Cost(seconds=time.process_time() - begin, hardware=duration)


if __name__ == "__main__":
    main()
