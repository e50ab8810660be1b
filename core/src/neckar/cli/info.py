"""`neckar info`: which chip, how well calibrated, how fast."""

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

from neckar import __version__
from neckar.brainscales2.backends import twin
from neckar.brainscales2.calibration import SPIKING, nightly, nightly_path
from neckar.brainscales2.calibration.oracle import report
from neckar.brainscales2.twin.kernels import cpu_path
from neckar.cli.options import SPREADS, Commands, add_chip

PACKAGES = ("numpy", "scipy", "PyNN", "neo", "matplotlib")


def add(commands: Commands) -> None:
    """Which chip."""
    info = commands.add_parser("info", help="which chip, how well calibrated, how fast")
    add_chip(info)
    info.set_defaults(command=_info)


def _info(options: argparse.Namespace) -> int:
    chip = twin.default()
    print(f"neckar        {__version__}, Python {platform.python_version()}")
    print("packages      " + ", ".join(f"{name} {_version(name)}" for name in PACKAGES))
    print(f"inner loop    {cpu_path()}")
    print(f"chip          HICANN-X v3, {chip.identifier}, noise of seed {chip.seed}")
    print(f"calibration   {nightly_path(chip.serial, spread=chip.spread)}")
    print(f"\n{SPREADS}")
    calibrated = nightly(chip.serial, spread=chip.spread)
    for residual in report(calibrated, SPIKING, chip.serial, chip.spread):
        print(residual)
    return 0


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
