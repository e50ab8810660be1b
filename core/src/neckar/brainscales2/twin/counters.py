"""Counters of events, as registers show them."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.datasheet import (
    N_CROSSBAR_INPUTS,
    N_CROSSBAR_OUTPUTS,
    N_NEURONS,
)
from neckar.brainscales2.chip.sections import Sections

MAX_SPIKES = 255  # 8 bit, then an overflow is flagged [haldls SpikeCounterRead]
MAX_OUTPUT = 2**24 - 1  # [haldls CrossbarOutputEventCounter]
MAX_DROPS = 2**16 - 1  # [haldls CrossbarInputDropCounter]


@dataclass(kw_only=True)
class Counters:
    """Spikes by neuron, events by crossbar output, losses by crossbar input."""

    spikes: np.ndarray = field(default_factory=lambda: np.zeros(N_NEURONS, np.int64))
    outputs: np.ndarray = field(default_factory=lambda: np.zeros(N_CROSSBAR_OUTPUTS, np.int64))
    drops: np.ndarray = field(default_factory=lambda: np.zeros(N_CROSSBAR_INPUTS, np.int64))

    def copy(self) -> Self:
        """Counters that go on from here."""
        return type(self)(
            spikes=self.spikes.copy(), outputs=self.outputs.copy(), drops=self.drops.copy()
        )

    def count_spikes(self, registers: Sections, neurons: np.ndarray) -> None:
        """Spikes of these neurons, repeated as often as they spiked."""
        backends = registers["neuron_block"]["backends"]
        counts = backends["enable_event_registers"][wiring.backend_of_neuron(neurons)]
        self.spikes += np.bincount(neurons[counts], minlength=N_NEURONS)

    def count_outputs(self, registers: Sections, n_events: np.ndarray) -> None:
        """So many events that reach each of the 12 crossbar outputs."""
        self.outputs += n_events * registers["crossbar"]["outputs"]["enable_event_counter"]

    def count_drops(self, inputs: np.ndarray) -> None:
        """Events from these crossbar inputs that found no room."""
        self.drops += np.bincount(inputs, minlength=N_CROSSBAR_INPUTS)
