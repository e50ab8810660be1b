"""Calibrations of a checkout of calix, each in a process of its own, and what became of them.

The process (`python calibrate.py KIND FOLDER`) writes the files that calix' own script writes and
counts, step by step, the parameters that calix itself found to be inside their ranges.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HEADER = """| calibration | chip | neurons | drivers | time of the processor | steps with failures |
|---|---|---|---|---|---|"""
KINDS = ("spiking", "spiking2", "hagen", "hagen_synin", "correlation")
SERIAL = "NECKAR_SERIAL"
_CLASSES = {
    "spiking": "SpikingCalib",
    "spiking2": "SpikingCalib2",
    "hagen": "HagenCalib",
    "hagen_synin": "HagenSyninCalib",
}
_REPORT = "report.json"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One search for parameters; steps may stand within others, whose times contain theirs."""

    name: str
    succeeded: int
    of: int
    seconds: float

    def __str__(self) -> str:
        return f"| {self.name} | {self.succeeded} of {self.of} | {self.seconds:.1f} s |"


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """A calibration of one chip; counts of successes are None where it makes no such result."""

    kind: str
    serial: str
    neurons: tuple[int, int] | None
    drivers: tuple[int, int] | None
    seconds: float
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        failed = [step for step in self.steps if step.succeeded < step.of]
        told = ", ".join(f"{step.name} {step.of - step.succeeded}" for step in failed)
        counts = f"{_told(self.neurons)} | {_told(self.drivers)}"
        return f"| {self.kind} | {self.serial} | {counts} | {self.seconds:.0f} s | {told} |"


def calibrate(kind: str, serial: str, checkout: Path, folder: Path | None = None) -> Calibrated:
    """Calibrate a chip in a process of its own; the files are left in `folder`, if one is given.

    Raises:
        subprocess.CalledProcessError: the calibration did not come to its end.
    """
    if folder is None:
        with TemporaryDirectory() as made:
            return calibrate(kind, serial, checkout, Path(made))
    search = os.pathsep.join([str(checkout / "src" / "py"), *sys.path[1:]])
    environment = os.environ | {SERIAL: serial, "PYTHONPATH": search}
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, __file__, kind, str(folder)], env=environment, check=True)
    report = json.loads((folder / _REPORT).read_text())
    steps = tuple(Step(**step) for step in report.pop("steps"))
    return Calibrated(kind=kind, serial=serial, steps=steps, **report)


def main(kind: str, folder: Path) -> None:
    """Calibrate, in this process."""
    from calix.common import base
    from calix.scripts import calix_generate_default_calibration as script
    from dlens_vx_v3 import hxcomm

    steps = list[Step]()
    base.Calib.run = _watched(base.Calib.run, steps)  # calix has no other place to ask
    begin = time.process_time()
    with hxcomm.ManagedConnection() as bare:
        connection = base.StatefulConnection(bare)
        if kind in _CLASSES:
            getattr(script, _CLASSES[kind])().record_and_dump(connection, folder)
        else:
            _correlation(connection, folder / f"{kind}_calix-native.pkl")
    seconds = time.process_time() - begin
    counts = _counts(folder / f"{kind}_calix-native.pkl")
    report = {**counts, "seconds": seconds, "steps": [asdict(step) for step in steps]}
    (folder / _REPORT).write_text(json.dumps(report))


def _correlation(connection: Any, file: Path) -> None:
    """Calibrate sensors by quadrants, not one by one, for which calix' own script has no word."""
    import pickle

    from calix.common import cadc
    from calix.spiking import correlation

    cadc.calibrate(connection)
    options = correlation.CorrelationCalibOptions()
    options.calibrate_synapses = False
    result = correlation.calibrate(connection, options=options)
    file.write_bytes(pickle.dumps(result))


def _watched(run: Any, steps: list[Step]) -> Any:
    """`Calib.run` that also notes down what it did."""

    def watched(self: Any, *arguments: Any, **options: Any) -> Any:
        begin = time.process_time()
        result = run(self, *arguments, **options)
        seconds, success = time.process_time() - begin, result.success
        name = type(self).__name__
        step = Step(name=name, succeeded=int(success.sum()), of=success.size, seconds=seconds)
        steps.append(step)
        print(step, file=sys.stderr, flush=True)
        return result

    return watched


def _counts(file: Path) -> dict[str, tuple[int, int] | None]:
    """Neurons and drivers that a result calls successes, and how many there are."""
    import pickle

    result = pickle.loads(file.read_bytes())
    parts = {"neurons": "neuron_result", "drivers": "synapse_driver_result"}
    return {name: _count(getattr(result, part, None)) for name, part in parts.items()}


def _count(part: Any) -> tuple[int, int] | None:
    return None if part is None else (sum(map(bool, part.success.values())), len(part.success))


def _told(count: tuple[int, int] | None) -> str:
    return "—" if count is None else "{} of {}".format(*count)


def rows(
    kinds: list[str], serials: list[str], checkout: Path, folder: Path | None
) -> Iterator[Calibrated]:
    """One calibration after the other; with a folder, files go to `folder/serial`."""
    for kind in kinds:
        for serial in serials:
            yield calibrate(kind, serial, checkout, folder and folder / serial)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
