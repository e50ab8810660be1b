"""A synapse array that events from outside reach, and a way to play it."""

from types import SimpleNamespace

import numpy as np
import pytest

from neckar.brainscales2.chip import coordinates as c
from neckar.brainscales2.chip import registers as r
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.program import (
    BlockUntil,
    Configure,
    Program,
    ResetTimer,
    SendSpikes,
    Spikes,
    Write,
)

CYCLES_PER_S = 125e6
EXCITATORY = 1


def array(columns=slice(None)):
    """Lane k leads to bus k of the top; each driver pulses its top row, columns are connected."""
    chip = r.Chip()
    registers = chip.array
    inputs, outputs = wiring.crossbar_nodes()
    is_open = (inputs >= 8) & (inputs < 12) & (outputs == inputs - 8)
    registers["crossbar"]["nodes"]["target"] = ~is_open
    blocks = registers["synapse_driver_blocks"]
    blocks["padi_bus"]["enable_spl1"] = True
    blocks["synapse_drivers"]["enable_receiver"] = True
    blocks["synapse_drivers"]["row_mode_top"] = EXCITATORY
    blocks["stp_i_ramp"] = 600
    blocks["synapse_drivers"]["offset"], blocks["stp_i_calib"] = 6, 650  # balanced
    registers["synapse_blocks"]["i_bias_dac"] = 1022
    switches = registers["neuron_block"]["current_rows"]["values"]
    switches["enable_synaptic_current_excitatory"][0, columns] = True
    ramp = registers["cadc_readout_chains"]["ramp"]
    ramp["v_offset"], ramp["i_slope"] = 120, 350
    return chip


def settled(chip, wait=30e-3):
    """Configure, wait for the parameters, and record."""
    recording = r.EventRecordingConfig(enable_event_recording=True)
    return (
        ResetTimer(),
        Configure(config=ChipConfig.of(chip)),
        until(wait),
        Write(coordinate=c.EventRecordingConfigOnFPGA(), register=recording),
        ResetTimer(),
    )


def until(time):
    return BlockUntil(cycles=round(time * CYCLES_PER_S))


def spikes(times, labels=0):
    times = np.asarray(times, float)
    cycles = np.rint(times * CYCLES_PER_S).astype(np.int64)
    labels = np.broadcast_to(labels, times.shape).astype(np.uint16)
    return SendSpikes(entries=(Spikes(cycles=cycles, labels=labels),))


def play(session, *instructions):
    return session.run(Program(instructions=instructions)).entries[0]


def address(row, label=0):
    """16-bit label of events that reach this row of the top array."""
    driver = row // 2
    lane, position = driver % 4, driver // 4
    return lane << 14 | position << 6 | label


@pytest.fixture(scope="session")
def synapses():
    """Makes chips and programs that work with the synapse array."""
    return SimpleNamespace(
        array=array, settled=settled, until=until, spikes=spikes, play=play, address=address
    )
