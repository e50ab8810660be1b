"""Chips that do simple things."""

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import FPGA_CYCLE
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    ResetTimer,
    Spikes,
    Write,
)
from neckar.brainscales2.twin.chip import Twin
from neckar.brainscales2.twin.noise import Noise
from neckar.units import us

CYCLES_PER_US = 125


@pytest.fixture
def quiet():
    """A chip whose crossbar is closed."""
    chip = r.Chip()
    chip.array["crossbar"]["nodes"]["target"] = 1
    return chip


@pytest.fixture
def open_node():
    """Open the crossbar from an input to an output."""

    def open_node(chip, source, output):
        inputs, outputs = wiring.crossbar_nodes()
        chip.array["crossbar"]["nodes"]["target"][(inputs == source) & (outputs == output)] = 0

    return open_node


@pytest.fixture
def relays(quiet, open_node):
    """Neurons 0..63 in bypass: host label k through bus 0 makes neuron k send label k on lane 0..1.

    Row 1 of the top hemisphere holds their synapses.
    """
    registers = quiet.array
    neurons = registers["neuron_block"]["atomic_neurons"]["event_routing"][:64]
    neurons["enable_bypass_excitatory"] = True
    neurons["enable_digital"] = True
    neurons["address"] = np.arange(64)
    registers["neuron_block"]["current_rows"]["values"]["enable_synaptic_current_excitatory"] = True
    registers["synapse_driver_blocks"]["padi_bus"]["enable_spl1"] = True
    driver = registers["synapse_driver_blocks"]["synapse_drivers"]
    driver["enable_receiver"][0, 0] = True
    driver["row_mode_top"][0, 0] = 1
    registers["synapse_blocks"]["matrix"]["weights"][0, 1, :64] = 63
    registers["synapse_blocks"]["matrix"]["labels"][0, 1, :64] = np.arange(64)
    open_node(quiet, 8, 0)
    open_node(quiet, 0, 8)
    open_node(quiet, 1, 9)
    return quiet


@pytest.fixture
def leaky(quiet, open_node):
    """Neuron 5 fires by itself, sends label 7 on lane 0 and is on the MADC and the CADC."""
    registers = quiet.array
    neuron = registers["neuron_block"]["atomic_neurons"][5]
    neuron["leak"]["v_leak"], neuron["leak"]["i_bias"] = 1000, 200
    neuron["reset"]["v_reset"], neuron["reset"]["i_bias"] = 400, 1022
    neuron["threshold"]["enable"], neuron["threshold"]["v_threshold"] = True, 300
    neuron["membrane_capacitance"]["capacitance"] = 63
    neuron["refractory_period"]["refractory_time"] = 255
    neuron["refractory_period"]["input_clock"] = 1
    neuron["event_routing"]["analog_output"] = 1
    neuron["event_routing"]["enable_digital"] = True
    neuron["event_routing"]["address"] = 7
    neuron["readout"]["enable_amplifier"] = True
    neuron["readout"]["enable_buffered_access"] = True
    registers["readout_chain"]["input_mux"]["neuron_odd"][0, 0] = True
    chains = registers["cadc_readout_chains"]
    chains["channels_causal"]["enable_connect_neuron"] = True
    chains["ramp"]["v_offset"], chains["ramp"]["i_slope"] = 120, 350
    open_node(quiet, 0, 8)
    return quiet


@pytest.fixture
def settled():
    """Configure a chip, wait until it has settled, begin to record and set the timer to zero."""

    def settled(chip, wait=30e-3):
        return (
            recording(False),
            ResetTimer(),
            Configure(config=ChipConfig.of(chip)),
            BlockUntil(cycles=round(wait / us) * CYCLES_PER_US),
            recording(True),
            ResetTimer(),
        )

    return settled


@pytest.fixture
def record():
    """Switch the recording of events."""
    return recording


def recording(enable):
    return Write(
        coordinate=c.EventRecordingConfigOnFPGA(),
        register=r.EventRecordingConfig(enable_event_recording=enable),
    )


@pytest.fixture
def spikes():
    """Spikes at times in s."""

    def spikes(times, labels):
        times = np.asarray(times, float)
        cycles = np.rint(times / us * CYCLES_PER_US).astype(np.int64)
        return Spikes(cycles=cycles, labels=np.broadcast_to(labels, times.shape).astype(np.uint16))

    return spikes


@pytest.fixture
def until():
    """Wait until the timer shows a time in s."""
    return lambda time: BlockUntil(cycles=round(time / us * CYCLES_PER_US))


@pytest.fixture
def play():
    """Play instructions on a chip that is fresh, and without noise if no other one is given."""

    def play(*instructions, on=Twin(noise=Noise.none())):  # noqa: B008
        return on.open().run(Program(instructions=instructions)).entries[0]

    return play


@pytest.fixture
def time_of():
    """Chip time of spikes or samples since the last timer reset, s."""

    def time_of(recorded, entry):
        return (recorded["chip_time"].astype(float) - entry.timer_resets[-1]) * FPGA_CYCLE

    return time_of
