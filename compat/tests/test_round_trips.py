"""Every register survives every way of writing it down."""

import pickle
from typing import Any

import numpy as np
import pytest
from compat.tests import draw
from dlens_vx_v3 import hal, halco, lola, sta

from neckar.brainscales2.chip import archive

KINDS = [*draw.AT.items(), (halco.LogicalNeuronOnDLS, lola.LogicalNeuron)]
NOT_IN_ARCHIVES = {
    "ChipAndMultichipJboaLeafFPGA",
    "ChipAndSinglechipFPGA",
    "ExternalPPUDRAMMemoryByteOnFPGA",
    "ExternalPPUDRAMMemoryBlock",
    "ExternalPPUDRAMMemoryQuadOnFPGA",
    "ExternalPPUMemoryBlock",
    "LogicalNeuron",
    "MultichipJboaLeafFPGA",
    "PPUMemoryBlock",
    "PollingOmnibusBlockConfig",
    "SinglechipFPGA",
    "SpikePack1ToChip",
    "SpikePack2ToChip",
    "SpikePack3ToChip",
}
WAYS = [(sta.to_json, sta.from_json), (sta.to_portablebinary, sta.from_portablebinary)]


@pytest.mark.parametrize(("at", "kind"), KINDS, ids=lambda each: each.__name__)
def test_a_register_survives_the_way_through_a_dump(at: Any, kind: Any) -> None:
    dumper = sta.PlaybackProgramBuilderDumper()
    for place, register in _drawn(at, kind):
        if type(register) in (hal.Barrier, hal.PollingOmnibusBlock):
            dumper.block_until(place, register)
        else:
            dumper.write(place, register)
    done = dumper.done()
    for save, load in WAYS:
        loaded = sta.DumperDone()
        load(loaded, save(done))
        assert loaded == done
        assert loaded.tolist() == done.tolist()
    assert pickle.loads(pickle.dumps(done)) == done


def _drawn(at: Any, kind: Any) -> list[tuple[Any, Any]]:
    rng = np.random.default_rng(1)
    if kind is lola.LogicalNeuron:
        return [draw.logical_neuron(rng)]
    places = [draw.coordinate(at, rng) for _ in range(2)]
    return [(place, draw.register(kind, rng, place)) for place in places]


@pytest.mark.parametrize("kind", [*hal.containers, *lola.containers], ids=lambda k: k.__name__)
def test_a_register_alone_is_filled_from_text_and_bytes(kind: Any) -> None:
    register = draw.register(kind, np.random.default_rng(2))
    for save, load in (
        (hal.to_json, hal.from_json),
        (hal.to_portablebinary, hal.from_portablebinary),
    ):
        loaded = kind()
        load(loaded, save(register))
        assert loaded == register


@pytest.mark.parametrize(("at", "kind"), KINDS, ids=lambda each: each.__name__)
def test_a_register_survives_an_archive_of_the_original(at: Any, kind: Any) -> None:
    entries = _drawn(at, kind)
    if NOT_IN_ARCHIVES & {kind.__name__, at.__name__}:
        with pytest.raises(TypeError, match="has no place in a portable binary archive"):
            archive.encode(entries)
        return
    document = archive.encode(entries)
    loaded = sta.DumperDone()
    sta.from_portablebinary(loaded, document)
    assert loaded.tolist() == entries
    alone = kind()
    hal.from_portablebinary(alone, archive.encode_one(entries[0][1]))
    assert alone == entries[0][1]
