"""An ideal chip does what its parameters say, in closed form."""

import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import capmem, neuron
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread
from neckar.units import MHz, fF, nA, pF, us


def made(serial=0, spread=None, backends=None, **settings):
    chip = Chip()
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    for name, value in settings.items():
        part, field = name.split("__")
        neurons[part][field] = value
    for name, value in (backends or {}).items():
        chip.array["neuron_block"]["backends"][name] = value
    config = ChipConfig.of(chip)
    codes = capmem.codes(config)
    return neuron.fabricate(config, codes, serial, spread or Spread.none(), Noise())


def madc_lsb(volts):
    return 50 + 528 * volts


@pytest.mark.parametrize("code", [400, 500, 700, 900])
def test_leak_potential_follows_the_tutorials(code):
    assert madc_lsb(made(leak__v_leak=code).leak_potential[0]) == pytest.approx(
        0.79 * code - 180, abs=2
    )


def test_leak_potential_saturates_at_both_ends():
    low, high = (made(leak__v_leak=code).leak_potential[0] for code in (0, 1022))
    assert 0 < low < 0.1
    assert madc_lsb(high) < 0.79 * 1022 - 180


def test_leak_conductance_is_that_of_the_recordings():
    """1.28 nA of saturation per code and 0.50 V of linear range; 10 us in the calibrated range."""
    made_ = made(leak__i_bias=200, membrane_capacitance__capacitance=63)
    assert made_.leak_saturation[0] == pytest.approx(256 * nA, rel=0.01)
    tau = made_.capacitance * made_.leak_linear / made_.leak_saturation
    assert tau[0] == pytest.approx(4.7 * us, abs=0.6 * us)


@pytest.mark.parametrize(
    ("switch", "saturation", "linear"),
    [("division", 1 / 8, 1), ("multiplication", 8, 1), ("degeneration", 1, 2)],
)
def test_switches_scale_leak_and_reset(switch, saturation, linear):
    for part in ("leak", "reset"):
        plain = made(**{f"{part}__i_bias": 300})
        switched = made(**{f"{part}__i_bias": 300, f"{part}__enable_{switch}": True})
        for quantity, factor in (("saturation", saturation), ("linear", linear)):
            before, after = (getattr(n, f"{part}_{quantity}")[0] for n in (plain, switched))
            assert after == pytest.approx(before * factor)


def test_capacitance_has_an_intrinsic_part():
    assert made(membrane_capacitance__capacitance=0).capacitance[0] == pytest.approx(6 * 34.9 * fF)
    assert made(membrane_capacitance__capacitance=63).capacitance[0] == pytest.approx(
        2.41 * pF, rel=0.01
    )


def test_no_threshold_unless_comparator_and_output_are_on():
    on = {
        "threshold__enable": True,
        "threshold__v_threshold": 300,
        "event_routing__analog_output": 1,
    }
    # between 408 on the recorded chip and 357 on that of the tutorials
    assert madc_lsb(made(**on).threshold[0]) == pytest.approx((408 + 357) / 2, abs=2)
    assert np.isinf(made(**on | {"threshold__enable": False}).threshold[0])
    assert np.isinf(made(**on | {"event_routing__analog_output": 0}).threshold[0])


@pytest.mark.parametrize("clock", ["slow", "fast"])
def test_refractory_time_counts_cycles_of_the_chosen_clock(clock):
    made_ = made(
        backends={f"clock_scale_{clock}": 3},
        refractory_period__input_clock=clock == "fast",
        refractory_period__refractory_time=100,
        refractory_period__reset_holdoff=10,
    )
    count = 2**4 / (250 * MHz)
    assert made_.holdoff_time[0] == pytest.approx(11 * count)
    assert made_.reset_time[0] == pytest.approx(89 * count)


def test_hold_off_takes_no_more_than_there_is():
    made_ = made(refractory_period__refractory_time=10, refractory_period__reset_holdoff=0)
    assert made_.reset_time[0] == 0
    assert made_.holdoff_time[0] == pytest.approx(10 * 8e-9)


@pytest.mark.parametrize(("kind", "sign"), [(0, 1), (1, -1)])
def test_constant_current_is_a_source_or_a_sink(kind, sign):
    settings = {"constant_current__i_offset": 100, "constant_current__type": kind}
    assert made(constant_current__enable=True, **settings).current[0] == pytest.approx(
        sign * 40 * nA
    )
    assert made(**settings).current[0] == 0


def test_terms_that_are_off_carry_no_current():
    made_ = made(exponential__i_bias=300, adaptation__i_bias_a=100, excitatory_input__i_bias_gm=500)
    assert made_.exponential_current[0] == 0
    assert made_.adaptation_conductance[0] == 0
    assert made_.excitatory.saturation[0] == 0


def test_a_stronger_exponential_bias_is_steeper():
    slopes = [made(exponential__i_bias=code).exponential_slope[0] for code in (100, 300, 1000)]
    assert slopes == sorted(slopes, reverse=True)


def test_adaptation_signs_can_be_inverted():
    on = {"adaptation__enable": True, "adaptation__enable_pulse": True}
    on |= {f"adaptation__i_bias_{name}": 100 for name in ("a", "b", "tau")}
    plain = made(**on)
    inverted = made(**on, adaptation__invert_a=True, adaptation__invert_b=True)
    assert plain.adaptation_conductance[0] == -inverted.adaptation_conductance[0] > 0
    assert plain.adaptation_increment[0] == -inverted.adaptation_increment[0] > 0
    assert plain.adaptation_tau[0] == pytest.approx(100 * us)


@pytest.mark.parametrize(
    ("settings", "tau"),
    [
        ({"i_bias_tau": 20}, 10 * us),
        ({"i_bias_tau": 1000, "enable_high_resistance": True}, 20 * us),
        ({"i_bias_tau": 362, "enable_small_capacitance": True}, 0.32 * us),
    ],
)
def test_synaptic_time_constants_reach_what_calibrations_want(settings, tau):
    settings = {"enable_small_capacitance": False} | settings
    made_ = made(**{f"inhibitory_input__{name}": value for name, value in settings.items()})
    assert made_.inhibitory.tau[0] == pytest.approx(tau, rel=0.01)


def test_a_balanced_input_has_no_offset_and_shifts_move_it_down():
    offsets = [
        made(excitatory_input__i_shift_reference=code).excitatory.offset[0] for code in (310, 410)
    ]
    assert offsets == pytest.approx([0, -18e-3])


def test_conductances_fade_towards_their_reversal_potentials():
    on = {"enable": True, "enable_coba_mode": True, "i_bias_gm": 200, "i_bias_coba": 100}
    made_ = made(
        **{f"{line}_input__{k}": v for line in ("excitatory", "inhibitory") for k, v in on.items()}
    )
    assert made_.excitatory.coba[0] == -made_.inhibitory.coba[0] == pytest.approx(4)


def test_mismatch_of_the_leak_is_that_of_the_recordings():
    made_ = made(serial=57, spread=Spread(), leak__i_bias=200, leak__v_leak=700)
    rise = made_.leak_saturation / made_.capacitance
    assert rise.std() / rise.mean() == pytest.approx(8 / 54, rel=0.25)


def test_noise_can_be_switched_off():
    config = ChipConfig.of(Chip())
    silent = neuron.fabricate(config, capmem.codes(config), 57, Spread(), Noise.none())
    assert np.all(silent.noise == 0)
