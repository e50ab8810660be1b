from dataclasses import replace

import numpy as np
import pytest

from neckar.brainscales2.mapping.check import check
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


def neurons(name: str, size: int, **parameters: list) -> Population:
    given = {key: np.array(values) for key, values in parameters.items()}
    return Population(name=name, size=size, cell=Circuit(parameters=given))


def host(name: str, *trains: list[float]) -> Population:
    times = tuple(np.array(train, dtype=float) for train in trains)
    return Population(name=name, size=len(trains), cell=SpikeTimes(times=times))


def poisson(name: str, size: int, rate: float, seed: int = 1) -> Population:
    return Population(name=name, size=size, cell=OnChipPoisson(rate=rate, seed=seed))


def connect(source: str, target: str, pre: int, post: int, weight: int) -> Projection:
    return Projection(
        name=f"{source} -> {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=np.array([pre]),
        post=np.array([post]),
        weight_code=np.array([weight]),
    )


def record(population: str, cells: list[int], variable: str, device: str = "madc") -> Probe:
    return Probe(
        population=population,
        cells=np.array(cells),
        variable=variable,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
    )


GOOD = Network(
    populations=(
        neurons("out", 2, leak_v_leak=[0, 1022], threshold_enable=[True, False]),
        host("in", [0.0, 1e-3], []),
        poisson("noise", 4, 1e4),
    ),
    projections=(connect("in", "out", 1, 1, 63), connect("noise", "out", 3, 0, 0)),
    probes=(record("out", [0, 1], "spikes"), record("out", [0], "v"), record("in", [1], "spikes")),
)


def with_population(*populations: Population, **other: tuple) -> Network:
    names = {population.name for population in populations}
    kept = tuple(p for p in GOOD.populations if p.name not in names)
    return replace(GOOD, populations=(*kept, *populations), **other)


def test_a_network_within_the_limits_passes() -> None:
    check(GOOD)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            with_population(neurons("out", 513)),
            "513 neurons are needed (out 513), the chip has 512",
        ),
        (
            replace(GOOD, populations=(*GOOD.populations, neurons("out", 2))),
            "out: 2 populations have this name",
        ),
        (
            replace(GOOD, projections=(connect("inptu", "out", 0, 0, 1),)),
            "inptu -> out: there is no population called 'inptu'",
        ),
        (
            replace(GOOD, projections=(connect("out", "in", 0, 0, 1),)),
            "out -> in: in is a source of spikes and cannot receive any",
        ),
        (
            replace(GOOD, projections=(connect("in", "out", 2, 0, 1),)),
            "in -> out: there is no cell 2 in in, which has 2 cells",
        ),
        (
            replace(GOOD, projections=(connect("in", "out", 0, -1, 1),)),
            "in -> out: there is no cell -1 in out, which has 2 cells",
        ),
        (
            replace(GOOD, probes=(record("oot", [0], "v"),)),
            "recording: there is no population called 'oot'",
        ),
        (
            replace(GOOD, probes=(record("out", [2], "v"),)),
            "recording: there is no cell 2 in out, which has 2 cells",
        ),
        (
            replace(GOOD, probes=(record("in", [0], "v"),)),
            "in: a source of spikes has no v to record",
        ),
        (
            with_population(neurons("out", 2, leak_v_laek=[1, 2])),
            "out: there is no parameter called 'leak_v_laek'",
        ),
        (
            with_population(neurons("out", 2, readout_source=[1, 2])),
            "out: readout_source cannot be set; it follows from the recorded variable",
        ),
        (
            with_population(neurons("out", 2, leak_v_leak=[1, 2, 3])),
            "out: leak_v_leak has shape (3,); give one value for each of the 2 cells",
        ),
        (
            with_population(neurons("out", 2, leak_v_leak=[1, 1023])),
            "out: leak_v_leak = 1023 lies outside 0 .. 1022",
        ),
        (
            with_population(neurons("out", 2, leak_v_leak=[np.nan, 1])),
            "out: leak_v_leak = nan lies outside 0 .. 1022",
        ),
        (
            with_population(neurons("out", 2, refractory_period_refractory_time=[1, 256])),
            "out: refractory_period_refractory_time = 256 lies outside 0 .. 255",
        ),
        (
            with_population(neurons("out", 2, membrane_capacitance_capacitance=[64, 1])),
            "out: membrane_capacitance_capacitance = 64 lies outside 0 .. 63",
        ),
        (
            replace(GOOD, projections=(connect("in", "out", 0, 0, -3),)),
            "in -> out: weight -3 is negative; the receptor carries the sign",
        ),
        (
            with_population(host("in", [np.inf, 1], [np.nan])),
            "in: 2 spike times are not finite",
        ),
        (
            with_population(host("in", [1e-3, -2e-3], [])),
            "in: a spike at -2 ms lies before the start of the run",
        ),
        (with_population(poisson("noise", 257, 1.0)), "noise: 257 cells exceed the 256"),
        (
            with_population(poisson("noise", 4, 1e8)),
            "noise: a rate of 1e+08 Hz lies outside 3.74 Hz .. 6.25e+07 Hz",
        ),
        (with_population(poisson("noise", 4, 1e4, -1)), "noise: seed -1 lies outside"),
        (
            replace(GOOD, probes=(record("out", [0, 1], "v"), record("out", [1], "adaptation"))),
            "out: adaptation and v cannot both be recorded from the same neuron",
        ),
        (
            replace(GOOD, probes=(record("out", [0, 1], "v", "pad_0_buffered"),)),
            "out: 2 neurons on pad_0; a pad shows one neuron in one mode",
        ),
        (
            replace(
                GOOD,
                probes=(
                    record("out", [0], "v", "pad_0_buffered"),
                    record("out", [1], "v", "pad_1_buffered"),
                    record("out", [1], "v"),
                ),
            ),
            "recording: both buffered pads are in use",
        ),
        (
            with_population(
                neurons("out", 4),
                probes=(record("out", [1], "v", "pad_0_buffered"), record("out", [0, 3], "v")),
            ),
            "recording: neurons 1 and 3 of the chip share a readout line",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_the_words_of_the_user(
    network: Network, message: str
) -> None:
    with pytest.raises(RuleError) as error:
        check(network)
    assert message in str(error.value)
    assert len(error.value.violations) == 1


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    network = Network(
        populations=(neurons("out", 600, leak_v_leak=[2000] * 600), host("in", [-1.0])),
        projections=(connect("in", "out", 0, 0, -1),),
    )
    with pytest.raises(RuleError) as error:
        check(network)
    assert len(error.value.violations) == 4


def test_values_are_truncated_so_almost_one_more_is_good() -> None:
    check(with_population(neurons("out", 2, leak_v_leak=[1022.9, -0.5])))
