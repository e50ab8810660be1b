import numpy as np
import pytest
from pyNN.errors import InvalidParameterValueError, NonExistentParameterError

from neckar.brainscales2.chip.coordinates import AtomicNeuronOnDLS, Enum
from neckar.brainscales2.chip.registers import AtomicNeuron, Chip
from neckar.frontends import pynn
from neckar.frontends.pynn.standardmodels.settings import NOT_CONFIGURABLE
from neckar.frontends.pynn.strictness import STRICT


def calibrated() -> Chip:
    chip = Chip()
    for number, code in enumerate((666, 420, 333)):
        neuron = chip.neuron_block.atomic_neurons[AtomicNeuronOnDLS(Enum(number))]
        neuron.leak.i_bias = code
    return chip


def test_a_neuron_has_every_setting_of_the_circuit_that_is_the_users() -> None:
    names = set(pynn.cells.HXNeuron.get_parameter_names())
    dtype = AtomicNeuron.dtype
    settings = {f"{m}_{a}" for m in dtype.names or () for a in dtype[m].names or ()}
    assert settings - NOT_CONFIGURABLE <= names
    assert not names & NOT_CONFIGURABLE


def test_a_neuron_is_silent_unless_told_otherwise() -> None:
    defaults = pynn.cells.HXNeuron.get_default_values()
    assert defaults["threshold_enable"] is False
    assert defaults["leak_v_leak"] == 0.0
    assert defaults["excitatory_input_enable_small_capacitance"] is True
    assert defaults["bayesian_to_post_pulse"] is True


@pytest.mark.parametrize("name", [*sorted(NOT_CONFIGURABLE), "leak_v_laek"])
def test_parameters_that_do_not_exist_are_refused(name: str) -> None:
    with pytest.raises(NonExistentParameterError, match=name):
        pynn.cells.HXNeuron(**{name: 0})


@pytest.mark.parametrize(
    ("name", "value", "limit"),
    [
        ("leak_v_leak", 1024, "1023"),
        ("leak_v_leak", -1, "0"),
        ("membrane_capacitance_capacitance", 64, "63"),
        ("refractory_period_refractory_time", 256, "255"),
        ("reset_v_reset", float("nan"), "finite"),
    ],
)
def test_codes_out_of_range_name_population_parameter_and_limit(
    name: str, value: float, limit: str
) -> None:
    population = pynn.Population(2, pynn.cells.HXNeuron(), label="output")
    before = population.get(name)
    with pytest.raises(OverflowError, match=f"output: {name} .*{limit}"):
        population.set(**{name: value})
    with pytest.raises(InvalidParameterValueError, match=f"more: {name} .*{limit}"):
        pynn.Population(2, pynn.cells.HXNeuron(**{name: value}), label="more")
    assert population.get(name) == before
    assert [p.label for p in pynn.simulator.active().populations] == ["output"]


def test_several_codes_out_of_range_are_reported_at_once() -> None:
    population = pynn.Population(1, pynn.cells.HXNeuron())
    with pytest.raises(OverflowError, match=r"leak_v_leak.*reset_v_reset"):
        population.set(leak_v_leak=2000, reset_v_reset=2000)


def test_an_atomic_neuron_is_built_from_parameters() -> None:
    neuron = pynn.cells.HXNeuron.create_hw_entity(
        {"leak_v_leak": 12.9, "threshold_enable": True, "membrane_capacitance_capacitance": 63.0}
    )
    assert neuron.leak.v_leak == 12
    assert neuron.threshold.enable is True
    assert neuron.membrane_capacitance.capacitance == 63


def test_parameters_come_from_the_circuits_of_the_initial_config() -> None:
    pynn.setup(initial_config=calibrated(), neuronPermutation=[1, 0, 2])
    population = pynn.Population(3, pynn.cells.HXNeuron(leak_v_leak=7))
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert population.get("leak_i_bias").tolist() == [420, 666, 333]
    assert population.get("leak_v_leak") == 7


def test_what_was_set_before_the_initial_config_was_known_wins() -> None:
    pynn.setup(initial_config=calibrated())
    population = pynn.Population(3, pynn.cells.HXNeuron(leak_i_bias=1))
    population[1:].set(leak_i_bias=2)
    population[2].leak_i_bias = 3
    other = pynn.Population(1, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert population.get("leak_i_bias").tolist() == [1, 2, 3]
    assert other.get("leak_i_bias") == 0


def test_settings_after_mapping_survive_the_next_mapping() -> None:
    pynn.setup(initial_config=calibrated())
    population = pynn.Population(2, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    population[1:].set(leak_i_bias=300)
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert population.get("leak_i_bias").tolist() == [666, 300]


def test_parameters_cannot_be_read_before_the_initial_config_is_known() -> None:
    pynn.setup(initial_config=calibrated())
    population = pynn.Population(2, pynn.cells.HXNeuron())
    with pytest.raises(RuntimeError, match="PREPARE"):
        population.get("leak_i_bias")


def test_strictness_forbids_to_set_before_the_initial_config_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(STRICT, "1")
    pynn.setup(initial_config=calibrated())
    population = pynn.Population(2, pynn.cells.HXNeuron())
    with pytest.raises(RuntimeError, match="PREPARE"):
        population.set(leak_i_bias=300)


def test_one_cell_type_object_serves_several_populations() -> None:
    celltype = pynn.cells.HXNeuron(leak_v_leak=5)
    small, large = pynn.Population(1, celltype), pynn.Population(3, celltype)
    large.set(leak_v_leak=[1, 2, 3])
    assert small.get("leak_v_leak") == 5
    assert np.array_equal(large.get("leak_v_leak"), [1, 2, 3])


def test_plasticity_rules_are_refused_with_a_way_out() -> None:
    with pytest.raises(NotImplementedError, match="instead"):
        pynn.cells.HXNeuron(plasticity_rule=object())


def test_the_circuit_of_a_cell_is_known_before_a_run() -> None:
    pynn.setup(neuronPermutation=[7, 5, 3])
    pynn.Population(2, pynn.cells.SpikeSourceArray(spike_times=[]))
    population = pynn.Population(3, pynn.cells.HXNeuron())
    placement = pynn.simulator.active().neuron_placement
    found = [placement.id2logicalneuron(cell).get_atomic_neurons() for cell in population]
    assert found == [[AtomicNeuronOnDLS(Enum(k))] for k in (7, 5, 3)]
    with pytest.raises(KeyError, match="0"):
        placement.id2logicalneuron(0)


def test_settings_below_the_network_can_be_changed_between_setup_and_run() -> None:
    backends = pynn.simulator.active().grenade_chip_config.neuron_block.backends
    backends[0].clock_scale_fast = 5
    pynn.Population(1, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    ((_, mapped),) = pynn.simulator.active().mapped.parts
    config = mapped.config.registers
    assert config["neuron_block"]["backends"]["clock_scale_fast"][0] == 5
