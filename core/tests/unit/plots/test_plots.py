"""Figures show what was recorded; a report stands alone."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import neckar
from neckar import plots
from neckar.brainscales2.calibration import Residual
from neckar.brainscales2.mapping.results import Results, Samples, SnippetResults
from neckar.network import LIF, Network, Population, SpikeTimes, all_to_all, observe
from neckar.plots import Run
from neckar.plots.page import page
from neckar.run import Snippet, execute, prepare

IDEAL = neckar.Twin.ideal()


@pytest.fixture(scope="module")
def run() -> Run:
    source = Population(name="<input>", size=2, cell=SpikeTimes(times=(np.array([1e-5]),) * 2))
    cells = Population(name="cells", size=3, cell=LIF(leak=0.65, threshold=0.6))
    network = Network(
        populations=(source, cells),
        projections=(all_to_all(source, cells, weight_code=20),),
        probes=(observe(cells), observe(cells, "v", cells=[1])),
    )
    prepared = prepare([Snippet(network=network, duration=1e-4)], chip=IDEAL)
    with IDEAL.open() as session:
        results = execute(prepared, session)
    return Run(snippets=prepared, results=results, wall_time=0.5)


def test_a_raster_has_a_line_for_every_cell(run: Run) -> None:
    (axes,) = plots.raster(run.results).axes
    assert len(axes.collections) == 3
    drawn = axes.collections[1].get_positions()
    assert drawn == pytest.approx(run.results.spikes["cells"][1] * 1e6)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cells"]


def test_a_trace_keeps_its_extremes() -> None:
    value = np.zeros(100_000, np.float32)
    value[[777, 50_001]] = 300, -200
    time = np.arange(value.size) * 1e-8
    part = SnippetResults(
        begin=0,
        end=1e-3,
        spikes={},
        samples={("n", "v", "madc"): {0: Samples(time=time, value=value)}},
    )
    (axes,) = plots.traces(Results(snippets=(part,), dropped_in=0, dropped_out=0)).axes
    x, y = axes.lines[0].get_data()
    assert len(x) < 4000
    assert (y.max(), y.min()) == (300, -200)
    assert x[np.argmax(y)] == pytest.approx(7.77)


def test_a_matrix_shows_weights_and_leaves_out_what_is_not_connected(run: Run) -> None:
    network = run.snippets[0].network
    image = plots.weights(network, network.projections[0]).axes[0].images[0]
    assert image.get_array().tolist() == [[20, 20], [20, 20], [20, 20]]


def test_calibration_shows_both_spreads() -> None:
    random = np.random.default_rng(1)
    residual = Residual(
        name="leak", wanted=80.0, before=random.normal(80, 5, 512), after=random.normal(80, 1, 512)
    )
    figure = plots.calibration([residual] * 4)
    assert [axes.get_title(loc="left") for axes in figure.axes[:4]] == ["leak"] * 4


def test_whatever_runs_in_a_block_can_be_looked_at(run: Run) -> None:
    network = run.snippets[0].network
    with plots.watch() as runs:
        results = neckar.run(network, duration=1e-4, backend=IDEAL)
        neckar.run(network, duration=5e-5, backend=IDEAL)
    neckar.run(network, duration=1e-5, backend=IDEAL)
    assert [round(each.results.duration * 1e6) for each in runs] == [100, 50]
    assert runs[0].results is results
    assert runs[0].forecast.usage is not None
    assert plots.occupation(runs[0].snippets[-1]).axes


class Page(HTMLParser):
    """Notes whatever would have to be fetched, and which elements stay open."""

    void = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.void:
            self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href") and not (value or "").startswith(
                ("#", "data:")
            ):
                self.fetched.append(f"{tag} {value}")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_needs_nothing_else(run: Run) -> None:
    document = page("<script>.py", "a chip", [run, run], [], ["mind the <gap>"])
    parsed = Page()
    parsed.feed(document)
    assert parsed.open == []
    assert parsed.fetched == []
    assert len(parsed.ids) == len(set(parsed.ids))
    assert "&lt;script&gt;.py" in document
    assert "mind the &lt;gap&gt;" in document
    assert "&lt;input&gt;" in document
    assert "var(--ink)" in document
    assert not re.search(r"#33404d|#0b5d73;? *stroke", document)


def test_losses_are_among_the_warnings(run: Run) -> None:
    lossy = Results(snippets=run.results.snippets, dropped_in=7, dropped_out=3)
    unlucky = Run(snippets=run.snippets, results=lossy, wall_time=0.1)
    document = page("s.py", "a chip", [unlucky], [], [])
    assert "the link lost 7 spikes on their way in and 3 on their way out" in document


def test_many_runs_are_listed_and_some_shown(run: Run) -> None:
    document = page("s.py", "a chip", [run] * 20, [], [])
    assert "20 runs</summary>" in document
    assert document.count("<h2>Run 1</h2>") == 1
    assert document.count("<h2>Run 20</h2>") == 1
    assert "<h2>Run 10</h2>" not in document
    assert document.count("on the chip</h2>") == 1  # it is placed once
