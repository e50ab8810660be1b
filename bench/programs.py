"""What do the small programs cost of which calibrations are made?"""

import json
import time
from collections.abc import Callable

import numpy as np
from machine import RESULTS, processor

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.program import Configure, Program, ProgramBuilder, SampleMADC, Write
from neckar.brainscales2.twin.chip import Twin

MS = 125_000  # cycles
N_TIMES = 7
_SWITCHES = 64  # quads of columns of a hemisphere


def main() -> None:
    """Measure, print a table, keep it as Markdown and JSON."""
    costs = {what: _fastest(make) for what, make in PROGRAMS.items()}
    lines = [
        f"Programs that calibrations send by the hundred, in one session, mismatch and noise on; "
        f"{processor()}, one core.",
        "",
        "| program | computing |",
        "|---|---|",
        *(f"| {what} | {seconds * 1e3:.1f} ms |" for what, seconds in costs.items()),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "programs.md").write_text(text, encoding="utf-8")
    report = {"processor": processor(), "seconds": costs}
    (RESULTS / "programs.json").write_text(json.dumps(report, indent=1) + "\n")


def _fastest(make: Callable[[int], Program]) -> float:
    """Processor time; every program is another one."""
    session = Twin().open()
    session.run(ProgramBuilder().add(Configure(config=_chip())).block_until(60 * MS).done())
    seconds = []
    for turn in range(N_TIMES):
        program = make(turn)
        begin = time.process_time()
        session.run(program)
        seconds.append(time.process_time() - begin)
    return min(seconds)


def _chip() -> ChipConfig:
    """A quarter of the neurons fires; nobody hears it."""
    chip = r.Chip()
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["leak"]["v_leak"], neurons["leak"]["i_bias"] = 600, 200
    neurons["reset"]["v_reset"], neurons["reset"]["i_bias"] = 400, 500
    neurons["threshold"]["v_threshold"] = 900
    neurons["threshold"]["v_threshold"][::4] = 300
    neurons["threshold"]["enable"] = True
    neurons["event_routing"]["analog_output"] = 1
    neurons["refractory_period"]["refractory_time"] = 50
    neurons["readout"]["enable_amplifier"] = True
    return ChipConfig.of(chip)


def _cells(turn: int) -> Program:
    builder = ProgramBuilder()
    for neuron in range(N_NEURONS):
        cell = c.CapMemCellOnCapMemBlock(
            c.CapMemColumnOnCapMemBlock(neuron % 128), c.CapMemRowOnCapMemBlock.v_leak
        )
        place = c.CapMemCellOnDLS(cell, c.CapMemBlockOnDLS(neuron // 128))
        builder.write(place, r.CapMemCell(600 + turn))
    builder.block_until(20 * MS)
    builder.read(c.CADCSamplesOnDLS())
    return builder.done()


def _lines(turn: int) -> Program:
    builder, now = ProgramBuilder(), 0
    opened, closed = r.ColumnCurrentQuad(), r.ColumnCurrentQuad()
    closed.array["switches"]["enable_debug_excitatory"] = True
    for _ in range(16):
        for register in (closed, opened):
            for quad in range(_SWITCHES):
                place = c.ColumnCurrentQuadOnDLS(Enum(quad))
                builder.add(Write(coordinate=place, register=register))
        now += MS // 20
        builder.block_until(now)
        builder.read(c.CADCSampleRowOnDLS())
    return builder.done()


def _recordings(turn: int) -> Program:
    builder, settings = ProgramBuilder(), _chip().neurons
    for place, neuron in enumerate(range(turn, N_NEURONS, 8)):
        shown = r.AtomicNeuron.from_array(settings[neuron, ...])
        shown.readout.enable_buffered_access = True
        builder.write(c.AtomicNeuronOnDLS(Enum(neuron)), shown).block_until(place * MS)
        builder.add(SampleMADC(enable=True)).block_until(place * MS + MS // 20)
        builder.add(SampleMADC(enable=False))
    return builder.done()


def _counts(turn: int) -> Program:
    builder = ProgramBuilder().block_until(50 * MS)
    for counter in np.arange(N_NEURONS).tolist():
        builder.read(c.SpikeCounterReadOnDLS(Enum(counter)))
    return builder.done()


PROGRAMS = {
    "write a cell of each neuron, wait 20 ms, read all columns of the CADC": _cells,
    "16 times: move the debug switches of 256 columns, 128 writes, and read a row": _lines,
    "record 64 neurons one after the other with the MADC, 50 µs each": _recordings,
    "count the spikes of 512 neurons for 50 ms, of which a quarter fires": _counts,
}

if __name__ == "__main__":
    main()
