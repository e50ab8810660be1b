import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import adc, capmem
from neckar.brainscales2.twin.noise import Noise, trial
from neckar.brainscales2.twin.variation import Spread

IDEAL = Spread.none()


def config(start=120, slope=349, offset=0):
    chip = Chip()
    ramp = chip.array["cadc_readout_chains"]["ramp"]
    ramp["v_offset"], ramp["i_slope"] = start, slope
    chip.array["cadc_readout_chains"]["channels_causal"]["offset"] = offset
    return ChipConfig.of(chip)


def cadc(volts, config, spread=IDEAL, noise=None):
    volts = np.broadcast_to(volts, (50, 512))
    codes, random = capmem.codes(config), trial(1, "cadc")
    return adc.cadc(volts, config, codes, 57, spread, noise or Noise.none(), random)


def shown(source, **state):
    neurons = np.array([3])
    amplifiers = adc.amplifiers(capmem.codes(config()), 57, IDEAL)
    names = ("v", "w", "excitatory", "inhibitory")
    values = [np.full((1, 1), state.get(name, 0.0)) for name in names]
    return adc.shown(amplifiers, neurons, np.array([source]), *values).item()


def test_the_madc_reads_the_tutorials_straight_line():
    volts = np.array([0.0, 0.5, 1.0, 5.0, -1.0])
    readings = adc.madc(volts, 57, IDEAL, Noise.none(), trial(1, "madc"))
    np.testing.assert_array_equal(readings, [50, 314, 578, 1023, 0])


def test_madc_noise_is_small_and_never_jumps():
    readings = adc.madc(np.full(100_000, 0.6), 57, IDEAL, Noise(), trial(1, "madc")).astype(int)
    assert 1.0 < readings.std() < 1.5
    assert np.abs(np.diff(readings)).max() < 20


@pytest.mark.parametrize(("volts", "reading"), [(0.15, 20), (1.05, 220), (0.0, 0), (1.4, 255)])
def test_the_cadc_reads_its_default_range(volts, reading):
    assert cadc(volts, config()) == pytest.approx(reading, abs=2)


def test_a_later_start_and_a_steeper_ramp_read_less():
    readings = [cadc(0.6, config(*codes))[0, 0] for codes in ((120, 349), (150, 349), (120, 400))]
    assert readings[0] > max(readings[1:])


def test_digital_offsets_are_added_to_the_count():
    plain, shifted = (cadc(0.6, config(offset=offset))[0, 0] for offset in (0, -17))
    assert int(shifted) == int(plain) - 17


def test_cadc_channels_scatter_as_calibrations_expect():
    readings = cadc(0.6, config(), Spread(), Noise())
    channels = readings.mean(axis=0).reshape(4, 128).std(axis=1)
    assert np.all((channels > 3) & (channels < 20))
    assert np.median(readings.std(axis=0)) == pytest.approx(0.7, abs=0.2)


def test_readout_shows_membrane_lines_or_adaptation():
    assert shown(0, v=0.7) == pytest.approx(0.7)
    assert shown(1, excitatory=0.1) == pytest.approx(0.5)
    assert shown(2, inhibitory=0.2) == pytest.approx(0.4)
    assert shown(3, w=167e-9) - shown(3) == pytest.approx(1)
