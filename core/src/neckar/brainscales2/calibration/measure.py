"""Calibrate a chip by what its ADCs read: one stage after the other, as they depend."""

from collections.abc import Callable, Sequence
from functools import partial

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.drivers import (
    calibrate_activations,
    calibrate_plasticity,
)
from neckar.brainscales2.calibration.inputs import calibrate_inputs
from neckar.brainscales2.calibration.lines import calibrate_synapses, calibrate_time_constant
from neckar.brainscales2.calibration.membrane import calibrate_membrane
from neckar.brainscales2.calibration.potentials import (
    calibrate_leak,
    calibrate_reset,
    calibrate_threshold,
)
from neckar.brainscales2.calibration.readout import calibrate_readout
from neckar.brainscales2.calibration.refractory import set_refractory_time
from neckar.brainscales2.calibration.stimulus import LINES
from neckar.brainscales2.calibration.target import Target, Values
from neckar.brainscales2.chip import parameters as p

_RESET_BIAS_CODE = 1012  # with multiplication: as fast as it gets
_FIRST_LEAK_CODE = 700
_NORMAL = 1  # analog output: lets resets act

Stage = tuple[str, Callable[[Bench], None]]


def stages(target: Target) -> Sequence[Stage]:
    """Names of the steps to a target, and what each of them does with the bench."""
    found: list[Stage] = [
        ("cadc", lambda bench: calibrate_readout(bench, target.cadc_range_code)),
        ("settings", lambda bench: _prepare(bench, target)),
    ]
    for line in LINES:
        tau = target.tau_of(line)
        found.append((f"tau_syn {line}", partial(_time_constant, line=line, tau=tau)))
    bias, tau = target.synapse_bias_code, target.tau_syn
    found += [
        ("synapses", lambda bench: calibrate_synapses(bench, bias, tau)),
        ("tau_mem", lambda bench: calibrate_membrane(bench, target.tau_mem)),
        ("inputs", lambda bench: calibrate_inputs(bench, target)),
    ]
    reset_lsb = target.leak_lsb
    if target.firing:
        threshold_lsb, reset_lsb = target.firing.threshold_lsb, target.firing.reset_lsb
        found.append(("threshold", lambda bench: calibrate_threshold(bench, threshold_lsb)))
        found.append(("plasticity", calibrate_plasticity))
    if target.encodes_activations:
        found.append(("activations", calibrate_activations))
    found += [
        ("leak", lambda bench: calibrate_leak(bench, target.leak_lsb)),
        ("reset", lambda bench: calibrate_reset(bench, reset_lsb)),
        ("end", lambda bench: _finish(bench, target)),
    ]
    return found


def _time_constant(bench: Bench, line: str, tau: Values) -> None:
    calibrate_time_constant(bench, line, tau)


def _prepare(bench: Bench, target: Target) -> None:
    bench.chip.array["synapse_blocks"]["i_bias_dac"] = target.synapse_bias_code
    rows = bench.chip.array["neuron_block"]["current_rows"]["values"]
    bench.write("membrane_capacitance.capacitance", target.capacitance_code)
    bench.write("event_routing.analog_output", _NORMAL)
    bench.write("leak.v_leak", _FIRST_LEAK_CODE)
    bench.write("reset.i_bias", _RESET_BIAS_CODE)
    bench.write("reset.enable_multiplication", True)
    for line in LINES:
        rows[f"enable_synaptic_current_{line}"] = True
        bench.write(f"{line}_input.i_shift_reference", p.INPUT_SHIFT_BALANCED_CODE)


def _finish(bench: Bench, target: Target) -> None:
    set_refractory_time(bench.chip, target.refractory_time)
    if not target.keeps_leak:
        bench.write("leak.i_bias", 0)
