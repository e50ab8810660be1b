from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from neckar.frontends import pynn
from neckar.frontends.pynn.chip_plotter import ChipPlotter, PlotTypes

mpl.use("agg")


@pytest.fixture
def network() -> list[Any]:
    """A source, and two populations that it reaches one after the other."""
    source = pynn.Population(3, pynn.cells.SpikeSourceArray(spike_times=[0]), label="stimulus")
    first = pynn.Population(4, pynn.cells.HXNeuron(), label="first")
    second = pynn.Population(2, pynn.cells.HXNeuron(), label="second")
    every = pynn.AllToAllConnector()
    pynn.Projection(source, first, every)
    pynn.Projection(first[1:3], second, every, receptor_type="inhibitory")
    pynn.run(None, pynn.RunCommand.PREPARE)
    return [source, first, second]


@pytest.fixture
def plotter() -> Any:
    made = ChipPlotter(population_contrast_groups={"neurons": [1, 2], "in": [0]})
    made.add_plot_chip_map()
    made.add_plot_chip_map(separate_view=True, sort_synapse_by_padi_bus=False, alpha=0.5)
    made.add_plot_matrix(do_label_synapses=True, custom_title="who with whom")
    made.add_plot_matrix(plot_each_neuron=True)
    yield made
    mpl.pyplot.close("all")


def test_all_kinds_of_plots_are_drawn_and_saved(network, plotter, tmp_path: Path) -> None:
    plotter.plot_all()
    plotter.save_all(folder=f"{tmp_path}/new/", formats=["png"], dpi=40)
    assert [plot["plot_type"] for plot in plotter.plot_list] == list(PlotTypes)
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    expected = ["neuron_matrix3.png", "pop_matrix2.png", "sandwich0.png", "separate1.png"]
    assert names == expected
    assert plotter.plot_list[2]["ax"].get_title() == "who with whom"


def test_what_is_saved_is_drawn_and_names_the_senders(network, plotter, tmp_path: Path) -> None:
    plotter.save_all(str(tmp_path), formats=["png"])
    (axes,) = plotter.plot_list[0]["fig"].axes
    assert axes.has_data()
    labels = {text.get_text() for text in axes.get_legend().get_texts()}
    assert labels == {"stimulus", "first", "second"}


def test_neurons_and_synapses_are_drawn_where_they_sit(network, plotter) -> None:
    plotter.plot_by_id(1)
    neurons, synapses = plotter.plot_list[1]["ax"]
    left = sorted(patch.get_x() + 128 for patch in neurons.patches)
    assert left == [0, 1, 2, 3, 4, 5]
    drawn = np.concatenate([each.get_offsets() for each in synapses.collections])
    assert len(drawn) == 12 + 4


def test_data_are_lists_of_places_and_pairs(network, plotter) -> None:
    data = plotter.retrieve_data(True, True, True, True)
    assert data["neuron_map"] == [[], [[k, 0] for k in range(4)], [[4, 0], [5, 0]]]
    assert data["external_pop_ids"] == [[0, 3, 0]]
    assert [part[0] for part in data["synapse_map"]] == [[0, 1], [1, 2]]
    assert [len(part) - 1 for part in data["synapse_map"]] == [12, 4]
    used = {row for part in data["synapse_map"] for _, row in part[1:]}
    assert len(data["unused_rows"]) == 512 - len(used)
    assert [ends for _, ends in data["pre_post_pop_matrix"]] == [[0, 1], [1, 2]]
    assert data["pre_post_neuron_matrix"][1][2] == [[4, 7], [4, 8], [5, 7], [5, 8]]


def test_rows_are_counted_by_bus_and_by_origin(network, plotter) -> None:
    counts = plotter.get_padibus_pop_counts()
    assert sum(counts["external"]) == 3
    assert sum(counts["onChip"]) == 2
    assert len(counts["external"]) == 8


def test_rows_sorted_by_bus_are_the_same_rows(plotter) -> None:
    places = [plotter.convert_synapse_y_to_padi_coord(row) for row in range(512)]
    assert sorted(places) == list(range(512))
    assert [places[row] // 64 for row in (0, 1, 2, 3, 256)] == [0, 0, 1, 1, 4]


def test_the_cell_with_most_connections_is_known(network, plotter) -> None:
    assert plotter.get_most_often_postneuron() == (1, 0, 3)


def test_plots_can_be_changed_emptied_and_forgotten(network, plotter) -> None:
    plotter.modify_plot(0, "custom_title", "new")
    plotter.plot_by_id(0)
    assert plotter.plot_list[0]["ax"].get_title() == "new"
    plotter.clear_all_plots()
    assert plotter.plot_list[0]["ax"].get_title() == ""
    plotter.remove_plot(0)
    plotter.remove_plot(17)
    assert len(plotter.plot_list) == 3


def test_unknown_settings_are_refused(plotter) -> None:
    with pytest.raises(TypeError, match="colour"):
        plotter.add_plot_matrix(colour="red")
