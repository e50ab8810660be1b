"""Correlation sensors: how pulses before and after each other are paired, to be read.

Every synapse knows which pulse it saw last. A pulse of its neuron after one of its row adds to the
causal store, a pulse of its row after one of its neuron to the acausal store:

    store += amplitude * exp(-rate * (time since that pulse)), up to a limit

so that only nearest neighbours count, each once; of pulses at the same time that of the row is the
earlier. Stores leak all the time. The C++ beside follows this function.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

_COLUMNS = 256


@dataclass(kw_only=True)
class Sensors:
    """What changes; rows are counted through both hemispheres, 0..511.

    Args:
        causal, acausal: (512, 256) float32, V.
        row_pulse: (512, 256) s, when each synapse saw the last pulse of its row; -inf for never.
        neuron_pulse: (512,) s, likewise of the neurons.
        time: s, up to when the stores have leaked.
    """

    causal: np.ndarray
    acausal: np.ndarray
    row_pulse: np.ndarray
    neuron_pulse: np.ndarray
    time: float

    def copy(self) -> Self:
        """Sensors that go on from here."""
        return type(self)(
            causal=self.causal.copy(),
            acausal=self.acausal.copy(),
            row_pulse=self.row_pulse.copy(),
            neuron_pulse=self.neuron_pulse.copy(),
            time=self.time,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairing:
    """What stays constant between two configurations.

    Args:
        amplitude: (2, 512, 256) float32, V; causal and acausal.
        rate: (2, 512, 256) float32, 1/s.
        limit: V, where the stores are full.
        leak: 1/s.
        memory: s, after which pulses add nothing to any store.
        label: (512, 256) uint8, of the synapses.
    """

    amplitude: np.ndarray
    rate: np.ndarray
    limit: float
    leak: float
    memory: float
    label: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class RowPulses:
    """Rows that the events of an address pulse: `start[k]:start[k + 1]`; int32 each.

    Args:
        start: (n_addresses + 1,)
        row: 0..511.
        label: 0..63, what its synapses compare their own label with.
    """

    start: np.ndarray
    row: np.ndarray
    label: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Occasions:
    """Events and spikes: `time` (s, ascending); `what` is an address, or -1 - neuron (int32).

    Of those at the same time the events come first.
    """

    time: np.ndarray
    what: np.ndarray


def correlate(sensors: Sensors, pairing: Pairing, pulses: RowPulses, occasions: Occasions) -> None:
    """Let the sensors see what happened; they are changed in place, up to the last occasion."""
    if not occasions.time.size:
        return
    end = float(occasions.time[-1])
    left = np.float32(np.exp(-(end - sensors.time) * pairing.leak))
    sensors.causal *= left
    sensors.acausal *= left
    sensors.time = end
    for time, what in zip(occasions.time.tolist(), occasions.what.tolist(), strict=True):
        if what < 0:
            _see_neuron(sensors, pairing, -1 - what, time)
            continue
        for row, label in _of_address(pulses, what):
            _see_row(sensors, pairing, row, label, time)


def _of_address(pulses: RowPulses, address: int) -> Iterator[tuple[int, int]]:
    for k in range(pulses.start[address], pulses.start[address + 1]):
        yield int(pulses.row[k]), int(pulses.label[k])


def _see_neuron(sensors: Sensors, pairing: Pairing, neuron: int, time: float) -> None:
    first, column = neuron // _COLUMNS * _COLUMNS, neuron % _COLUMNS
    rows = np.arange(first, first + _COLUMNS)
    last = sensors.row_pulse[rows, column]
    is_new = last > sensors.neuron_pulse[neuron]
    columns = np.full(np.count_nonzero(is_new), column)
    _add(sensors, pairing, 0, rows[is_new], columns, last[is_new], time)
    sensors.neuron_pulse[neuron] = time


def _see_row(sensors: Sensors, pairing: Pairing, row: int, label: int, time: float) -> None:
    columns = np.flatnonzero(pairing.label[row] == label)
    last = sensors.neuron_pulse[row // _COLUMNS * _COLUMNS + columns]
    is_new = (last >= sensors.row_pulse[row, columns]) & np.isfinite(last)
    rows = np.full(np.count_nonzero(is_new), row)
    _add(sensors, pairing, 1, rows, columns[is_new], last[is_new], time)
    sensors.row_pulse[row, columns] = time


def _add(
    sensors: Sensors,
    pairing: Pairing,
    branch: int,
    rows: np.ndarray,
    columns: np.ndarray,
    last: np.ndarray,
    time: float,
) -> None:
    """What is stored at this time has leaked a little when the sensors are left."""
    store = (sensors.causal, sensors.acausal)[branch]
    left = np.exp(-(sensors.time - time) * pairing.leak)
    weight = np.exp(-pairing.rate[branch, rows, columns] * (time - last))
    raised = store[rows, columns] + pairing.amplitude[branch, rows, columns] * weight * left
    store[rows, columns] = np.minimum(raised, pairing.limit * left)
