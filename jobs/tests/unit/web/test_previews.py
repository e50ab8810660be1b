"""What pages make of files, good and bad ones."""

import io
import json
import pickle

import h5py
import numpy as np
import pytest

import story
from neckar_jobs.files import content_type
from neckar_jobs.model import DataFile
from neckar_jobs.web.previews import notebook, signals, table
from neckar_jobs.web.previews.draw import drawn, round_numbers
from neckar_jobs.web.previews.markdown import rendered
from neckar_jobs.web.previews.plot import POINTS, SPIKES, lines, raster
from neckar_jobs.web.previews.tree import tree
from neckar_jobs.web.previews.view import kind_of, preview, series


def file(path, name, data=b""):
    (path / name).write_bytes(data)
    kind = content_type(name)
    return path / name, DataFile(path=name, size=len(data), sha256="0" * 64, content_type=kind)


def test_nwb_becomes_spikes_of_units_and_traces_over_time(tmp_path):
    path, _ = file(tmp_path, "a.nwb", story.recorded(spikes=120))
    (spikes, membrane), names = signals.read(path, ".nwb")
    assert (spikes.kind, len(spikes.series[0].x), max(spikes.series[0].y) <= 47) == (
        "spikes",
        120,
        True,
    )
    assert (membrane.kind, membrane.y_label, membrane.x_label) == ("lines", "volts", "time / s")
    assert membrane.series[0].x[-1] == pytest.approx(0.5, abs=1e-3)
    assert "units/spike_times: float64 [120]" in names


def test_spike_trains_of_neo_in_nix_become_one_raster(tmp_path):
    with h5py.File(tmp_path / "a.nix", "w") as nix:
        for number in range(3):
            tag = nix.create_group(f"data/block/multi_tags/train{number}")
            tag.attrs["type"] = "neo.spiketrain"
            tag["positions/data"] = np.array([0.1, 0.2]) + number
    (trains,), _ = signals.read(tmp_path / "a.nix", ".nix")
    assert (trains.series[0].x, trains.series[0].y) == (
        [0.1, 0.2, 1.1, 1.2, 2.1, 2.2],
        [0, 0, 1, 1, 2, 2],
    )


def test_arrays_of_numpy_become_lines(tmp_path):
    np.savez(tmp_path / "a.npz", v=np.arange(10.0), text=np.array(["a"]))
    (plot,), names = signals.read(tmp_path / "a.npz", ".npz")
    assert (plot.title, plot.series[0].y[-1]) == ("v", 9.0)
    assert len(names) == 2


class Evil:
    def __reduce__(self):
        return (open, ("/tmp/neckar-was-here", "w"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("pickled.npy", pickle.dumps(Evil())),
        ("torn.nwb", story.recorded()[:5000]),
        ("text.h5", b"hello"),
        ("empty.npz", b""),
    ],
)
def test_what_cannot_be_read_is_said_and_does_no_harm(tmp_path, name, data):
    path, described = file(tmp_path, name, data)
    shown = preview(path, described)
    assert (shown["plots"], bool(shown["wrong"])) == ([], True)
    assert series(path, described) is None


def test_an_object_array_is_not_loaded(tmp_path):
    kept = io.BytesIO()
    np.save(kept, np.array([Evil()], dtype=object), allow_pickle=True)
    path, described = file(tmp_path, "a.npy", kept.getvalue())
    assert preview(path, described)["wrong"]


def test_links_of_hdf5_to_other_files_are_not_followed(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as other:
        other["key"] = np.arange(100.0)
    with h5py.File(tmp_path / "a.h5", "w") as mine:
        mine["link"] = h5py.ExternalLink(str(secret), "key")
        layout = h5py.VirtualLayout(shape=(100,), dtype="f8")
        layout[:] = h5py.VirtualSource(str(secret), "key", shape=(100,))
        mine.create_virtual_dataset("virtual", layout)
        mine.create_dataset("raw", shape=(100,), dtype="u1", external=[(str(secret), 0, 100)])
    plots, _ = signals.read(tmp_path / "a.h5", ".h5")
    assert plots == []


def test_a_table_of_times_and_cells_is_a_raster(tmp_path):
    path, described = file(tmp_path, "a.csv", b"time,neuron\n0.1,3\n0.2,4\n")
    (plot,) = table.plots(path)
    assert (plot.kind, plot.series[0].y) == ("spikes", [3.0, 4.0])
    assert series(path, described)["plots"][0]["kind"] == "spikes"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (b"t;a;b\n1;2;3\n2;3;4\n", ["a", "b"]),
        (b"x\tname\n1\ta\n2\tb\n", ["x"]),
        (b"1,2\n2,3\n3,4\n", ["column 2"]),
    ],
)
def test_columns_of_numbers_are_lines_over_the_first(tmp_path, text, names):
    path, _ = file(tmp_path, "a.csv", text)
    (plot,) = table.plots(path)
    assert [each.name for each in plot.series] == names


@pytest.mark.parametrize(
    "text", [b"", b"\n\n", b"a,b\n", b"\xff\xfe\x00", b'"', b"a,b\nnan,inf\n1,2\n"]
)
def test_a_table_of_nothing_has_no_plot(tmp_path, text):
    path, described = file(tmp_path, "a.csv", text)
    assert table.plots(path) == []
    assert preview(path, described)["kind"] == "table"


def test_thinning_loses_no_spike_of_a_line():
    y = [0.0] * 100_000
    y[31_415] = 1.0
    plot = lines("", [float(n) for n in range(len(y))], [("v", y)], x_label="t")
    assert len(plot.series[0].y) <= POINTS + 2
    assert max(plot.series[0].y) == 1.0


def test_spikes_that_are_left_out_are_counted():
    plot = raster("", [0.0] * 50_001, [0.0] * 50_001, x_label="t", y_label="n")
    assert len(plot.series[0].x) <= SPIKES
    assert len(plot.series[0].x) + plot.left_out == 50_001


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0], [1e-12, 2e-12], [-1e9, 1e9]])
def test_every_plot_can_be_drawn(values):
    plot = lines("", values, [("v", values)], x_label="t")
    assert str(drawn(plot)).startswith("<svg")


def test_round_numbers_are_round():
    assert round_numbers(0.03, 0.97, 5) == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert round_numbers(0, 6, 4) == [0, 2, 4, 6]


def test_trees_end(tmp_path):
    deep = "[" * 400 + "]" * 400
    path, described = file(tmp_path, "a.json", deep.encode())
    assert preview(path, described)["kind"] in ("json", "text")
    many = tree({str(n): n for n in range(10_000)})
    assert "more than can be shown" in many
    assert '<span class="value">false</span>' in tree([False])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [3, {}]}'])
def test_what_is_no_notebook_has_no_parts_that_fail(text):
    assert all(part.kind in ("code", "text", "markdown") for part in notebook.parts(text))


def test_notebooks_show_pictures_and_text():
    outputs = [{"data": {"image/png": "aGVsbG8="}}, {"output_type": "stream", "text": ["a", "b"]}]
    document = {"cells": [{"cell_type": "code", "source": ["x"], "outputs": outputs}]}
    parts = notebook.parts(json.dumps(document))
    assert [part.kind for part in parts] == ["code", "picture", "text"]
    assert parts[1].source == "data:image/png;base64,aGVsbG8="


@pytest.mark.parametrize("text", ["[" * 300_000, "*a " * 100_000])
def test_texts_that_take_long_are_shown_as_they_are(text):
    assert rendered(text).startswith("<pre>")
    cells = [{"cell_type": "markdown", "source": text[:10_000]}] * 12
    kinds = [part.kind for part in notebook.parts(json.dumps({"cells": cells}))]
    assert (kinds[0], kinds[-1]) == ("markdown", "text")


def test_markdown_is_tame():
    html = rendered("# Big\n\n[a](javascript:x) [b](https://b.c) ![d](https://e.f/g) <b>")
    assert "<h4>" in html
    assert 'href="https://b.c" rel="nofollow noopener noreferrer ugc"' in html
    assert "<img" not in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.PNG", "picture"),
        ("a.svg", "picture"),
        ("a.nwb", "signals"),
        ("a.csv", "table"),
        ("a.ipynb", "notebook"),
        ("a.log", "text"),
        ("a.pkl", "other"),
        ("a.html", "text"),
    ],
)
def test_kinds_follow_from_names(tmp_path, name, kind):
    assert kind_of(file(tmp_path, name)[1]) == kind
