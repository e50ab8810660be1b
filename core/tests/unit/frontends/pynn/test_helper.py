from pathlib import Path

import pytest

from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import AtomicNeuronOnDLS, ChipOnDLS, TimerOnDLS
from neckar.brainscales2.chip.registers import AtomicNeuron, Chip, Timer
from neckar.frontends.pynn import helper


def test_flat_names_are_taken_apart() -> None:
    assert helper.decompose_in_member_names("multicompartment_i_bias_nmda") == (
        "multicompartment",
        "i_bias_nmda",
    )
    assert helper.decompose_in_member_names("unknown") == ("", "unknown")


def test_settings_of_a_neuron_are_flat_floats_and_switches() -> None:
    neuron = AtomicNeuron()
    neuron.leak.v_leak, neuron.threshold.enable = 5, True
    values = helper.get_values_of_atomic_neuron(neuron, exclude=["readout_source"])
    assert (values["leak_v_leak"], values["threshold_enable"]) == (5.0, True)
    assert "readout_source" not in values
    assert "readout_enable_amplifier" in values


def test_a_chip_is_read_from_bytes() -> None:
    chip = Chip()
    chip.neuron_block.atomic_neurons[AtomicNeuronOnDLS()].leak.v_leak = 5
    assert helper.chip_from_portable_binary(wire.encode([(ChipOnDLS(), chip)])) == chip


def test_a_chip_is_put_together_from_single_registers_and_waits() -> None:
    neuron = AtomicNeuron()
    neuron.leak.v_leak = 5
    single = wire.encode([(TimerOnDLS(), Timer.Value(9)), (AtomicNeuronOnDLS(), neuron)])
    chip = helper.chip_from_portable_binary(single)
    assert chip.neuron_block.atomic_neurons[AtomicNeuronOnDLS()].leak.v_leak == 5


def test_what_is_no_document_says_how_it_starts(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no registers")
    with pytest.raises(ValueError, match="starts with b'no registers'"):
        helper.chip_from_file(tmp_path / "notes.txt")


def test_a_mocked_laboratory_has_its_own_path_and_still_a_calibration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HXCOMM_ENABLE_ZERO_MOCK", "1")
    assert "zeromock" in str(helper.nightly_calib_path())
    assert helper.chip_from_nightly() is not None
