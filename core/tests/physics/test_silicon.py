"""The twin against recordings of real chips; see silicon/README.md for what they are.

Chance is that of the default serial. Spreads are compared over the first hundred neurons, in
ten groups of ten, because ten neurons alone scatter too much.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import curve_fit

from neckar.brainscales2.calibration import SPIKING
from neckar.brainscales2.calibration.oracle import calibrate
from neckar.brainscales2.calibration.oracle.bench import rest
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import adc, capmem, neuron, synapse
from neckar.brainscales2.twin.kernels import advance
from neckar.brainscales2.twin.kernels.state import Arrivals, Fanout, State, Watch
from neckar.brainscales2.twin.noise import Noise, trial
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL, Spread
from neckar.units import us

SERIAL = DEFAULT_SERIAL
SPREAD, NOISE = Spread(), Noise()
MADC_PERIOD = 34e-9
EVERYONE = np.arange(512)
EXCITATORY, INHIBITORY = 0, 1


def recorded(name):
    return np.loadtxt(
        Path(__file__).parent / "silicon" / f"{name}.csv", delimiter=",", skiprows=1
    ).T


def uncalibrated(**settings):
    chip = Chip()
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    neurons["membrane_capacitance"]["capacitance"] = 63
    neurons["refractory_period"]["refractory_time"] = 255
    neurons["reset"]["i_bias"] = 1022
    neurons["event_routing"]["analog_output"] = 1
    for name, value in settings.items():
        part, field = name.split("__")
        neurons[part][field] = value
    return chip


@dataclass
class Stimulus:
    time: tuple = ()
    line: tuple = ()
    weight: int = 0


def traces(chip, duration, watched, stimulus=Stimulus(), settling=100 * us):  # noqa: B008
    """Time in us since the neurons settled, and MADC readings (n, watched)."""
    config = ChipConfig.of(chip)
    codes = capmem.codes(config)
    neurons = neuron.fabricate(config, codes, SERIAL, SPREAD, NOISE)
    outcome = advance(
        neurons,
        settled(neurons),
        one_event_per_line(chip, stimulus.weight),
        Arrivals(
            time=np.array(stimulus.time, float) + settling,
            address=np.array(stimulus.line, np.int32),
        ),
        Watch(neurons=watched),
        duration + settling,
        trial(1, "noise").integers(1, 2**63, 512, dtype=np.uint64),
    )
    time = np.arange(settling, settling + duration, MADC_PERIOD)
    v = np.stack([np.interp(time, knots.time, knots.v) for knots in outcome.traces], axis=1)
    nothing = np.zeros_like(v)
    amplifiers = adc.amplifiers(codes, SERIAL, SPREAD)
    source = np.zeros(watched.size, int)
    volts = adc.shown(amplifiers, watched, source, v, nothing, nothing, nothing)
    readings = adc.madc(volts, SERIAL, SPREAD, NOISE, trial(1, "madc"))
    return (time - settling) / us, readings.astype(float)


def settled(neurons):
    nothing = [np.zeros(512) for _ in range(5)]
    names = ("w", "excitatory", "inhibitory", "reset_left", "holdoff_left")
    return State(
        step=0,
        v=rest(neurons),
        **dict(zip(names, nothing, strict=True)),
        pending_time=np.empty(0),
        pending_address=np.empty(0, np.int32),
    )


def one_event_per_line(chip, weight):
    """Address 0 reaches the excitatory lines of all neurons, address 1 the inhibitory ones."""
    chip = Chip.from_array(chip.array)
    weights = chip.array["synapse_blocks"]["matrix"]["weights"]
    n_rows = 2 * -(-weight // 63)
    for row in range(n_rows):
        weights[:, row] = min(63, weight - 63 * (row // 2))
    drivers = chip.array["synapse_driver_blocks"]["synapse_drivers"]
    drivers["enable_receiver"] = True
    drivers["row_mode_top"], drivers["row_mode_bottom"] = 1, 2  # odd rows excite, even inhibit
    config = ChipConfig.of(chip)
    each = synapse.amplitude(config, capmem.codes(config), SERIAL, SPREAD)[:, :n_rows]
    amplitude = np.concatenate([each[:, first::2].sum(axis=1).reshape(512) for first in (1, 0)])
    return Fanout(
        start=np.array([0, 512, 1024], np.int32),
        line=np.arange(1024, dtype=np.int32),
        amplitude=amplitude.astype(float),
        address_of=np.full(512, -1, np.int32),
        delay=0.2 * us,
        bypass=np.zeros(512, bool),
    )


@dataclass
class Cycle:
    """Means over the periods of a neuron that fires by itself."""

    period: float  # us
    peak: float  # LSB
    minimum: float  # LSB
    reset_tau: float  # us
    rise: float  # LSB / us
    straightness: float  # slope at the end of the rise over slope at its beginning


def cycle(time, reading):
    grid = np.arange(time[0], time[-1], 0.034)
    v = np.interp(grid, time, reading)
    smooth = np.convolve(v, np.ones(3) / 3, "same")
    peaks = [
        i
        for i in range(40, v.size - 130)
        if smooth[i] == smooth[i - 20 : i + 40].max() and smooth[i] - smooth[i + 45] > 80
    ]
    peaks = np.array([i for k, i in enumerate(peaks) if k == 0 or i - peaks[k - 1] > 40])
    x = 0.034 * np.arange(58)
    fall = np.mean([v[i + 2 : i + 60] for i in peaks], axis=0)
    (_, _, tau), _ = curve_fit(lambda x, a, b, c: a + b * np.exp(-x / c), x, fall, (143, 260, 1.8))
    rises = [v[i + 66 : j - 4] for i, j in pairwise(peaks)]
    slopes = [np.polyfit(0.034 * np.arange(r.size), r, 1)[0] for r in rises]
    bends = [np.polyfit(np.linspace(0, 1, r.size), r, 2) for r in rises]
    return Cycle(
        period=0.034 * np.diff(peaks).mean(),
        peak=np.mean([v[i - 3 : i + 4].max() for i in peaks]),
        minimum=np.mean([v[i + 50 : i + 70].min() for i in peaks]),
        reset_tau=tau,
        rise=np.mean(slopes),
        straightness=np.mean([(2 * a + b) / b for a, b, _ in bends]),
    )


@pytest.fixture(scope="module")
def silicon_cycles():
    return [cycle(*recorded(f"fixed_pattern_{k}")) for k in range(10)]


@pytest.fixture(scope="module")
def twin_cycles():
    chip = uncalibrated(
        leak__v_leak=1000,
        leak__i_bias=200,
        threshold__enable=True,
        threshold__v_threshold=300,
        reset__v_reset=400,
    )
    time, readings = traces(chip, 100 * us, EVERYONE[:100])
    return [cycle(time, reading) for reading in readings.T]


@pytest.fixture(scope="module")
def calibrated():
    chip = calibrate(SERIAL, SPIKING, SPREAD)
    chip.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"] = False
    return chip


def test_a_silent_neuron_rests_and_scatters_like_the_recorded_one():
    _, silicon = recorded("silent")
    _, readings = traces(uncalibrated(leak__v_leak=700, leak__i_bias=1022), 200 * us, EVERYONE)
    assert readings.mean(axis=0)[0] == pytest.approx(silicon.mean(), abs=15)
    assert readings.mean() == pytest.approx(silicon.mean(), abs=15)
    assert np.all((readings.std(axis=0) > 1.3) & (readings.std(axis=0) < 2.0))


@pytest.mark.parametrize(
    ("quantity", "wanted", "tolerance"),
    [
        ("period", 6.0, 1.0),
        ("peak", 408, 25),
        ("minimum", 230, 25),
        ("reset_tau", 1.8, 0.4),
        ("rise", 51, 15),
    ],
)
def test_ten_neighbours_fire_like_the_recorded_ten(quantity, wanted, tolerance, twin_cycles):
    values = [getattr(each, quantity) for each in twin_cycles[:10]]
    assert np.mean(values) == pytest.approx(wanted, abs=tolerance)


def test_they_rise_as_straight_as_the_recorded_ones(silicon_cycles, twin_cycles):
    silicon, twin = (
        np.mean([each.straightness for each in cycles]) for cycles in (silicon_cycles, twin_cycles)
    )
    assert twin == pytest.approx(silicon, abs=0.04)


@pytest.mark.parametrize("quantity", ["period", "peak", "minimum", "reset_tau", "rise"])
def test_neighbours_differ_as_much_as_the_recorded_ones(quantity, silicon_cycles, twin_cycles):
    silicon = np.std([getattr(each, quantity) for each in silicon_cycles])
    values = np.array([getattr(each, quantity) for each in twin_cycles])
    twin = np.sqrt(np.mean(values.reshape(10, 10).std(axis=1) ** 2))
    assert silicon / 2 < twin < 2 * silicon


def test_the_reset_lasts_as_long_as_recorded():
    config = ChipConfig.of(uncalibrated())
    neurons = neuron.fabricate(config, capmem.codes(config), SERIAL, SPREAD, NOISE)
    assert neurons.reset_time + neurons.holdoff_time == pytest.approx(2.04 * us)
    assert neurons.reset_time == pytest.approx(2.04 * us, abs=0.02 * us)


def test_postsynaptic_potentials_stack_like_the_recorded_ones(calibrated):
    stimulus = Stimulus(
        time=np.array([10, 30, 50, 70, 90, 100]) * us,
        line=(EXCITATORY, INHIBITORY, *[EXCITATORY] * 4),
        weight=63,
    )
    time, readings = traces(calibrated, 200 * us, EVERYONE[:64], stimulus)
    first = (time > 10) & (time < 29)
    rests = readings[time < 9].mean(axis=0)
    heights = np.sort(readings[first], axis=0)[-30:].mean(axis=0) - rests
    grid = np.arange(1, 198, 0.1)
    silicon = np.interp(grid, *recorded("psp_stacking"))
    correlations = [best_correlation(grid, silicon, time, reading) for reading in readings.T]
    assert np.all((heights > 30) & (heights < 60))
    assert np.mean(heights) == pytest.approx(45, abs=5)
    assert min(correlations) > 0.98


def best_correlation(grid, silicon, time, reading):
    """After alignment: the delay of the setup from sending to arrival is not known."""
    return max(
        np.corrcoef(silicon, np.interp(grid - delay, time, reading))[0, 1]
        for delay in np.arange(0, 1.0, 0.1)
    )


@pytest.mark.parametrize("line", [EXCITATORY, INHIBITORY])
def test_strong_inputs_drive_the_membrane_as_far_as_recorded(line, calibrated):
    """Excitation stays straight; inhibition runs out of voltage."""
    weights, *extremes = recorded("dynamic_range")
    found = (np.max, np.min)[line]
    twin = []
    for weight in weights.astype(int):
        stimulus = Stimulus(time=(250 * us,), line=(line,), weight=weight)
        _, readings = traces(calibrated, 1000 * us, EVERYONE[::64], stimulus)
        twin.append(found(readings, axis=0).mean())
    silicon = extremes[line]
    np.testing.assert_allclose(twin - twin[0], silicon - silicon[0], atol=16)
