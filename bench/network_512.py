"""How long does a millisecond of a full chip take, and how long do others need for it?"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict

from chip_512 import measure_chip
from machine import RESULTS, processor
from network import N, draw
from peers import measure_brian2, measure_nest
from twin import Timing, measure

from neckar.brainscales2.twin.kernels import STEP, _kernel

NOISE = 0.5  # V / sqrt(s), a millivolt on a membrane of 10 µs


def main() -> None:
    """Measure, print a table, keep it as Markdown and JSON."""
    rows = [*_twin(), *_program(), *_peers()]
    lines = [
        f"512 neurons, 26 000 recurrent synapses, mismatch on, all spikes recorded; "
        f"{processor()}, one core. Milliseconds of computing per millisecond of hardware time "
        "(a second of biological time).",
        "",
        "| | model | noise | fastest | median | ns per neuron and step | mean rate |",
        "|---|---|---|---|---|---|---|",
        *(_line(*row) for row in rows),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "network_512.md").write_text(text, encoding="utf-8")
    report = {
        "processor": processor(),
        "rows": [
            {"what": what, "model": model, "noise": noise, **asdict(timing)}
            for what, model, noise, timing in rows
        ],
    }
    (RESULTS / "network_512.json").write_text(json.dumps(report, indent=1) + "\n")


Row = tuple[str, str, bool, Timing]


def _twin() -> Iterator[Row]:
    for path in _kernel.paths():
        os.environ["NECKAR_CPU_PATH"] = path
        for model in ("LIF", "AdEx"):
            for noise in (False, True):
                timing = measure(draw(model == "AdEx"), NOISE * noise)
                yield f"Neckar, {path}", model, noise, timing
    del os.environ["NECKAR_CPU_PATH"]


def _program() -> Iterator[Row]:
    """The fastest path again, as one sees it who runs programs on a chip with all synapses set."""
    what = "Neckar, whole chip through a program"
    for model in ("LIF", "AdEx"):
        for noise in (False, True):
            yield what, model, noise, measure_chip(noise, model == "AdEx")


def _peers() -> Iterator[Row]:
    for model in ("LIF", "AdEx"):
        network = draw(model == "AdEx")
        yield "Brian2 standalone", model, False, measure_brian2(network)
        yield "NEST", model, False, measure_nest(network)


def _line(what: str, model: str, noise: bool, timing: Timing) -> str:
    per_step = timing.fastest * STEP / N * 1e9
    return (
        f"| {what} | {model} | {'on' if noise else 'off'} | {timing.fastest:.1f} ms "
        f"| {timing.median:.1f} ms | {per_step:.2f} | {timing.rate / 1e3:.1f} kHz |"
    )


if __name__ == "__main__":
    main()
