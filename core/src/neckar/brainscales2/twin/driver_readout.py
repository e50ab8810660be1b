"""What synapse drivers show on their debug line: the voltage to which they compare their ramp.

    hagen mode:   what the DAC makes of the activation that came last
    otherwise:    the memory of the label that came last, V += u (V_charge - V) with every event,
                  tau dV/dt = V_recover - V between them

A source follower lifts it. Before any event a driver shows the memory of label 0.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_DRIVERS, N_HEMISPHERES, N_LABELS
from neckar.brainscales2.chip.sections import Sections
from neckar.brainscales2.twin import stp, synapse_table
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.driver import Pulses
from neckar.brainscales2.twin.stp import Circuits
from neckar.brainscales2.twin.variation import Spread

_ACTIVATIONS = 32
_N = N_HEMISPHERES * N_DRIVERS


def is_used(registers: Sections) -> bool:
    """Whether any driver is read out."""
    block = registers["synapse_driver_blocks"]
    is_biased = block["stp_i_bias_readout"][:, None] > 0
    is_read = block["synapse_drivers"]["enable_readout"] & is_biased
    return bool(is_read.any())


@dataclass(frozen=True, kw_only=True, eq=False)
class Readout:
    """The drivers of one setting; arrays by driver, hemisphere * 128 + driver.

    Args:
        settings: of the drivers.
        drivers: that are read out.
        circuits: of all of them.
        modulates: those that show their DAC.
        dac: its volts by activation, (256, 32).
        memory: what their memories add, V.
    """

    settings: np.ndarray
    drivers: np.ndarray
    circuits: Circuits
    modulates: np.ndarray
    dac: np.ndarray
    memory: np.ndarray


def fabricate(config: ChipConfig, codes: Codes, serial: int, spread: Spread) -> Readout:
    """The readout of chip `serial` while its cells hold `codes`."""
    drivers = config.registers["synapse_driver_blocks"]["synapse_drivers"]
    modulates = drivers["enable_hagen_modulation"] & drivers["enable_hagen_dac"]
    return Readout(
        settings=drivers,
        drivers=np.flatnonzero(drivers["enable_readout"].reshape(-1)),
        circuits=stp.circuits(config, codes, serial, spread),
        modulates=modulates.reshape(-1),
        dac=stp.dac(drivers).reshape(-1, _ACTIVATIONS),
        memory=stp.memories(serial, spread).reshape(-1),
    )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What a driver shows in pieces: `V = target + (volts - target) exp(-rate (t - time))`.

    Args:
        time: s, when each piece begins, ascending.
        volts: at its beginning.
        target: V
        rate: 1/s
    """

    time: np.ndarray
    volts: np.ndarray
    target: float
    rate: float

    def at(self, times: np.ndarray) -> np.ndarray:
        """Volts on the debug line."""
        piece = np.maximum(np.searchsorted(self.time, times, side="right") - 1, 0)
        since = np.maximum(times - self.time[piece], 0.0)
        volts = self.target + (self.volts[piece] - self.target) * np.exp(-self.rate * since)
        return p.STP_READOUT_SHIFT + volts


@dataclass(kw_only=True)
class Follower:
    """Follows the drivers that are read out: the label that each saw last, and its memories.

    Args:
        readout: of the present setting, if any driver is read out.
        label: (256,)
        volts: (256, 64), NaN before the first event.
        time: s, since when they hold that.
    """

    readout: Readout | None = None
    label: np.ndarray = field(default_factory=lambda: np.zeros(_N, int))
    volts: np.ndarray = field(default_factory=lambda: np.full((_N, N_LABELS), np.nan))
    time: np.ndarray = field(default_factory=lambda: np.zeros((_N, N_LABELS)))
    _seen: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def copy(self) -> Self:
        """One that goes on from here."""
        return type(self)(
            readout=self.readout,
            label=self.label.copy(),
            volts=self.volts.copy(),
            time=self.time.copy(),
            _seen=[*self._seen],
        )

    def see(self, time: np.ndarray, keys: np.ndarray) -> None:
        """Events reach drivers; `keys` are those of `Routes.seen`."""
        if self.readout is not None:
            self._seen.append((time, keys))

    def follow(self, readout: Readout, begin: float, end: float) -> dict[int, Shown]:
        """What the drivers show from `begin` to `end`; s since power-up."""
        time, keys = self._until(end)
        distinct, of_event = np.unique(keys, return_inverse=True)
        pulses = synapse_table.pulses(readout.settings, distinct)
        return {
            one: self._follow_one(
                readout, one, *_reaching(one, pulses, distinct, of_event, time), begin
            )
            for one in readout.drivers.tolist()
        }

    def _until(self, end: float) -> tuple[np.ndarray, np.ndarray]:
        """Events before `end` in their order; the others wait."""
        time = np.concatenate([np.empty(0), *(time for time, _ in self._seen)])
        keys = np.concatenate([np.empty(0, int), *(keys for _, keys in self._seen)])
        order = np.argsort(time, kind="stable")
        n = int(np.searchsorted(time[order], end))
        now, later = order[:n], order[n:]
        self._seen = [(time[later], keys[later])] if later.size else []
        return time[now], keys[now]

    def _follow_one(
        self, readout: Readout, driver: int, time: np.ndarray, label: np.ndarray, begin: float
    ) -> Shown:
        labels = [int(self.label[driver]), *label.tolist()]
        self.label[driver] = labels[-1]
        times = np.concatenate([[begin], time])
        if readout.modulates[driver]:
            volts = readout.dac[driver, np.array(labels) % _ACTIVATIONS]
            return Shown(time=times, volts=volts, target=0.0, rate=0.0)
        volts = [self._recovered(readout, driver, labels[0], begin)]
        for now, name in zip(time.tolist(), labels[1:], strict=True):
            volts.append(self._charged(readout, driver, name, now))
        target = float(readout.circuits.recover[driver] + readout.memory[driver])
        rate = float(readout.circuits.rate[driver])
        shown = np.array(volts) + readout.memory[driver]
        return Shown(time=times, volts=shown, target=target, rate=rate)

    def _recovered(self, readout: Readout, driver: int, label: int, now: float) -> float:
        circuits, volts = readout.circuits, float(self.volts[driver, label])
        target = float(circuits.recover[driver])
        if np.isnan(volts):
            return target
        left = np.exp(-circuits.rate[driver] * (now - self.time[driver, label]))
        return target + (volts - target) * float(left)

    def _charged(self, readout: Readout, driver: int, label: int, now: float) -> float:
        """The memory of a label after an event."""
        circuits, volts = readout.circuits, self._recovered(readout, driver, label, now)
        if circuits.is_plastic[driver]:
            volts += float(circuits.utilization[driver] * (circuits.charge[driver] - volts))
        self.volts[driver, label], self.time[driver, label] = volts, now
        return volts


def _reaching(
    one: int, pulses: Pulses, distinct: np.ndarray, of_event: np.ndarray, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Time and label of the events that a driver accepts."""
    is_accepted = np.zeros(distinct.size, bool)
    is_accepted[pulses.event[pulses.row // 2 == one]] = True
    mine = is_accepted[of_event]
    return time[mine], (distinct & (N_LABELS - 1))[of_event[mine]]
