import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neckar.brainscales2.backends.twin import default
from neckar.brainscales2.calibration.oracle.bench import Bench, clamp, rest, tau_mem
from neckar.brainscales2.calibration.target import SPIKING, volts_of
from neckar.brainscales2.chip.registers import Chip
from neckar.frontends import pynn
from neckar.units import us

CELLS = (pynn.cells.CalibHXNeuronCuba, pynn.cells.CalibHXNeuronCoba)
CUBA, COBA = CELLS

idle_circuits_have_no_leak = np.errstate(divide="ignore", invalid="ignore")


def prepared(cell: Any, size: int = 20, **parameters: Any) -> Any:
    population = pynn.Population(size, cell(**parameters), label="cells")
    pynn.run(None, pynn.RunCommand.PREPARE)
    return population


def bench() -> Bench:
    chip = pynn.simulator.active().ground().config
    return Bench(serial=default().serial, spread=default().spread, chip=chip)


@pytest.mark.parametrize("cell", CELLS)
@idle_circuits_have_no_leak
def test_circuits_do_what_was_asked_for(cell: Any) -> None:
    prepared(cell, v_rest=90, v_reset=75, v_thresh=140, tau_m=20, tau_syn_E=5, tau_refrac=4)
    made = bench()
    neurons = made.neurons()
    few = slice(0, 20)
    assert made.reading(rest(neurons))[few] == pytest.approx(np.full(20, 90), abs=3)
    assert made.reading(clamp(neurons))[few] == pytest.approx(np.full(20, 75), abs=3)
    assert made.reading(neurons.threshold)[few] == pytest.approx(np.full(20, 140), abs=3)
    assert tau_mem(neurons)[few] == pytest.approx(np.full(20, 20 * us), rel=0.2)
    assert neurons.excitatory.tau[few] == pytest.approx(np.full(20, 5 * us), rel=0.2)
    assert neurons.inhibitory.tau[few] == pytest.approx(np.full(20, 10 * us), rel=0.2)
    assert neurons.reset_time[few] == pytest.approx(np.full(20, 4 * us), rel=0.05)


@idle_circuits_have_no_leak
def test_every_cell_may_ask_for_something_else() -> None:
    wanted = np.linspace(5, 30, 20)
    population = prepared(CUBA, tau_m=wanted.tolist(), cm=np.linspace(20, 63, 20).tolist())
    assert tau_mem(bench().neurons())[:20] == pytest.approx(wanted * us, rel=0.2)
    codes = [neuron.membrane_capacitance.capacitance for neuron in population.calib_hwparams]
    assert codes == np.trunc(np.linspace(20, 63, 20)).astype(int).tolist()


def test_conductances_have_full_effect_halfway_to_threshold_and_none_at_the_reversal() -> None:
    """As in the original, whose default that is."""
    prepared(COBA)
    neurons = bench().neurons()
    for line, reversal in ((neurons.excitatory, 300.0), (neurons.inhibitory, 30.0)):
        levels = volts_of(np.array([135.0, reversal]), SPIKING.cadc_range_code)
        full, none = (1 + line.coba * (line.reversal - v) for v in levels)
        assert full[:20].mean() == pytest.approx(1, abs=0.03)  # of a measurement, which scatters
        assert full[:20] == pytest.approx(np.ones(20), abs=0.15)
        assert none[:20] == pytest.approx(np.zeros(20), abs=0.15)


def test_currents_do_not_depend_on_the_membrane() -> None:
    prepared(CUBA)
    neurons = bench().neurons()
    assert not neurons.excitatory.coba[:20].any()
    assert not neurons.inhibitory.coba[:20].any()


def test_both_kinds_share_a_chip_if_they_agree_on_what_is_shared() -> None:
    shared = {"i_synin_gm_E": 300, "i_synin_gm_I": 300, "synapse_dac_bias": 600}
    pynn.Population(2, CUBA(**shared))
    conducting = prepared(COBA, size=2, **shared)
    assert conducting.calib_hwparams[0].excitatory_input.enable_coba_mode
    pynn.reset()
    conducting.set(synapse_dac_bias=500)
    with pytest.raises(RuntimeError, match="synapse_dac_bias"):
        pynn.run(None, pynn.RunCommand.PREPARE)


def test_settings_changed_by_hand_last_until_the_target_changes() -> None:
    population = prepared(CUBA, size=3)
    population[1:].actual_hwparams[1].leak.v_leak = 1022
    pynn.run(0.05)
    pynn.reset()
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert population.actual_hwparams[2].leak.v_leak == 1022
    assert population.calib_hwparams[2].leak.v_leak < 1022
    population.set(v_rest=100)
    pynn.run(None, pynn.RunCommand.PREPARE)
    assert population.actual_hwparams[2].leak.v_leak < 1022
    assert population[[0]].calib_target["v_rest"].base_value.tolist() == [100]


@pytest.mark.parametrize("name", ["calib_target", "calib_hwparams", "actual_hwparams"])
def test_results_are_unknown_before_mapping(name: str) -> None:
    population = pynn.Population(2, CUBA())
    with pytest.raises(AttributeError, match=name):
        getattr(population, name)
    with pytest.raises(AttributeError):
        getattr(pynn.Population(1, pynn.cells.HXNeuron()), name)


@pytest.mark.parametrize(
    ("name", "value"),
    [("v_rest", 200), ("tau_m", 0.1), ("cm", 64), ("synapse_dac_bias", 1023), ("tau_refrac", 50)],
)
def test_what_circuits_cannot_do_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(OverflowError, match=rf"cells.*{name}"):
        pynn.Population(1, CUBA(**{name: value}), label="cells")
    with pytest.raises(OverflowError, match="e_rev_E"):
        pynn.Population(1, COBA(e_rev_E=100))


def test_codes_at_the_end_of_their_range_are_told_by_population() -> None:
    pynn.Population(2, CUBA(), label="content")
    pynn.Population(5, CUBA(tau_m=0.5), label="hasty")
    with pytest.warns(UserWarning, match=r"hasty: .*leak_i_bias of \d of 5 cells"):
        pynn.run(None, pynn.RunCommand.PREPARE)


def test_calibrations_are_kept_in_a_folder(tmp_path: Path) -> None:
    for _ in range(2):
        pynn.setup(calibration_cache=[tmp_path])
        population = prepared(CUBA, size=2, v_rest=81)
        pynn.end()
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size > 1000
    assert len(population) == 2


def test_neurons_beside_them_keep_the_initial_settings() -> None:
    config = pynn.helper.chip_from_nightly()
    pynn.setup(initial_config=config)
    prepared(CUBA, size=2)
    plain = pynn.Population(1, pynn.cells.HXNeuron())
    pynn.run(None, pynn.RunCommand.PREPARE)
    expected = config.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"][2]
    assert plain.get("leak_v_leak") == expected


def test_what_the_initial_settings_say_of_shared_circuits_is_not_lost_in_silence() -> None:
    config = Chip()
    config.array["synapse_blocks"]["i_bias_dac"] = 17
    pynn.setup(initial_config=config)
    with pytest.warns(UserWarning, match="replace those of initial_config"):
        prepared(CUBA, size=1)


def test_in_networks_larger_than_a_chip_a_circuit_serves_several_cells() -> None:
    rest = np.where(np.arange(600) < 512, 80.0, 90.0)
    cells = pynn.Population(600, CUBA(v_rest=rest))
    pynn.run(None, pynn.RunCommand.PREPARE)
    codes = np.array([neuron.leak.v_leak for neuron in cells.actual_hwparams], int)
    alone = codes[:88], codes[512:]  # the same circuits
    assert np.mean(alone[1] - alone[0]) == pytest.approx(10 * 3.3, rel=0.5)
    assert np.all(alone[1] > alone[0])


def test_executions_share_their_clocks() -> None:
    slow = np.where(np.arange(600) < 512, 2.0, 30.0)
    pynn.Population(600, CUBA(tau_refrac=slow))
    with pytest.raises(RuntimeError, match="tau_refrac"):
        pynn.run(None, pynn.RunCommand.PREPARE)


def test_silent_without_input_and_loud_with_enough() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = pynn.Population(
            10, pynn.cells.SpikeSourceArray(spike_times=np.arange(1.0, 2.0, 0.01))
        )
        cells = pynn.Population(3, CUBA())
        cells.record("spikes")
        pynn.Projection(
            source, cells, pynn.AllToAllConnector(), pynn.synapses.StaticSynapse(weight=63)
        )
        pynn.run(2)
    for train in cells.get_data().segments[0].spiketrains:
        assert len(train) > 5
        assert float(train[0]) > 1
