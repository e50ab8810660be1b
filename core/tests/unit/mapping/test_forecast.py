"""What a run would take and lose, held against what it then takes and loses."""

import json
from dataclasses import asdict

import numpy as np
import pytest

import neckar
from neckar.brainscales2.mapping.describe import describe
from neckar.brainscales2.twin.execution.timeline import lay_out
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL
from neckar.network import (
    LIF,
    Circuit,
    Compartments,
    Network,
    OnChipPoisson,
    Population,
    Projection,
    SpikeTimes,
    all_to_all,
    observe,
    one_to_one,
)
from neckar.run import Snippet, execute, forecast, prepare
from neckar.units import mV, us

IDEAL = neckar.Twin.ideal()


def host(size: int, times: np.ndarray) -> Population:
    return Population(name="host", size=size, cell=SpikeTimes(times=(times,) * size))


def circuits(size: int, **parameters: float) -> Population:
    values = {name: np.full(size, value) for name, value in parameters.items()}
    return Population(name="circuits", size=size, cell=Circuit(parameters=values))


def test_what_is_in_use_is_counted() -> None:
    source, target = host(3, np.zeros(0)), circuits(300)
    network = Network(
        populations=(source, target), projections=(all_to_all(source, target, weight_code=100),)
    )
    usage = forecast(network, duration=1e-3, backend=IDEAL).usage
    assert usage is not None
    assert usage.neurons == 300
    assert usage.synapses == 3 * 300 * 2  # 100 takes two synapses
    assert usage.rows == (6, 6)
    assert [sum(side) for side in usage.drivers] == [3, 3]
    assert usage.sources == 0


def test_rounding_of_weights_is_told() -> None:
    source, target = host(1, np.zeros(0)), circuits(2)
    projection = Projection(
        name="halves",
        source="host",
        target="circuits",
        receptor="excitatory",
        pre=np.array([0, 0]),
        post=np.array([0, 1]),
        weight_code=np.array([20.3, 63.4]),
    )
    network = Network(populations=(source, target), projections=(projection,))
    (weight,) = forecast(network, duration=1e-3, backend=IDEAL).weights
    assert (weight.connections, weight.synapses) == (2, 2)
    assert weight.error == pytest.approx(np.sqrt((0.3**2 + 0.4**2) / 2))
    (mapped,) = prepare([Snippet(network=network, duration=1e-3)])
    assert mapped.config.registers["synapse_blocks"]["matrix"]["weights"].max() == 63


def test_truncated_codes_are_told() -> None:
    network = Network(populations=(circuits(2, leak_v_leak=700.75, leak_i_bias=300.0),))
    (parameter,) = forecast(network, duration=1e-3, backend=IDEAL).parameters
    assert (parameter.name, parameter.unit) == ("leak_v_leak", "code")
    assert (parameter.wanted, parameter.got, parameter.worst) == (700.75, 700, 0.75)


def test_model_cells_are_compared_with_their_circuits() -> None:
    cell = LIF(tau_mem=np.array([8.0, 10.0, 12.0]) * us, threshold=np.array([np.inf, 0.6, 0.6]))
    network = Network(populations=(Population(name="n", size=3, cell=cell),))
    found = {p.name: p for p in forecast(network, duration=1e-3).parameters}
    assert found["tau_mem"].wanted == pytest.approx(10 * us)
    assert 0 < found["tau_mem"].error < 1 * us
    assert found["threshold"].wanted == pytest.approx(0.6)
    assert abs(found["leak"].got - 0.42) < 50 * mV


def test_events_that_a_crowded_link_loses_are_known_before() -> None:
    volley = np.repeat(np.arange(20) * 10 * us, 40)
    source, target = host(64, volley), circuits(64)
    network = Network(
        populations=(source, target), projections=(one_to_one(source, target, weight_code=1),)
    )
    duration = 220 * us
    traffic = forecast(network, duration=duration, backend=IDEAL).traffic
    assert traffic is not None
    assert traffic.sent == 20 * 40 * 64
    assert traffic.lost_on_link > 10_000
    results = neckar.run(network, duration=duration, backend=IDEAL)
    lost = traffic.lost_on_link + traffic.lost_on_buses
    assert results.dropped_in == pytest.approx(lost, abs=2 * 20)  # of each volley the last ones


def test_background_sources_load_their_bus() -> None:
    poisson = Population(name="p", size=64, cell=OnChipPoisson(rate=200e3, seed=1))
    target = circuits(1)
    network = Network(
        populations=(poisson, target), projections=(all_to_all(poisson, target, weight_code=1),)
    )
    traffic = forecast(network, duration=1e-3, backend=IDEAL).traffic
    assert traffic is not None
    assert max(traffic.load[0]) == pytest.approx(64 * 200e3 * 8e-9)
    assert max(traffic.load[1]) == 0


def test_time_is_that_of_the_programs_and_energy_follows() -> None:
    cells = Population(name="n", size=3, cell=LIF())
    network = Network(populations=(cells,), probes=(observe(cells, "v"),))
    cost = forecast(network, duration=2e-3, backend=IDEAL).cost
    assert cost is not None
    assert cost.programs == 2  # three neurons, two inputs of the MADC
    assert cost.network == pytest.approx(4e-3)
    assert 0.204 < cost.chip < 0.22  # settling takes 0.1 s each time
    assert cost.energy_network == pytest.approx(0.175 * 4e-3)
    assert cost.energy_system == pytest.approx(32 * cost.energy_chip)


def test_a_network_larger_than_a_chip_tells_how_many_executions_it_needs() -> None:
    network = Network(populations=(circuits(1100),))
    seen = forecast(network, duration=1e-3, backend=IDEAL)
    assert seen.executions == 3
    assert seen.usage is not None
    assert seen.usage.neurons <= 512
    assert "executions 3" in describe(seen)
    assert "3 executions like this one" in describe(seen)


def test_every_broken_rule_is_told() -> None:
    crowd, target = (
        circuits(3, leak_v_leak=5000),
        Population(name="n", size=1, cell=LIF(tau_mem=1.0)),
    )
    network = Network(populations=(crowd, target))
    seen = forecast(network, duration=1e-3, backend=IDEAL)
    assert seen.usage is None
    assert len(seen.violations) == 2
    assert "rules      2 broken" in describe(seen)


def test_a_forecast_can_be_read_by_people_and_programs() -> None:
    source, cells = host(2, np.array([1e-5])), Population(name="n", size=3, cell=LIF())
    network = Network(
        populations=(source, cells), projections=(all_to_all(source, cells, weight_code=7),)
    )
    seen = forecast(network, duration=1e-3)
    text = describe(seen)
    for word in (
        f"twin-{DEFAULT_SERIAL}",
        "3 of    512",
        "host → n",
        "tau_mem",
        "2 sent",
        "175 mW",
        "all kept",
    ):
        assert word in text
    assert json.loads(json.dumps(asdict(seen)))["traffic"]["sent"] == 2


def test_whoever_watches_sees_every_run() -> None:
    seen: list[object] = []

    class Eye:
        def prepared(self, snippets: object, n_executions: int) -> None:
            seen.append(snippets)

        def returned(self, snippets: object, results: object) -> None:
            seen.append(results)

    network = Network(populations=(circuits(1),))
    token = neckar.run.watcher.set(Eye())
    try:
        results = neckar.run(network, duration=1e-5, backend=IDEAL)
    finally:
        neckar.run.watcher.reset(token)
    assert len(seen) == 2
    assert seen[1] is results


def test_the_time_of_a_program_is_what_its_timeline_says() -> None:
    network = Network(populations=(circuits(1),))
    prepared = prepare([Snippet(network=network, duration=1e-3)])
    with IDEAL.open() as session:
        execute(prepared, session)
    cost = forecast(network, duration=1e-3, backend=IDEAL).cost
    (program,) = neckar.run.assemble(prepared)
    assert cost is not None
    assert cost.chip == pytest.approx(lay_out(program, Registers()).end * 8e-9)


def test_all_circuits_of_a_cell_are_in_use() -> None:
    cell = Compartments(circuits=(((0, 0), (1, 0)), ((2, 0),)), parameters={})
    network = Network(populations=(Population(name="n", size=4, cell=cell),))
    usage = forecast(network, duration=1e-3, backend=IDEAL).usage
    assert usage is not None
    assert usage.neurons == 12
