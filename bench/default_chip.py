"""Which emulated chip resembles the recorded ones most? Decision 0008 rests on this table.

For every serial number the first ten neurons are put into the setting of the ten recorded
neighbours, and neuron 0 into those of the public tutorials. Prints the chips that agree with all of
them, best first.
"""

import sys
from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin import capmem, neuron
from neckar.brainscales2.twin.kernels.state import Neurons
from neckar.brainscales2.twin.noise import Noise
from neckar.brainscales2.twin.variation import Spread

TEN = slice(10)
CURRENT_CODE = 500  # at which the strength of the constant current is read
# What [S] recorded of ten neighbours, core/tests/physics/silicon/README.md: mean, deviation and
# how far the mean of a chip may be off.
RECORDED = {
    "period": (6.0, 0.75, 1.0),  # us
    "peak": (408, 9.7, 25),  # LSB
    "minimum": (230, 9.4, 25),  # LSB
    "reset_tau": (1.76, 0.085, 0.4),  # us
}


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """A chip in the settings of the recordings; `values` of ten neurons by quantity."""

    serial: int
    values: dict[str, np.ndarray]
    rheobase_code: float
    spare: np.ndarray

    @property
    def is_like(self) -> bool:
        """Whether it would pass for one of the recorded chips."""
        means = all(
            abs(self.values[name].mean() - mean) < tolerance
            for name, (mean, _, tolerance) in RECORDED.items()
        )
        spreads = all(
            0.5 < self.values[name].std() / spread < 2 for name, (_, spread, _) in RECORDED.items()
        )
        return bool(means and spreads and 200 < self.rheobase_code < 270 and self.spare.min() > 0)

    @property
    def distance(self) -> float:
        """Of means in tolerances and of spreads in factors, squared."""
        return sum(
            ((self.values[name].mean() - mean) / tolerance) ** 2
            + np.log(self.values[name].std() / spread) ** 2
            for name, (mean, spread, tolerance) in RECORDED.items()
        )


def fabricated(serial: int, **codes: int) -> Neurons:
    """The neurons of a chip with equal settings; names as `leak__v_leak`."""
    chip = Chip()
    settings = chip.array["neuron_block"]["atomic_neurons"]
    wanted = {
        "membrane_capacitance__capacitance": 63,
        "refractory_period__refractory_time": 255,
        "reset__i_bias": 1022,
        "reset__v_reset": 400,
        "threshold__enable": 1,
        "event_routing__analog_output": 1,
    }
    for name, code in (wanted | codes).items():
        part, field = name.split("__")
        settings[part][field] = code
    config = ChipConfig.of(chip)
    return neuron.fabricate(config, capmem.codes(config), serial, Spread(), Noise())


def likeness(serial: int) -> Likeness:
    """One chip in three settings: recorded neighbours, f-I curve, threshold close to the leak."""
    neighbours = fabricated(serial, leak__v_leak=1000, leak__i_bias=200, threshold__v_threshold=300)
    curve = fabricated(serial, leak__v_leak=530, leak__i_bias=150, threshold__v_threshold=250)
    driven = fabricated(serial, constant_current__enable=1, constant_current__i_offset=CURRENT_CODE)
    close = fabricated(serial, leak__v_leak=1000, leak__i_bias=150, threshold__v_threshold=500)
    holding = -leak_current(curve, curve.threshold)[0]
    return Likeness(
        serial=serial,
        values=cycles(neighbours),
        rheobase_code=holding / driven.current[0] * CURRENT_CODE,
        spare=p.MADC_LSB_PER_VOLT * (close.leak_potential - close.threshold)[TEN],
    )


def leak_current(n: Neurons, v: np.ndarray) -> np.ndarray:
    """I = saturation * tanh((potential - v) / linear)."""
    return n.leak_saturation * np.tanh((n.leak_potential - v) / n.leak_linear)


def cycles(n: Neurons) -> dict[str, np.ndarray]:
    """Period, extremes and fall of the first ten neurons, by Euler steps of 2 ns."""
    step = 2e-9
    v, v_reset = n.threshold.copy(), []
    for _ in range(round(n.reset_time[0] / step)):
        pull = n.reset_saturation * np.tanh((n.reset_potential - v) / n.reset_linear)
        v = v + step * (leak_current(n, v) + pull) / n.capacitance
        v_reset.append(v[TEN])
    minimum, rise = v[TEN], n.threshold - v
    heights = v + np.linspace(0, 1, 200)[:, None] * rise
    rising = np.trapezoid(n.capacitance / leak_current(n, heights), heights, axis=0)
    return {
        "period": 1e6 * (n.reset_time + n.holdoff_time + rising)[TEN],
        "peak": p.MADC_AT_ZERO_LSB + p.MADC_LSB_PER_VOLT * n.threshold[TEN],
        "minimum": p.MADC_AT_ZERO_LSB + p.MADC_LSB_PER_VOLT * minimum,
        "reset_tau": 1e6 * step * fall_time(np.array(v_reset)),
    }


def fall_time(v: np.ndarray) -> np.ndarray:
    """Time constant in steps from three equidistant points of an exponential."""
    last = len(v) - 1
    first, middle, end = v[0], v[last // 2], v[last]
    return (last // 2) / np.log((first - middle) / (middle - end))


def main(last: int) -> None:
    """Print the table for serial numbers 1 .. last."""
    chips = sorted(
        (chip for chip in map(likeness, range(1, last + 1)) if chip.is_like),
        key=lambda chip: chip.distance,
    )
    print("| serial | " + " | ".join(RECORDED) + " | rheobase | spare | distance |")
    print("|" + "---|" * (len(RECORDED) + 4))
    for chip in chips:
        numbers = (f"{v.mean():.2f} ± {v.std():.2f}" for v in chip.values.values())
        print(
            f"| {chip.serial} | {' | '.join(numbers)} | {chip.rheobase_code:.0f} "
            f"| {chip.spare.min():.0f} | {chip.distance:.2f} |"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
