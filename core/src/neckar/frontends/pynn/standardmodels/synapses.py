"""Synapse types."""

from __future__ import annotations

from typing import Any

from pyNN.parameters import ParameterSpace
from pyNN.standardmodels import synapses

from neckar.frontends.pynn import simulator
from neckar.frontends.pynn.standardmodels.cells_base import untranslated


class StaticSynapse(synapses.StaticSynapse):
    """Synapse with a weight that only the user changes.

    Args:
        weight: signed integer, positive for excitatory, negative for inhibitory; above 63 several
            synapses of the chip are used.
        delay: only 0; events take the time they need.
    """

    translations = untranslated(synapses.StaticSynapse.default_parameters)
    parameter_checks: dict[str, Any] = {}  # noqa: RUF012  the projection checks, naming itself

    def translate(self, parameters: ParameterSpace, copy: bool = True) -> ParameterSpace:
        """Names and values stay as they are; the space itself may be changed by connectors."""
        return ParameterSpace(
            {
                name: value.base_value if not value.operations else value
                for name, value in parameters.items()
            },
            schema=None,
            shape=parameters.shape,
        )

    def _get_minimum_delay(self) -> float:
        return simulator.active().min_delay
