import time

import numpy as np
import pytest

from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.mapping.configure import (
    awaken,
    configure,
    default_config,
    rate_code_and_period,
)
from neckar.brainscales2.mapping.observe import NOBODY, observe, takes
from neckar.brainscales2.mapping.place import place
from neckar.brainscales2.mapping.route import route
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


def configured(
    network: Network, initial: ChipConfig | None = None, order: list[int] | None = None
) -> np.ndarray:
    placement = place(network, order)
    return configure(network, placement, route(network, placement), initial).registers


def one_to_one(source: Population, target: Population) -> Projection:
    cells = np.arange(min(source.size, target.size))
    return Projection(
        name="p",
        source=source.name,
        target=target.name,
        receptor="excitatory",
        pre=cells,
        post=cells,
        weight_code=np.full(len(cells), 7),
    )


def look(cells: list[int], variable: str = "v", device: str = "madc") -> Probe:
    return Probe(
        population="n",
        cells=np.array(cells),
        variable=variable,  # type: ignore[arg-type]
        device=device,  # type: ignore[arg-type]
    )


def test_parameters_reach_the_circuits_of_their_cells_truncated() -> None:
    network = Network(
        populations=(neurons("n", 2, leak_v_leak=[700.9, 3.2], threshold_enable=[1.0, 0.0]),)
    )
    neuron = configured(network, order=[300, 5])["neuron_block"]["atomic_neurons"]
    assert neuron["leak"]["v_leak"][[300, 5]].tolist() == [700, 3]
    assert neuron["threshold"]["enable"][[300, 5]].tolist() == [True, False]
    assert np.count_nonzero(neuron["leak"]["v_leak"]) == 2


def test_what_is_not_named_keeps_its_initial_setting() -> None:
    chip = Chip()
    chip.array["neuron_block"]["atomic_neurons"]["leak"]["i_bias"] = np.arange(512)
    chip.array["synapse_driver_blocks"]["synapse_drivers"]["offset"] = 9
    network = Network(populations=(neurons("n", 3, leak_v_leak=[1, 2, 3]),))
    registers = configured(network, ChipConfig.of(chip))
    bias = registers["neuron_block"]["atomic_neurons"]["leak"]["i_bias"]
    assert np.array_equal(bias, np.arange(512))
    assert np.all(registers["synapse_driver_blocks"]["synapse_drivers"]["offset"] == 9)


def test_the_initial_configuration_is_left_as_it_was() -> None:
    before = default_config().array.tobytes()
    n = neurons("n", 2, leak_v_leak=[1, 2])
    configured(Network(populations=(n,), projections=(one_to_one(n, n),), probes=(look([0]),)))
    assert default_config().array.tobytes() == before


def test_only_circuits_that_are_heard_send_events() -> None:
    n, m, q = neurons("n", 2), neurons("m", 1), neurons("q", 1)
    network = Network(
        populations=(n, m, q), projections=(one_to_one(m, q),), probes=(look([1], "spikes"),)
    )
    routing = configured(network)["neuron_block"]["atomic_neurons"]["event_routing"]
    assert np.flatnonzero(routing["enable_digital"]).tolist() == [1, 2]
    assert np.flatnonzero(routing["analog_output"]).tolist() == [0, 1, 2, 3]


def test_columns_of_placed_neurons_listen_to_their_synapses() -> None:
    registers = configured(Network(populations=(neurons("n", 2),)), order=[1, 258])
    rows = registers["neuron_block"]["current_rows"]["values"]
    for name in ("enable_synaptic_current_excitatory", "enable_synaptic_current_inhibitory"):
        assert np.argwhere(rows[name]).tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    ("variable", "source"), [("v", 0), ("exc_synin", 1), ("inh_synin", 2), ("adaptation", 3)]
)
def test_the_readout_shows_the_recorded_variable(variable: str, source: int) -> None:
    network = Network(populations=(neurons("n", 2),), probes=(look([1], variable),))
    readout = configured(network)["neuron_block"]["atomic_neurons"]["readout"]
    assert readout["source"][:2].tolist() == [0, source]


def test_the_cadc_sees_the_probed_columns() -> None:
    network = Network(populations=(neurons("n", 300),), probes=(look([3, 299], "v", "cadc"),))
    registers = configured(network)
    channels = registers["cadc_readout_chains"]["channels_causal"]["enable_connect_neuron"]
    assert np.argwhere(channels).tolist() == [[0, 3], [1, 43]]
    assert np.all(registers["cadc_readout_chains"]["ramp"]["enable"])


def test_two_neurons_on_different_lines_are_seen_in_one_take() -> None:
    network = Network(populations=(neurons("n", 4),), probes=(look([0, 2, 1, 3]),))
    found = takes(network, place(network))
    assert [take.tolist() for take in found] == [[0, 1], [2, 3]]


def test_neurons_on_one_line_are_seen_one_after_the_other() -> None:
    network = Network(populations=(neurons("n", 5),), probes=(look([0, 2, 4]),))
    found = takes(network, place(network))
    assert [take.tolist() for take in found] == [[0, NOBODY], [2, NOBODY], [4, NOBODY]]


def test_a_pad_takes_one_input_of_the_madc() -> None:
    network = Network(
        populations=(neurons("n", 4),), probes=(look([0], "v", "pad_0_buffered"), look([1, 2]))
    )
    found = takes(network, place(network))
    assert [take.tolist() for take in found] == [[NOBODY, 1], [NOBODY, 2]]
    chain = configured(network)["readout_chain"]
    assert chain["buffer_to_pad"]["enable"].tolist() == [True, False]
    assert chain["input_mux"]["neuron_even"][0].tolist() == [True, False]


def test_observing_opens_one_line_for_each_neuron() -> None:
    network = Network(populations=(neurons("n", 300),), probes=(look([257, 0]),))
    placement = place(network)
    config = configure(network, placement, route(network, placement))
    registers = observe(config, takes(network, placement)[0]).registers
    mux = registers["readout_chain"]["input_mux"]
    assert mux["neuron_odd"].tolist() == [[False, True], [False, False]]
    assert mux["neuron_even"].tolist() == [[False, False], [True, False]]
    dynamic = registers["readout_chain"]["dynamic_mux"]
    assert (int(dynamic["initially_selected_input"]), int(dynamic["input_select_length"])) == (0, 1)
    readout = registers["neuron_block"]["atomic_neurons"]["readout"]
    for name in ("enable_amplifier", "enable_buffered_access"):
        assert np.flatnonzero(readout[name]).tolist() == [0, 257]


def test_background_sources_stay_silent_until_they_are_awakened() -> None:
    n = neurons("n", 2)
    p = Population(name="p", size=2, cell=OnChipPoisson(rate=1e4, seed=99))
    network = Network(populations=(n, p), projections=(one_to_one(p, n),))
    placement = place(network)
    routing = route(network, placement)
    asleep = configure(network, placement, routing)
    sources = asleep.registers["background_spike_sources"]
    assert not sources["enable"].any()
    assert (int(sources["seed"][0]), int(sources["mask"][0])) == (99, 1)
    assert bool(sources["enable_random"][0])
    awake = awaken(asleep, network, routing).registers["background_spike_sources"]
    assert np.flatnonzero(awake["enable"]).tolist() == [0]


@pytest.mark.parametrize("rate", [20.0, 1e3, 4e4, 1e6, 3.3e7, 2.5e8])
def test_background_rates_are_met_within_half_a_percent(rate: float) -> None:
    code, period = rate_code_and_period(rate)
    assert 1 <= code <= 255
    assert 1 <= period <= 65535
    assert 250e6 / period * code / 255 == pytest.approx(rate, rel=5e-3)


def test_recorded_neurons_reach_the_link() -> None:
    network = Network(populations=(neurons("n", 65),), probes=(look([0, 64], "spikes"),))
    nodes = configured(network)["crossbar"]["nodes"]
    assert np.sum((nodes["mask"] == 0) & (nodes["target"] == 0)) == 2  # outputs 0 and 2 to lanes


def test_a_small_network_is_configured_within_five_milliseconds() -> None:
    n = neurons("n", 1, leak_v_leak=[700])
    s = Population(name="s", size=1, cell=SpikeTimes(times=(np.zeros(1),)))
    network = Network(populations=(n, s), projections=(one_to_one(s, n),), probes=(look([0]),))
    placement = place(network)
    routing = route(network, placement)
    durations = []
    for _ in range(5):
        begin = time.process_time()
        configure(network, placement, routing)
        durations.append(time.process_time() - begin)
    assert min(durations) < 5e-3
