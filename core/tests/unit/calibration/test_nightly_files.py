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
from neckar.brainscales2.calibration.nightly import KINDS, nightly_folder
from neckar.brainscales2.calibration.parts import parts
from neckar.brainscales2.calibration.target import HAGEN_SYNIN
from neckar.brainscales2.chip import wire
from neckar.brainscales2.chip.coordinates import (
    AtomicNeuronOnDLS,
    CADCChannelConfigOnDLS,
    SynapseDriverOnDLS,
    iter_all,
)
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.registers.chip_of import chip_of
from neckar.brainscales2.twin.variation import DEFAULT_SERIAL


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


CHANNELS = "channels_causal", "channels_acausal"


class Written:
    """A builder that keeps what is appended, and a chip on which that was played."""

    def __init__(self):
        self.entries = []

    def write(self, coordinate, register):
        self.entries.append((coordinate, register))

    block_until = write

    def chip(self):
        return chip_of(self.entries)


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


@pytest.mark.parametrize("name", KINDS)
def test_text_bytes_and_pickle_say_the_same(name):
    folder = nightly_path(DEFAULT_SERIAL).parent
    text = gzip.decompress((folder / f"{name}_cocolist.json.gz").read_bytes()).decode()
    written = Written()
    pickle.loads((folder / f"{name}_calix-native.pkl").read_bytes()).apply(written)
    content = wire.decode((folder / f"{name}_cocolist.pbin").read_bytes())
    assert wire.from_json(text) == content == written.entries


@pytest.mark.parametrize("name", KINDS)
def test_a_file_leaves_synapses_and_routes_as_they_were(name):
    before = Chip()
    before.array["crossbar"]["nodes"]["mask"] = 5
    before.array["synapse_blocks"]["matrix"]["weights"] = 6
    content = wire.decode(nightly_path(DEFAULT_SERIAL, name).read_bytes())
    after = chip_of(content, before)
    assert after.crossbar == before.crossbar
    assert (after.array["synapse_blocks"]["matrix"]["weights"] == 6).all()
    assert after.neuron_block == nightly(DEFAULT_SERIAL, name).neuron_block
    assert before.neuron_block == Chip().neuron_block


def test_what_comes_along_is_there_by_the_name_alone():
    name = f"{nightly_path(DEFAULT_SERIAL).parent / 'hagen_cocolist.pbin'}"
    with open(name, "rb") as file:
        assert wire.decode(file.read())


def test_a_name_alone_measures_nothing():
    name = str(nightly_folder(12) / "spiking_cocolist.pbin")
    assert not Path(name).exists()


def test_a_file_has_the_settings_of_each_neuron_channel_and_driver_at_its_coordinate():
    """As scripts of the field look for them in files of the original."""
    chip = nightly(DEFAULT_SERIAL)
    found = dict(parts(chip))
    array = chip.array
    for neuron in iter_all(AtomicNeuronOnDLS):
        expected = array["neuron_block"]["atomic_neurons"][int(neuron.toEnum())]
        assert found[neuron].array.tobytes() == expected.tobytes()
    offsets = [int(found[channel].offset) for channel in iter_all(CADCChannelConfigOnDLS)]
    chains = array["cadc_readout_chains"]
    sides = (chains[side][which]["offset"] for side in (0, 1) for which in CHANNELS)
    assert offsets == np.concatenate([*sides]).tolist()
    drivers = [int(found[driver].offset) for driver in iter_all(SynapseDriverOnDLS)]
    assert drivers == array["synapse_driver_blocks"]["synapse_drivers"]["offset"].ravel().tolist()


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
