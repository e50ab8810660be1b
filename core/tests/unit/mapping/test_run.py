"""Assembling and resolving, with a session that answers what a chip could have answered."""

import time
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pytest

from neckar.brainscales2.mapping.assemble import cycles
from neckar.brainscales2.mapping.resolve import circuit_of
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    ResetTimer,
    SampleCADC,
    SampleMADC,
    SendSpikes,
    Write,
)
from neckar.brainscales2.recording import MADC_SAMPLE, SPIKE, CADCSamples, Entry, Recording
from neckar.errors import RuleError
from neckar.network import (
    Circuit,
    Network,
    OnChipPoisson,
    Population,
    Probe,
    Projection,
    SpikeTimes,
)
from neckar.run import Snippet, execute, prepare, run

START = 1_000_000  # FPGA cycle at which the timer was reset for the run
NO_SAMPLES = CADCSamples(time=np.zeros(0), value=np.zeros((0, 512)))


@dataclass
class Answers:
    """A session that answers every program with the same events and samples, times from START."""

    spikes: list[tuple[int, int]] = field(default_factory=list)  # label, time
    madc: list[tuple[int, int, int]] = field(default_factory=list)  # value, channel, time
    cadc: CADCSamples = NO_SAMPLES
    programs: list[Program] = field(default_factory=list)

    def run(self, program: Program) -> Recording:
        self.programs.append(program)
        entry = Entry(
            spikes=np.array([(k, t + START, t + START) for k, t in self.spikes], dtype=SPIKE),
            madc=np.array(
                [(v, c, t + START, t + START) for v, c, t in self.madc], dtype=MADC_SAMPLE
            ),
            cadc=CADCSamples(time=self.cadc.time + START, value=self.cadc.value),
            reads=(),
            timer_resets=np.array([17, START]),
            dropped_in=1,
            dropped_out=2,
        )
        return Recording(entries=(entry,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def neurons(name: str, size: int, **parameters: list) -> Population:
    given = {key: np.array(values) for key, values in parameters.items()}
    return Population(name=name, size=size, cell=Circuit(parameters=given))


def host(name: str, *trains: list[float]) -> Population:
    times = tuple(np.array(train, dtype=float) for train in trains)
    return Population(name=name, size=len(trains), cell=SpikeTimes(times=times))


def connect(source: str, target: str, size: int, weight: int = 63) -> Projection:
    return Projection(
        name=f"{source} -> {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=np.arange(size),
        post=np.arange(size),
        weight_code=np.full(size, weight),
    )


def record(
    population: str, cells: list[int], variable: str = "spikes", device: str = "madc"
) -> Probe:
    return Probe(
        population=population,
        cells=np.array(cells),
        variable=variable,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
    )


def of_kind(program: Program, kind: type) -> list:
    return [i for i in program.instructions if isinstance(i, kind)]


def label(circuit: int, lane: int = 0) -> int:
    """What a neuron sends: lane, event output, and the six bits that tell hemisphere and column."""
    column = circuit % 256
    return lane << 14 | column // 32 << 8 | circuit // 256 << 5 | column % 32


def test_times_are_truncated_to_fpga_cycles() -> None:
    assert cycles(np.array([0.0, 7.9e-9, 8.1e-9, 1e-3 * 0.2])).tolist() == [0, 0, 1, 25000]


def test_times_on_the_grid_stay_on_it() -> None:
    wanted = np.arange(0, 10_000_000, 997)
    assert np.array_equal(cycles(wanted * 8e-9), wanted)


def test_labels_name_the_circuits() -> None:
    circuits = np.arange(512)
    labels = np.array([label(int(circuit), lane=3) for circuit in circuits])
    assert np.array_equal(circuit_of(labels), circuits)


def test_spikes_are_sorted_and_only_those_within_the_snippet_are_sent() -> None:
    network = Network(
        populations=(neurons("n", 2), host("h", [90e-6, 10e-6, 100e-6], [50e-6, 99.999e-6])),
        projections=(connect("h", "n", 2),),
    )
    session = Answers()
    run([Snippet(network=network, duration=100e-6)], session=session)
    (send,) = of_kind(session.programs[0], SendSpikes)
    assert send.entries[0].cycles.tolist() == [1250, 6250, 11250, 12499]
    assert (send.entries[0].labels & 63).tolist() == [0, 1, 0, 1]


def test_snippets_follow_one_another_in_one_realtime_section() -> None:
    def network(weight: int, *times: float) -> Network:
        return Network(
            populations=(neurons("n", 1), host("h", list(times))),
            projections=(connect("h", "n", 1, weight),),
        )

    session = Answers()
    snippets = [
        Snippet(network=network(63, 10e-6, 150e-6), duration=100e-6),
        Snippet(network=network(63, 10e-6, 150e-6), duration=100e-6),
        Snippet(network=network(1, 240e-6), duration=50e-6),
    ]
    run(snippets, session=session)
    program = session.programs[0]
    sends = [send.entries[0].cycles.tolist() for send in of_kind(program, SendSpikes)]
    assert sends == [[1250], [18750], [30000]]
    assert len(of_kind(program, ResetTimer)) == 2  # for settling, for the run
    assert len(of_kind(program, Configure)) == 2  # the second snippet is set like the first
    waits = [wait.cycles for wait in of_kind(program, BlockUntil)]
    assert waits[-4:-1] == [12500, 25000, 31250]
    assert waits[-1] > 31250  # the last events arrive


def test_events_are_recorded_only_during_the_run() -> None:
    session = Answers()
    run([Snippet(network=Network(populations=(neurons("n", 1),)), duration=1e-3)], session=session)
    writes = of_kind(session.programs[0], Write)
    assert [bool(w.register.enable_event_recording) for w in writes] == [True, False]


def test_background_sources_play_only_during_the_run() -> None:
    poisson = Population(name="p", size=1, cell=OnChipPoisson(rate=1e4, seed=1))
    network = Network(populations=(neurons("n", 1), poisson), projections=(connect("p", "n", 1),))
    session = Answers()
    run([Snippet(network=network, duration=1e-3)], session=session)
    enabled = [
        configure.config.registers["background_spike_sources"]["enable"].any()
        for configure in of_kind(session.programs[0], Configure)
    ]
    assert enabled == [False, True, False]


def test_spikes_come_back_by_snippet_population_and_cell_in_seconds() -> None:
    network = Network(
        populations=(neurons("a", 2), neurons("b", 2)),
        probes=(record("a", [1]), record("b", [0, 1])),
    )
    session = Answers(
        spikes=[
            (label(3), -1),
            (label(1), 0),
            (label(2), 5),
            (label(0), 6),
            (label(1), 12499),
            (label(1), 12500),
            (label(3), 24999),
            (label(3), 25000),
        ]
    )
    snippet = Snippet(network=network, duration=100e-6)
    results = run([snippet, snippet], session=session, neuron_permutation=[0, 1, 2, 3])
    first, second = results.snippets
    assert (first.begin, first.end, second.end) == pytest.approx((0, 100e-6, 200e-6))
    assert set(first.spikes["a"]) == {1}
    assert first.spikes["a"][1] == pytest.approx([0, 12499 * 8e-9])
    assert first.spikes["b"][0] == pytest.approx([40e-9])
    assert first.spikes["b"][1].tolist() == []
    assert second.spikes["a"][1] == pytest.approx([100e-6])
    assert second.spikes["b"][1] == pytest.approx([24999 * 8e-9])
    assert (results.dropped_in, results.dropped_out) == (1, 2)


def test_recorded_spikes_of_the_host_are_the_ones_it_sent_at_the_crossbar() -> None:
    network = Network(populations=(host("h", [3e-4, 1e-4], [2e-4]),), probes=(record("h", [0, 1]),))
    snippet = Snippet(network=network, duration=2e-4)
    first, second = run([snippet, snippet], session=Answers()).snippets
    assert first.spikes["h"][0].tolist() == pytest.approx([1e-4 + 0.34e-6])
    assert first.spikes["h"][1].tolist() == []
    assert second.spikes["h"][0].tolist() == pytest.approx([3e-4 + 0.34e-6])
    assert second.spikes["h"][1].tolist() == pytest.approx([2e-4 + 0.34e-6])


def test_recorded_spikes_of_background_sources_are_told_from_those_of_neurons() -> None:
    poisson = Population(name="p", size=3, cell=OnChipPoisson(rate=1e4, seed=1))
    network = Network(
        populations=(neurons("n", 3), poisson),
        projections=(connect("p", "n", 3),),
        probes=(record("p", [0, 2]), record("n", [0])),
    )
    (prepared,) = prepare([Snippet(network=network, duration=1e-3)])
    (background,) = prepared.routing.backgrounds
    session = Answers(
        spikes=[(background.label | draw, 10 * draw) for draw in (0, 1, 2, 3)] + [(label(0), 50)]
    )
    (snippet,) = execute([prepared], session).snippets
    assert snippet.spikes["p"][0] == pytest.approx([0])
    assert snippet.spikes["p"][2] == pytest.approx([160e-9])
    assert snippet.spikes["n"][0] == pytest.approx([400e-9])


def test_two_neurons_are_sampled_in_one_program_and_three_in_two() -> None:
    network = Network(populations=(neurons("n", 3),), probes=(record("n", [0, 1, 2], "v"),))
    session = Answers(madc=[(100, 0, -5), (101, 0, 0), (102, 1, 4), (103, 0, 8), (104, 0, 125)])
    (snippet,) = run([Snippet(network=network, duration=1e-6)], session=session).snippets
    assert len(session.programs) == 2
    samples = snippet.samples["n", "v", "madc"]
    assert samples[0].value.tolist() == [101, 103]
    assert samples[0].time == pytest.approx([0, 64e-9])
    assert samples[1].value.tolist() == [102]
    assert samples[2].value.tolist() == [101, 103]
    assert samples[0].value.dtype == np.float32


def test_the_madc_starts_before_the_run_so_that_its_first_readings_are_valid() -> None:
    network = Network(populations=(neurons("n", 1),), probes=(record("n", [0], "v"),))
    session = Answers()
    run([Snippet(network=network, duration=1e-6)], session=session)
    kinds = [type(i) for i in session.programs[0].instructions]
    assert kinds.index(SampleMADC) < len(kinds) - 1 - kinds[::-1].index(ResetTimer)


def test_the_madc_sees_in_each_snippet_who_is_probed_there() -> None:
    def network(*cells: int) -> Network:
        probes = (record("n", list(cells), "v"),) if cells else ()
        return Network(populations=(neurons("n", 4),), probes=probes)

    session = Answers(madc=[(1, 0, 10), (2, 0, 130), (3, 0, 260), (4, 1, 270)])
    snippets = [Snippet(network=network(*cells), duration=1e-6) for cells in ((0,), (), (2, 3))]
    first, second, third = run(snippets, session=session).snippets
    assert len(session.programs) == 1
    assert [i.enable for i in of_kind(session.programs[0], SampleMADC)] == [
        True,
        False,
        True,
        False,
    ]
    assert first.samples["n", "v", "madc"][0].value.tolist() == [1]
    assert second.samples == {}
    assert third.samples["n", "v", "madc"][2].value.tolist() == [3]
    assert third.samples["n", "v", "madc"][3].value.tolist() == [4]


def test_the_cadc_fills_its_memory_and_no_more() -> None:
    network = Network(populations=(neurons("n", 2),), probes=(record("n", [1], "v", "cadc"),))
    value = np.arange(3 * 512).reshape(3, 512) % 256
    session = Answers(cadc=CADCSamples(time=np.array([0, 213, 426]), value=value))
    results = run(
        [Snippet(network=network, duration=3e-6), Snippet(network=network, duration=1e-3)],
        session=session,
    )
    sampling = of_kind(session.programs[0], SampleCADC)
    assert [s.n_samples for s in sampling] == [1, 100]
    assert {s.period_cycles for s in sampling} == {213}
    first, second = (s.samples["n", "v", "cadc"][1] for s in results.snippets)
    assert first.value.tolist() == [1, 1]
    assert second.value.tolist() == [1]
    assert second.time == pytest.approx([426 * 8e-9])


def test_nothing_is_played_when_a_rule_is_broken() -> None:
    good = Network(populations=(neurons("n", 1),))
    bad = Network(populations=(neurons("n", 1, leak_v_leak=[1023]),))
    session = Answers()
    with pytest.raises(RuleError, match="n: leak_v_leak = 1023"):
        run([Snippet(network=n, duration=1e-3) for n in (good, bad)], session=session)
    assert session.programs == []


@pytest.mark.parametrize("duration", [-1e-3, np.nan, np.inf])
def test_durations_are_numbers_from_zero_on(duration: float) -> None:
    with pytest.raises(RuleError, match="snippet 0 lasts"):
        prepare([Snippet(network=Network(), duration=duration)])


def test_a_run_needs_a_snippet() -> None:
    with pytest.raises(RuleError, match="nothing to run"):
        prepare([])


def test_a_network_that_is_connected_alike_is_routed_once() -> None:
    def network(weight: int, leak: int) -> Network:
        return Network(
            populations=(neurons("n", 2, leak_v_leak=[leak, leak]), host("h", [], [])),
            projections=(connect("h", "n", 2, weight),),
        )

    mapped = [
        prepare([Snippet(network=network(*settings), duration=1e-3)])[0]
        for settings in ((1, 300), (63, 400), (64, 400))
    ]
    assert mapped[0].routing is mapped[1].routing
    assert mapped[0].routing is not mapped[2].routing


def test_an_experiment_with_one_neuron_is_mapped_within_ten_milliseconds() -> None:
    durations = []
    for leak in range(5):
        network = Network(
            populations=(neurons("n", 1, leak_v_leak=[leak]), host("h", [1e-5])),
            projections=(connect("h", "n", 1),),
            probes=(record("n", [0]), record("n", [0], "v")),
        )
        begin = time.process_time()
        run([Snippet(network=network, duration=1e-3)], session=Answers())
        durations.append(time.process_time() - begin)
    assert min(durations) < 10e-3


def test_the_parts_of_a_run_can_be_had_as_one() -> None:
    network = Network(
        populations=(neurons("a", 2), host("h", [1e-5, 15e-5])),
        probes=(record("a", [0, 1]), record("h", [0]), record("a", [1], "v")),
    )
    session = Answers(
        spikes=[(label(0), 10), (label(0), 13000)], madc=[(578, 0, 7), (50, 0, 13001)]
    )
    snippet = Snippet(network=network, duration=1e-4)
    results = run([snippet, snippet], session=session)
    assert results.duration == pytest.approx(2e-4)
    assert results.spikes["a"][0] == pytest.approx([80e-9, 104e-6])
    assert results.rates("a").tolist() == pytest.approx([1e4, 0])
    assert results.membranes("a")[1].v.tolist() == pytest.approx([1.0, 0.0])
    assert results.membranes("a")[1].time == pytest.approx([56e-9, 13001 * 8e-9])


def test_a_network_runs_for_a_duration() -> None:
    network = Network(populations=(neurons("a", 1),), probes=(record("a", [0]),))
    session = Answers(spikes=[(label(0), 10)])
    assert run(network, duration=1e-4, session=session).spikes["a"][0] == pytest.approx([80e-9])
    with pytest.raises(RuleError, match="give a duration with a network"):
        run(network, session=session)
