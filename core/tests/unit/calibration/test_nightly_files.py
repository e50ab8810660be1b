"""Files that scripts copy and open, in the folders and formats of the original."""

import gzip
import pickle
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from neckar.brainscales2.calibration import nightly, nightly_path
from neckar.brainscales2.calibration.calibrate import calibration_of
from neckar.brainscales2.calibration.parts import parts
from neckar.brainscales2.calibration.target import HAGEN_SYNIN
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.registers.file import Registers
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


class Written:
    """A builder that keeps what is appended, and a chip on which that was played."""

    def __init__(self):
        self.entries = []

    def write(self, coordinate, register):
        self.entries.append((coordinate, register))

    def chip(self):
        registers = Registers.holding(ChipConfig.of(Chip()))
        for coordinate, register in self.entries:
            registers.write(coordinate, register)
        return registers.config.chip()


@pytest.mark.parametrize("folder", ["latest", "latest-weekly"])
@pytest.mark.parametrize("name", ["spiking", "hagen", "correlation"])
def test_a_copied_pickle_applies_itself(folder, name, tmp_path):
    there = nightly_path(DEFAULT_SERIAL).parent.parent.joinpath(folder, f"{name}_calix-native.pkl")
    shutil.copy(there, tmp_path / "mine.pkl")
    with open(tmp_path / "mine.pkl", "rb") as file:
        found = pickle.load(file)
    written = Written()
    found.apply(written)
    played, expected = written.chip(), nightly(DEFAULT_SERIAL, name)
    assert played.neuron_block == expected.neuron_block
    assert played.array["synapse_blocks"]["i_bias_dac"].tolist() == (
        expected.array["synapse_blocks"]["i_bias_dac"].tolist()
    )
    matrices = (each.array["synapse_blocks"]["matrix"] for each in (played, expected))
    for one, other in pairwise(matrices):
        assert np.array_equal(one["amp_calibs"], other["amp_calibs"])
    for part in ("synapse_driver_blocks", "cadc_readout_chains"):
        assert played.array[part].tobytes() == expected.array[part].tobytes()
    assert found.to_chip() == expected


def test_text_says_the_same():
    path = nightly_path(DEFAULT_SERIAL).parent / "spiking_cocolist.json.gz"
    entries = wire.from_json(gzip.decompress(path.read_bytes()).decode())
    for (_, one), (_, other) in zip(entries, parts(nightly(DEFAULT_SERIAL)), strict=True):
        assert one == other


def test_what_no_laboratory_makes_is_not_there():
    path = nightly_path(DEFAULT_SERIAL).parent / "magic_cocolist.pbin"
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        path.read_bytes()


def test_a_file_that_lies_elsewhere_is_not_made(tmp_path: Path):
    nightly_path(DEFAULT_SERIAL)
    assert not (tmp_path / "latest" / "spiking_cocolist.pbin").exists()


def test_integration_on_lines_resets_them_through_the_board():
    chip = nightly(DEFAULT_SERIAL)
    written = Written()
    calibration_of(chip, HAGEN_SYNIN).apply(written)
    names = [type(coordinate).__name__ for coordinate, _ in written.entries]
    assert {"ShiftRegisterOnBoard", "DACChannelBlockOnBoard", "PadMultiplexerConfigOnDLS"} <= {
        *names
    }
    assert np.all(calibration_of(chip, HAGEN_SYNIN).is_successful)
