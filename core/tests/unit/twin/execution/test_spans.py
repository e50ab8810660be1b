"""A program cut into spans, and what of them is simulated."""

import numpy as np

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import BlockUntil, Configure, Program, Read, SampleMADC, Write
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.background import Source
from neckar.brainscales2.twin.execution.plan import plan
from neckar.brainscales2.twin.execution.setting import Chip
from neckar.brainscales2.twin.execution.spans import Act, Span, split, step_of
from neckar.brainscales2.twin.execution.timeline import lay_out
from neckar.brainscales2.twin.execution.windows import windows
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.variation import Spread

MILLISECOND = 125_000
SOURCES = (Source(),) * 8


def script_of(*instructions):
    registers = Registers()
    timeline = lay_out(Program(instructions=instructions), registers)
    looks = windows(timeline, registers)
    codes = capmem.codes(registers.config)
    return split(timeline, looks, registers, codes, step_of(timeline.end) + 10)


def plan_of(script):
    chip = Chip(serial=1, spread=Spread.none(), noise=Noise.none())
    return plan(script, chip, np.empty(0, np.uint16), SOURCES, 100_000, np.zeros(512, bool))


def config(chip):
    return Configure(config=ChipConfig.of(chip))


def until(milliseconds):
    return BlockUntil(cycles=round(milliseconds * MILLISECOND))


def test_spans_follow_each_other_without_a_gap(leaky, record):
    spans = script_of(config(leaky), until(1), record(True), until(2), config(r.Chip())).spans
    assert spans[0].begin == 0
    assert [span.end for span in spans[:-1]] == [span.begin for span in spans[1:]]
    assert [span.is_observed for span in spans][:1] == [False]


def test_a_wait_that_nobody_observes_is_one_span(leaky):
    script = script_of(config(leaky), until(500))
    assert [span.is_observed for span in script.spans] == [False]
    assert script.spans[0].end == 5_000_010


def test_observed_time_is_cut_short_while_cells_settle(leaky, record):
    spans = script_of(record(True), config(leaky), until(60)).spans
    longest = max(span.end - span.begin for span in spans if span.begin < 100_000)
    assert longest == 5000
    v_leak = [span.codes["leak.v_leak"][5] for span in spans]
    assert np.all(np.diff(v_leak) >= 0)
    assert v_leak[0] < 100
    assert v_leak[-1] == 1000


def test_only_the_end_of_an_unobserved_span_is_simulated(leaky, record):
    made = plan_of(script_of(until(50), config(leaky), until(100), record(True), until(101)))
    idle, waiting, observed, *_ = made.items
    assert idle.first == idle.span.end
    assert 100 <= waiting.span.end - waiting.first < 2000
    assert observed.first == observed.span.begin
    assert not made.live.size


def test_before_a_read_of_the_membrane_it_is_simulated_too(leaky):
    made = plan_of(
        script_of(config(leaky), until(50), Read(coordinate=c.CADCSamplesOnDLS(), ticket=0))
    )
    act = next(item for item in made.items if not hasattr(item, "span"))
    before = made.items[made.items.index(act) - 1]
    assert 100 <= before.span.end - before.first < 2000


def test_neurons_that_nobody_hears_or_sees_are_not_simulated(leaky):
    assert plan_of(script_of(config(leaky), until(1))).neurons.tolist() == [5]
    deaf = r.Chip(leaky)
    deaf.array["crossbar"]["nodes"]["target"] = 1
    assert plan_of(script_of(config(deaf), until(1))).neurons.tolist() == []
    watched = script_of(config(deaf), until(1), SampleMADC(enable=True), until(2))
    assert plan_of(watched).neurons.tolist() == [5]


def test_registers_are_read_as_they_were_at_that_time():
    coordinate = c.CapMemCellOnDLS(c.Enum(0))
    chip = r.Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"][0] = 7
    script = script_of(
        Read(coordinate=coordinate, ticket=0), config(chip), Read(coordinate=coordinate, ticket=1)
    )
    assert [int(script.answers[ticket].value) for ticket in (0, 1)] == [0, 7]


def test_acts_stand_between_the_spans_of_their_time(leaky):
    read = Read(coordinate=c.SpikeCounterReadOnDLS(), ticket=0)
    items = script_of(config(leaky), until(1), read, until(2)).items
    place = next(i for i, item in enumerate(items) if isinstance(item, Act))
    before, after = items[place - 1], items[place + 1]
    assert isinstance(before, Span)
    assert before.end == items[place].step == after.begin


def test_a_neuron_that_is_only_looked_at_is_followed_around_the_looks(leaky):
    leaky.array["crossbar"]["nodes"]["target"] = 1
    look = SampleMADC(enable=True), until(51), SampleMADC(enable=False)
    again = until(200), SampleMADC(enable=True), until(201)
    stages = plan_of(script_of(config(leaky), until(50), *look, *again)).items
    steps = sum(
        stage.span.end - stage.first for stage in stages if stage.part.neurons.tolist() == [5]
    )
    assert 20_000 <= steps < 25_000  # 1 ms each, and what the neuron remembers


def test_events_by_hand_and_questions_without_an_answer_cut_nothing(leaky, record):
    event = r.PADIEvent()
    event.array["fire_bus"] = True
    fire = Write(coordinate=c.PADIEventOnDLS(), register=event)
    empty = Read(coordinate=c.NullPayloadReadableOnFPGA(), ticket=0)
    script = script_of(config(leaky), until(50), record(True), fire, until(51), empty, fire)
    assert len(script.acts) == 2
    assert len(script.spans) == 3  # before, during and after recording
