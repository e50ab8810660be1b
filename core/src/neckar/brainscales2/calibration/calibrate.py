"""Calibrate a chip by measuring it, wherever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.check import check
from neckar.brainscales2.calibration.limits import at_limits
from neckar.brainscales2.calibration.measure import stages
from neckar.brainscales2.calibration.parts import Part, Writes, apply, parts, settling
from neckar.brainscales2.calibration.readout import on_pad
from neckar.brainscales2.calibration.store import digest, keep
from neckar.brainscales2.calibration.target import Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS, PadMultiplexerConfigOnDLS
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.chip.parameters import LINE_REST
from neckar.brainscales2.chip.registers import Chip, PadMultiplexerConfig

Tell = Callable[[float, str], None]
"""Is told which fraction has been done and what comes next."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What came of calibrating a chip.

    Args:
        chip: all settings.
        target: what they are for.
        is_successful: neurons none of whose settings ended at the end of its range, (512,).
    """

    chip: Chip
    target: Target
    is_successful: np.ndarray

    @property
    def settings(self) -> list[Part]:
        """What was found, and time to settle; synapses and routes are no part of it."""
        found = [*parts(self.chip)]
        if self.target.integrates_on_lines:
            pad = PadMultiplexerConfig.from_array(self.chip.array["readout_chain"]["pad_mux"][0])
            found.append((PadMultiplexerConfigOnDLS(), pad))
            found += [(each.coordinate, each.register) for each in on_pad(LINE_REST)]
        return [*found, *settling()]

    def apply(self, builder: Writes) -> None:
        """Append what was found to a program or a dumper; synapses and routes stay as they are."""
        apply(self.settings, builder)

    def to_chip(self) -> Chip:
        """A chip with these settings."""
        return Chip.from_array(self.chip.array)


def calibrate(
    backend: Backend,
    target: Target,
    tell: Tell | None = None,
    folder: Path | None = None,
    start: "Calibration | None" = None,
) -> Calibration:
    """Measure settings that make all neurons of a chip do what `target` says.

    Args:
        backend: where the chip is.
        target: values for all neurons or for each.
        tell: is told before every stage, and at the end.
        folder: where stages are kept, so that one that was interrupted goes on where it was.
        start: an earlier calibration of this chip, whose settings are taken over where they were
            found for the same part of the target.

    Raises:
        CalibrationError: no chip can do that.
    """
    check(target)
    steps = stages(target, start.target if start else None)
    kept = None if folder is None else folder / f"{digest(target, backend.identifier)}.unfinished"
    with backend.open() as session:
        bench = Bench(session=session)
        if start:
            bench.chip.array[...] = start.chip.array
        done = resume(kept, bench)
        for number in range(done, len(steps)):
            if tell:
                tell(number / len(steps), steps[number].name)
            steps[number].do(bench, target)
            if kept:
                keep(kept, stage(bench.chip, number + 1))
    if kept:
        kept.unlink(missing_ok=True)
    if tell:
        tell(1.0, "done")
    return calibration_of(bench.chip, target)


def calibration_of(chip: Chip, target: Target) -> Calibration:
    """Settings that were found, and for which neurons."""
    is_successful = np.ones(N_NEURONS, bool)
    if target.integrates_on_lines:  # neurons have no part in it
        return Calibration(chip=chip, target=target, is_successful=is_successful)
    for name, is_at_end in at_limits(chip).items():
        if name != "leak_i_bias" or target.keeps_leak:
            is_successful &= ~is_at_end
    return Calibration(chip=chip, target=target, is_successful=is_successful)


def stage(chip: Chip, n_done: int) -> bytes:
    """What is kept between two stages."""
    return n_done.to_bytes(1, "little") + wire.encode([(ChipOnDLS(), chip)])


def resume(kept: Path | None, bench: Bench) -> int:
    """How many stages an earlier attempt has done; their settings are taken over."""
    try:
        document = kept.read_bytes() if kept else b""
    except FileNotFoundError:
        document = b""
    if not document:
        return 0
    [(_, chip)] = wire.decode(document[1:])
    bench.chip.array[...] = chip.array
    return document[0]
