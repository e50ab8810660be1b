"""Cells in SI units do on every circuit what was asked for, as far as a calibration can tell."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

import neckar
from neckar.brainscales2.calibration.cells import calibrate_cells, reach
from neckar.brainscales2.calibration.oracle.cells import achieved
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.twin.variation import Spread
from neckar.errors import CalibrationError, RuleError
from neckar.network import (
    LIF,
    Circuit,
    Network,
    Population,
    SpikeTimes,
    all_to_all,
    observe,
)
from neckar.units import mV, us

TEMPORAL_NOISE = 0.1 * mV  # of a mean over many readings


def cells(name: str, size: int, **values: object) -> Population:
    return Population(name=name, size=size, cell=LIF(**values))  # type: ignore[arg-type]


def spikes(*times: float) -> Population:
    return Population(name="input", size=1, cell=SpikeTimes(times=(np.array(times),)))


def test_each_neuron_gets_the_values_of_its_cell() -> None:
    values = {name: value.copy() for name, value in LIF().values(N_NEURONS).items()}
    random = np.random.default_rng(1)
    values["tau_mem"] = random.uniform(5e-6, 40e-6, N_NEURONS)
    values["tau_syn_exc"] = random.uniform(2e-6, 20e-6, N_NEURONS)
    values["leak"] = random.uniform(0.35, 0.55, N_NEURONS)
    chip = calibrate_cells(values, 57, Spread())
    found = achieved(chip, 57, Spread())
    for name, relative in {"tau_mem": 0.06, "tau_syn_exc": 0.06, "psp": 0.05}.items():
        error = found[name] / values[name] - 1
        assert abs(error.mean()) < 0.01, name
        assert error.std() < relative, name
    for name in ("leak", "threshold", "reset"):
        assert (found[name] - values[name]).std() < 25 * mV, name  # offsets of the CADC remain


def test_a_membrane_decays_with_the_time_constant_that_was_asked_for() -> None:
    wanted = np.array([10, 20, 30]) * us
    many = np.linspace(20e-6, 20.5e-6, 6)  # so that a step of the MADC, 1.9 mV, is little
    for k, tau in enumerate(wanted):
        fast = {"tau_syn_exc": 0.5 * us, "threshold": np.inf, "psp": 0.3 * mV}
        population, source = cells("n", 1, tau_mem=tau, **fast), spikes(*many)
        network = Network(
            populations=(source, population),
            projections=(all_to_all(source, population, weight_code=63),),
            probes=(observe(population, "v"),),
        )
        trace = neckar.run(network, duration=250 * us, backend=neckar.Twin.ideal()).membranes("n")[
            0
        ]
        falling = trace.time > 24e-6
        (height, measured, _), _ = curve_fit(
            lambda t, height, tau, rest: rest + height * np.exp(-(t - 24e-6) / tau),
            trace.time[falling],
            trace.v[falling],
            p0=(0.05, tau, 0.42),
        )
        assert measured == pytest.approx(tau, rel=0.03), k
        assert height > 60 * mV


def test_an_event_moves_the_membrane_as_far_as_was_asked_for() -> None:
    source, population = spikes(20e-6), cells("n", 1, threshold=np.inf, psp=1 * mV)
    network = Network(
        populations=(source, population),
        projections=(all_to_all(source, population, weight_code=20),),
        probes=(observe(population, "v"),),
    )
    trace = neckar.run(network, duration=100 * us, backend=neckar.Twin.ideal()).membranes("n")[0]
    rest = trace.v[trace.time < 20e-6].mean()
    assert rest == pytest.approx(0.42, abs=5 * mV)
    assert trace.v.max() - rest == pytest.approx(20 * mV, rel=0.12)  # the converter adds its noise


@pytest.mark.parametrize("chip", [neckar.Twin.ideal(), neckar.Twin()], ids=["ideal", "twin"])
def test_neurons_fire_as_the_equation_says(chip: neckar.Twin) -> None:
    leak, reset, threshold, tau, pause = 0.55, 0.45, 0.52, 10 * us, 5 * us
    population = cells(
        "n", 32, leak=leak, reset=reset, threshold=threshold, tau_mem=tau, refractory_time=pause
    )
    network = Network(populations=(population,), probes=(observe(population),))
    rates = neckar.run(network, duration=2e-3, backend=chip).rates("n")
    expected = 1 / (pause + tau * np.log((leak - reset) / (leak - threshold)))
    assert np.median(rates) == pytest.approx(expected, rel=0.08)


def test_a_cell_without_threshold_never_fires() -> None:
    population = cells("n", 2, leak=0.7, threshold=np.array([np.inf, 0.6]))
    network = Network(populations=(population,), probes=(observe(population),))
    results = neckar.run(network, duration=200 * us, backend=neckar.Twin.ideal())
    assert len(results.spikes["n"][0]) == 0
    assert len(results.spikes["n"][1]) > 5


def test_circuits_beside_model_cells_keep_their_codes() -> None:
    codes = {"leak_v_leak": np.array([700, 701])}
    circuits = Population(name="c", size=2, cell=Circuit(parameters=codes))
    network = Network(populations=(circuits, cells("n", 2)))
    (mapped,) = neckar.run.prepare(
        [neckar.run.Snippet(network=network, duration=1e-3)], chip=neckar.Twin.ideal()
    )
    neurons = mapped.config.neurons
    assert neurons["leak"]["v_leak"][:2].tolist() == [700, 701]
    assert neurons["threshold"]["enable"][:4].tolist() == [True, True, True, True]


def test_what_is_out_of_reach_is_told_at_once() -> None:
    network = Network(populations=(cells("a", 2, tau_mem=1e-3, leak=3.0), cells("b", 1, psp=-1.0)))
    with pytest.raises(RuleError) as error:
        neckar.run(network, duration=1e-3)
    assert len(error.value.violations) == 3
    assert "tau_mem = 1 ms lies outside 800 ns .. 60 µs" in str(error.value)


def test_arrays_of_the_wrong_length_are_told() -> None:
    network = Network(populations=(cells("a", 3, leak=np.array([0.4, 0.5])),))
    with pytest.raises(RuleError, match="one for each of the 3 cells"):
        neckar.run(network, duration=1e-3)


def test_a_chip_in_hand_goes_on_where_it_was() -> None:
    source, population = spikes(20e-6), cells("n", 1, threshold=np.inf, leak=0.6)
    network = Network(populations=(source, population), probes=(observe(population, "v"),))
    chip = neckar.Twin.ideal()
    with chip.open() as session:
        for _ in range(2):
            results = neckar.run(network, duration=50e-6, session=session, backend=chip)
    assert results.membranes("n")[0].v.mean() == pytest.approx(0.6, abs=0.01)


def test_model_cells_need_a_chip_that_is_known() -> None:
    network = Network(populations=(cells("a", 1),))
    with pytest.raises(CalibrationError, match="backend"):
        neckar.run.prepare([neckar.run.Snippet(network=network, duration=1e-3)])


@pytest.mark.parametrize(
    ("tau_mem", "tau_syn"), [(2e-6, 0.5e-6), (2e-6, 10e-6), (20e-6, 0.99e-6), (20e-6, 25e-6)]
)
def test_what_is_said_to_be_within_reach_is_reached(tau_mem: float, tau_syn: float) -> None:
    values = {name: value.copy() for name, value in LIF().values(N_NEURONS).items()}
    values["tau_mem"][:] = tau_mem
    values["tau_syn_exc"][:] = values["tau_syn_inh"][:] = tau_syn
    for end in (0, 1):
        values["psp"] = reach(values, "psp")[end]
        chip = calibrate_cells(values, 57, Spread())
        error = achieved(chip, 57, Spread())["psp"] / values["psp"] - 1
        assert abs(np.median(error)) < 0.05
        assert np.quantile(abs(error), 0.9) < 0.2
