"""An own calibration in thirty lines: one leak code for each neuron, so that all rest alike."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from dlens_vx_v3 import hal, halco, hxcomm, lola, sta

TARGET, WAIT = 120, 25_000 * int(hal.Timer.Value.fpga_clock_cycles_per_us)
chip = lola.Chip()
neurons, chains = chip.array["neuron_block"]["atomic_neurons"], chip.array["cadc_readout_chains"]
neurons["readout"]["enable_amplifier"], neurons["leak"]["i_bias"] = True, 300
chains["channels_causal"]["enable_connect_neuron"], chains["ramp"]["enable"] = True, True
chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350


def resting(codes: np.ndarray, n_reads: int = 5) -> np.ndarray:
    """Mean readings of all 512 neurons at rest, with these leak codes."""
    neurons["leak"]["v_leak"] = codes
    builder = sta.PlaybackProgramBuilder()
    builder.write(halco.ChipOnDLS(), chip)
    builder.write(halco.TimerOnDLS(), hal.Timer())
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(WAIT))
    tickets = [builder.read(halco.CADCSamplesOnDLS()) for _ in range(n_reads)]
    sta.run(connection, builder.done())
    return np.mean([t.get().array["causal"].ravel() for t in tickets], axis=0)


with hxcomm.ManagedConnection() as connection:
    codes, before = np.full(512, 0), resting(np.full(512, 690))
    for bit in 2 ** np.arange(9, -1, -1):  # a higher code rests higher: keep bits that are too low
        trial = np.minimum(codes + bit, 1022)
        codes = np.where(resting(trial) <= TARGET, trial, codes)
    after = resting(codes)

for name, readings in (("one code for all", before), ("a code for each", after)):
    print(f"{name}: {readings.mean():.1f} ± {readings.std():.2f} LSB")

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9), width_ratios=[2, 1])
left.plot(before, ".", ms=3, color="C1", label="one code for all")
left.plot(after, ".", ms=3, color="C0", label="a code for each")
left.set(title="rest of 512 neurons", xlabel="neuron", ylabel="reading [LSB]", xlim=(0, 511))
left.legend(loc="upper right", markerscale=3, ncols=2)
left.set_ylim(None, before.max() + 12)
right.hist(codes, 30)
right.set(title="codes that it took", xlabel="v_leak", ylabel="neurons")
figure.savefig("own_calibration.png")
