"""A full chip as a program sees it: all 131 072 synapses set, 512 neurons in recurrence.

Every neuron has 256 synapses, each of which listens to a label of the neurons on its bus; as many
have a weight that a spike reaches a tenth of the neurons, through 26 000 of them in all. The
neurons are calibrated and then pulled over their thresholds.
"""

import time
from collections.abc import Callable

import numpy as np
from network import N
from twin import Timing

from neckar.brainscales2.calibration import nightly
from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.mapping.routing import ROW_MODE
from neckar.brainscales2.mapping.share_bus import mask_of
from neckar.brainscales2.program import BlockUntil, Configure, Program, Read, ResetTimer, Write
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise

OVERDRIVE = 136  # codes by which the leak lies higher than calibrated
WEIGHT = 1  # code
CONNECTED, INHIBITORY = 0.137, 0.53
# Codes of AdEx neurons: by how much the threshold, and the onset of the exponential, are higher.
THRESHOLD, ONSET, SLOPE = 40, 96, 400
ADAPTATION = {"i_bias_tau": 100, "i_bias_a": 50, "i_bias_b": 200, "v_ref": 500}
BELOW_LEAK = 150  # of the reference of the adaptation, so that it is 0 near threshold
SETTLING = 30e-3  # s


def measure_chip(
    noise: bool,
    adex: bool = False,
    duration: float = 10e-3,
    n_runs: int = 3,
    change: Callable[[np.ndarray], None] = lambda registers: None,
    questions: tuple[Read, ...] = (),
) -> Timing:
    """`Session.run` of a program that lets the chip go on and reads all spikes.

    Args:
        noise: whether there is any.
        adex: exponential and adaptation on.
        duration: of a run, s.
        n_runs: how many count.
        change: is shown the registers before they are written.
        questions: asked at the end of every run.
    """
    twin = Twin() if noise else Twin(noise=Noise.none())
    session, chip = twin.open(), _chip()
    if adex:
        _make_adex(chip.array["neuron_block"]["atomic_neurons"])
    change(chip.array)
    config = ChipConfig.of(chip)
    session.run(Program(instructions=(_record(False), Configure(config=config), _wait(SETTLING))))
    seconds, n_spikes = [], 0
    for _ in range(n_runs):
        run = _record(True), ResetTimer(), _wait(duration), *questions
        program = Program(instructions=run)
        begin = time.thread_time()
        recording = session.run(program)
        seconds.append(time.thread_time() - begin)
        n_spikes += recording.entries[0].spikes.size
    return Timing(
        fastest=min(seconds) / duration,
        median=float(np.median(seconds)) / duration,
        rate=n_spikes / (n_runs * duration * N),
    )


def _record(enable: bool) -> Write:
    return Write(
        coordinate=c.EventRecordingConfigOnFPGA(),
        register=r.EventRecordingConfig(enable_event_recording=enable),
    )


def _wait(seconds: float) -> BlockUntil:
    return BlockUntil(cycles=round(seconds / FPGA_CYCLE))


def _chip() -> r.Chip:
    chip, chance = nightly(Twin.serial), np.random.default_rng(2026)
    registers = chip.array
    neurons = registers["neuron_block"]["atomic_neurons"]
    neurons["leak"]["v_leak"] += OVERDRIVE
    neurons["event_routing"]["enable_digital"] = True
    order = np.argsort(wiring.event_output_of_neuron(np.arange(N)), kind="stable")
    neurons["event_routing"]["address"][order] = np.arange(N) % 64
    rows = registers["neuron_block"]["current_rows"]["values"]
    rows["enable_synaptic_current_excitatory"] = True
    rows["enable_synaptic_current_inhibitory"] = True
    _connect(registers, chance)
    return chip


def _make_adex(neurons: np.ndarray) -> None:
    threshold, leak = neurons["threshold"]["v_threshold"], neurons["leak"]["v_leak"]
    exponential, adaptation = neurons["exponential"], neurons["adaptation"]
    exponential["enable"] = adaptation["enable"] = adaptation["enable_pulse"] = True
    exponential["v_exp"] = threshold + ONSET
    exponential["i_bias"] = SLOPE
    adaptation["v_leak"] = leak - BELOW_LEAK
    for name, code in ADAPTATION.items():
        adaptation[name] = code
    threshold += THRESHOLD


def _connect(registers: np.ndarray, chance: np.random.Generator) -> None:
    """Every output of neurons reaches half of the drivers of a bus in either hemisphere."""
    matrix = registers["synapse_blocks"]["matrix"]
    shape = matrix["weights"].shape
    matrix["labels"] = chance.integers(0, 64, shape)
    matrix["weights"] = WEIGHT * (chance.random(shape) < CONNECTED)
    drivers = registers["synapse_driver_blocks"]["synapse_drivers"]
    index = np.arange(drivers.shape[1])
    position = wiring.position_of_driver(index)
    output = wiring.bus_of_driver(index) + 4 * (position % 2)
    masks = [mask_of(int(4 * o), int(p)) for o, p in zip(output, position, strict=True)]
    is_inhibitory = chance.random(drivers.shape) < INHIBITORY
    drivers["row_address_compare_mask"] = masks
    drivers["enable_receiver"] = drivers["enable_address_out"] = True
    for row in ("row_mode_bottom", "row_mode_top"):
        drivers[row] = np.where(is_inhibitory, ROW_MODE[1], ROW_MODE[0])
    registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"] = True
    nodes = registers["crossbar"]["nodes"]
    inputs, _ = wiring.crossbar_nodes()
    nodes["mask"] = 0
    nodes["target"] = np.where(inputs < wiring.N_EVENT_OUTPUTS, 0, 1)  # 1: nothing passes
