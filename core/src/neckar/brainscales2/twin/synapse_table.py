"""The table of synapses: which lines an event pulls, and how far.

A *key* is what events have in common as far as synapses can tell: the PADI buses that they are on,
the bits of the row select that some driver looks at, and the label that synapses compare.
"""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    N_BUSES,
    N_COLUMNS,
    N_HEMISPHERES,
    N_LABELS,
    N_ROWS,
)
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.twin import driver, stp
from neckar.brainscales2.twin.kernels.state import Modulation
from neckar.brainscales2.twin.stp import Circuits

N_PADI = N_HEMISPHERES * N_BUSES
_BUS_SHIFT = 11  # key = buses << 11 | row select << 6 | label
_ADDRESSES_AT_ONCE = 512  # bounds the memory of the dense sums


def keys(drivers: np.ndarray, label: np.ndarray, buses: np.ndarray) -> np.ndarray:
    """What distinguishes events from one another as far as the synapses can tell."""
    bus_bits = buses @ (1 << np.arange(N_PADI))
    compared = driver.compared_bits(drivers) << 6 | (N_LABELS - 1)
    return bus_bits << _BUS_SHIFT | (label.astype(int) & compared)


def pulses(drivers: np.ndarray, keys: np.ndarray) -> driver.Pulses:
    """Rows that events with these keys pulse."""
    return driver.pulse(drivers, _buses(keys), keys >> 6 & 31, keys & 63)


def is_on_bus(keys: np.ndarray) -> np.ndarray:
    """Whether drivers see anything of events with these keys."""
    return keys >> _BUS_SHIFT > 0


def _buses(keys: np.ndarray) -> np.ndarray:
    """PADI buses of events with these keys, (k, 2, 4) bool."""
    buses = (keys[:, None] >> _BUS_SHIFT >> np.arange(N_PADI) & 1).astype(bool)
    return buses.reshape(-1, N_HEMISPHERES, N_BUSES)


def in_bypass(registers: Sections, neurons: np.ndarray) -> np.ndarray:
    """Neurons in bypass, (n,) bool."""
    return np.logical_or(*_is_bypassed(registers, neurons))


def _is_bypassed(registers: Sections, neurons: np.ndarray) -> np.ndarray:
    """Excitatory and inhibitory bypass of each neuron, (2, n) bool."""
    routing = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    names = ("enable_bypass_excitatory", "enable_bypass_inhibitory")
    return np.stack([routing[name][neurons] for name in names])


@dataclass(frozen=True, kw_only=True)
class Synapses:
    """Synapses that do anything, sorted by row and label; those of one group lie side by side.

    Args:
        start: (512 * 64 + 1,) where the group of `row * 64 + label` begins.
        column: simulated neuron of each.
        amplitude: of each, V.
        mode: receptor bits of each row, (512,).
        is_connected: (2, n) bool, whether the excitatory and inhibitory line of a neuron listens.
        merges: (n,) bool, neurons whose two lines are one: events are counted, not summed.
        circuits: of the drivers, if short-term plasticity is used.
    """

    start: np.ndarray
    column: np.ndarray
    amplitude: np.ndarray
    mode: np.ndarray
    is_connected: np.ndarray
    merges: np.ndarray
    circuits: Circuits | None

    @classmethod
    def of(
        cls,
        registers: Sections,
        amplitude: np.ndarray,
        neurons: np.ndarray,
        circuits: Circuits | None,
    ) -> "Synapses":
        """Those of one setting of the chip."""
        mode = driver.modes(registers["synapse_driver_blocks"]["synapse_drivers"]).reshape(-1)
        matrix = registers["synapse_blocks"]["matrix"]
        merges = in_bypass(registers, neurons)
        row, simulated, volts = _active(mode, amplitude, matrix["weights"], neurons, merges)
        label = matrix["labels"].reshape(-1, N_COLUMNS)[row, neurons[simulated] % N_COLUMNS]
        group = (row * N_LABELS + label).astype(np.uint16)
        order = np.argsort(group, kind="stable")
        counts = np.bincount(group, minlength=N_HEMISPHERES * N_ROWS * N_LABELS)
        return cls(
            start=np.concatenate([[0], np.cumsum(counts)]),
            column=simulated[order],
            amplitude=volts[order],
            mode=mode,
            is_connected=_is_connected(registers, neurons),
            merges=merges,
            circuits=circuits,
        )

    def pulsed_by(
        self, drivers: np.ndarray, keys: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, Modulation | None, np.ndarray]:
        """Start, line and amplitude of the entries of every key; lines of one key are summed.

        Then what pulses of changing length do, and the sources of these.
        """
        parts, lasting = [], []
        for first in range(0, keys.size, _ADDRESSES_AT_ONCE):
            some = keys[first : first + _ADDRESSES_AT_ONCE]
            answers = self._answers(drivers, some)
            if self.circuits is not None:
                lasting.append(answers.of(answers.source >= 0, first))
                answers = answers.of(answers.source < 0)
            parts.append(self._sums(answers, some.size))
        counts = [np.count_nonzero(sums, axis=1) for sums in parts]
        start = np.concatenate([[0], *counts]).cumsum()
        line = np.concatenate([np.empty(0, int), *(np.nonzero(sums)[1] for sums in parts)])
        volts = np.concatenate([np.empty(0), *(sums[sums != 0] for sums in parts)])
        return start, line.astype(np.int32), volts, *self._modulation(lasting, keys.size)

    def _answers(self, drivers: np.ndarray, keys: np.ndarray) -> "Answers":
        """Synapses that answer to every key."""
        of_key = pulses(drivers, keys)
        group = of_key.row * N_LABELS + of_key.label
        first, count = self.start[group], self.start[group + 1] - self.start[group]
        synapse = np.repeat(first - np.cumsum(count) + count, count) + np.arange(count.sum())
        answers = Answers(
            key=np.repeat(of_key.event, count),
            mode=np.repeat(self.mode[of_key.row], count),
            column=self.column[synapse],
            volts=self.amplitude[synapse],
            source=np.full(synapse.size, -1),
        )
        if self.circuits is None:
            return answers
        pulse = np.repeat(np.arange(count.size), count)
        return self._modulated(answers, (of_key.row // 2)[pulse], (keys & 63)[answers.key])

    def _modulated(self, answers: "Answers", driver: np.ndarray, label: np.ndarray) -> "Answers":
        """The same with pulses as long as drivers make them, except for neurons in bypass."""
        circuits, is_summed = cast(Circuits, self.circuits), ~self.merges[answers.column]
        is_plastic = circuits.is_plastic[driver] & is_summed
        return replace(
            answers,
            volts=answers.volts * np.where(is_summed, circuits.length[driver, label], 1.0),
            source=np.where(is_plastic, driver * N_LABELS + label, -1),
        )

    def _sums(self, answers: "Answers", n_keys: int) -> np.ndarray:
        """Deflection of every line by every key, (k, 2 n)."""
        n = self.merges.size
        sums = np.zeros((n_keys, 2, n))
        for receptor, is_pulled in enumerate(answers.is_pulled):
            where = answers.key[is_pulled] * n + answers.column[is_pulled]
            volts = np.bincount(where, answers.volts[is_pulled], n_keys * n)
            sums[:, receptor] = volts.reshape(n_keys, n) * self.is_connected[receptor]
        self._count_once(sums)
        return sums.reshape(n_keys, 2 * n)

    def _modulation(
        self, lasting: list["Answers"], n_keys: int
    ) -> tuple[Modulation | None, np.ndarray]:
        if not sum(answers.key.size for answers in lasting):
            return None, np.empty(0, int)
        n, entries = self.merges.size, []
        for answers in lasting:
            for receptor, is_pulled in enumerate(answers.is_pulled):
                some = answers.of(is_pulled & self.is_connected[receptor][answers.column])
                line = some.column + receptor * n
                entries.append((some.key, some.source, line, some.volts))
        key, source, line, volts = (np.concatenate(part) for part in zip(*entries, strict=True))
        return stp.modulation(cast(Circuits, self.circuits), n_keys, key, source, line, volts)

    def _count_once(self, sums: np.ndarray) -> None:
        """A neuron in bypass hears an event once, however many synapses pass it on."""
        merged = sums[:, :, self.merges]
        sums[:, 0, self.merges] = (merged != 0).any(axis=1)
        sums[:, 1, self.merges] = 0


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Synapses that answer to events: one entry for each synapse of each event.

    Args:
        key: which event.
        column: simulated neuron.
        mode: receptor bits of the row.
        volts: deflection.
        source: number of the pulse's memory, -1 for a pulse of fixed length.
    """

    key: np.ndarray
    column: np.ndarray
    mode: np.ndarray
    volts: np.ndarray
    source: np.ndarray

    @property
    def is_pulled(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether the excitatory line is, and the inhibitory one."""
        return driver.excites(self.mode), driver.inhibits(self.mode)

    def of(self, which: np.ndarray, first_key: int = 0) -> "Answers":
        """Some of them; keys are counted on from `first_key`."""
        return Answers(
            key=self.key[which] + first_key,
            column=self.column[which],
            mode=self.mode[which],
            volts=self.volts[which],
            source=self.source[which],
        )


def _active(
    mode: np.ndarray,
    amplitude: np.ndarray,
    weights: np.ndarray,
    neurons: np.ndarray,
    merges: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, simulated neuron and amplitude of every synapse that may deflect a line.

    The comparator of a neuron in bypass answers to any weight, its amplitude does not matter.
    """
    parts = []
    for hemisphere in range(N_HEMISPHERES):
        mine = np.flatnonzero(wiring.hemisphere_of_neuron(neurons) == hemisphere)
        row = np.flatnonzero(mode[hemisphere * N_ROWS : (hemisphere + 1) * N_ROWS])
        grid = np.ix_(row, wiring.column_of_neuron(neurons[mine]))
        volts = np.where(merges[mine], weights[hemisphere][grid], amplitude[hemisphere][grid])
        at_row, at_neuron = np.nonzero(volts)
        found = row[at_row] + hemisphere * N_ROWS, mine[at_neuron], volts[at_row, at_neuron]
        parts.append(found)
    row, simulated, volts = (np.concatenate(part) for part in zip(*parts, strict=True))
    return row, simulated, volts


def _is_connected(registers: Sections, neurons: np.ndarray) -> np.ndarray:
    """Whether each line of each neuron is connected to its column, (2, n) bool.

    A neuron in bypass hears only the lines whose bypass is on.
    """
    switches = registers["neuron_block"]["current_rows"]["values"]
    names = ("enable_synaptic_current_excitatory", "enable_synaptic_current_inhibitory")
    closed = np.stack([switches[name].reshape(-1)[neurons] for name in names])
    bypassed = _is_bypassed(registers, neurons)
    return closed & (bypassed | ~in_bypass(registers, neurons))
