"""What 256 correlation sensors store of pulses of their row and of their neuron, over the delay."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neckar.brainscales2 import program as do
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.twin.chip import Twin

CYCLES = 125  # per µs
ROW, PAIRS, APART = 1, 40, 200  # µs
LATE = 0.39  # µs from the FPGA to the synapses
DELAYS = np.array([-20, -10, -6, -3, -1.5, -0.5, 0.5, 1.5, 3, 6, 10, 20])  # µs


def configured() -> r.Chip:
    """Sensors of the top array on the CADC; neurons that take post pulses of their block."""
    chip = r.Chip()
    registers = chip.array
    inputs, outputs = wiring.crossbar_nodes()
    registers["crossbar"]["nodes"]["target"] = ~((inputs == 8) & (outputs == 0))
    blocks = registers["synapse_driver_blocks"]
    blocks["padi_bus"]["enable_spl1"] = True
    blocks["synapse_drivers"]["enable_receiver"][0, ROW // 2] = True
    blocks["synapse_drivers"]["row_mode_top"][0, ROW // 2] = 1
    chains = registers["cadc_readout_chains"]
    for channel in ("channels_causal", "channels_acausal"):
        chains[channel]["enable_connect_correlation"][0] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    chains["correlation"]["i_bias_store"], chains["correlation"]["i_bias_ramp"] = 70, 80
    routing = registers["neuron_block"]["atomic_neurons"]["event_routing"]
    routing["enable_post_overwrite"][:256] = True
    return chip


def until(us: float) -> do.BlockUntil:
    """Wait until the timer shows a time in µs."""
    return do.BlockUntil(cycles=round(us * CYCLES))


def read(ticket: int) -> do.Read:
    """Read the sensors of the row."""
    where = c.CADCSampleRowOnDLS(c.SynapseRowOnSynram(ROW), c.SynramOnDLS.top)
    return do.Read(coordinate=where, ticket=ticket)


def measure(delay: float, ticket: int) -> tuple[do.Instruction, ...]:
    """Empty the sensors, read them, send pairs of pulses, read again."""
    empty = do.Write(
        coordinate=c.CorrelationResetRowOnDLS(c.SynapseRowOnSynram(ROW), c.SynramOnDLS.top),
        register=r.CorrelationResetRow(),
    )
    first = 200 + APART * np.arange(PAIRS)
    sent = do.Spikes(cycles=first * CYCLES, labels=np.zeros(PAIRS, np.uint16))
    pulses = []
    for time in first:
        pulses.append(until(time + LATE + delay))
        for half in range(2):
            where = c.BlockPostPulseOnDLS(half)
            pulses.append(do.Write(coordinate=where, register=r.BlockPostPulse()))
    return (
        do.ResetTimer(),
        empty,
        read(2 * ticket),
        do.SendSpikes(entries=(sent,)),
        *pulses,
        until(first[-1] + 100),
        read(2 * ticket + 1),
    )


program = do.Program(
    instructions=(
        do.Configure(config=ChipConfig.of(configured())),
        until(30_000),
        *(step for ticket, delay in enumerate(DELAYS) for step in measure(delay, ticket)),
    )
)
reads = Twin().open().run(program).entries[0].reads
stored = {
    branch: np.array(
        [
            reads[2 * k].array[branch].astype(float) - reads[2 * k + 1].array[branch]
            for k in range(DELAYS.size)
        ]
    )
    / PAIRS
    for branch in ("causal", "acausal")
}

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, axis = plt.subplots()
for color, (branch, per_pair) in zip(("C0", "C1"), stored.items(), strict=True):
    low, median, high = np.percentile(per_pair, [10, 50, 90], axis=1)
    axis.fill_between(DELAYS, low, high, color=color, alpha=0.2, lw=0)
    axis.plot(DELAYS, median, "o-", ms=3, color=color, label=branch)
    side = (DELAYS > 0) == (branch == "causal")
    usable = side & (median > 0.05)
    slope, height = np.polyfit(np.abs(DELAYS[usable]), np.log(median[usable]), 1)
    print(f"{branch}: {np.exp(height):.2f} LSB per pair, time constant {-1 / slope:.1f} µs")
axis.set(xlabel="pulse of the neuron after pulse of the row [µs]", ylabel="stored [LSB per pair]")
axis.set_title("256 sensors of one row: median, and where 80 % of them lie")
axis.legend()
figure.savefig("stdp_window.png")
