"""Hagen mode by hand: 128 activations times 256 columns of signed weights, read at once.

The hagen calibration of the default chip, and beside it what the public tutorial shows of a real
one: an activation of 12, sent 100 times to one row of growing weights.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neckar.brainscales2 import program as do
from neckar.brainscales2.calibration import nightly
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates.common import Enum
from neckar.brainscales2.twin.chip import Twin

ROOT = Path(__file__).resolve().parents[2]
RECORDING = ROOT / "core" / "tests" / "physics" / "silicon" / "multiply_accumulate.csv"
CYCLES = 125  # per µs
SPACING = 5  # cycles between events
EXCITATORY, INHIBITORY = 1, 2
N_INPUTS, N_COLUMNS = 128, 256

twin = Twin()


def configured(weights: np.ndarray) -> r.Chip:
    """Calibrated neurons, which integrate and do not leak; drivers in hagen mode."""
    chip = nightly(twin.serial, "hagen")
    registers = chip.array
    inputs, outputs = wiring.crossbar_nodes()
    lanes_to_buses = (inputs >= 8) & (inputs < 12) & (outputs == inputs - 8)
    registers["crossbar"]["nodes"]["target"] = ~lanes_to_buses

    blocks = registers["synapse_driver_blocks"]
    blocks["padi_bus"]["enable_spl1"] = True
    drivers = blocks["synapse_drivers"][0]
    for name in ("receiver", "stp", "hagen_modulation", "hagen_dac"):
        drivers[f"enable_{name}"] = True
    drivers["enable_address_out"] = False  # only the highest bit of a label gets through
    drivers["row_mode_top"], drivers["row_mode_bottom"] = EXCITATORY, INHIBITORY

    of_rows = registers["synapse_blocks"]["matrix"]["weights"][0]
    of_rows[1::2], of_rows[::2] = np.maximum(weights, 0), np.maximum(-weights, 0)
    registers["neuron_block"]["atomic_neurons"][:N_COLUMNS]["readout"]["enable_amplifier"] = True
    chains = registers["cadc_readout_chains"]
    chains["channels_causal"]["enable_connect_neuron"][0] = True
    chains["channels_acausal"]["enable_connect_neuron"][0] = True
    return chip


def multiply(activations: np.ndarray, n_sends: int, ticket: int) -> tuple[do.Instruction, ...]:
    """Reset all membranes, send an event for each activation above 0, read all columns."""
    driver = np.tile(np.flatnonzero(activations), n_sends)
    labels = driver % 4 << 14 | driver // 4 << 6 | 32 - activations[driver]
    cycles = 30 * CYCLES + SPACING * np.arange(driver.size)
    sent = do.Spikes(cycles=cycles.astype(np.int64), labels=labels.astype(np.uint16))
    resets = (
        do.Write(coordinate=c.NeuronResetQuadOnDLS(Enum(quad)), register=r.NeuronResetQuad())
        for quad in range(64)
    )
    return (
        do.ResetTimer(),
        *resets,
        do.SendSpikes(entries=(sent,)),
        do.BlockUntil(cycles=31 * CYCLES + SPACING * driver.size),
        do.Read(coordinate=c.CADCSampleRowOnDLS(), ticket=ticket),
    )


def results(weights: np.ndarray, vectors: np.ndarray, n_sends: int = 1) -> np.ndarray:
    """Readings of all columns for every vector, less those without any input."""
    every = np.vstack([np.zeros((1, N_INPUTS), int), vectors])
    steps = (
        step for ticket, vector in enumerate(every) for step in multiply(vector, n_sends, ticket)
    )
    setting = do.Configure(config=ChipConfig.of(configured(weights)))
    settled = do.BlockUntil(cycles=30_000 * CYCLES)
    program = do.Program(instructions=(setting, settled, *steps))
    reads = twin.open().run(program).entries[0].reads
    readings = np.array([read.array["causal"] for read in reads], float)
    return readings[1:] - readings[0]


chance = np.random.default_rng(7)
weights = chance.integers(-63, 64, (N_INPUTS, N_COLUMNS))
vectors = chance.integers(0, 32, (7, N_INPUTS))
result, wanted = results(weights, vectors), vectors @ weights
gain = np.sum(result * wanted) / np.sum(wanted**2)
error = result - gain * wanted
print(f"{result.size} results, {gain:.5f} LSB per unit, error {error.std():.2f} LSB (rms)")
print(f"correlation {np.corrcoef(result.ravel(), wanted.ravel())[0, 1]:.3f}")

weight, recorded = np.loadtxt(RECORDING, delimiter=",", skiprows=1, unpack=True)
columns = np.clip(np.arange(N_COLUMNS) // 2 - 64, -63, 63)
activations = np.where(np.arange(N_INPUTS) == 0, 12, 0)[None]
(swept,) = results(np.tile(columns, (N_INPUTS, 1)), activations, n_sends=100)
for name, x, y in (("silicon", weight, recorded), ("twin", columns, swept)):
    slope, _ = np.polyfit(x[np.abs(x) <= 35], y[np.abs(x) <= 35], 1)
    print(f"{name}: {slope / 1200:.5f} LSB per unit in the middle, {y.min():.0f} to {y.max():.0f}")

plt.style.use(ROOT / "examples" / "neckar.mplstyle")
figure, axes = plt.subplots(1, 2, figsize=(7, 3))
axes[0].plot(wanted.ravel(), result.ravel(), ".", ms=2, color="C0")
axes[0].plot(np.sort(wanted.ravel()), gain * np.sort(wanted.ravel()), color="0.3", lw=0.8)
axes[0].set(title="128 x 256, seven vectors", xlabel="weights · activations")
axes[0].set_ylabel("reading − reading without input [LSB]")
axes[1].plot(columns, swept, ".", ms=3, color="C0", label="twin")
axes[1].plot(weight, recorded, color="C1", lw=1, label="silicon")
axes[1].set(title="100 times 12", xlabel="weight")
axes[1].legend()
figure.savefig("multiply_accumulate.png")
