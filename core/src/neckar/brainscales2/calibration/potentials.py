"""Calibrate where membranes rest, where they fire and where they are reset to."""

import numpy as np

from neckar.brainscales2.calibration.bench import Bench
from neckar.brainscales2.calibration.bisect import bisect
from neckar.brainscales2.calibration.target import Values
from neckar.brainscales2.chip.datasheet import MAX_CAPMEM, N_NEURONS

_NORMAL = 1  # analog output: lets resets act
_SLOWEST_CLOCK, _SLOW, _LONGEST_COUNTS = 9, 0, 255  # of the refractory counter: 1 ms
_FALL_LSB = 3.0  # below the level at which a neuron that fires cannot be
_SMALL_CURRENT_CODE = 10  # moves a membrane that is reset by less than a millivolt
_NOISE_LSB = 0.9  # by which the highest of many levels is above the mean


def calibrate_leak(bench: Bench, wanted_lsb: Values) -> None:
    """Make all membranes rest at a reading."""
    _potential(bench, _silent(bench), "leak.v_leak", wanted_lsb)


def calibrate_reset(bench: Bench, wanted_lsb: Values) -> None:
    """Make all membranes read this while they are reset."""
    _potential(bench, _always_reset(bench), "reset.v_reset", wanted_lsb)


def calibrate_threshold(bench: Bench, wanted_lsb: Values) -> None:
    """Let all neurons rest at a reading; the threshold is where they begin to fire."""
    probe = bench.aside()
    calibrate_leak(probe, np.asarray(wanted_lsb) - _NOISE_LSB)
    bench.write("threshold.v_threshold", firing_limit(probe))
    bench.write("threshold.enable", True)


def firing_limit(bench: Bench) -> np.ndarray:
    """Lowest code of the threshold at which neurons do not fire from where they rest."""
    resting = bench.level()
    probe = bench.aside()
    fire_slowly(probe)
    probe.write("reset.v_reset", 0)

    def is_silent(code: np.ndarray) -> np.ndarray:
        probe.write("threshold.v_threshold", code)
        return (probe.level() > resting - _FALL_LSB).astype(float)

    return bisect(is_silent, 0.5, N_NEURONS)


def rest_level(bench: Bench) -> np.ndarray:
    """Where membranes rest, LSB."""
    return _silent(bench).level()


def reset_level(bench: Bench) -> np.ndarray:
    """Where membranes are reset to, LSB."""
    return _always_reset(bench).level()


def threshold_level(bench: Bench) -> np.ndarray:
    """The highest level from which neurons do not fire, LSB."""
    firing, silent = bench.aside(), _silent(bench)
    fire_slowly(firing)
    firing.write("reset.v_reset", 0)

    def falls(code: np.ndarray) -> np.ndarray:
        for each in (firing, silent):
            each.write("leak.v_leak", code)
        return (firing.level() < silent.level() - _FALL_LSB).astype(float)

    silent.write("leak.v_leak", bisect(falls, 0.5, N_NEURONS))
    return silent.level() + _NOISE_LSB


def _silent(bench: Bench) -> Bench:
    probe = bench.aside()
    probe.write("threshold.enable", False)
    return probe


def _always_reset(bench: Bench) -> Bench:
    """Neurons whose threshold lies at the bottom fire again and again, even without a leak."""
    probe = bench.aside()
    probe.write("constant_current.i_offset", _SMALL_CURRENT_CODE)
    probe.write("constant_current.enable", True)
    fire_slowly(probe)
    probe.write("threshold.v_threshold", 0)
    return probe


def fire_slowly(bench: Bench) -> None:
    """The longest resets that there are."""
    bench.write("threshold.enable", True)
    bench.write("event_routing.analog_output", _NORMAL)
    bench.chip.array["neuron_block"]["backends"]["clock_scale_slow"] = _SLOWEST_CLOCK
    bench.write("refractory_period.input_clock", _SLOW)
    bench.write("refractory_period.refractory_time", _LONGEST_COUNTS)


def _potential(bench: Bench, probe: Bench, name: str, wanted_lsb: Values) -> None:
    def measure(code: np.ndarray) -> np.ndarray:
        probe.write(name, code)
        return probe.level()

    found = bisect(measure, np.asarray(wanted_lsb, float), N_NEURONS, highest=MAX_CAPMEM)
    probe.write(name, found)
    bench.write(name, found)
