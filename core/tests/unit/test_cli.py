"""The command line."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from neckar import cli
from neckar.brainscales2.backends import twin
from neckar.frontends.pynn.helper import chip_from_file
from neckar.run import watcher

SCRIPT = """
import sys
from collections.abc import Iterator
from neckar.frontends import pynn

pynn.setup()
for size in (2, 3):
    cells = pynn.Population(size, pynn.cells.HXNeuron(leak_v_leak=700))
    cells.record("spikes")
    pynn.run(0.02)
    pynn.reset()
pynn.end()
print("arguments:", sys.argv[1:], "file:", __file__)
"""


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NECKAR_SERIAL", "NECKAR_IDEAL", "NECKAR_SEED"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr("sys.argv", ["pytest"])
    monkeypatch.setattr("sys.path", list(sys.path))
    tokens = twin.progress.set(None), watcher.set(None)
    yield
    twin.progress.reset(tokens[0])
    watcher.reset(tokens[1])


@pytest.fixture
def script(tmp_path: Path) -> str:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def test_run_gives_the_script_its_arguments(script: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["run", script, "first", "--", "--second"]) == 0
    assert f"arguments: ['first', '--second'] file: {script}" in capsys.readouterr().out


def test_options_may_stand_behind_the_script(script: str) -> None:
    assert cli.main(["run", script, "--serial", "12", "--seed", "3"]) == 0
    assert (twin.default().serial, twin.default().seed) == (12, 3)


def test_ideal_is_a_chip_without_mismatch(script: str) -> None:
    assert cli.main(["run", "--ideal", script]) == 0
    assert twin.default().identifier == "twin-ideal"


def test_ideal_and_a_serial_number_exclude_each_other(script: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["run", "--ideal", "--serial", "3", script])


def test_a_missing_script_is_named(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["run", "nowhere.py"]) == 2
    assert "there is no file nowhere.py" in capsys.readouterr().err


def test_a_network_that_does_not_fit_is_told_with_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "large.py"
    path.write_text(
        "from neckar.frontends import pynn\n"
        "pynn.setup()\n"
        "crowd = pynn.Population(513, pynn.cells.HXNeuron(), label='crowd')\n"
        "ring = pynn.FromListConnector([(k, (k + 1) % 513) for k in range(513)])\n"
        "pynn.Projection(crowd, crowd, ring)\n"
        "pynn.run(0.1)\n"
    )
    assert cli.main(["run", str(path)]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"neckar: {path}, line 6: ")
    assert "513" in message
    assert "crowd" in message


def test_show_draws_the_first_network_and_runs_nothing(
    script: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    figure = tmp_path / "where.png"
    assert cli.main(["show", script, "-o", str(figure)]) == 0
    assert figure.stat().st_size > 10_000
    output = capsys.readouterr().out
    assert "2 of 512 neurons" in output
    assert "arguments:" not in output


def test_show_draws_the_network_that_was_asked_for(
    script: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["show", script, "-n", "2", "-o", str(tmp_path / "where.png")]) == 0
    assert "5 of 512 neurons" in capsys.readouterr().out


@pytest.mark.parametrize("before", [0, 1, 2])
def test_show_honours_the_output_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "wanders.py"
    script.write_text(f"import os\nos.chdir({str(elsewhere)!r})\n{SCRIPT}")
    words = [str(script), "argument"]
    words[before:before] = ["-o", "where.png"]
    assert cli.main(["show", *words]) == 0
    assert (tmp_path / "where.png").exists()


def test_options_that_nobody_knows_are_refused(script: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["show", script, "--outptu", "where.png"])


def test_show_says_when_there_are_fewer_networks(
    script: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(["show", script, "-n", "3"]) == 1
    assert "ran 2 networks, there is no number 3" in capsys.readouterr().err


NATIVE = """
import neckar
from neckar.network import LIF, Network, Population, observe

cells = Population(name="cells", size=2, cell=LIF(leak=0.65, threshold=0.6))
network = Network(populations=(cells,), probes=(observe(cells), observe(cells, "v")))
results = neckar.run(network, duration=1e-4)
print("spikes:", len(results.spikes["cells"][0]))
"""


@pytest.mark.parametrize("text", [SCRIPT, NATIVE], ids=["pynn", "native"])
def test_check_looks_ahead_and_runs_nothing(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "script.py"
    path.write_text(text)
    assert cli.main(["check", str(path), "--serial", "3"]) == 0
    output = capsys.readouterr().out
    assert "twin-3" in output
    assert "2 of    512" in output
    assert "all kept" in output
    assert "spikes:" not in output


def test_check_tells_programs_the_same(script: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["check", "--json", script, "-n", "2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["usage"]["neurons"] == 5
    assert found["violations"] == []


def test_check_lists_broken_rules(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "script.py"
    path.write_text(NATIVE.replace("leak=0.65", "leak=6.5, psp=1.0"))
    assert cli.main(["check", str(path)]) == 1
    output = capsys.readouterr().out
    assert "rules      2 broken" in output
    assert "leak = 6.5 V lies outside" in output


@pytest.mark.parametrize("text", [SCRIPT, NATIVE], ids=["pynn", "native"])
def test_a_report_of_a_run_is_one_file(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "script.py"
    path.write_text(f"import warnings\nwarnings.warn('careful')\n{text}")
    report = tmp_path / "out.html"
    with pytest.warns(UserWarning, match="careful"):
        assert cli.main(["run", str(path), "--report", str(report)]) == 0
    document = report.read_text()
    assert "careful" in document
    assert "script.py" in document
    assert "tau_mem" in document
    assert document.count("<svg") >= 2


def test_info_names_chip_and_calibration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cli.main(["info", "--serial", "7"]) == 0
    output = capsys.readouterr().out
    assert "HICANN-X v3, twin-7" in output
    assert "tau_mem" in output
    assert str(tmp_path) in output


def test_calibrate_measures_once_and_says_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    page, settings = tmp_path / "page.html", tmp_path / "settings.pbin"
    words = ["calibrate", "spiking", "--leak", "90", "--report", str(page), "-o", str(settings)]
    assert cli.main(words) == 0
    first = capsys.readouterr().out
    assert "512 of 512 neurons" in first
    assert "leak / CADC LSB             90.00" in first
    assert page.read_text().count("<svg") == 1
    assert chip_from_file(settings).array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"].all()
    begin = time.process_time()
    assert cli.main(["calibrate", "spiking", "--leak", "90"]) == 0
    assert time.process_time() - begin < 5
    assert capsys.readouterr().out == first


def test_a_calibration_that_is_stopped_says_that_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """As by Ctrl-C in the second stage."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    done = []

    def stop_soon(*shown: object) -> None:
        done.append(shown)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("neckar.cli.calibrate.Bar", lambda *arguments: stop_soon)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert cli.main(["calibrate", "spiking", "--serial", "12"]) == 130
    assert "goes on from here" in capsys.readouterr().err
    assert [*tmp_path.rglob("*.unfinished")]


def test_neurons_that_do_not_fire_have_no_threshold(capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["calibrate", "hagen", "--threshold", "100"]) == 1
    assert "do not fire" in capsys.readouterr().err


def test_calibrate_measures_correlation_sensors(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    page, settings = tmp_path / "page.html", tmp_path / "settings.pbin"
    words = ["calibrate", "correlation", "--tau", "10", "--report", str(page), "-o", str(settings)]
    assert cli.main(words) == 0
    output = capsys.readouterr().out
    assert "4 of 4 quadrants" in output
    assert "causal tau / us             10.00" in output
    assert "all 131 072 synapses" in page.read_text()
    correlation = chip_from_file(settings).array["cadc_readout_chains"]["correlation"]
    assert (correlation["i_bias_ramp"] < 60).all()
    assert cli.main(["calibrate", "correlation", "--leak", "90"]) == 1
    assert "--leak says nothing about a calibration for correlation" in capsys.readouterr().err
    assert cli.main(["calibrate", "spiking", "--trims"]) == 1
    assert "--trims says nothing" in capsys.readouterr().err


def test_serve_prints_the_variables_that_lead_to_its_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    command = [sys.executable, "-u", "-m", "neckar", "serve", "--ideal"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as said:
        for _ in range(4):
            name, _, value = said.readline().strip().removeprefix("export ").partition("=")
            monkeypatch.setenv(name, value)
        assert twin.default().identifier == "twin-ideal"
        process.terminate()
        process.wait()
