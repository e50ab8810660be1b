"""From a network to results on the emulated chip: spikes take their way and arrive by name."""

import numpy as np
import pytest

from neckar.brainscales2.twin.chip import Twin
from neckar.network import (
    Circuit,
    Network,
    OnChipPoisson,
    Population,
    Probe,
    Projection,
    SpikeTimes,
)
from neckar.run import Snippet, run
from neckar.units import ms, us

N = 24
RELAY = {  # fires once for every event that reaches it
    "event_routing_enable_bypass_excitatory": np.full(N, True),
    "refractory_period_refractory_time": np.full(N, 5),
}


def relays(name: str) -> Population:
    return Population(name=name, size=N, cell=Circuit(parameters=RELAY))


def connect(source: str, target: str, pre: np.ndarray, post: np.ndarray) -> Projection:
    return Projection(
        name=f"{source} -> {target}",
        source=source,
        target=target,
        receptor="excitatory",
        pre=pre,
        post=post,
        weight_code=np.full(len(pre), 63),
    )


def record(population: Population) -> Probe:
    return Probe(population=population.name, cells=np.arange(population.size), variable="spikes")


def test_spikes_travel_from_the_host_over_two_layers_to_the_right_cells() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.permutation(N), rng.permutation(N)
    times = tuple(
        np.array([10 * us * (source + 1), 1 * ms - source * 10 * us]) for source in range(N)
    )
    host = Population(name="host", size=N, cell=SpikeTimes(times=times))
    near, far = relays("near"), relays("far")
    network = Network(
        populations=(near, host, far),
        projections=(
            connect("host", "near", np.arange(N), first),
            connect("near", "far", np.arange(N), second),
        ),
        probes=(record(far),),
    )
    with Twin.ideal().open() as chip:
        (snippet,) = run(
            [Snippet(network=network, duration=1.1 * ms)],
            session=chip,
            neuron_permutation=rng.permutation(512).tolist(),
        ).snippets
    for source in range(N):
        arrived = snippet.spikes["far"][int(second[first[source]])]
        assert arrived == pytest.approx(np.sort(times[source]), abs=2 * us)


def test_poisson_spikes_of_the_chip_reach_their_targets_and_the_record() -> None:
    relay = relays("relay")
    noise = Population(name="noise", size=N, cell=OnChipPoisson(rate=5e3, seed=11))
    network = Network(
        populations=(relay, noise),
        projections=(connect("noise", "relay", np.arange(N), np.arange(N)[::-1]),),
        probes=(record(relay), record(noise)),
    )
    order = [*range(0, N // 2), *range(256, 256 + N // 2)]  # on both hemispheres
    with Twin.ideal().open() as chip:
        snippet, again = (
            run(
                [Snippet(network=network, duration=5 * ms)], session=chip, neuron_permutation=order
            ).snippets[0]
            for _ in range(2)
        )
    counts = [len(snippet.spikes["noise"][cell]) for cell in range(N)]
    assert np.sum(counts) == pytest.approx(N * 25, abs=5 * np.sqrt(N * 25))
    for cell in range(N):
        sent, arrived = snippet.spikes["noise"][cell], snippet.spikes["relay"][N - 1 - cell]
        assert arrived == pytest.approx(sent, abs=1 * us)
        assert again.spikes["noise"][cell] == pytest.approx(sent, abs=0.1 * us)  # same seed


def test_membranes_are_seen_one_pair_after_the_other_in_the_same_state() -> None:
    cell = Circuit(
        parameters={
            "leak_v_leak": np.array([500, 600, 700]),
            "leak_i_bias": np.full(3, 500),
            "membrane_capacitance_capacitance": np.full(3, 63),
        }
    )
    network = Network(
        populations=(Population(name="n", size=3, cell=cell),),
        probes=(Probe(population="n", cells=np.arange(3), variable="v"),),
    )
    with Twin.ideal().open() as chip:
        results = run([Snippet(network=network, duration=50 * us)], session=chip)
    samples = results.snippets[0].samples["n", "v", "madc"]
    levels = [float(samples[cell].value.mean()) for cell in range(3)]
    assert np.all(np.diff(levels) > 50)
    assert all(samples[cell].value.std() < 1 for cell in range(3))
    alone, together = len(samples[2].value), len(samples[0].value)
    assert alone == pytest.approx(50 * us * 500e6 / 17, abs=2)
    assert together == pytest.approx(alone / 2, abs=2)
