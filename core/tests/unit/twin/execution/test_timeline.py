"""When the FPGA does what."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    ProgramBuilder,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Spikes,
    Write,
)
from neckar.brainscales2.twin.execution.timeline import lay_out
from neckar.brainscales2.twin.registers.file import Registers
from neckar.errors import ProgramError


def spikes(*cycles, label=1):
    return Spikes(cycles=np.array(cycles, np.int64), labels=np.full(len(cycles), label, np.uint16))


def laid_out(*instructions):
    return lay_out(Program(instructions=instructions), Registers())


def config(v_leak=500):
    chip = r.Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"] = v_leak
    return ChipConfig.of(chip)


def test_an_empty_program_takes_no_time():
    timeline = laid_out()
    assert (timeline.end, timeline.moments, len(timeline.spikes)) == (0, (), 1)


def test_waiting_ends_when_the_timer_has_got_there():
    timeline = laid_out(BlockUntil(cycles=100), ResetTimer(), BlockUntil(cycles=50))
    assert timeline.end == 150
    assert timeline.timer_resets.tolist() == [100]


def test_a_time_that_has_passed_is_not_waited_for():
    assert laid_out(BlockUntil(cycles=100), BlockUntil(cycles=40)).end == 100


def test_writing_less_takes_less_time():
    everything = laid_out(Configure(config=config()))
    again = laid_out(Configure(config=config()), Configure(config=config()))
    assert 1000 < everything.end < 5000
    assert again.end == everything.end


def test_reading_takes_twice_as_long_as_writing():
    register, coordinate = r.CapMemCell(3), c.CapMemCellOnDLS()
    write = ProgramBuilder().write(coordinate, register).done()
    builder = ProgramBuilder()
    builder.read(coordinate)
    ends = [lay_out(program, Registers()).end for program in (write, builder.done())]
    assert ends[1] == 2 * ends[0] > 0


def test_spikes_leave_at_their_timer_value_while_the_program_goes_on():
    timeline = laid_out(
        BlockUntil(cycles=1000),
        ResetTimer(),
        SendSpikes(entries=(spikes(5, 7),)),
        SampleMADC(enable=True),
    )
    assert timeline.spikes[0].cycles.tolist() == [1005, 1007]
    assert timeline.moments[0].cycle == 1000
    assert timeline.end == 1008


def test_spikes_that_come_too_late_leave_at_once():
    timeline = laid_out(BlockUntil(cycles=1000), SendSpikes(entries=(spikes(5, 2000),)))
    assert timeline.spikes[0].cycles.tolist() == [1000, 2000]


def test_spikes_of_several_instructions_are_merged():
    timeline = laid_out(
        SendSpikes(entries=(spikes(10, 30, label=1),)), SendSpikes(entries=(spikes(20, label=2),))
    )
    assert timeline.spikes[0].cycles.tolist() == [10, 20, 30]
    assert timeline.spikes[0].labels.tolist() == [1, 2, 1]


def test_every_batch_entry_has_its_own_spikes():
    timeline = laid_out(
        SendSpikes(entries=(spikes(1), spikes(2))), SendSpikes(entries=(spikes(3),))
    )
    assert [s.cycles.tolist() for s in timeline.spikes] == [[1, 3], [2, 3]]


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ProgramError) as error:
        laid_out(
            SendSpikes(entries=(spikes(3, 2),)),
            BlockUntil(cycles=-1),
            SampleCADC(n_samples=3, period_cycles=10),
            SendSpikes(entries=(spikes(1), spikes(2), spikes(3))),
            SendSpikes(entries=(spikes(1), spikes(2))),
            SendSpikes(entries=(Spikes(cycles=np.array([1]), labels=np.array([70_000])),)),
        )
    text = str(error.value)
    for part in (
        "instruction 0: spike times descend",
        "instruction 1: waits until cycle -1",
        "instruction 2: 3 CADC samples every 10 cycles",
        "instruction 4: spikes for 2 batch entries, elsewhere for 3",
        "instruction 5: spike labels must lie in 0 .. 65535",
    ):
        assert part in text


def test_settings_without_a_model_are_refused():
    chip = r.Chip()
    driver = chip.array["synapse_driver_blocks"]["synapse_drivers"]
    for name in ("enable_receiver", "enable_stp", "enable_renewing", "row_mode_top"):
        driver[name][1, 5] = 1
    with pytest.raises(ProgramError, match="synapse driver 133: enable_renewing"):
        laid_out(Configure(config=ChipConfig.of(chip)))


def test_settings_that_last_for_one_write_are_not_looked_at():
    """Switches of columns are written one right after the other: what counts is the last of it."""
    mux, shown = r.ReadoutSourceSelection(), r.AtomicNeuron()
    mux.array["buffer"]["synin_debug_excitatory"][0] = True
    mux.array["buffer"]["neuron_even"][0, 0] = True
    shown.readout.enable_amplifier = shown.readout.enable_buffered_access = True
    quads = [c.ColumnCurrentQuadOnDLS(c.Enum(n)) for n in range(2)]
    closed, opened = r.ColumnCurrentQuad(), r.ColumnCurrentQuad()
    closed.array["switches"]["enable_debug_excitatory"] = True
    connect = (
        Write(coordinate=c.ReadoutSourceSelectionOnDLS(), register=mux),
        Write(coordinate=c.AtomicNeuronOnDLS(c.Enum(4)), register=shown),
    )
    close, reopen = (
        tuple(Write(coordinate=quad, register=register) for quad in quads)
        for register in (closed, opened)
    )
    laid_out(*connect, *close, *reopen)
    for before in ((), (BlockUntil(cycles=1000),)):
        with pytest.raises(ProgramError, match="connected directly"):
            laid_out(*connect, *close, *before)
    with pytest.raises(ProgramError, match="connected directly"):
        laid_out(*connect, *close, BlockUntil(cycles=1000), *reopen)


def test_the_timer_can_be_written_like_any_register():
    builder = ProgramBuilder().block_until(100).write(c.TimerOnDLS(), r.Timer())
    timeline = lay_out(builder.block_until(50).done(), Registers())
    assert timeline.end == 150
    assert timeline.timer_resets.tolist() == [100]
