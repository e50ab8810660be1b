"""The demos of `electronicvisions/brainscales2-demos` run unchanged.

They are not part of this repository: name a checkout with NECKAR_DEMOS.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CHECKOUT = os.environ.get("NECKAR_DEMOS")
DEMOS = (
    "tutorial",
    "cns_00_overview",
    "cns_01_lif_parameters",
    "cns_02_lif_fIcurve",
    "cns_03_exponential_lif",
    "fp_adex_complex_dynamics",
    "fp_calibration",
    "fp_lui",
    "fp_multicompartment",
    "fp_pynn_introduction",
    "fp_singleNeuron",
    "fp_sudoku",
    "fp_superspike",
    "fp_synapticInput",
    "fp_synfireChain",
    "gs_02_pynn_introduction",
    "gs_03_single_neuron",
    "gs_04-1_multiple_neurons_feuerkette",
    "gs_04-2_multiple_neurons_sudoku",
    "gs_06_logik_operationen",
    "nmpi_00-non_interactive_queue_runner",
    "tp_00-introduction",
    "ts_00-single_neuron",
    "ts_01-superspike",
    "ts_03-multicompartment",
    "ts_04-mc_genetic_algorithms",
    "ts_06-dynamic_range",
    "ts_08-adex_complex_dynamics",
    "ts_09-inside_realtime_hook",
    "ts_10-multiple_configs",
)


@pytest.mark.skipif(
    not CHECKOUT, reason="no checkout of brainscales2-demos is named; set NECKAR_DEMOS to one"
)
@pytest.mark.parametrize("demo", DEMOS)
def test_demo_runs_unchanged(demo: str) -> None:
    path = Path(str(CHECKOUT)) / f"{demo}.rst"
    command = [sys.executable, "-m", "compat.tests.demos", str(path.resolve())]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert played.returncode == 0, (played.stdout + played.stderr)[-6000:]
