import copy
import pickle
import struct

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as halco
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import Enum, iter_all
from neckar.brainscales2.chip.registers import HAL, LOLA, Register

KINDS = list((HAL | LOLA).values())
LARGE = {"MultichipJboaLeafFPGA", "ChipAndMultichipJboaLeafFPGA", "InputRoutingTable"}


def test_all_registers_are_there():
    assert len(HAL) == 119
    assert len(LOLA) == 36
    assert len({kind.coordinate_type for kind in KINDS if kind.coordinate_type}) == 139


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_registers_survive_copies_pickles_and_documents(kind):
    made = kind()
    assert made == kind() == made.copy() == kind(made)
    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert wire.decode(wire.encode([(None, made)])) == [(None, made)]
    assert repr(made).startswith(kind.__name__)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.__name__ not in LARGE])
def test_registers_survive_text(kind):
    made = kind()
    assert wire.from_json(wire.to_json([(None, made)])) == [(None, made)]


@pytest.mark.parametrize("kind", [k for k in KINDS if issubclass(k, Register) and k().array.nbytes])
def test_registers_differ_where_a_bit_differs(kind):
    made = kind()
    raw = made.array.reshape(-1).view("u1")
    raw[0] ^= 1
    assert made != kind()


def test_documents_keep_coordinates():
    entries = [
        (halco.CapMemCellOnDLS.readout_ac_mux_i_bias, r.CapMemCell(500)),
        (halco.TimerOnDLS(), r.Timer.Value(1250)),
        (halco.BarrierOnFPGA(), r.Barrier.omnibus),
        (halco.PPUMemoryBlockOnDLS(halco.PPUMemoryBlockOnPPU(3, 5)), r.PPUMemoryBlock(3)),
    ]
    assert wire.decode(wire.encode(entries)) == entries
    assert wire.from_json(wire.to_json(entries)) == entries


def test_documents_of_other_versions_are_refused():
    document = wire.encode([(None, r.CADCConfig())])
    header = len(wire.MAGIC) + 4
    (length,) = struct.unpack_from("<I", document, len(wire.MAGIC))
    text = document[header : header + length].replace(b'"CADCConfig":', b'"CADCConfig":1')
    forged = wire.MAGIC + struct.pack("<I", len(text)) + text + document[header + length :]
    with pytest.raises(ValueError, match="CADCConfig was written by a version"):
        wire.decode(forged)
    with pytest.raises(ValueError, match="no document of registers"):
        wire.decode(b"cereal")


def test_parts_of_a_chip_are_references():
    chip = r.Chip()
    neuron = halco.AtomicNeuronOnDLS(Enum(300))
    chip.neuron_block.atomic_neurons[neuron].leak.v_leak = 5
    chip.crossbar.nodes[75].target = 3
    chip.synapse_blocks[halco.SynapseBlockOnDLS.bottom].matrix.weights[7][9] = 63
    for neuron_register in chip.neuron_block.atomic_neurons:
        neuron_register.threshold.enable = True
    assert chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"][300] == 5
    assert chip.array["neuron_block"]["atomic_neurons"]["threshold"]["enable"].all()
    assert chip.array["crossbar"]["nodes"]["target"][75] == 3
    assert chip.array["synapse_blocks"]["matrix"]["weights"][1, 7, 9] == 63
    assert r.Chip.from_array(chip.array) == chip != r.Chip()


def test_a_chip_config_is_a_picture():
    chip = r.Chip()
    config = ChipConfig.of(chip)
    chip.readout_chain.madc.number_of_samples = 7
    assert config.registers["readout_chain"]["madc"]["number_of_samples"] == 0
    with pytest.raises(ValueError, match="read-only"):
        config.registers["readout_chain"]["madc"]["number_of_samples"] = 1
    assert config.chip() == r.Chip()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("neuron_block/atomic_neurons/leak/v_leak", (512,)),
        ("neuron_block/backends/clock_scale_fast", (2,)),
        ("neuron_block/current_rows/values/enable_synaptic_current_excitatory", (2, 256)),
        ("neuron_block/i_bias_synin_drop", (4,)),
        ("synapse_blocks/matrix/weights", (2, 256, 256)),
        ("synapse_blocks/i_bias_dac", (2, 2)),
        ("synapse_driver_blocks/synapse_drivers/row_mode_top", (2, 128)),
        ("synapse_driver_blocks/padi_bus/enable_spl1", (2, 4)),
        ("crossbar/nodes/mask", (76,)),
        ("background_spike_sources/rate", (8,)),
        ("cadc_readout_chains/channels_causal/offset", (2, 256)),
        ("readout_chain/input_mux/neuron_even", (2, 2)),
        ("capmem/unused_cells", (90,)),
        ("ppu_memory/words/value", (2, 4096)),
    ],
)
def test_whole_chip_arrays_have_the_shape_of_their_coordinates(path, shape):
    array = r.Chip().array
    for name in path.split("/"):
        array = array[name]
    assert array.shape == shape


def test_defaults_are_those_of_the_hardware_abstraction_layer():
    neuron = r.AtomicNeuron()
    assert neuron.excitatory_input.enable_small_capacitance
    assert neuron.bayesian.to_post_pulse
    assert neuron.refractory_period.reset_holdoff == 15
    assert not r.NeuronConfig().enable_synaptic_input_excitatory_small_capacitance
    assert r.NeuronBlock().array["i_bias_synin_drop"].tolist() == [300] * 4
    assert r.SynapseBlock().array["i_bias_dac"].tolist() == [1022] * 2
    assert r.SynapseDriverConfig().enable_address_out
    assert r.SynapseDriverConfig().row_address_compare_mask == 31
    assert r.CapMemBlockConfig().pause_counter == 8096
    assert r.MADCConfig().preamp_sampling_window_end == 8
    assert r.CADCConfig().reset_wait == 100
    assert r.CommonCorrelationConfig().cadc_v_offset_assignment[1] == 1
    assert r.ReadoutChain().madc_input_crossbar.connect_dynamic_mux
    assert r.INA219Config().bus_adc_mode == r.INA219Config.ADCMode.bits12
    assert r.MemoryTiming().capmem[0].read_delay == 255
    assert int(r.ADPLL().core_div_m1) == 2


def test_fixed_settings_are_copies():
    r.DACChannelBlock.default_ldo_2.value[0] = 7
    assert r.DACChannelBlock().default_ldo_2.value[0] == 0
    assert r.Barrier.omnibus.enable_omnibus
    assert (r.CrossbarNode.drop_all.mask, r.CrossbarNode.drop_all.target) == (0, 1)
    assert r.AtomicNeuron.EventRouting.enabled.enable_digital
    bypass = r.Chip.default_neuron_bypass.array
    events = bypass["neuron_block"]["atomic_neurons"]["event_routing"]
    assert events["enable_bypass_inhibitory"].all()
    assert (bypass["synapse_driver_blocks"]["padi_bus"]["dacen_pulse_extension"] == 15).all()
    assert r.Chip() != r.Chip.default_neuron_bypass


def test_capmem_cells_take_codes_or_no_refresh():
    cell = r.CapMemCell()
    cell.value = np.int64(1022)
    assert cell.value == r.CapMemCell.Value(1022)
    with pytest.raises(TypeError, match="DisableRefresh"):
        cell.value = 1023
    with pytest.raises(OverflowError, match=r"range overflow: 1024 > max\(1022\)"):
        cell.value = 1024
    with pytest.raises(TypeError):
        cell.value = 3.5
    cell.value = cell.DisableRefresh()
    assert cell.value == r.CapMemCell.DisableRefresh(1023)


def test_fields_take_what_fits_and_nothing_else():
    config = r.NeuronBackendConfig()
    config.refractory_time = np.uint8(255)
    config.enable_spike_out = np.bool_(True)
    assert config.enable_spike_out is True
    with pytest.raises(OverflowError, match=r"range overflow: 256 > max\(255\)"):
        config.refractory_time = 256
    with pytest.raises(TypeError):
        config.enable_spike_out = "false"
    with pytest.raises(AttributeError):
        config.refractory = 3
    with pytest.raises(OverflowError, match="underflow"):
        r.CADCChannelConfig().offset = -129
    with pytest.raises(TypeError, match="has no field called 'enabled'"):
        r.CADCConfig(enabled=True)


def test_choices_are_reachable_from_class_and_instance():
    driver = r.SynapseDriverConfig()
    driver.row_mode_top = driver.RowMode.inhibitory
    assert driver.array["row_mode_top"] == 2
    assert str(driver.row_mode_top) == "RowMode.inhibitory"
    assert r.AtomicNeuron.Readout.Source is r.NeuronConfig.ReadoutSource


def test_arrays_take_coordinates_numbers_lists_and_arrays():
    row = r.SynapseWeightRow()
    row.values[halco.SynapseOnSynapseRow(3)] = 63
    row.values[np.int64(4)] = 62
    assert row.values.to_numpy()[:6].tolist() == [0, 0, 0, 63, 62, 0]
    row.values = list(range(64)) * 4
    assert row.values[255] == 63
    with pytest.raises(OverflowError, match=r"range overflow: 64 > max\(63\)"):
        row.values.from_numpy(np.full(256, 64))
    with pytest.raises(ValueError, match="shape"):
        row.values.from_numpy(np.zeros(3))
    with pytest.raises(IndexError, match="there are 256, no number 256"):
        row.values[256] = 1
    with pytest.raises(TypeError, match="counted by AtomicNeuronOnDLS"):
        r.NeuronBlock().atomic_neurons[halco.SynapseOnDLS()] = r.AtomicNeuron()
    row.values.fill(5)
    assert list(row.values) == [5] * 256
    assert len(row.values) == row.values.size == 256
    assert pickle.loads(pickle.dumps(row.values)) == row.values


def test_matrices_are_arrays_of_rows():
    matrix = r.SynapseMatrix()
    matrix.weights.from_numpy(np.full((256, 256), 30.0))
    matrix.weights[7][1] = 9
    assert matrix.weights[7][1] == 9
    assert matrix.weights.to_numpy().shape == (256, 256)
    with pytest.raises(OverflowError):
        matrix.time_calibs.from_numpy(np.full((256, 256), 4))


def test_accessors_reach_into_arrays():
    common = r.CommonNeuronBackendConfig()
    output = halco.NeuronEventOutputOnNeuronBackendBlock(2)
    common.set_sample_positive_edge(output, False)
    assert not common.get_sample_positive_edge(output)
    quad = r.ColumnCurrentQuad()
    switch = quad.ColumnCurrentSwitch(enable_debug_excitatory=True)
    quad.set_switch(halco.EntryOnQuad(1), switch)
    assert quad.get_switch(halco.EntryOnQuad(1)) == switch
    block = r.PLLClockOutputBlock()
    ppu = block.get_clock_output(halco.PLLClockOutputOnDLS.ppu_clk)
    pll = r.ADPLL()
    assert pll.calculate_output_frequency(ppu.select_adpll_output) == 250e6
    assert pll.calculate_output_frequency(pll.Output.core_0) == 500e6


def test_event_address_and_hagen_fields_share_bits():
    event = r.PADIEvent()
    event.hagen_address, event.hagen_activation = 1, 9
    assert event.event_address == 41
    event.event_address = 3
    assert (event.hagen_address, event.hagen_activation) == (0, 3)


def test_sums_are_those_of_the_data_sheet():
    config = r.MADCConfig()
    assert config.calculate_sample_rate(500e6) == pytest.approx(29.41e6, rel=1e-3)
    config.enable_madc_clock_scaling, config.madc_clock_scale_value = True, 1
    assert config.calculate_sample_rate(500e6) == pytest.approx(500e6 / 17 / 4)
    board = r.DACChannelBlock()
    board.set_voltage(halco.DACChannelOnBoard.mux_dac_25, 1.25)
    assert board.get_voltage(halco.DACChannelOnBoard.mux_dac_25) == pytest.approx(1.25, abs=1e-3)
    with pytest.raises(ValueError, match="without LDOs"):
        board.set_voltage(halco.DACChannelOnBoard.vdd12_pll, 1.0)


def test_atomic_neurons_know_their_registers():
    rng = np.random.default_rng(0)
    for _ in range(20):
        config, backend = r.NeuronConfig(), r.NeuronBackendConfig()
        for register in (config, backend):
            for name, field in register.fields.items():
                register.array[name] = rng.integers(2 if field.codec.dtype == bool else 4)
        config.enable_strong_fire &= config.enable_fire
        neuron = r.AtomicNeuron()
        neuron.set_from(config)
        neuron.set_from(backend)
        assert neuron.asNeuronConfig() == config or config.invert_membrane_offset
        backend.select_input_clock = neuron.refractory_period.input_clock
        assert neuron.asNeuronBackendConfig() == backend


def test_memories_are_cut_into_blocks():
    memory = r.PPUMemory()
    block = r.PPUMemoryBlock(halco.PPUMemoryBlockSize(3))
    block[1].value = 0x48690000
    memory.set_block(halco.PPUMemoryBlockOnPPU(10, 12), block)
    assert memory.get_word(halco.PPUMemoryWordOnPPU(11)) == 0x48690000
    assert memory.get_block(halco.PPUMemoryBlockOnPPU(10, 12)) == block
    assert block.get_subblock(1, 2).to_string() == "Hi"
    with pytest.raises(ValueError, match="has 2 words, given are 3"):
        memory.set_block(halco.PPUMemoryBlockOnPPU(1, 2), block)
    with pytest.raises(IndexError):
        _ = block[3]


def test_every_circuit_of_a_chip_has_its_cells():
    names = {row for row in dir(halco.CapMemRowOnCapMemBlock) if row[:2] in ("v_", "i_", "e_")}
    from neckar.brainscales2.chip.registers.neuron import ANALOG

    assert len(ANALOG) == len(names) == halco.CapMemRowOnCapMemBlock.size
    neuron = r.AtomicNeuron().array
    assert all(neuron[part][field] == 0 for part, field in ANALOG)
    assert len(list(iter_all(halco.CapMemCellOnDLS))) == 12480
