"""When somebody looks at the chip."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.program import (
    BlockUntil,
    Program,
    Read,
    SampleCADC,
    SampleMADC,
    Write,
)
from neckar.brainscales2.twin.execution import windows as w
from neckar.brainscales2.twin.execution.timeline import lay_out
from neckar.brainscales2.twin.registers.file import Registers

NEURON = c.AtomicNeuronOnDLS(c.Enum(3))
RESET = Write(coordinate=NEURON.toSpikeCounterResetOnDLS(), register=r.SpikeCounterReset())
READ = Read(coordinate=NEURON.toSpikeCounterReadOnDLS(), ticket=0)


def found(*instructions):
    registers = Registers()
    return w.windows(lay_out(Program(instructions=instructions), registers), registers)


def control(**names):
    return Write(coordinate=c.MADCControlOnDLS(), register=r.MADCControl(**names))


def until(cycles):
    return BlockUntil(cycles=cycles)


def test_nobody_looks_at_a_program_that_does_not_ask():
    looks = found(until(1000))
    assert looks.spans == ()
    assert looks.cadc.size == 0


def test_recording_lasts_until_it_is_switched_off_or_the_program_ends(record):
    looks = found(until(100), record(True), until(200), record(False), until(300))
    assert looks.recording == ((100, 200),)
    assert found(until(100), record(True), until(300)).recording == ((100, 300),)


def test_recording_that_an_earlier_program_switched_on_goes_on(record):
    registers = Registers()
    registers.apply(record(True))
    timeline = lay_out(Program(instructions=(until(50),)), registers)
    assert w.windows(timeline, registers).recording == ((0, 50),)


def test_the_madc_samples_between_start_and_stop():
    looks = found(until(10), SampleMADC(enable=True), until(50), SampleMADC(enable=False))
    assert looks.madc == ((10, 50),)


@pytest.mark.parametrize("stop", [control(stop_recording=True), SampleMADC(enable=False)])
def test_the_control_register_of_the_madc_does_the_same(stop):
    start = control(start_recording=True, enable_continuous_sampling=True)
    looks = found(control(wake_up=True), until(50), start, until(90), stop, until(120))
    assert looks.madc == ((50, 90),)


def test_continuous_sampling_goes_on_when_start_is_let_go():
    flags = {"enable_continuous_sampling": True}
    wake, start, hold = (
        control(wake_up=True),
        control(start_recording=True, **flags),
        control(**flags),
    )
    assert found(wake, until(50), start, until(70), hold, until(90)).madc == ((50, 90),)


def samples(n):
    return Write(coordinate=c.MADCConfigOnDLS(), register=r.MADCConfig(number_of_samples=n))


def test_a_sleeping_madc_does_not_sample():
    assert found(control(start_recording=True), until(1000)).madc == ()


def test_a_madc_that_is_woken_and_started_at_once_begins_when_it_is_ready():
    looks = found(
        control(wake_up=True, start_recording=True, enable_continuous_sampling=True), until(90)
    )
    assert looks.madc == ((96 // 4, 90),)


def test_so_many_samples_are_taken_as_are_configured():
    flags = {"enable_power_down_after_sampling": True}
    start = control(wake_up=True, start_recording=True, **flags)
    looks = found(samples(20), control(wake_up=True), until(100), start, until(1000))
    assert looks.madc == ((100, 100 + 85),)


def test_a_madc_that_fell_asleep_after_sampling_does_not_start_again():
    flags = {"enable_power_down_after_sampling": True}
    once = control(wake_up=True, start_recording=True, **flags)
    again = control(start_recording=True)
    wake = samples(20), control(wake_up=True), until(100)
    assert len(found(*wake, once, until(500), again, until(1000)).madc) == 1
    assert len(found(*wake, once, until(500), once, until(1000)).madc) == 2


def test_a_start_that_is_left_on_samples_again_and_again():
    wake = samples(20), control(wake_up=True), until(100)
    assert found(*wake, control(start_recording=True), until(1000)).madc == ((100, 1000),)
    let_go = control(start_recording=True), until(200), control(), until(1000)
    assert found(*wake, *let_go).madc == ((100, 100 + 2 * 85),)


def test_a_madc_that_an_earlier_program_woke_up_is_awake():
    registers = Registers()
    registers.apply(control(wake_up=True))
    start = control(start_recording=True, enable_continuous_sampling=True)
    timeline = lay_out(Program(instructions=(until(5), start, until(50))), registers)
    assert w.windows(timeline, registers).madc == ((5, 50),)


def test_reads_of_the_cadc_that_follow_each_other_are_one_span():
    looks = found(
        SampleCADC(n_samples=3, period_cycles=300),
        until(100_000),
        SampleCADC(n_samples=2, period_cycles=250),
        until(200_000),
    )
    assert looks.cadc.tolist() == [0, 300, 600, 100_000, 100_250]
    assert looks.cadc_spans == ((0, 601), (100_000, 100_251))


def test_reads_of_the_cadc_end_with_the_program():
    assert found(SampleCADC(n_samples=100, period_cycles=300), until(1000)).cadc.size == 4


def test_counting_begins_with_the_last_reset_before_a_read():
    looks = found(until(10), RESET, until(20), RESET, until(50), READ, until(90))
    assert looks.counting == ((20, 50),)


def test_without_a_reset_counting_begins_with_the_program():
    assert found(until(50), READ, until(90)).counting == ((0, 50),)


def test_cycles_inside_and_overlap():
    spans = ((10, 20), (30, 40))
    assert w.inside(spans, np.array([9, 10, 19, 20, 35])).tolist() == [
        False,
        True,
        True,
        False,
        True,
    ]
    assert w.overlap(spans, 20, 31)
    assert not w.overlap(spans, 20, 30)


def test_times_on_the_grid_of_the_fpga_stay_in_their_cycle():
    cycles = np.arange(1, 1_000_000, 977)
    assert np.array_equal(w.whole_cycles(cycles * 8e-9), cycles)
    assert w.whole_cycles(np.array([7.9e-9])).tolist() == [0]
