"""Usual ways to connect and to observe populations, so that nobody has to count indices."""

from collections.abc import Sequence

import numpy as np

from neckar.network.network import Population
from neckar.network.probes import Device, Probe, Variable
from neckar.network.synapses import Projection, Receptor


def all_to_all(
    source: Population,
    target: Population,
    *,
    weight_code: float,
    receptor: Receptor = "excitatory",
) -> Projection:
    """Every cell of `source` to every cell of `target`, with equal weights."""
    pre, post = np.divmod(np.arange(source.size * target.size), target.size)
    return _projection(source, target, receptor, pre, post, np.full(len(pre), weight_code))


def one_to_one(
    source: Population,
    target: Population,
    *,
    weight_code: float,
    receptor: Receptor = "excitatory",
) -> Projection:
    """Each cell of `source` to the cell of `target` with the same index, if there is one."""
    cells = np.arange(min(source.size, target.size))
    return _projection(source, target, receptor, cells, cells, np.full(len(cells), weight_code))


def from_matrix(
    source: Population, target: Population, weight_code: np.ndarray
) -> tuple[Projection, ...]:
    """Signed weights, (target.size, source.size): positive ones excite, negative ones inhibit.

    Zeros are no connections. One projection per sign that occurs.
    """
    found: list[Projection] = []
    for receptor, weights in (("excitatory", weight_code), ("inhibitory", -weight_code)):
        post, pre = np.nonzero(weights > 0)
        if len(pre):
            found.append(
                _projection(source, target, receptor, pre, post, weights[post, pre])  # type: ignore[arg-type]
            )
    return tuple(found)


def observe(
    population: Population,
    variable: Variable = "spikes",
    *,
    cells: Sequence[int] | None = None,
    device: Device = "madc",
    compartment: int = 0,
) -> Probe:
    """One observable of some cells, or of all; in cells of several compartments, of one of them."""
    chosen = np.arange(population.size) if cells is None else np.asarray(cells, dtype=int)
    return Probe(
        population=population.name,
        cells=chosen,
        variable=variable,
        device=device,
        compartment=compartment,
    )


def _projection(
    source: Population,
    target: Population,
    receptor: Receptor,
    pre: np.ndarray,
    post: np.ndarray,
    weight_code: np.ndarray,
) -> Projection:
    return Projection(
        name=f"{source.name} → {target.name}, {receptor}",
        source=source.name,
        target=target.name,
        receptor=receptor,
        pre=pre,
        post=post,
        weight_code=weight_code,
    )
