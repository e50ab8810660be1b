"""What correlation sensors see: written down as it happens, paired when somebody wants to know.

Sensors of all synapses accumulate all the time, and hardly ever is one of them read. So pulses of
rows and of neurons are only kept in the order in which they came. They are paired before a sensor
is read or emptied, before anything changes on which the sensors depend, and when there are many.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.twin import correlation, driver, logic, synapse_table
from neckar.brainscales2.twin.driver_readout import Follower
from neckar.brainscales2.twin.execution.setting import Part, Setting
from neckar.brainscales2.twin.kernels import correlate
from neckar.brainscales2.twin.kernels.pairing import Occasions, RowPulses, Sensors
from neckar.brainscales2.twin.logic import Pulses

_MOST = 1 << 22  # pulses; together some 50 MB


@dataclass
class Sensing:
    """The sensors of a chip, and pulses that they have not been shown yet.

    Args:
        sensors: as they were when pulses were paired last; none if they never were.
        refractory: what logic remembers of the neurons whose columns their lines pulse.
        drivers: follows those that are read out, which see the same events.
    """

    sensors: Sensors | None = None
    refractory: logic.Memory = field(default_factory=lambda: logic.Memory.empty(N_NEURONS))
    drivers: Follower = field(default_factory=Follower)
    _setting: Setting | None = None
    _is_mine: bool = False
    _rows: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)  # time, key
    _columns: list[Pulses] = field(default_factory=list)
    _spikes: list[Pulses] = field(default_factory=list)  # that may pulse other columns
    _n: int = 0

    def copy(self) -> Self:
        """Goes on from here; large arrays are shared until they change."""
        return type(self)(
            sensors=self.sensors,
            refractory=self.refractory.copy(),
            drivers=self.drivers.copy(),
            _setting=self._setting,
            _rows=[*self._rows],
            _columns=[*self._columns],
            _spikes=[*self._spikes],
            _n=self._n,
        )

    def change_to(self, setting: Setting, now: float) -> None:
        """From `now` (s since power-up) on, pulses are seen by the chip in this setting."""
        self.drivers.readout = setting.drivers
        before, self._setting = self._setting, setting
        if self._n and before is not None and not self._are_alike(before, setting):
            self._setting = before
            self.settle(now)
            self._setting = setting

    def _are_alike(self, one: Setting, other: Setting) -> bool:
        if one.config.registers is not other.config.registers and self._spikes:
            return False
        return correlation.are_alike(one.config, one.codes, other.config, other.codes)

    def see_rows(self, time: np.ndarray, keys: np.ndarray) -> None:
        """Events reach drivers; `keys` are those of `Routes.seen`."""
        if time.size:
            self.drivers.see(time, keys)
            self._rows.append((time, keys.astype(np.int32)))
            self._n += time.size

    def see_columns(self, time: np.ndarray, neurons: np.ndarray) -> None:
        """Something pulses the columns of some of the 512 neurons."""
        if time.size:
            self._columns.append((time, neurons.astype(np.int16)))
            self._n += time.size

    def see_spikes(self, time: np.ndarray, places: np.ndarray, part: Part) -> None:
        """Simulated neurons, given by their places, fire without any logic between them."""
        if not time.size:
            return
        neurons, settings = part.neurons[places], part.setting.config.neurons
        if logic.posts_otherwise(settings):
            self._spikes.append((time, neurons))
            self._n += time.size
        else:
            self.see_columns(time, neurons)

    def see_events(self, time: np.ndarray, places: np.ndarray, part: Part) -> None:
        """What simulated neurons send goes to drivers."""
        routes = part.routes
        keys = routes.seen[1][places]
        on_bus = synapse_table.is_on_bus(keys)
        if on_bus.any():
            mine = slice(None) if on_bus.all() else on_bus
            self.see_rows(time[mine] + routes.fanout.delay, keys[mine])

    def keep_short(self, now: float) -> None:
        """Pair what there is if it gets too much."""
        if self._n > _MOST:
            self.settle(now)

    def settle(self, now: float) -> None:
        """Pair everything up to now."""
        if not self._n or self._setting is None:
            return
        self._post(now)
        (row_time, keys), rows_later = _until(now, self._rows, np.int32)
        (column_time, neurons), columns_later = _until(now, self._columns, np.int16)
        self._rows, self._columns = rows_later, columns_later
        self._n = sum(time.size for time, _ in (*rows_later, *columns_later))
        if not row_time.size + column_time.size:
            return
        distinct, address = np.unique(keys, return_inverse=True)
        time = np.concatenate([row_time, column_time])
        what = np.concatenate([address, -1 - neurons.astype(np.int32)]).astype(np.int32)
        order = np.argsort(time, kind="stable")
        drivers = self._setting.config.registers["synapse_driver_blocks"]["synapse_drivers"]
        correlate(
            self._own(time[order[0]]),
            self._setting.pairing,
            pulsed_rows(drivers, distinct),
            Occasions(time=time[order], what=what[order]),
        )

    def up_to(self, now: float) -> Sensors:
        """The sensors as they are now, to be read and changed."""
        self.settle(now)
        sensors = self._own(now)
        correlation.leak(sensors, now)
        return sensors

    def _post(self, now: float) -> None:
        """Spikes pulse their own columns, or those on the lines of their fire signals."""
        if not self._spikes or self._setting is None:
            return
        setting, (time, neurons) = self._setting, _joined(self._spikes, np.int64)
        self._spikes = []
        order = np.argsort(time, kind="stable")
        time, neurons = time[order], neurons[order]
        everybody = np.arange(N_NEURONS)
        gates = logic.fabricate(setting.config.neurons, everybody, setting.analog, setting.coupling)
        _, posts = gates.outputs((time, neurons), time[0], np.inf, self.refractory)
        self._columns.append(posts)

    def _own(self, now: float) -> Sensors:
        if self.sensors is None:
            self.sensors = correlation.powered_up(now)
        elif not self._is_mine:
            self.sensors = self.sensors.copy()
        self._is_mine = True
        return self.sensors


def pulsed_rows(drivers: np.ndarray, keys: np.ndarray) -> RowPulses:
    """Rows that events with these keys pulse, whatever the weights of their synapses are."""
    pulses = synapse_table.pulses(drivers, keys)
    is_pulsed = driver.modes(drivers).reshape(-1)[pulses.row] != 0
    start = np.searchsorted(pulses.event[is_pulsed], np.arange(keys.size + 1))
    return RowPulses(
        start=start.astype(np.int32),
        row=pulses.row[is_pulsed].astype(np.int32),
        label=pulses.label[is_pulsed].astype(np.int32),
    )


def _until(now: float, pulses: list[Pulses], kind: type) -> tuple[Pulses, list[Pulses]]:
    """Those up to now, and the others."""
    time, what = _joined(pulses, kind)
    is_now = time <= now
    if is_now.all():
        return (time, what), []
    return (time[is_now], what[is_now]), [(time[~is_now], what[~is_now])]


def _joined(pulses: list[Pulses], kind: type) -> Pulses:
    time = np.concatenate([np.empty(0), *(time for time, _ in pulses)])
    return time, np.concatenate([np.empty(0, kind), *(what for _, what in pulses)])
