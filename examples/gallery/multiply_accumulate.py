"""Hagen mode by hand: 256 activations of 5 bits times 256 columns of weights, read at once."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neckar.brainscales2 import program as do
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.variation import Spread

CYCLES = 125  # per µs
EXCITATORY, INHIBITORY = 1, 2
ROWS = np.arange(256)
SIGN = np.where(ROWS % 2, 1, -1)  # odd rows excite, even rows inhibit


def configured(weights: np.ndarray) -> r.Chip:
    """Neurons of the top that integrate and do not leak; drivers in hagen mode."""
    chip = r.Chip()
    registers = chip.array
    inputs, outputs = wiring.crossbar_nodes()
    lanes_to_buses = (inputs >= 8) & (inputs < 12) & (outputs == inputs - 8)
    registers["crossbar"]["nodes"]["target"] = ~lanes_to_buses

    blocks = registers["synapse_driver_blocks"]
    blocks["padi_bus"]["enable_spl1"] = True
    blocks["stp_i_ramp"] = 505
    drivers = blocks["synapse_drivers"][0]
    for name in ("receiver", "stp", "hagen_modulation", "hagen_dac"):
        drivers[f"enable_{name}"] = True
    drivers["enable_address_out"] = False  # only the highest bit of a label gets through
    drivers["hagen_dac_offset"] = 29
    drivers["row_mode_top"], drivers["row_mode_bottom"] = EXCITATORY, INHIBITORY

    matrix = registers["synapse_blocks"]["matrix"]
    matrix["weights"][0] = weights
    matrix["labels"][0, 1::2] = 32
    registers["synapse_blocks"]["i_bias_dac"] = 1022

    neurons = registers["neuron_block"]["atomic_neurons"][:256]
    switches = registers["neuron_block"]["current_rows"]["values"]
    for line in ("excitatory", "inhibitory"):
        synaptic = neurons[f"{line}_input"]
        synaptic["enable"] = synaptic["enable_small_capacitance"] = True
        synaptic["i_bias_tau"], synaptic["i_bias_gm"] = 1022, 1000
        synaptic["i_shift_reference"] = 310
        switches[f"enable_synaptic_current_{line}"][0] = True
    neurons["membrane_capacitance"]["capacitance"] = 63
    neurons["reset"]["v_reset"], neurons["reset"]["i_bias"] = 690, 1022
    neurons["refractory_period"]["refractory_time"] = 250
    registers["neuron_block"]["backends"]["clock_scale_slow"] = 3
    neurons["event_routing"]["analog_output"] = 1
    neurons["readout"]["enable_amplifier"] = True
    chains = registers["cadc_readout_chains"]
    chains["channels_causal"]["enable_connect_neuron"][0] = True
    chains["channels_acausal"]["enable_connect_neuron"][0] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    return chip


def until(us: float) -> do.BlockUntil:
    """Wait until the timer shows a time in µs."""
    return do.BlockUntil(cycles=round(us * CYCLES))


def multiply(activations: np.ndarray, ticket: int) -> tuple[do.Instruction, ...]:
    """Reset all membranes, send one event for each activation above 0, read all columns."""
    rows = np.flatnonzero(activations)
    driver = rows // 2
    address = 32 - activations[rows] + 32 * (rows % 2)
    labels = driver % 4 << 14 | driver // 4 << 6 | address
    cycles = 30 * CYCLES + 5 * np.arange(rows.size)
    sent = do.Spikes(cycles=cycles.astype(np.int64), labels=labels.astype(np.uint16))
    resets = (
        do.Write(
            coordinate=c.NeuronResetQuadOnDLS(Enum(quad)),
            register=r.NeuronResetQuad(),
        )
        for quad in range(64)
    )
    return (
        do.ResetTimer(),
        *resets,
        do.SendSpikes(entries=(sent,)),
        until(30 + 0.04 * 256 + 2),
        do.Read(coordinate=c.CADCSampleRowOnDLS(), ticket=ticket),
    )


chance = np.random.default_rng(7)
weights = chance.integers(0, 64, (256, 256))
vectors = chance.integers(0, 32, (8, 256)) * (chance.random((8, 256)) < 0.8)
vectors[0] = 0  # what is read without any input
program = do.Program(
    instructions=(
        do.Configure(config=ChipConfig.of(configured(weights))),
        until(30_000),
        *(step for ticket, vector in enumerate(vectors) for step in multiply(vector, ticket)),
    )
)
entry = Twin(spread=Spread.none()).open().run(program).entries[0]

readings = np.array([read.array["causal"] for read in entry.reads], float)
result = readings[1:] - readings[0]
wanted = (vectors[1:] * SIGN) @ weights
gain = np.sum(result * wanted) / np.sum(wanted**2)
error = result - gain * wanted
clear = np.abs(gain * wanted) > 3
print(f"{result.size} results, one LSB per {1 / gain:.0f}, error {error.std():.2f} LSB (rms)")
print(f"correlation {np.corrcoef(result.ravel(), wanted.ravel())[0, 1]:.3f}")
right = np.sign(result[clear]) == np.sign(wanted[clear])
print(f"sign right in {right.mean():.1%} of the {right.size} beyond 3 LSB")

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, axes = plt.subplots(1, 2, figsize=(7, 3), width_ratios=[1.3, 1])
axes[0].plot(wanted.ravel(), result.ravel(), ".", ms=2, color="C0")
axes[0].plot(np.sort(wanted.ravel()), gain * np.sort(wanted.ravel()), color="0.3", lw=0.8)
axes[0].set(title="256 x 256, seven vectors", xlabel="weights · activations")
axes[0].set_ylabel("reading − reading without input [LSB]")
axes[1].hist(error.ravel(), 31, color="C0")
axes[1].set(title="error", xlabel="[LSB]", ylabel="results")
figure.savefig("multiply_accumulate.png")
