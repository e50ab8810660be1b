"""Run the tests of the original layers: `python -m compat.tests.layers [WORD ...]`.

Each layer has an environment variable that names a checkout of it. Every file runs in a process and
a folder of its own; with words, only files whose names contain one of them. Prints a table for the
documentation; the exit code counts the files in which something failed.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from compat.tests.conformance import outcome
from compat.tests.conformance.outcome import Outcome

MOST_REASONS = 3  # in a row of the table
FILES = {
    "halco": (
        "pyhalco/test/pyhalco_test_common.py",
        "pyhalco/test/pyhalco_test_hicann_dls_vx_v3.py",
    ),
    "haldls": (
        "pyhaldls/test/pyhaldls_test_vx_v3.py",
        "pylola/test/pylola_test_vx_v3.py",
        "pystadls/test/pystadls_swtest_vx_v3.py",
        "pystadls/test/pystadls_pbgenerator_vx_v3.py",
        "pystadls/test/pystadls_hwtest_vx_v3.py",
        "dlens/tests/dlens_swtest_vx_v3.py",
        "dlens/tests/dlens_hwtest_vx_v3.py",
        "dlens/tests/dlens_health_check_vx_v3.py",
        "dlens/tests/dlens_hwtest_with_ppu_vx_v3.py",
    ),
    "hxcomm": (
        "pyhxcomm/tests/sw/hxcomm_python_bindings.py",
        "pyhxcomm/tests/hw/hxcomm_connection_time_info.py",
    ),
    "logger": ("pylogging/test_pylogging.py",),
}
"""By layer, the files with tests in Python of this revision of the chip."""


def variable(layer: str) -> str:
    """Names the checkout of a layer."""
    return f"NECKAR_{layer.upper()}"


def main() -> int:
    """Run what the command line names."""
    if not any(variable(layer) in os.environ for layer in FILES):
        names = ", ".join(map(variable, FILES))
        print(f"set one of {names} to a checkout", file=sys.stderr)
        return 2
    layer_of = {file: layer for layer, file in files()}
    return outcome.table(layer_of, lambda file: run(layer_of[file], file), sys.argv[1:])


def files() -> Iterator[tuple[str, Path]]:
    """Layers whose checkout is named, and their files."""
    for layer, names in FILES.items():
        if variable(layer) in os.environ:
            checkout = Path(os.environ[variable(layer)]).resolve()
            yield from ((layer, checkout / name) for name in names)


def run(layer: str, file: Path) -> Outcome:
    """Run the tests of one file."""
    result = outcome.run(file, f"{layer}/{file.stem}", {})
    left_out = len(result.reasons) - MOST_REASONS
    if left_out <= 0:
        return result
    return replace(result, reasons=(*result.reasons[:MOST_REASONS], f"{left_out} more like these"))


if __name__ == "__main__":
    sys.exit(main())
