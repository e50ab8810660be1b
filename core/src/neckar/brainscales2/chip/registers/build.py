"""Makes the register classes of the chip from their tables."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from neckar.brainscales2.chip.coordinates import COORDINATES
from neckar.brainscales2.chip.coordinates.base import ranged
from neckar.brainscales2.chip.registers.base import Choice, Codec, Field, Register
from neckar.brainscales2.chip.registers.codecs import (
    PLAIN,
    AnalogValue,
    DisableRefresh,
    codec_of,
)

Table = dict[str, Any]
_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?: = (-?\d+))?")
_FIELD = re.compile(r"([/\w.]+?)((?:\[\w+\])*)(?: = (.+))?")
_FIXED = {("CapMemCell", "Value"): AnalogValue, ("CapMemCell", "DisableRefresh"): DisableRefresh}


class Builder:
    """Registers made so far; `get` makes what is missing."""

    def __init__(self, table: Table, module: str) -> None:
        self._table = table
        self._module = module
        self._made: dict[str, Any] = {}
        self._codecs: dict[Any, Codec] = {}

    def get(self, path: str) -> Any:
        """The register or type with this path, such as `AtomicNeuron.Leak`."""
        if path not in self._made:
            self._made[path] = self._make(path)
        return self._made[path]

    def _entry(self, path: str) -> Any:
        entry: Any = self._table
        for name in path.split("."):
            entry = entry.get(name) if isinstance(entry, dict) else None
        return entry

    def _make(self, path: str) -> Any:
        entry = self._entry(path)
        made: Any
        owner, _, name = path.rpartition(".")
        if isinstance(entry, dict):
            made = self._register(path, name, entry)
        elif isinstance(entry, list):
            made = _choice(name, entry)
        elif match := _RANGE.fullmatch(entry):
            made = _FIXED.get((owner, name)) or self._range(name, match)
        else:
            return self._find(entry, owner)
        made.__module__, made.__qualname__ = self._module, path
        return made

    def _range(self, name: str, match: re.Match[str]) -> Any:
        low, high, default = match.groups()
        return ranged(name, int(high), int(low), None if default is None else int(default))

    def _find(self, name: str, scope: str) -> Any:
        """The type called `name` as seen from within `scope`."""
        if name.startswith("/"):
            return self.get(name[1:])
        while scope:
            if self._entry(f"{scope}.{name}") is not None:
                return self.get(f"{scope}.{name}")
            scope = scope.rpartition(".")[0]
        return self.get(name) if self._entry(name) is not None else COORDINATES[name]

    def _register(self, path: str, name: str, entry: dict[str, Any]) -> type[Register]:
        fields = [
            self._field(key, spec, path)
            for key, spec in entry.items()
            if key[0].islower() and key != "at"
        ]
        types = {key: self.get(f"{path}.{key}") for key in entry if key[0].isupper()}
        made: Any = type(name, (Register,), {"__slots__": ()} | types)
        made.dtype = np.dtype([field.dtype for field in fields])
        made.fields = {field.name: field for field in fields}
        made.coordinate_type = COORDINATES[entry["at"]] if "at" in entry else None
        made.arguments = tuple(made.fields) if len(fields) == 1 else ()
        made._default = _default(made)
        for field in fields:
            setattr(made, field.name, field.property())
        return made

    def _field(self, name: str, spec: str, path: str) -> Field:
        match = _FIELD.fullmatch(spec)
        assert match is not None, (path, spec)
        kind, axes_spec, default = match.groups()
        found = kind if kind in PLAIN else self._find(kind, path)
        codec = self._codec(found)
        axes = tuple(
            int(axis) if axis.isdigit() else COORDINATES[axis]
            for axis in re.findall(r"\[(\w+)\]", axes_spec)
        )
        shape = tuple(axis if isinstance(axis, int) else axis.size for axis in axes)
        return Field(name, codec, axes, shape, _first(found, default))

    def _codec(self, kind: Any) -> Codec:
        if kind not in self._codecs:
            self._codecs[kind] = codec_of(kind)
        return self._codecs[kind]


def _choice(name: str, names: list[str]) -> Any:
    make: Any = Choice
    return make(name, names, start=0)


def _first(kind: Any, default: str | None) -> Any:
    """What a new field holds."""
    if default is None:
        return getattr(kind, "default", 0)
    return getattr(kind, default) if hasattr(kind, default) else json.loads(default)


def _default(register: type[Register]) -> np.ndarray:
    """What a new register of this class holds."""
    array = np.zeros((), register.dtype)
    for field in register.fields.values():
        inner = field.codec.register
        array[field.name] = field.default if inner is None else inner._default
    return array
