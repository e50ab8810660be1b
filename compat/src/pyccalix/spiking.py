"""Correlation sensors of one quad of columns: pulses, resets, and readings."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from neckar.brainscales2.chip.coordinates import (
    CADCChannelType,
    CADCReadoutType,
    CADCSampleQuadOnDLS,
    CADCSampleQuadOnSynram,
    CADCSampleQuadUnspecifiedReadoutOnSynram,
    CorrelationResetOnDLS,
    EntryOnQuad,
    NeuronResetQuadOnDLS,
    SynapseQuadOnSynram,
    SynapseRowOnSynram,
    iter_all,
)
from neckar.brainscales2.chip.registers import CorrelationReset, NeuronResetQuad, PADIEvent
from pystadls_vx_v3 import ContainerTicket, PlaybackProgramBuilder

_READS = (
    (CADCChannelType.causal, CADCReadoutType.trigger_read),
    (CADCChannelType.acausal, CADCReadoutType.buffered),
)


def read_correlation(
    builder: PlaybackProgramBuilder, quad: Any, synram: Any
) -> list[ContainerTicket]:
    """Readings of all rows: causal and acausal of row 0, of row 1, …"""
    return [
        builder.read(_sample(SynapseQuadOnSynram(quad, row), channel, readout, synram))
        for row in iter_all(SynapseRowOnSynram)
        for channel, readout in _READS
    ]


def _sample(quad: Any, channel: Any, readout: Any, synram: Any) -> CADCSampleQuadOnDLS:
    local = CADCSampleQuadUnspecifiedReadoutOnSynram(quad, channel)
    return CADCSampleQuadOnDLS(CADCSampleQuadOnSynram(local, readout), synram)


def reset_correlation(builder: PlaybackProgramBuilder, quad: Any, synram: Any) -> None:
    """Forget all pairs of a quad column."""
    for row in iter_all(SynapseRowOnSynram):
        at = CorrelationResetOnDLS(SynapseQuadOnSynram(quad, row), synram)
        builder.write(at, CorrelationReset())


def evaluate_correlation(tickets: Sequence[ContainerTicket]) -> np.ndarray:
    """Readings behind tickets of `read_correlation`, (4 entries, 256 rows, 2 channels)."""
    values = np.array([ticket.get().array["samples"] for ticket in tickets], np.uint64)
    rows = values.reshape(SynapseRowOnSynram.size, CADCChannelType.size, EntryOnQuad.size)
    return np.moveaxis(rows, 2, 0).copy()


def send_prepulse(builder: PlaybackProgramBuilder, synram: Any, address: Any) -> None:
    """An event on all buses."""
    event = PADIEvent()
    event.fire_bus.fill(True)
    event.event_address = address
    builder.write(synram.toPADIEventOnDLS(), event)


def send_postpulse(builder: PlaybackProgramBuilder, quad: Any, synram: Any) -> None:
    """Reset the neurons of a quad column, which synapses see as spikes."""
    builder.write(NeuronResetQuadOnDLS(quad, synram), NeuronResetQuad())
