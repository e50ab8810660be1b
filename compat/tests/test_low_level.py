import pickle

import numpy as np
import pynn_brainscales.brainscales2 as pynn
import pytest
from dlens_vx_v3 import hal, halco, hxcomm, lola, sta


def neuron(enum):
    return halco.AtomicNeuronOnDLS(halco.common.Enum(enum))


def kinds(builder):
    return [type(i).__name__ for i in builder.done().program.instructions]


def test_written_registers_are_snapshots():
    builder = sta.PlaybackProgramBuilder()
    control = hal.MADCControl()
    for wake_up in (True, False):
        control.wake_up = wake_up
        builder.write(halco.MADCControlOnDLS(), control)
    written = [i.register.wake_up for i in builder.done().program.instructions]
    assert written == [True, False]


@pytest.mark.parametrize("kind", [int, np.int64, np.uint32, hal.Timer.Value])
def test_times_may_be_plain_numbers(kind):
    builder = sta.PlaybackProgramBuilder()
    builder.block_until(halco.TimerOnDLS(), kind(1000))
    assert str(hal.Timer.Value(1000)) in str(builder)
    for wrong in (True, 1.5, halco.common.X(3), hal.Timer()):
        with pytest.raises(TypeError, match="not possible"):
            builder.block_until(halco.TimerOnDLS(), wrong)


def test_signatures_name_the_types_of_what_a_program_brings_back():
    program = sta.PlaybackProgramBuilder().done()
    assert type(program.spikes) is sta.PlaybackProgram.spikes_type
    assert type(program.madc_samples) is sta.PlaybackProgram.madc_samples_type


def test_a_register_is_only_written_where_it_sits():
    builder = sta.PlaybackProgramBuilder()
    with pytest.raises(TypeError, match="at CADCConfigOnDLS sits CADCConfig, not MADCConfig"):
        builder.write(halco.CADCConfigOnDLS(), hal.MADCConfig())
    with pytest.raises(TypeError, match="is no coordinate of a register"):
        builder.read(halco.NeuronRowOnDLS())
    assert builder.empty()


def test_steps_become_instructions():
    builder = sta.PlaybackProgramBuilder()
    builder.write(halco.ChipOnDLS(), lola.Chip())
    builder.write(halco.ChipOnDLS(), lola.Chip(), lola.Chip())
    builder.write(halco.TimerOnDLS(), hal.Timer())
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(10))
    builder.block_until(halco.BarrierOnFPGA(), hal.Barrier.omnibus)
    builder.write(halco.MADCControlOnDLS(), hal.MADCControl(start_recording=True))
    builder.read(halco.CADCConfigOnDLS())
    builder.write(halco.TimerOnDLS(), hal.Timer(100))
    expected = ["Write", "Configure", "ResetTimer", "BlockUntil", "Write", "Read", "Write"]
    assert kinds(builder) == expected


def test_whole_registers_take_longer_than_what_differs():
    ends = []
    for reference in ((), (lola.Chip(),)):
        builder = sta.PlaybackProgramBuilder()
        builder.write(halco.ChipOnDLS(), lola.Chip(), *reference)
        ticket = builder.read(halco.NullPayloadReadableOnFPGA())
        with hxcomm.ManagedConnection() as connection:
            sta.run(connection, builder.done())
        ends.append(int(ticket.fpga_time))
    assert ends[0] > 100_000 > 10 * ends[1]
    with pytest.raises(RuntimeError, match="don't match"):
        builder.write(halco.ChipOnDLS(), lola.Chip(), lola.AtomicNeuron())


def test_spike_packs_are_sent_together_at_the_times_they_were_waited_for():
    builder = sta.PlaybackProgramBuilder()
    builder.write(halco.TimerOnDLS(), hal.Timer())
    for time, pack in ((100, hal.SpikePack1ToChip([7])), (300, hal.SpikePack2ToChip([8, 9]))):
        builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(time))
        kind = type(pack).coordinate_type
        builder.write(kind(), pack)
    _, send, block = builder.done().program.instructions
    assert send.entries[0].cycles.tolist() == [100, 300, 300]
    assert send.entries[0].labels.tolist() == [7, 8, 9]
    assert block.cycles == 300


def test_builders_merge_copy_and_start_anew():
    first, second = sta.PlaybackProgramBuilder(), sta.PlaybackProgramBuilder()
    first.write(halco.TimerOnDLS(), hal.Timer())
    second.copy_back(first)
    assert not first.empty()
    second.merge_back(first)
    assert first.empty()
    assert kinds(second) == ["ResetTimer", "ResetTimer"]
    assert second.empty()


def test_absolute_times_are_sorted():
    builder = sta.AbsoluteTimePlaybackProgramBuilder()
    row = lola.SynapseWeightRow()
    for time in (hal.Timer.Value(300), hal.Timer.Value(100)):
        row.values[0] = int(time) // 100
        builder.write(time, halco.SynapseWeightRowOnDLS(), row)
    instructions = builder.done().done().program.instructions
    assert type(instructions[0]).__name__ == "ResetTimer"
    assert [i.cycles for i in instructions[1::2]] == [100, 300]
    assert [i.register.values[0] for i in instructions[2::2]] == [1, 3]


def test_dumps_survive_bytes_text_and_pickles():
    dumper = sta.PlaybackProgramBuilderDumper()
    dumper.write(neuron(3), lola.AtomicNeuron())
    dumper.block_until(halco.TimerOnDLS(), hal.Timer.Value(10))
    dumper.block_until(halco.BarrierOnFPGA(), hal.Barrier.omnibus)
    done = dumper.done()
    assert len(done) == 3
    for save, load in (
        (sta.to_portablebinary, sta.from_portablebinary),
        (sta.to_json, sta.from_json),
    ):
        loaded = sta.DumperDone()
        load(loaded, save(done))
        assert loaded == done
    assert pickle.loads(pickle.dumps(done)) == done
    assert sta.convert_to_dumper(done).done() == done
    done.remove_block_until()
    assert done.tolist() == [(neuron(3), lola.AtomicNeuron())]


def test_squashing_keeps_the_last_write():
    dumper = sta.PlaybackProgramBuilderDumper()
    for code in (1, 2):
        dumper.write(halco.CapMemCellOnDLS.readout_ac_mux_i_bias, hal.CapMemCell(code))
    done = dumper.done()
    done.squash()
    assert done.values == [(halco.CapMemCellOnDLS.readout_ac_mux_i_bias, hal.CapMemCell(2))]


def test_a_dump_becomes_a_chip():
    dumper = sta.PlaybackProgramBuilderDumper()
    chip = lola.Chip()
    chip.neuron_block.backends[0].clock_scale_fast = 3
    register = lola.AtomicNeuron()
    register.leak.v_leak = 444
    dumper.write(halco.ChipOnDLS(), chip)
    dumper.write(neuron(300), register)
    dumper.block_until(halco.BarrierOnFPGA(), hal.Barrier.omnibus)
    done = dumper.done()
    converted = sta.convert_to_chip(done)
    chip.neuron_block.atomic_neurons[neuron(300)] = register
    assert converted == chip
    assert sta.convert_to_chip(sta.PlaybackProgramBuilderDumper().done(), chip) == chip


def test_files_that_are_neither_ours_nor_archives_of_the_original_are_refused():
    with pytest.raises(ValueError, match="no document of registers"):
        sta.from_portablebinary(sta.DumperDone(), b"PK and so on")
    with pytest.raises(ValueError, match="the archive ends after 4 bytes"):
        sta.from_portablebinary(sta.DumperDone(), b"\x01\x01\x00\x00")


def test_initialisation_is_a_program():
    init = sta.SystemInit(hxcomm.ZeroMockEntry())
    board = init.asic_adapter_board
    board.dac_channel_block.set_voltage(halco.DACChannelOnBoard.mux_dac_25, 1.0)
    builder, result = sta.generate(init)
    assert result is None
    assert isinstance(init, sta.PlaybackGenerator)
    instructions = builder.done().program.instructions
    blocks = [i.register for i in instructions if hasattr(i, "register")]
    assert board.dac_channel_block in blocks


def test_the_clock_of_the_background_sources_follows_from_the_defaults():
    init = sta.ChipInit(hxcomm.ZeroMockEntry())
    output = init.pll_clock_output_block.get_clock_output(halco.PLLClockOutputOnDLS.phy_ref_clk)
    pll = init.adplls[output.select_adpll]
    assert pll.calculate_output_frequency(output.select_adpll_output) == 500e6


def test_a_program_runs_on_the_default_twin():
    with hxcomm.ManagedConnection() as connection:
        assert len(connection) == len(connection.get_unique_identifier()) == 1
        register = lola.AtomicNeuron()
        register.leak.v_leak = 500
        builder, _ = sta.SystemInit(connection.get_hwdb_entry()[0]).generate()
        builder.write(neuron(3), register)
        ticket = builder.read(neuron(3))
        assert not ticket.valid()
        with pytest.raises(RuntimeError, match="not run yet"):
            ticket.get()
        program = builder.done()
        sta.run(connection, program)
    assert ticket.get() == register
    ticket.get().leak.v_leak = 3
    assert ticket.get() == register
    assert program.spikes.to_numpy().dtype.names == ("label", "fpga_time", "chip_time")
    assert len(program.madc_samples) == 0


def test_samples_come_one_by_one_or_as_an_array():
    from pystadls_vx_v3.program import Samples

    array = np.zeros(2, [("label", "<u2"), ("fpga_time", "<u8"), ("chip_time", "<u8")])
    array["label"] = 5, 6
    samples = Samples(array, hal.SpikeFromChip)
    assert [int(spike.label) for spike in samples] == [5, 6]
    assert samples[1].label.synapse_label == 6


def test_what_is_missing_says_so():
    for module, name in ((sta, "decode"), (hxcomm, "QuiggeldyConnection")):
        with pytest.raises(NotImplementedError, match=rf"dlens_vx_v3\.\w+\.{name}: .*instead: "):
            getattr(module, name)
    with pytest.raises(AttributeError):
        _ = sta.PlaybackProgrammBuilder


def test_old_names_lead_to_the_same_things():
    import pyhalco_hicann_dls_vx_v3
    import pyhaldls_vx_v3
    import pylola_vx_v3
    import pystadls_vx_v3

    assert pyhalco_hicann_dls_vx_v3.AtomicNeuronOnDLS is halco.AtomicNeuronOnDLS
    assert pyhaldls_vx_v3.CapMemCell is hal.CapMemCell
    assert pylola_vx_v3.Chip is lola.Chip
    assert pystadls_vx_v3.run is sta.run
    assert sta.ExperimentInit is sta.SystemInit


def test_the_way_to_a_register_can_be_named():
    builder = sta.PlaybackProgramBuilder()
    builder.read(halco.NeuronConfigOnDLS(), backend=hal.Backend.Omnibus)
    builder.write(halco.NeuronConfigOnDLS(), hal.NeuronConfig(), hal.Backend.Omnibus)
    assert not builder.empty()


def test_times_count_from_where_the_clocks_were_synchronised():
    builder = sta.PlaybackProgramBuilder()
    builder.write(halco.EventRecordingConfigOnFPGA(), hal.EventRecordingConfig(True))
    builder.write(halco.ChipOnDLS(), lola.Chip.default_neuron_bypass)
    builder.write(halco.TimerOnDLS(), hal.Timer())
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(10000))
    builder.write(halco.SystimeSyncOnFPGA(), hal.SystimeSync())
    builder.block_until(halco.BarrierOnFPGA(), hal.Barrier.systime)
    builder.write(halco.TimerOnDLS(), hal.Timer())
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(1000))
    pack = hal.SpikePack1ToChip([halco.SpikeLabel(0)])
    builder.write(halco.SpikePack1ToChipOnDLS(), pack)
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(2000))
    ticket = builder.read(halco.NullPayloadReadableOnFPGA())
    program = builder.done()
    with hxcomm.ManagedConnection() as connection:
        sta.run(connection, program)
    assert 2000 < int(ticket.fpga_time) < 2200
    assert len(program.spikes)
    times = program.spikes.to_numpy()
    assert np.all((times["chip_time"] > 1000) & (times["chip_time"] < 1200))
    assert np.all(times["fpga_time"] > times["chip_time"])


def test_a_calibration_that_is_applied_has_settled_when_it_is_used():
    """In the same program: results of the original wait for the analog memory, too."""
    path = pynn.helper.nightly_calib_path().parent / "spiking_calix-native.pkl"
    found = pickle.loads(path.read_bytes())
    builder, _ = sta.SystemInit().generate()
    builder.write(halco.ChipOnDLS(), lola.Chip())
    found.apply(builder)
    ticket = builder.read(halco.CADCSampleRowOnDLS())
    with hxcomm.ManagedConnection() as connection:
        sta.run(connection, builder.done())
    assert ticket.get().causal.to_numpy().mean() == pytest.approx(80, abs=1)
    dumper = sta.PlaybackProgramBuilderDumper()
    found.apply(dumper)
    dumped = dumper.done()
    dumped.remove_block_until()
    dumped.squash()
    assert sta.convert_to_chip(dumped) == found.to_chip()
