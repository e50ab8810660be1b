"""What do features cost that are there and not in use, and what does a little use of them cost?"""

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from chip_512 import measure_chip
from machine import RESULTS, processor
from twin import Timing

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.program import Read

N_ROUNDS = 4  # one after the other, so that all see the same neighbours on the machine


def main() -> None:
    """Measure, print a table, keep it as Markdown and JSON."""
    timings: dict[str, list[Timing]] = {what: [] for what in CHANGES}
    for _ in range(N_ROUNDS):
        for what, change in CHANGES.items():
            asked = questions() if what in READ else ()
            timings[what].append(measure_chip(noise=True, change=change, questions=asked))
    fastest = {what: min(each.fastest for each in found) for what, found in timings.items()}
    plain = fastest[PLAIN]
    lines = [
        "The whole chip of the network above, through a program, noise on: settings of features "
        f"that are off, and one element that uses them; {processor()}, one core.",
        "",
        "| setting | fastest, per ms of hardware time | against the first |",
        "|---|---|---|",
        *(f"| {what} | {t:.2f} ms | {t / plain - 1:+.1%} |" for what, t in fastest.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "unused.md").write_text(text, encoding="utf-8")
    rows = {what: [asdict(each) for each in found] for what, found in timings.items()}
    (RESULTS / "unused.json").write_text(
        json.dumps({"processor": processor(), "rows": rows}, indent=1) + "\n"
    )


def _plain(registers: np.ndarray) -> None:
    """As in the benchmark."""


def _plasticity_off(registers: np.ndarray) -> None:
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"]
    drivers["utilization"], drivers["recovery"], drivers["offset"] = 8, 5, 3


def _switches_open(registers: np.ndarray) -> None:
    switches = registers["neuron_block"]["atomic_neurons"]["multicompartment"]
    switches["i_bias_nmda"] = 500
    switches["enable_conductance_multiplication"] = True


def _sensors_apart(registers: np.ndarray) -> None:
    matrix = registers["synapse_blocks"]["matrix"]
    matrix["amp_calibs"], matrix["time_calibs"] = 3, 2


def _one_plastic(registers: np.ndarray) -> None:
    _plasticity_off(registers)
    driver = registers["synapse_driver_blocks"]["synapse_drivers"][0, 0]
    driver["enable_stp"] = driver["enable_recovery"] = True


def _one_pair(registers: np.ndarray) -> None:
    _switches_open(registers)
    switches = registers["neuron_block"]["atomic_neurons"]["multicompartment"]
    switches["connect_soma"][0] = switches["connect_soma_right"][0] = True
    switches["enable_conductance"][1] = True


def _one_column(registers: np.ndarray) -> None:
    channel = registers["cadc_readout_chains"]["channels_causal"]
    channel["enable_connect_correlation"][0, 0] = True
    channel["enable_connect_neuron"][0, 0] = False  # which would overrule the sensors


def questions() -> tuple[Read, ...]:
    """Reading of one row."""
    return (Read(coordinate=c.CADCSampleRowOnDLS(Enum(0)), ticket=0),)


PLAIN = "nothing but neurons and synapses"
CHANGES: dict[str, Callable[[np.ndarray], None]] = {
    PLAIN: _plain,
    "short-term plasticity set up in all drivers, off": _plasticity_off,
    "conductances of all neurons set, switches open": _switches_open,
    "correlation sensors trimmed, not connected": _sensors_apart,
    "one driver of 256 plastic": _one_plastic,
    "one pair of neurons coupled": _one_pair,
    "one column of 256 with connected sensors": _one_column,
    "the same, a row of them read after every 10 ms": _one_column,
}
READ = {"the same, a row of them read after every 10 ms"}

if __name__ == "__main__":
    main()
