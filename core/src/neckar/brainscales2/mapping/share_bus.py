"""Which synapse drivers of a PADI bus listen to whom.

An event carries a row-select address of 5 bits. A driver at position p with mask m takes it if
`(address & m) == (p & m)`. The most selective mask with which p takes address r is `~(r ^ p)`; with
it, another address q is taken too if q ^ p is a subset of the bits of r ^ p. So a driver can serve
any of those addresses r on its bus for which no other q has `(q ^ p) & ~(r ^ p) == 0`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from neckar.brainscales2.chip.datasheet import N_DRIVERS_ON_BUS, N_HEMISPHERES

_POSITIONS = np.arange(N_DRIVERS_ON_BUS)
ANY_ADDRESS = tuple((address,) for address in range(32))


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Events on one PADI bus, of both hemispheres, that come with the same or related addresses.

    Args:
        choices: the row-select addresses it may use; one choice names one address per part.
        needed: how many drivers each part needs on each hemisphere, (n_parts, 2).
        passes: on which hemispheres its events come by, (2,) bool.
    """

    choices: tuple[tuple[int, ...], ...]
    needed: np.ndarray
    passes: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Lease:
    """What a tenant got: per part its `address` and per hemisphere the `positions` of drivers."""

    address: tuple[int, ...]
    positions: tuple[tuple[np.ndarray, ...], ...]


def share_bus(tenants: Sequence[Tenant]) -> tuple[Lease, ...] | None:
    """Choose addresses and drivers so that nobody hears foreign events; None if they do not fit."""
    needed = np.sum([tenant.needed.sum(axis=0) for tenant in tenants], axis=0)
    if np.any(needed > N_DRIVERS_ON_BUS):
        return None
    orders = (_least_flexible_first(tenants), _largest_first(tenants))
    attempts = (_lease(tenants, _choose_addresses(tenants, order)) for order in orders)
    return next((leases for leases in attempts if leases is not None), None)


def mask_of(address: np.ndarray | int, position: np.ndarray | int) -> np.ndarray | int:
    """The most selective row-select mask with which a driver takes an address."""
    return ~(address ^ position) & (N_DRIVERS_ON_BUS - 1)


def _on_hemisphere(tenants: Sequence[Tenant], hemisphere: int) -> tuple[np.ndarray, np.ndarray]:
    needed = np.concatenate([tenant.needed[:, hemisphere] for tenant in tenants])
    passes = [np.full(len(tenant.needed), tenant.passes[hemisphere]) for tenant in tenants]
    return needed, np.concatenate(passes)


def _least_flexible_first(tenants: Sequence[Tenant]) -> list[int]:
    def stubbornness(k: int) -> tuple[int, int]:
        return len(tenants[k].choices), -int(tenants[k].needed.sum())

    return sorted(range(len(tenants)), key=stubbornness)


def _largest_first(tenants: Sequence[Tenant]) -> list[int]:
    return sorted(range(len(tenants)), key=lambda k: -int(tenants[k].needed.sum()))


def _choose_addresses(tenants: Sequence[Tenant], order: list[int]) -> list[tuple[int, ...]]:
    """One choice per tenant, in this order; each leaves as many drivers usable as it can."""
    chosen: list[tuple[int, ...]] = [tenant.choices[0] for tenant in tenants]
    fixed = np.array(chosen[order[0]])
    for count, k in enumerate(order[1:], start=1):
        choices = np.array(tenants[k].choices)
        before = np.broadcast_to(fixed, (len(choices), len(fixed)))
        candidates = np.concatenate([before, choices], axis=1)
        best = int(np.argmax(_room(candidates, [tenants[i] for i in order[: count + 1]])))
        chosen[k], fixed = tenants[k].choices[best], candidates[best]
    return chosen


def _room(candidates: np.ndarray, tenants: Sequence[Tenant]) -> np.ndarray:
    """How much room sets of addresses leave: the scarcest part counts most, then the sum."""
    room = np.zeros(len(candidates), dtype=int)
    for hemisphere in range(N_HEMISPHERES):
        needed, passes = _on_hemisphere(tenants, hemisphere)
        usable = _usable(candidates, passes).sum(axis=-1)
        spare = np.where(needed > 0, usable - needed, N_DRIVERS_ON_BUS).min(axis=-1)
        room += 1000 * np.minimum(spare, N_DRIVERS_ON_BUS // 2) + usable.sum(axis=-1)
    return room


def _usable(addresses: np.ndarray, passes: np.ndarray) -> np.ndarray:
    """Whether a driver (last axis) can serve an address without hearing any other that passes."""
    distance = addresses[..., None] ^ _POSITIONS
    heard = (distance[..., None, :, :] & ~distance[..., :, None, :]) == 0  # [served, other, driver]
    heard &= passes[:, None] & ~np.eye(len(passes), dtype=bool)[:, :, None]
    return ~heard.any(axis=-2) & passes[:, None]


def _assign(
    addresses: np.ndarray, needed: np.ndarray, passes: np.ndarray
) -> list[np.ndarray] | None:
    """Drivers for every part, so that none serves two; None if they do not suffice."""
    usable = _usable(addresses, passes)
    if np.count_nonzero(needed) <= 1:
        positions = [np.flatnonzero(row)[:n] for row, n in zip(usable, needed, strict=True)]
        enough = all(len(p) == n for p, n in zip(positions, needed, strict=True))
        return positions if enough else None
    part = np.repeat(np.arange(len(needed)), needed)
    driver = maximum_bipartite_matching(csr_array(usable[part]), perm_type="column")
    if np.any(driver < 0):
        return None
    return [np.sort(driver[part == k]) for k in range(len(needed))]


def _lease(tenants: Sequence[Tenant], chosen: list[tuple[int, ...]]) -> tuple[Lease, ...] | None:
    """What everybody gets with these addresses; None if the drivers do not suffice."""
    addresses = np.concatenate([np.array(choice) for choice in chosen])
    taken = [
        _assign(addresses, *_on_hemisphere(tenants, hemisphere))
        for hemisphere in range(N_HEMISPHERES)
    ]
    if any(positions is None for positions in taken):
        return None
    leases, part = [], 0
    for choice in chosen:
        parts = range(part, part + len(choice))
        positions = tuple(tuple(hemi[k] for hemi in taken if hemi is not None) for k in parts)
        leases.append(Lease(address=choice, positions=positions))
        part += len(choice)
    return tuple(leases)
