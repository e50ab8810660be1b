"""Targets of the original's calibration software, given to PyNN."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn
import pytest

import pyccalix
from neckar.brainscales2.calibration import SPIKING, original
from neckar.errors import CalibrationError


def test_the_default_of_the_original_is_that_of_the_night():
    wish = original.target_of(pyccalix.SpikingCalibTarget(), pyccalix.SpikingCalibOptions())
    for name in ("leak_lsb", "tau_mem", "tau_syn", "reset_lsb", "threshold_lsb", "gm_code"):
        assert np.all(getattr(wish, name) == pytest.approx(getattr(SPIKING, name))), name
    assert wish.synapse_bias_code == SPIKING.synapse_bias_code
    assert wish.cadc_range_code == pytest.approx(SPIKING.cadc_range_code)
    assert wish.gm_inh_code is None
    assert not wish.has_reversals
    assert wish.plasticity.v_charge_0 == (100,) * 4


def test_every_part_of_a_target_is_read():
    target, options = pyccalix.SpikingCalibTarget(), pyccalix.SpikingCalibOptions()
    neuron = target.neuron_target
    neuron.leak.from_numpy(np.linspace(70, 120, 512).astype(int))
    neuron.tau_syn.from_numpy(np.stack([np.full(512, 5e-6), np.full(512, 7e-6)], axis=1))
    neuron.cuba_synin = neuron.CalibratedCubaSynapticInput()
    neuron.cuba_synin.i_synin_gm.from_numpy(np.array([300, 400]))
    neuron.coba_synin.e_coba_reversal.from_numpy(np.tile([250.0, np.nan], (512, 1)))
    target.cadc_target.read_range.lower, target.cadc_target.read_range.upper = 70, 170
    options.cadc_options.calibrate_offsets = False
    options.stp_options.v_stp.fill(200)
    wish = original.target_of(target, options)
    assert wish.leak_lsb[-1] == 120
    assert (wish.tau_of("excitatory")[0], wish.tau_of("inhibitory")[0]) == (5e-6, 7e-6)
    assert (wish.gm_of("excitatory"), wish.gm_of("inhibitory")) == (300, 400)
    assert np.all(wish.reversal_of("excitatory") == 250)
    assert np.all(np.isinf(wish.reversal_of("inhibitory")))
    assert wish.cadc_range_code == pytest.approx((-170, 790))  # 70 .. 550 read 70 .. 170
    assert not wish.levels_channels
    assert wish.plasticity.v_probe == (200,) * 4
    assert original.target_of(neuron).leak_lsb[-1] == 120
    assert wish.tau_icc is None
    neuron.tau_icc = NEURONS.PerNeuronTimeConstant(np.full(512, 5e-6))  # of a pair, leak of 60 us
    assert original.target_of(neuron).tau_icc == pytest.approx(10.909e-6, rel=1e-3)


NEURONS = pyccalix.NeuronCalibTarget


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("neuron_target", "tau_icc", NEURONS.PerNeuronTimeConstant(np.full(512, 90e-6))),
        ("neuron_target", "holdoff_time", NEURONS.PerNeuronTimeConstant(np.full(512, 1e-6))),
        ("neuron_target", "cuba_synin", NEURONS.UncalibratedCubaSynapticInput()),
        (None, "correlation_target", pyccalix.CorrelationCalibTarget()),
    ],
)
def test_what_is_not_measured_is_refused_by_name(part, name, value):
    target = pyccalix.SpikingCalibTarget()
    setattr(getattr(target, part) if part else target, name, value)
    with pytest.raises(CalibrationError, match=name):
        pynn.setup(injected_calib_target=target)


def test_the_potential_of_full_effect_is_halfway_to_threshold_or_can_be_chosen():
    target = pyccalix.SpikingCalibTarget()
    assert original.target_of(target).reference_of("excitatory") == pytest.approx((80 + 125) / 2)
    target.neuron_target.coba_synin.e_coba_reference.from_numpy(np.full((512, 2), [90.0, 120.0]))
    assert original.target_of(target).reference_of("excitatory") == pytest.approx(90)
    assert original.target_of(target).reference_of("inhibitory") == pytest.approx(120)


def test_cells_say_what_their_circuits_do_and_the_target_all_else():
    target = pyccalix.SpikingCalibTarget()
    target.neuron_target.leak.fill(100)
    target.stp_target.v_charge_0.fill(111)
    pynn.setup(injected_calib_target=target)
    cells = pynn.Population(2, pynn.cells.CalibHXNeuronCuba(v_rest=80))
    pynn.run(None, pynn.RunCommand.PREPARE)
    chip = pynn.simulator.state.ground().config
    leak = chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"].astype(int)
    assert [each.leak.v_leak for each in cells.actual_hwparams] == leak[:2].tolist()
    assert np.mean(leak[2:]) - np.mean(leak[:2]) == pytest.approx(66, abs=25)  # 20 LSB and offsets
    assert np.all(chip.array["synapse_driver_blocks"]["stp_v_charge_0"] == 111)
    pynn.end()
