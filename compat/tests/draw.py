"""Draws registers, coordinates and programs at random."""

from collections.abc import Callable
from typing import Any

import numpy as np
from dlens_vx_v3 import hal, halco, lola, sta
from hypothesis import strategies as st

from neckar.brainscales2.chip.registers import HAL, LOLA, words
from neckar.brainscales2.chip.registers.base import Choice, Field
from neckar.brainscales2.chip.registers.memory import MemoryBlock
from neckar.brainscales2.twin.registers.readable import wrong_read
from neckar.brainscales2.twin.registers.writable import wrong_write

AT = {
    kind.coordinate_type: kind
    for kind in (HAL | LOLA).values()
    if kind.coordinate_type is not None and kind is not lola.LogicalNeuron
}
_WAITS = (hal.Barrier, hal.PollingOmnibusBlock)
_LONGEST_WAIT = 2000  # cycles
_LARGE = 200_000  # bytes of a register that is not drawn into programs
_REFUSED = {
    "connect_fire_from_right",
    "enable_charge_sharing",
    "enable_iconv_amplifier",
    "enable_renewing",
    "inhibit_reset",
}
_SWITCHES = {  # some of their settings are refused, alone or together
    "CADCReadoutChain",
    "CapMemBlockConfig",
    "ColumnCorrelationQuad",
    "ColumnCorrelationRow",
    "ColumnCurrentQuad",
    "ColumnCurrentRow",
    "CurrentDAC",
    "MADCConfig",
    "NeuronBlock",
    "PadMultiplexerConfig",
    "ReadoutChain",
    "ReadoutSourceSelection",
    "ShiftRegister",
}


def register(kind: Any, rng: np.random.Generator, coordinate: Any = None) -> Any:
    """A register of this kind with everything in it at random."""
    if kind is lola.LogicalNeuron:
        return logical_neuron(rng)[1]
    if issubclass(kind, MemoryBlock):
        n = 3 if coordinate is None else _length(coordinate)
        return kind.of(rng.integers(0, 2 ** (8 * kind.cell.dtype.itemsize), n, dtype=np.uint64))
    made = kind()
    _fill(made.array, kind, rng)
    return made


def _length(coordinate: Any) -> int:
    interval = getattr(coordinate, "toPPUMemoryBlockOnPPU", lambda: coordinate)()
    return int(interval.toMax()) - int(interval.toMin()) + 1


def _fill(array: np.ndarray, kind: Any, rng: np.random.Generator) -> None:
    for field in kind.fields.values():
        inner = field.codec.register
        if inner is None:
            array[field.name] = _values(field, array[field.name].shape, rng)
        else:
            _fill(array[field.name], inner, rng)


def _values(field: Field, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    kind = field.codec.kind
    if kind == "bool":
        return rng.integers(0, 2, shape).astype(bool)
    if kind == "float":
        return rng.normal(size=shape)
    if kind == "analog":
        return rng.integers(0, 1024, shape)
    low, high = (0, len(kind) - 1) if issubclass(kind, Choice) else (int(kind.min), int(kind.max))
    return rng.integers(low, high, shape, dtype=field.codec.dtype, endpoint=True)


def coordinate(kind: Any, rng: np.random.Generator) -> Any:
    """A coordinate of this kind."""
    if kind is halco.LogicalNeuronOnDLS:
        return logical_neuron(rng)[0]
    if kind is halco.PPUMemoryBlockOnDLS:
        inner = coordinate(halco.PPUMemoryBlockOnPPU, rng)
        return kind(inner, coordinate(halco.PPUOnDLS, rng))
    if kind.is_interval:
        bound = kind.bound_type
        low = int(rng.integers(0, bound.size - 20))
        return kind(bound(low), bound(low + int(rng.integers(0, 20))))
    return kind(halco.common.Enum(int(rng.integers(0, kind.size))))


def logical_neuron(rng: np.random.Generator) -> tuple[Any, Any]:
    """A neuron of two circuits with a resistor between them, and its place."""
    morphology = lola.Morphology()
    left, right = (halco.AtomicNeuronOnLogicalNeuron(x, y) for x, y in ((0, 0), (1, 0)))
    line = (halco.NeuronColumnOnLogicalNeuron(0), halco.NeuronColumnOnLogicalNeuron(1))
    morphology.create_compartment([left])
    morphology.create_compartment([right])
    morphology.connect_resistor_to_soma(left)
    morphology.connect_to_soma(right)
    morphology.connect_soma_line(*line, halco.NeuronRowOnLogicalNeuron(0))
    compartments, neuron = morphology.done()
    circuit = neuron.morphology[halco.CompartmentOnLogicalNeuron(0)][0]
    circuit.leak.v_leak = int(rng.integers(0, 1023))
    anchor = halco.AtomicNeuronOnDLS(int(rng.integers(0, 100)), int(rng.integers(0, 2)))
    return halco.LogicalNeuronOnDLS(compartments, anchor), neuron


Step = Callable[[Any], None]


def _tame(array: np.ndarray) -> None:
    """Switch off what is refused."""
    for name in array.dtype.names or ():
        if name in _REFUSED:
            array[name] = 0
        else:
            _tame(array[name])


def _kinds(count: Callable[[Any], int]) -> list[Any]:
    """Where something can be written, or read."""
    return [
        at
        for at, kind in AT.items()
        if count(kind) > 0 and kind.dtype.itemsize < _LARGE and kind not in _WAITS
    ]


def _unchecked(kinds: list[Any], wrong: Callable[[Any], Any]) -> list[Any]:
    """Those that are refused neither always nor together with others."""
    rng = np.random.default_rng(0)
    known = [kind for kind in kinds if wrong(coordinate(kind, rng)) is None]
    return [kind for kind in known if AT[kind].__name__ not in _SWITCHES]


def _write(kind: Any, seed: int, is_tame: bool) -> Step:
    rng = np.random.default_rng(seed)
    at = coordinate(kind, rng)
    content = register(AT[kind], rng, at)
    if is_tame:
        _tame(content.array)
    return lambda builder: builder.write(at, content)


def _read(kind: Any, seed: int) -> Step:
    at = coordinate(kind, np.random.default_rng(seed))
    return lambda builder: builder.read(at)


def _wait(cycles: int) -> Step:
    return lambda builder: builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(cycles))


def _send(labels: list[int]) -> Step:
    pack = hal.SpikePack3ToChip([halco.SpikeLabel(label) for label in labels])
    return lambda builder: builder.write(halco.SpikePack3ToChipOnDLS(), pack)


def _always(do: Step) -> st.SearchStrategy[Step]:
    return st.just(do)


def _reset_timer(builder: Any) -> None:
    builder.write(halco.TimerOnDLS(), hal.Timer())


def _barrier(builder: Any) -> None:
    builder.block_until(halco.BarrierOnFPGA(), hal.Barrier.omnibus)


def _record(builder: Any) -> None:
    builder.write(halco.EventRecordingConfigOnFPGA(), hal.EventRecordingConfig(True))


def _wake_up(builder: Any) -> None:
    builder.write(halco.MADCControlOnDLS(), hal.MADCControl(wake_up=True))


def _sample(builder: Any) -> None:
    control = hal.MADCControl(start_recording=True, enable_continuous_sampling=True)
    builder.write(halco.MADCControlOnDLS(), control)


_SEEDS = st.integers(0, 2**32 - 1)
_WRITTEN, _ANSWERED = _kinds(words.to_write), _kinds(words.to_read)
_ANY = st.one_of(
    st.builds(_wait, st.integers(0, _LONGEST_WAIT)),
    st.builds(_send, st.lists(st.integers(0, 0xFFFF), min_size=3, max_size=3)),
    *map(_always, (_reset_timer, _barrier, _record, _wake_up, _sample)),
)
VALID = st.lists(
    st.one_of(
        st.builds(
            _write,
            st.sampled_from(_unchecked(_WRITTEN, lambda at: wrong_write(at, AT[type(at)]()))),
            _SEEDS,
            st.just(True),
        ),
        st.builds(_read, st.sampled_from(_unchecked(_ANSWERED, wrong_read)), _SEEDS),
        _ANY,
    ),
    max_size=16,
)
"""Steps that are accepted in whatever order they come."""
WILD = st.lists(
    st.one_of(
        st.builds(_write, st.sampled_from(_WRITTEN), _SEEDS, st.just(False)),
        st.builds(_read, st.sampled_from(_ANSWERED), _SEEDS),
        _ANY,
    ),
    max_size=16,
)
"""Steps some of which are refused, alone or together with others."""


def program(steps: list[Step]) -> Any:
    """A program of these steps."""
    builder = sta.PlaybackProgramBuilder()
    for step in steps:
        step(builder)
    return builder.done()
