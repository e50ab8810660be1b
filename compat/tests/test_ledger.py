"""The ledger lists every original name, and says the truth about each."""

import importlib
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType

import pytest

LEDGER = tomllib.loads((Path(__file__).parents[1] / "ledger.toml").read_text(encoding="utf-8"))
ENTRIES = LEDGER["name"]
SUPPORTED = [e for e in ENTRIES if e["status"] in ("full", "partial")]
REFUSED = [e for e in ENTRIES if e["status"] == "refuses"]
EXPORTING = (
    "pynn_brainscales.brainscales2",
    "dlens_vx_v3.halco",
    "dlens_vx_v3.hal",
    "dlens_vx_v3.lola",
    "dlens_vx_v3.sta",
    "dlens_vx_v3.hxcomm",
    "dlens_vx_v3.logger",
)


def resolve(path: str) -> object:
    """The thing behind a dotted path: the longest module in it, then attributes."""
    parts = path.split(".")
    for n_parts in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:n_parts]))
        except ModuleNotFoundError:
            continue
        for part in parts[n_parts:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(path)


def exported(module: ModuleType) -> list[str]:
    """Names that `from module import *` would bring."""
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    return [f"{module.__name__}.{name}" for name in names]


def named(entries: list[dict[str, str]]) -> list[object]:
    return [pytest.param(entry, id=entry["original"]) for entry in entries]


def test_entries_are_complete_and_unique() -> None:
    originals = [entry["original"] for entry in ENTRIES]
    assert len(originals) == len(set(originals))
    for entry in ENTRIES:
        assert set(entry) == {"original", "leads_to", "status", "used_by", "note"}, entry
        assert entry["status"] in ("full", "partial", "refuses"), entry
        assert entry["status"] == "full" or entry["note"], f"{entry['original']}: say what lacks"


@pytest.mark.parametrize("name", EXPORTING)
def test_every_exported_name_has_an_entry(name: str) -> None:
    patterns = [entry["original"] for entry in ENTRIES]
    names = exported(importlib.import_module(name))
    missing = [n for n in names if not any(fnmatchcase(n, pattern) for pattern in patterns)]
    assert not missing


@pytest.mark.parametrize("entry", named(SUPPORTED))
def test_a_supported_name_is_there(entry: dict[str, str]) -> None:
    original = entry["original"]
    if "*" not in original:
        resolve(original)
        return
    family = resolve(original.split("*")[0].rpartition(".")[0])
    assert isinstance(family, ModuleType)
    assert any(fnmatchcase(name, original) for name in exported(family))


@pytest.mark.parametrize("entry", named([e for e in ENTRIES if e["leads_to"]]))
def test_a_name_leads_to_something(entry: dict[str, str]) -> None:
    resolve(entry["leads_to"].removesuffix(".*"))


@pytest.mark.parametrize("entry", named(REFUSED))
def test_a_refused_name_says_what_to_use_instead(entry: dict[str, str]) -> None:
    with pytest.raises(NotImplementedError, match="instead:"):
        resolve(entry["original"])()  # type: ignore[operator]
