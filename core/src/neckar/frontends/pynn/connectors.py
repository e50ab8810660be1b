"""PyNN's connectors with the original's arguments, and fast ways for the plain ones.

All take `location_selector` and `source_location_selector` by keyword only.
"""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import Any

import numpy as np
import pyNN.connectors

_SELECTORS = ("location_selector", "source_location_selector")


def _located(base: Any, *names: str, **defaults: Any) -> Any:
    """A subclass of `base` with arguments `names`, then `defaults`, then the two selectors."""
    defaults |= {"safe": True, "callback": None}

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        del arguments["self"]
        selectors = [arguments.pop(name) for name in _SELECTORS]
        base.__init__(self, **arguments)
        self.location_selector, self.source_location_selector = selectors

    usual = Parameter.POSITIONAL_OR_KEYWORD
    signature = Signature(
        [Parameter(name, usual) for name in ("self", *names)]
        + [Parameter(name, usual, default=value) for name, value in defaults.items()]
        + [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in _SELECTORS]
    )
    init.__signature__ = signature  # type: ignore[attr-defined]
    return type(
        base.__name__,
        (base,),
        {"__init__": init, "__doc__": base.__doc__, "__module__": __name__},
    )


def _plain_parameters(connector: Any, projection: Any) -> dict[str, Any] | None:
    """Weight, delay, ... as scalars or matrices; None if they must be drawn column by column."""
    space = connector._parameters_from_synapse_type(projection)
    values = {}
    for name, lazy in space.items():
        if not lazy.is_homogeneous and not isinstance(lazy.base_value, np.ndarray):
            return None
        values[name] = lazy.evaluate(simplify=True)
    return values


def _connect(projection: Any, pre: np.ndarray, post: np.ndarray, values: dict[str, Any]) -> None:
    projection.add_connections(
        pre,
        post,
        **{
            name: value[pre, post] if isinstance(value, np.ndarray) and value.ndim else value
            for name, value in values.items()
        },
    )


class AllToAllConnector(
    _located(pyNN.connectors.AllToAllConnector, allow_self_connections=True)  # type: ignore[misc]
):
    """Every presynaptic cell to every postsynaptic cell."""

    def connect(self, projection: Any) -> None:
        """Add the connections to a projection."""
        values = _plain_parameters(self, projection)
        if values is None or self.allow_self_connections == "NoMutual":
            super().connect(projection)
            return
        pre, post = (axis.ravel() for axis in np.indices(projection.shape))
        if not self.allow_self_connections:
            differ = projection.pre.all_cells[pre] != projection.post.all_cells[post]
            pre, post = pre[differ], post[differ]
        _connect(projection, pre, post, values)


class OneToOneConnector(_located(pyNN.connectors.OneToOneConnector)):  # type: ignore[misc]
    """Every cell to the cell of the same index; the longer population keeps cells unconnected."""

    def connect(self, projection: Any) -> None:
        """Add the connections to a projection."""
        values = _plain_parameters(self, projection)
        if values is None:
            super().connect(projection)
            return
        same = np.arange(min(projection.shape))
        _connect(projection, same, same, values)


FixedProbabilityConnector = _located(
    pyNN.connectors.FixedProbabilityConnector, "p_connect", allow_self_connections=True, rng=None
)
DistanceDependentProbabilityConnector = _located(
    pyNN.connectors.DistanceDependentProbabilityConnector,
    "d_expression",
    allow_self_connections=True,
    rng=None,
)
IndexBasedProbabilityConnector = _located(
    pyNN.connectors.IndexBasedProbabilityConnector,
    "index_expression",
    allow_self_connections=True,
    rng=None,
)
DisplacementDependentProbabilityConnector = _located(
    pyNN.connectors.DisplacementDependentProbabilityConnector,
    "disp_function",
    allow_self_connections=True,
    rng=None,
)
FromListConnector = _located(pyNN.connectors.FromListConnector, "conn_list", column_names=None)
FromFileConnector = _located(pyNN.connectors.FromFileConnector, "file", distributed=False)
FixedNumberPostConnector = _located(
    pyNN.connectors.FixedNumberPostConnector,
    "n",
    allow_self_connections=True,
    with_replacement=False,
    rng=None,
)
FixedNumberPreConnector = _located(
    pyNN.connectors.FixedNumberPreConnector,
    "n",
    allow_self_connections=True,
    with_replacement=False,
    rng=None,
)
SmallWorldConnector = _located(
    pyNN.connectors.SmallWorldConnector,
    "degree",
    "rewiring",
    allow_self_connections=True,
    n_connections=None,
    rng=None,
)
CSAConnector = _located(pyNN.connectors.CSAConnector, "cset")
CloneConnector = _located(pyNN.connectors.CloneConnector, "reference_projection")
ArrayConnector = _located(pyNN.connectors.ArrayConnector, "array")
FixedTotalNumberConnector = _located(
    pyNN.connectors.FixedTotalNumberConnector,
    "n",
    allow_self_connections=True,
    with_replacement=True,
    rng=None,
)
