"""Calibrate a chip by what its ADCs read: one stage after the other, as they depend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.coupling import calibrate_coupling
from neckar.brainscales2.calibration.drivers import (
    calibrate_activations,
    calibrate_plasticity,
    set_plasticity,
)
from neckar.brainscales2.calibration.inputs import calibrate_inputs
from neckar.brainscales2.calibration.lines import (
    calibrate_synapses,
    calibrate_time_constant,
    integrate_on_lines,
)
from neckar.brainscales2.calibration.membrane import calibrate_membrane
from neckar.brainscales2.calibration.potentials import (
    calibrate_leak,
    calibrate_reset,
    calibrate_threshold,
)
from neckar.brainscales2.calibration.procedure import prepare
from neckar.brainscales2.calibration.readout import calibrate_readout
from neckar.brainscales2.calibration.refractory import calibrate_refractory
from neckar.brainscales2.calibration.reversals import calibrate_reversals
from neckar.brainscales2.calibration.target import LINES, Plasticity, Target
from neckar.brainscales2.chip.datasheet import N_NEURONS


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step to a target.

    Args:
        name: what people who wait are told.
        do: writes into the bench what it has found for a target.
        asks: fields of the target that the result depends on; empty if it is written each time.
        is_needed: by this target.
    """

    name: str
    do: Callable[[Bench, Target], None]
    asks: tuple[str, ...] = ()
    is_needed: Callable[[Target], bool] = lambda target: True

    def is_done(self, target: Target, earlier: Target) -> bool:
        """Whether the same chip has answered the same question for an earlier target."""
        return (
            bool(self.asks)
            and self.is_needed(earlier)
            and all(_is_same(getattr(target, n), getattr(earlier, n)) for n in self.asks)
        )


def _is_same(one: object, other: object) -> bool:
    if isinstance(one, float | int | np.ndarray) and isinstance(other, float | int | np.ndarray):
        return np.array_equal(np.broadcast_to(one, N_NEURONS), np.broadcast_to(other, N_NEURONS))
    return one is other or (isinstance(one, tuple) and one == other)


def stages(target: Target, earlier: Target | None = None) -> Sequence[Stage]:
    """The steps to a target, without those whose answers are known from an earlier one."""
    return [
        each
        for each in _STAGES
        if each.is_needed(target) and not (earlier and each.is_done(target, earlier))
    ]


def _adjust(bench: Bench, target: Target) -> None:
    """What an earlier calibration may have left that disturbs, or that nothing measures."""
    bench.write("membrane_capacitance.capacitance", target.capacitance_code)
    bench.write("threshold.enable", False)
    for line in LINES:
        for name in ("enable_coba_mode", "v_rev_coba", "i_bias_coba"):
            bench.write(f"{line}_input.{name}", 0)


def _finish(bench: Bench, target: Target) -> None:
    if target.integrates_on_lines:
        integrate_on_lines(bench)
        return
    if target.plasticity:
        set_plasticity(bench.chip, target.plasticity)
    bench.write("threshold.enable", target.firing is not None)
    if not target.keeps_leak:
        bench.write("leak.i_bias", 0)


def _fires(target: Target) -> bool:
    return target.firing is not None


def _has_neurons(target: Target) -> bool:
    return not target.integrates_on_lines


_RANGE = ("cadc_range_code", "levels_channels")
_LINE = (*_RANGE, "tau_syn")
_OTHER_LINE = (*_RANGE, "tau_syn_of_inhibition")
_SYNAPSES = (*_LINE, "synapse_bias_code")
_MEMBRANE = (*_RANGE, "tau_mem", "capacitance_code", "keeps_leak")
_INPUTS = (*_OTHER_LINE, *_SYNAPSES, *_MEMBRANE, "gm_code", "gm_inh_code", "psp")
_REVERSALS = ("reversal_exc_lsb", "reversal_inh_lsb", "reference_exc_lsb", "reference_inh_lsb")
_LEVELS = (*_INPUTS, *_REVERSALS)
_STAGES = (
    Stage(
        name="cadc",
        do=lambda bench, target: calibrate_readout(
            bench, target.cadc_range_code, target.levels_channels
        ),
        asks=_RANGE,
    ),
    Stage(name="settings", do=lambda bench, target: prepare(bench.chip, target), asks=_RANGE),
    Stage(name="own settings", do=_adjust),
    Stage(
        name="tau_syn excitatory",
        do=lambda bench, target: calibrate_time_constant(bench, "excitatory", target.tau_syn),
        asks=_LINE,
    ),
    Stage(
        name="tau_syn inhibitory",
        do=lambda bench, target: calibrate_time_constant(
            bench, "inhibitory", target.tau_syn_of_inhibition
        ),
        asks=_OTHER_LINE,
        is_needed=_has_neurons,
    ),
    Stage(
        name="synapses",
        do=lambda bench, target: calibrate_synapses(
            bench, target.synapse_bias_code, target.tau_syn
        ),
        asks=_SYNAPSES,
    ),
    Stage(
        name="tau_mem",
        do=lambda bench, target: calibrate_membrane(bench, target.tau_mem),
        asks=_MEMBRANE,
        is_needed=_has_neurons,
    ),
    Stage(name="inputs", do=calibrate_inputs, asks=_INPUTS, is_needed=_has_neurons),
    Stage(name="reversals", do=calibrate_reversals, is_needed=lambda target: target.has_reversals),
    Stage(
        name="threshold",
        do=lambda bench, target: calibrate_threshold(bench, target.threshold_lsb),
        asks=(*_LEVELS, "threshold_lsb"),
        is_needed=_fires,
    ),
    Stage(
        name="plasticity",
        do=lambda bench, target: calibrate_plasticity(bench, target.plasticity or Plasticity()),
        asks=(*_RANGE, "plasticity_probe"),
        is_needed=_fires,
    ),
    Stage(
        name="activations",
        do=lambda bench, target: calibrate_activations(bench),
        asks=_RANGE,
        is_needed=lambda target: target.encodes_activations,
    ),
    Stage(
        name="leak",
        do=lambda bench, target: calibrate_leak(bench, target.leak_lsb),
        asks=(*_LEVELS, "leak_lsb"),
        is_needed=_has_neurons,
    ),
    Stage(
        name="reset",
        do=lambda bench, target: calibrate_reset(bench, target.reset_lsb),
        asks=(*_LEVELS, "leak_lsb", "reset_lsb"),
        is_needed=_has_neurons,
    ),
    Stage(
        name="coupling",
        do=calibrate_coupling,
        asks=(*_MEMBRANE, "tau_icc"),
        is_needed=lambda target: _has_neurons(target) and target.tau_icc is not None,
    ),
    Stage(
        name="refractory period",
        do=lambda bench, target: calibrate_refractory(bench, target.refractory_time),
        asks=("refractory_time",),
        is_needed=_has_neurons,
    ),
    Stage(name="end", do=_finish),
)
