"""The original's PyNN under its own names."""

import importlib
import os

import numpy as np
import pynn_brainscales
import pynn_brainscales.brainscales2 as pynn
import pytest
from pyNN import errors


def test_the_state_is_the_same_by_every_path() -> None:
    simulator = importlib.import_module("pynn_brainscales.brainscales2.simulator")
    assert simulator is pynn.simulator
    pynn.setup()
    assert simulator.state is pynn.simulator.state is not None
    assert simulator.name == "HX"
    pynn.end()
    assert simulator.state is None


@pytest.mark.parametrize(
    "name",
    [
        "connectors",
        "helper",
        "populations",
        "projections",
        "recording",
        "recording_data",
        "standardmodels",
        "standardmodels.cells",
        "standardmodels.cells_base",
        "standardmodels.synapses",
    ],
)
def test_modules_are_where_they_were(name: str) -> None:
    assert importlib.import_module(f"pynn_brainscales.brainscales2.{name}")


def test_morphology_has_the_modules_of_the_original() -> None:
    morphology = pynn.morphology
    for module, name in (
        ("parts", "Compartment"),
        ("parameters", "McCircuitParameters"),
        ("mc_neuron_base", "McNeuronBase"),
    ):
        found = importlib.import_module(f"pynn_brainscales.brainscales2.morphology.{module}")
        assert getattr(found, name) is getattr(morphology, name)


def test_pynns_own_modules_are_re_exported() -> None:
    assert pynn_brainscales.errors is errors
    assert pynn_brainscales.parameters.Sequence([1]) == pynn_brainscales.parameters.Sequence([1])


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("", "PlasticityRule"),
        ("", "get_execution_instance_data"),
        ("", "grenade"),
        (".plasticity_rules", "Timer"),
        (".standardmodels.cells", "OffChipSource"),
        (".standardmodels.synapses", "PlasticSynapse"),
    ],
)
def test_what_is_missing_says_why_and_what_to_do(module: str, name: str) -> None:
    found = importlib.import_module(f"pynn_brainscales.brainscales2{module}")
    with pytest.raises(NotImplementedError, match=rf"{name}: .*instead:"):
        getattr(found, name)
    with pytest.raises(AttributeError):
        _ = found.no_such_name


@pytest.mark.parametrize("name", ["examples"])
def test_missing_packages_say_what_to_do(name: str) -> None:
    with pytest.raises(NotImplementedError, match="instead:"):
        importlib.import_module(f"pynn_brainscales.brainscales2.{name}")


def test_scripts_find_a_chip() -> None:
    assert os.environ["SLURM_FPGA_IPS"]
    (identifier,) = pynn.helper.get_unique_identifier()
    assert identifier


def test_loggers_speak_in_capitals() -> None:
    log = pynn.logger.get("test")
    pynn.logger.set_loglevel(log, pynn.logger.LogLevel.INFO)
    log.INFO("a: ", 3)
    log.info("b")


def test_a_script_with_a_nightly_calibration_sees_psps_and_spikes() -> None:
    path = pynn.helper.nightly_calib_path()
    assert path.name == "spiking_cocolist.pbin"
    pynn.setup(initial_config=pynn.helper.chip_from_file(path))
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    neuron.record(["spikes", "v"])
    source = pynn.Population(10, pynn.cells.SpikeSourceArray(spike_times=[0.05]))
    pynn.Projection(
        source,
        neuron,
        pynn.AllToAllConnector(),
        synapse_type=pynn.synapses.StaticSynapse(weight=63),
        receptor_type="excitatory",
    )
    pynn.run(0.1)
    segment = neuron.get_data().segments[-1]
    (spikes,), (v,) = segment.spiketrains, segment.irregularlysampledsignals
    before = v.magnitude[v.times.magnitude < 0.05]
    assert len(spikes) >= 1
    assert 0.05 < float(spikes[0]) < 0.06
    assert v.magnitude.max() - before.mean() > 20
    assert np.std(before) < 10
    pynn.end()


def test_calibrations_of_the_night_are_files_beside_each_other() -> None:
    folder = pynn.helper.nightly_calib_path().parent
    assert folder.name == "latest"
    hagen = pynn.helper.chip_from_file(folder / "hagen_cocolist.pbin")
    assert hagen != pynn.helper.chip_from_nightly()


def test_a_builder_with_absolute_times_writes_while_an_experiment_runs() -> None:
    pynn = importlib.import_module("pynn_brainscales.brainscales2")
    injected = pynn.InjectedConfiguration()
    pynn.setup(injected_config=injected, enable_neuron_bypass=True)
    source = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=[0.1, 0.3]))
    neuron = pynn.Population(1, pynn.cells.HXNeuron())
    neuron.record("spikes")
    synapse = pynn.synapses.StaticSynapse(weight=63)
    projection = pynn.Projection(source, neuron, pynn.OneToOneConnector(), synapse_type=synapse)
    pynn.run(None, pynn.RunCommand.PREPARE)
    row = projection.placed_connections[0][0].synapse_row.toSynapseWeightRowOnDLS()
    injected.inside_realtime.write(pynn.hal.Timer.Value(25_000), row, pynn.lola.SynapseWeightRow())
    pynn.run(0.5)
    (train,) = neuron.get_data().segments[0].spiketrains
    assert len(train) == 1
    assert float(train[0]) < 0.2
    pynn.end()
