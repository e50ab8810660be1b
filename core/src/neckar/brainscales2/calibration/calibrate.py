"""Calibrate a chip by measuring it, wherever it is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neckar.brainscales2.backends.base import Backend
from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.limits import at_limits
from neckar.brainscales2.calibration.measure import stages
from neckar.brainscales2.calibration.store import digest, keep
from neckar.brainscales2.calibration.target import Target
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import ChipOnDLS
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.chip.registers import Chip
from neckar.errors import CalibrationError

Tell = Callable[[str, float], None]
"""Is told what comes next and which fraction has been done."""


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


def calibrate(
    backend: Backend, target: Target, tell: Tell | None = None, folder: Path | None = None
) -> Calibration:
    """Measure settings that make all neurons of a chip do what `target` says.

    Args:
        backend: where the chip is.
        target: values for all neurons or for each.
        tell: is told before every stage, and at the end.
        folder: where stages are kept, so that one that was interrupted goes on where it was.

    Raises:
        CalibrationError: `target` has reversals, of which no measurement is known here.
    """
    _refuse_reversals(target)
    steps = stages(target)
    kept = None if folder is None else folder / f"{digest(target, backend.identifier)}.unfinished"
    with backend.open() as session:
        bench = Bench(session=session)
        done = _resume(kept, bench)
        for number in range(done, len(steps)):
            name, do = steps[number]
            if tell:
                tell(name, number / len(steps))
            do(bench)
            if kept:
                keep(kept, _stage(bench.chip, number + 1))
    if kept:
        kept.unlink(missing_ok=True)
    if tell:
        tell("done", 1.0)
    return calibration_of(bench.chip, target)


def _refuse_reversals(target: Target) -> None:
    for line, reversal in (
        ("excitatory", target.reversal_exc_lsb),
        ("inhibitory", target.reversal_inh_lsb),
    ):
        n = 0 if reversal is None else np.isfinite(np.broadcast_to(reversal, N_NEURONS)).sum()
        if n:
            raise CalibrationError(
                f"the {line} input of {n} neurons shall have a reversal, which cannot be measured "
                "yet; calibration.oracle.calibrate computes it for chips of the twin"
            )


def calibration_of(chip: Chip, target: Target) -> Calibration:
    """Settings that were found, and for which neurons."""
    is_successful = np.ones(N_NEURONS, bool)
    for name, is_at_end in at_limits(chip).items():
        if name != "leak_i_bias" or target.keeps_leak:
            is_successful &= ~is_at_end
    return Calibration(chip=chip, target=target, is_successful=is_successful)


def _stage(chip: Chip, n_done: int) -> bytes:
    return n_done.to_bytes(1, "little") + wire.encode([(ChipOnDLS(), chip)])


def _resume(kept: Path | None, bench: Bench) -> int:
    """How many stages an earlier attempt has done; their settings are taken over."""
    if kept is None or not kept.exists():
        return 0
    document = kept.read_bytes()
    [(_, chip)] = wire.decode(document[1:])
    bench.chip.array[...] = chip.array
    return document[0]
