"""Read targets as the original's calibration software spells them, whoever made the objects."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from neckar.brainscales2.calibration.target import (
    HIGHEST_LSB,
    LOWEST_LSB,
    Firing,
    Plasticity,
    Target,
)
from neckar.errors import CalibrationError
from neckar.units import us

_SLOW_LEAK = 60 * us  # of both circuits [calix]


def target_of(given: Any, options: Any = None) -> Target:
    """The same wish.

    Args:
        given: like `SpikingCalibTarget`, or like its `neuron_target` alone.
        options: like `SpikingCalibOptions`.

    Raises:
        CalibrationError: it asks for something that is not measured here.
    """
    neuron = getattr(given, "neuron_target", given)
    whole = given if neuron is not given else None
    _refuse(neuron, whole)
    reversal = _numbers(neuron.coba_synin.e_coba_reversal)
    reference = _numbers(neuron.coba_synin.e_coba_reference)
    tau_syn, gm_codes = _numbers(neuron.tau_syn), _strength(neuron.cuba_synin)
    return Target(
        leak_lsb=_numbers(neuron.leak),
        tau_mem=_numbers(neuron.tau_mem),
        tau_syn=tau_syn[:, 0],
        tau_syn_inh=tau_syn[:, 1],
        synapse_bias_code=int(_number(neuron.synapse_dac_bias)),
        cadc_range_code=_range(whole.cadc_target if whole else None),
        refractory_time=_numbers(neuron.refractory_time),
        firing=Firing(reset_lsb=_numbers(neuron.reset), threshold_lsb=_numbers(neuron.threshold)),
        capacitance_code=_numbers(neuron.membrane_capacitance).astype(int),
        reversal_exc_lsb=reversal[:, 0],
        reversal_inh_lsb=reversal[:, 1],
        reference_exc_lsb=reference[:, 0],
        reference_inh_lsb=reference[:, 1],
        levels_channels=_levels_channels(options),
        plasticity=_plasticity(getattr(whole, "stp_target", None), options),
        gm_code=gm_codes[0],
        gm_inh_code=gm_codes[1],
        tau_icc=_coupling(getattr(neuron, "tau_icc", None)),
    )


def of_options(given: Any) -> dict[str, Any]:
    """Fields of a target that options of the original decide, in place of their defaults."""
    return {"levels_channels": _levels_channels(given), "plasticity": _plasticity(None, given)}


def _refuse(neuron: Any, whole: Any) -> None:
    if getattr(whole, "correlation_target", None) is not None:
        raise CalibrationError(
            "a target for correlation sensors is not part of this calibration; leave out "
            "correlation_target"
        )
    if np.any(_numbers(neuron.holdoff_time) > 0):
        raise CalibrationError("the hold-off is always one count of the clock; set holdoff_time 0")


def _range(cadc: Any) -> tuple[float, float]:
    """Codes that read the lowest and the highest standard reading."""
    if cadc is None:
        return 70, 550
    low, high = (_number(getattr(cadc.dynamic_range, end)) for end in ("lower", "upper"))
    least, most = (_number(getattr(cadc.read_range, end)) for end in ("lower", "upper"))
    if most <= least or high <= low:
        raise CalibrationError("the ranges of the CADC have no width; let upper exceed lower")
    slope = (high - low) / (most - least)
    return low + slope * (LOWEST_LSB - least), low + slope * (HIGHEST_LSB - least)


def _strength(cuba: Any) -> tuple[int, int | None]:
    """Amplifier biases, one for both inputs or one for each."""
    codes = _numbers(cuba.i_synin_gm) if np.iterable(cuba.i_synin_gm) else None
    if codes is None:
        return int(_number(cuba.i_synin_gm)), None
    if codes.shape != (2,):
        raise CalibrationError(
            "amplifier biases of single neurons are not calibrated; set cuba_synin to one of the "
            "calibrated kinds"
        )
    return int(codes[0]), int(codes[1])


def _coupling(given: Any) -> np.ndarray | None:
    """Capacitance over conductance, s; the original speaks of how fast two circuits become alike.

    It measures that while the leak of both is slow: 1 / given = 1 / leak + 2 / tau_icc.
    """
    pair = None if given is None else _numbers(given)
    if pair is None or np.isnan(pair).all():
        return None
    if not np.all((pair > 0) & (pair < _SLOW_LEAK)):
        raise CalibrationError(
            f"tau_icc has to lie between 0 and {_SLOW_LEAK / us:.0f} us, for all neurons or none"
        )
    return np.asarray(2 / (1 / pair - 1 / _SLOW_LEAK))


def _levels_channels(options: Any) -> bool:
    cadc = getattr(options, "cadc_options", None)
    return bool(getattr(cadc, "calibrate_offsets", True))


def _plasticity(target: Any, options: Any) -> Plasticity | None:
    names = ("v_charge_0", "v_recover_0", "v_charge_1", "v_recover_1")
    given = {name: _codes(getattr(target, name)) for name in names if target is not None}
    stp = getattr(options, "stp_options", None)
    if stp is not None:
        given |= {"i_ramp": _codes(stp.i_ramp), "v_probe": _codes(stp.v_stp)}
    return Plasticity(**given) if given else None


def _codes(values: Any) -> tuple[int, ...]:
    return tuple(int(each) for each in _numbers(values))


def _numbers(values: Iterable[Any]) -> np.ndarray:
    """Plain numbers, one per circuit or two; what is left open becomes infinite."""
    return np.array([_numbers(each) if np.iterable(each) else _number(each) for each in values])


def _number(value: Any) -> float:
    if value is None:
        return np.inf
    plain = getattr(value, "value", value)
    return float(plain() if callable(plain) else plain)
