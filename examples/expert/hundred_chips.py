"""Mismatch of a hundred chips: the same codes on every neuron of every serial number."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neckar import Twin
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import CADCSamplesOnDLS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import Configure, ProgramBuilder
from neckar.brainscales2.twin.noise import Noise

N_CHIPS, LSB = 100, 4.5  # mV per reading, nominally
MS = 125_000  # cycles


def resting(serial: int) -> np.ndarray:
    """Readings of all neurons of a chip, in both ranges of its leak: (2, 512)."""
    builder = ProgramBuilder()
    for code in (620, 760):
        chip = Chip()
        neurons = chip.array["neuron_block"]["atomic_neurons"]
        neurons["leak"]["v_leak"], neurons["leak"]["i_bias"] = code, 300
        neurons["readout"]["enable_amplifier"] = True
        chains = chip.array["cadc_readout_chains"]
        chains["channels_causal"]["enable_connect_neuron"], chains["ramp"]["enable"] = True, True
        chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
        builder.add(Configure(config=ChipConfig.of(chip)))
        builder.block_until((30 if code == 620 else 60) * MS)
        builder.read(CADCSamplesOnDLS())
    with Twin(serial=serial, noise=Noise.none()).open() as session:
        reads = session.run(builder.done()).entries[0].reads
    return np.array([read.array["causal"].ravel() for read in reads], float)


readings = np.array([resting(serial) for serial in range(N_CHIPS)])  # (chip, code, neuron)
low, high = readings[:, 0], readings[:, 1]
gain = (high - low) / 140  # readings per code
within, between = low.std(axis=1).mean(), low.mean(axis=1).std()
print(f"{low.size} neurons: {low.mean():.1f} LSB, {within:.1f} in a chip, {between:.1f} between")
print(f"slope {gain.mean():.4f} LSB per code, ± {gain.std() / gain.mean():.1%}")

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), width_ratios=[1.5, 1])
order = np.argsort(np.median(low, axis=1))
sorted_chips = low[order]
for share, alpha in ((99, 0.2), (80, 0.35), (50, 0.6)):
    band = np.percentile(sorted_chips, [50 - share / 2, 50 + share / 2], axis=1)
    left.fill_between(np.arange(N_CHIPS), *band, color="C0", alpha=alpha, lw=0, label=f"{share} %")
left.plot(np.median(sorted_chips, axis=1), color="0.2", lw=0.8)
left.set(title="rest with one code", xlabel="chips, sorted", ylabel="reading [LSB]")
left.set_xlim(0, N_CHIPS - 1)
left.legend(title="of 512 neurons", loc="upper left", ncols=3)
left.set_ylim(None, np.percentile(sorted_chips, 99.9) + 25)
deviation = (low - low.mean(axis=1, keepdims=True)).ravel()
right.hist(deviation, 40, density=True, color="C0", alpha=0.8)
x = np.linspace(-4 * within, 4 * within, 200)
bell = np.exp(-((x / within) ** 2) / 2) / within / np.sqrt(2 * np.pi)
right.plot(x, bell, color="C1", lw=1.2)
right.set(title="neurons of all chips", xlabel="reading − mean of its chip [LSB]", yticks=[])
figure.savefig("hundred_chips.png")
