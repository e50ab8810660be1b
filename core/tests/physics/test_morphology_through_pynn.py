"""Cells of several compartments, from script to results."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from neckar.frontends import pynn
from neckar.frontends.pynn.morphology import Compartment, SharedLineConnection, create_mc_neuron

LENGTH = 4
AT = 0.03 + 0.09 * np.arange(LENGTH)  # ms, one event per compartment
SMOOTHED = 59  # samples, 2 us


@pytest.fixture
def without_mismatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NECKAR_IDEAL", "1")


@pytest.fixture(autouse=True)
def _experiment(request: pytest.FixtureRequest) -> Iterator[None]:
    if "without_mismatch" in request.fixturenames:
        request.getfixturevalue("without_mismatch")
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    yield
    pynn.end()


def chain() -> pynn.Population:
    compartments = [
        Compartment(
            positions=[2 * k, 2 * k + 1],
            label=str(k),
            connect_shared_line=[2 * k] if k > 0 else None,
            connect_conductance=[(2 * k + 1, 200)] if k < LENGTH - 1 else None,
        )
        for k in range(LENGTH)
    ]
    lines = [SharedLineConnection(2 * k + 1, 2 * k + 2, 0) for k in range(LENGTH - 1)]
    cell = create_mc_neuron("Chain", compartments, lines, single_active_circuit=True)
    return pynn.Population(1, cell(threshold_enable=False))


def heights(cell: pynn.Population) -> np.ndarray:
    """Of the potentials, by compartment where they are seen and where the events came in."""
    cell.record("v", locations=[str(k) for k in range(LENGTH)])
    pynn.run(AT[-1] + 0.09)
    found = np.zeros((LENGTH, LENGTH))
    signals = cell.get_data("v").segments[0].irregularlysampledsignals
    for seen, signal in enumerate(signals):
        time = signal.times.magnitude
        reading = np.convolve(signal.magnitude[:, 0], np.ones(SMOOTHED) / SMOOTHED, "same")
        for event, at in enumerate(AT):
            before, after = (at - 0.02 < time) & (time < at), (at <= time) & (time < at + 0.06)
            found[seen, event] = reading[after].max() - reading[before].mean()
    return found


def recorded() -> np.ndarray:
    """Heights on silicon, indexed as `heights` does."""
    path = Path(__file__).parent / "silicon" / "chain.csv"
    return np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(1, 1 + LENGTH)).T


def stimulate(cell: pynn.Population) -> None:
    for k, at in enumerate(AT):
        source = pynn.Population(10, pynn.cells.SpikeSourceArray(spike_times=[at]))
        connector = pynn.AllToAllConnector(location_selector=str(k))
        pynn.Projection(source, cell, connector, pynn.synapses.StaticSynapse(weight=31))


def test_potentials_attenuate_along_a_chain_in_both_directions() -> None:
    cell = chain()
    stimulate(cell)
    found = heights(cell)
    assert found.diagonal().min() > 50
    for event in range(LENGTH):
        away_right, away_left = found[event:, event], found[event::-1, event]
        assert np.all(np.diff(away_right) < 0)
        assert np.all(np.diff(away_left) < 0)


@pytest.mark.usefixtures("without_mismatch")
def test_potentials_attenuate_by_as_much_as_on_silicon() -> None:
    """With the settings of the tutorial (`ts_03`), averaged over directions and places.

    Four circuits are too few for their mismatch to average out: from chip to chip the shares of the
    twin scatter by 5, 7 and 9 % (serials 1 to 8). What can be held against the
    recording is the chip without any.
    """
    cell = chain()
    stimulate(cell)
    cell.set(multicompartment_i_bias_nmda=500)
    found, silicon = heights(cell), recorded()
    assert found.diagonal() == pytest.approx(silicon.diagonal(), rel=0.25)
    for distance in range(1, LENGTH):
        assert share(found, distance) == pytest.approx(share(silicon, distance), rel=0.1)


def share(found: np.ndarray, distance: int) -> float:
    """What arrives so many compartments away, of the height at the event; both directions."""
    right = np.diagonal(found, -distance) / found.diagonal()[: LENGTH - distance]
    left = np.diagonal(found, distance) / found.diagonal()[distance:]
    return float(np.mean([right, left]))


def test_a_larger_conductance_spreads_potentials_further() -> None:
    cell = chain()
    stimulate(cell)
    ratios = []
    for conductance in (0, 50, 200, 500, 1020):
        cell.set(multicompartment_i_bias_nmda=conductance)
        found = heights(cell)
        ratios.append(found[-1, 0] / found[0, 0])
        pynn.reset()
        cell.get_data(clear=True)
    assert np.all(np.diff(ratios) > 0)
    assert ratios[0] < 0.02


def test_circuits_of_one_compartment_have_one_membrane() -> None:
    both = Compartment(positions=[0, 1, 128], label="both")
    cell = pynn.Population(1, create_mc_neuron("Wide", [both])(threshold_enable=False))
    single = pynn.Population(1, pynn.cells.HXNeuron(threshold_enable=False))
    for target in (cell, single):
        source = pynn.Population(5, pynn.cells.SpikeSourceArray(spike_times=[0.03]))
        synapse = pynn.synapses.StaticSynapse(weight=31)
        pynn.Projection(source, target, pynn.AllToAllConnector(), synapse)
        target.record("v")
    pynn.run(0.1)
    heights = []
    for target in (cell, single):
        (signal,) = target.get_data("v").segments[0].irregularlysampledsignals
        heights.append(float(signal.max() - signal[:300].mean()))
    assert heights[0] / heights[1] == pytest.approx(1 / 3, rel=0.25)  # three capacitances


def test_signals_and_trains_say_where_they_come_from() -> None:
    soma = Compartment(positions=[0], label="soma", connect_shared_line=[0])
    dendrite = Compartment(positions=[1], label="dendrite", connect_conductance=[(1, 200)])
    cell = create_mc_neuron("Cell", [soma, dendrite], [SharedLineConnection(0, 1, 0)])
    cells = pynn.Population(2, cell(), label="cells")
    cells.record(["spikes", "v"], locations=["dendrite", "soma"])
    cells[0:1].record(None)
    cells.record("spikes", locations=["soma", "dendrite"])
    cells[1:2].record("v", locations=["dendrite"])
    pynn.run(0.05)
    segment = cells.get_data().segments[0]
    places = [
        (t.annotations["source_id"], t.annotations["source_location"]) for t in segment.spiketrains
    ]
    assert places == [(0, "soma"), (0, "dendrite"), (1, "soma"), (1, "dendrite")]
    assert [t.annotations["source_compartment"] for t in segment.spiketrains] == [0, 1, 0, 1]
    (signal,) = segment.irregularlysampledsignals
    assert signal.annotations == {
        "device": "madc",
        "source_ids": [1],
        "source_locations": ["dendrite"],
        "source_population": "cells",
        "source_compartments": [1],
    }
    part = cells[0:1].get_data("spikes").segments[0]
    assert len(part.spiketrains) == 2
