"""Pulse lengths of synapse drivers whose STP circuit is on: short-term plasticity and hagen mode.

A comparator ends the pulse when a ramp reaches a voltage V, so that with `full` = K * x_ramp

    length = clip(1 - (V + offset) / full, 0, 1)   of its longest pulse,

which is shorter than that of a driver whose circuit is off.

For plasticity V is a memory, one for each of the 64 labels that a driver may see. An event moves it
towards the charge voltage of the selected pair, V += u (V_charge - V), and between events it
recovers with a clock, tau dV/dt = V_recover - V. With V_charge > V_recover pulses become shorter:
that is depression after Tsodyks and Markram; the other way round it is facilitation. For hagen mode
a DAC makes V from the lower five bits of the label: 0 gives the longest pulse, 31 the shortest.

The offset of a driver takes so many parts of the current `stp_i_calib` from the beginning of its
ramp, which then lags behind. A code in the middle of its range makes up for the comparator.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_DRIVERS, N_HEMISPHERES, N_LABELS
from neckar.brainscales2.twin import driver
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.kernels.state import Modulation, State
from neckar.brainscales2.twin.variation import Spread, factors, offsets

N_SOURCES = N_HEMISPHERES * N_DRIVERS * N_LABELS  # source = driver * 64 + label
_ACTIVATIONS = 32
_BLOCK = 2 * np.arange(N_HEMISPHERES)[:, None] + np.arange(N_DRIVERS) % 2  # of the CapMem


@dataclass(frozen=True, kw_only=True, eq=False)
class Circuits:
    """STP circuits of the drivers, numbered hemisphere * 128 + driver; arrays of shape (256,).

    Args:
        is_plastic: its pulses depend on what it remembers.
        length: (256, 64) by label, in units of the pulse of a driver whose circuit is off: what a
            pulse is multiplied with, of a plastic driver the longest one.
        charge, recover, utilization, rate, zero, slope: as in `kernels.state.Modulation`.
    """

    is_plastic: np.ndarray
    length: np.ndarray
    charge: np.ndarray
    recover: np.ndarray
    utilization: np.ndarray
    rate: np.ndarray
    zero: np.ndarray
    slope: np.ndarray

    @property
    def slowest(self) -> float:
        """The longest time constant of a recovery, s."""
        rate = self.rate[self.is_plastic & (self.rate > 0)]
        return 1 / float(rate.min()) if rate.size else 0.0

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """Everything, to be compared."""
        return tuple(vars(self).values())


def is_used(drivers: np.ndarray) -> bool:
    """Whether the circuit of any driver that listens is on."""
    return bool((drivers["enable_stp"] & driver.is_listening(drivers)).any())


def circuits(config: ChipConfig, codes: Codes, serial: int, spread: Spread) -> Circuits:
    """The circuits of a chip while its cells hold `codes`."""
    block = config.registers["synapse_driver_blocks"]
    drivers = block["synapse_drivers"]
    modulates = drivers["enable_hagen_modulation"] & drivers["enable_hagen_dac"]
    shape = drivers.shape
    offset = _offset(drivers, codes, serial, spread)
    memory = memories(serial, spread)
    full = p.STP_RAMP_PER_CODE * np.maximum(_current(codes, "stp_i_ramp", serial, spread), 1.0)
    activation = 1 - (dac(drivers) + offset[..., None]) / full[..., None]
    length = np.where(modulates[..., None], np.clip(activation, 0, 1), 1) * p.STP_LONGEST_PULSE
    length[~drivers["enable_stp"]] = 1.0
    made = {
        "is_plastic": drivers["enable_stp"] & ~modulates,
        "charge": _target(codes, drivers, "charge"),
        "recover": _target(codes, drivers, "recover"),
        "utilization": p.STP_UTILIZATION + p.STP_UTILIZATION_PER_CODE * drivers["utilization"],
        "rate": _rate(block) / factors(serial, "driver/stp/tau", spread.stp_recovery, shape),
        "zero": full - offset - memory,
        "slope": 1 / full,
    }
    flat = {name: np.ascontiguousarray(values).reshape(-1) for name, values in made.items()}
    by_label = np.tile(length.reshape(-1, _ACTIVATIONS), N_LABELS // _ACTIVATIONS)
    return Circuits(length=by_label, **flat)


def memories(serial: int, spread: Spread) -> np.ndarray:
    """What the memories of every driver add to the voltage that they hold, V, (2, 128)."""
    return offsets(serial, "driver/stp/memory", spread.stp_memory, (N_HEMISPHERES, N_DRIVERS))


def _offset(drivers: np.ndarray, codes: Codes, serial: int, spread: Spread) -> np.ndarray:
    """By how many volts ramps are late, (2, 128)."""
    taken = _current(codes, "stp_i_calib", serial, spread) / p.STP_OFFSET_REFERENCE_CODE
    steps = drivers["offset"] * taken - p.STP_OFFSET_BALANCED_CODE
    mismatch = offsets(serial, "driver/stp/comparator", spread.stp_comparator, drivers.shape)
    return np.asarray(p.STP_OFFSET_PER_CODE * steps + mismatch)


def _current(codes: Codes, name: str, serial: int, spread: Spread) -> np.ndarray:
    """Strength of a current that each block of the CapMem has one cell for, (2, 128)."""
    gain = factors(serial, f"capmem/{name}/gain", spread.capmem_current_gain, codes[name].shape)
    return np.asarray((codes[name] * gain)[_BLOCK])


def dac(drivers: np.ndarray) -> np.ndarray:
    """Voltage of the hagen DAC for the 32 activations, (2, 128, 32)."""
    steps = np.arange(_ACTIVATIONS) + p.HAGEN_OFFSET_STEPS * drivers["hagen_dac_offset"][..., None]
    return p.HAGEN_STEP * steps


def _target(codes: Codes, drivers: np.ndarray, name: str) -> np.ndarray:
    """Volts of the selected target, (2, 128)."""
    code = np.stack([codes[f"stp_v_{name}_{pair}"][_BLOCK] for pair in range(2)])
    chosen = np.take_along_axis(code, drivers["select_target_voltages"][None].astype(int), 0)[0]
    return p.CAPMEM_VOLT_AT_ZERO + p.CAPMEM_VOLT_PER_CODE * chosen


def _rate(block: np.ndarray) -> np.ndarray:
    """How fast the memories recover, (2, 128) 1/s."""
    drivers, clock = block["synapse_drivers"], block["stp"]
    ticks = p.STP_RECOVERY_TICKS * (1.0 + drivers["recovery"])
    period = 2.0 ** (clock["recovery_clock_speed"].astype(int) + 1) / p.MASTER_CLOCK
    is_on = drivers["enable_recovery"] & clock["enable_recovery_clock"][:, None]
    return np.where(is_on, 1 / (ticks * period[:, None]), 0.0)


def modulation(
    circuits: Circuits,
    n_keys: int,
    key: np.ndarray,
    source: np.ndarray,
    line: np.ndarray,
    volts: np.ndarray,
) -> tuple[Modulation, np.ndarray]:
    """Entries (one for each deflection of a line by a source of a key) as the kernel wants them.

    Also gives the sources that occur, ascending: the kernel numbers them so.
    """
    order = np.lexsort((source, key))
    pulse, first = np.unique(key[order] * N_SOURCES + source[order], return_index=True)
    sources, number = np.unique(pulse % N_SOURCES, return_inverse=True)
    names = ("charge", "recover", "utilization", "rate", "zero", "slope")
    made = Modulation(
        start=np.searchsorted(pulse // N_SOURCES, np.arange(n_keys + 1)).astype(np.int32),
        source=number.astype(np.int32),
        first=np.append(first, key.size).astype(np.int32),
        line=line[order].astype(np.int32),
        amplitude=volts[order].astype(float),
        **{name: getattr(circuits, name)[sources // N_LABELS] for name in names},
    )
    return made, sources


@dataclass(kw_only=True)
class Memory:
    """What all sources of a chip remember: volts, NaN before the first event, and since when."""

    volts: np.ndarray = field(default_factory=lambda: np.empty(0))
    time: np.ndarray = field(default_factory=lambda: np.empty(0))

    def copy(self) -> Self:
        """A memory that goes on from here."""
        return type(self)(volts=self.volts.copy(), time=self.time.copy())

    def recall(self, sources: np.ndarray, modulation: Modulation, state: State) -> None:
        """Tell the kernel; what has not been used yet has recovered."""
        if not self.volts.size:
            self.volts, self.time = np.full(N_SOURCES, np.nan), np.zeros(N_SOURCES)
        volts = self.volts[sources]
        state.pulse_volts = np.where(np.isnan(volts), modulation.recover, volts)
        state.pulse_time = self.time[sources]

    def keep(self, sources: np.ndarray, modulation: Modulation, state: State, now: float) -> None:
        """Take back from the kernel, up to now."""
        left = np.exp(-modulation.rate * (now - state.pulse_time))
        self.volts[sources] = modulation.recover + (state.pulse_volts - modulation.recover) * left
        self.time[sources] = now
