"""Who stays on which PADI bus."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from neckar.brainscales2.chip.datasheet import N_BUSES, N_DRIVERS_ON_BUS, N_HEMISPHERES
from neckar.brainscales2.mapping.bundle import Bundle
from neckar.brainscales2.mapping.share_bus import Lease, Tenant, share_bus

HOST = -1


@dataclass(frozen=True, kw_only=True, eq=False)
class Guest:
    """Bundles that come over one path: a neuron event output, a background source or a host lane.

    Args:
        tenant: what they ask of a bus.
        bundles: one per part of the tenant.
        origin: crossbar input of neurons and background sources, `HOST` for the host.
        population: which on-chip Poisson population a background source plays, else empty.
    """

    tenant: Tenant
    bundles: tuple[Bundle, ...]
    origin: int
    population: str = ""


@dataclass(kw_only=True)
class Buses:
    """Guests of the four buses, each on both hemispheres, while a routing is being made."""

    guests: list[list[Guest]] = field(default_factory=lambda: [[] for _ in range(N_BUSES)])
    leases: list[tuple[Lease, ...]] = field(default_factory=lambda: [()] * N_BUSES)

    def admit(self, bus: int, guest: Guest) -> bool:
        """Let a guest in if the drivers can be shared; nothing changes if not."""
        leases = share_bus([*(present.tenant for present in self.guests[bus]), guest.tenant])
        if leases is None:
            return False
        self.guests[bus].append(guest)
        self.leases[bus] = leases
        return True

    def free(self) -> np.ndarray:
        """Drivers that nobody has, (hemisphere, bus)."""
        free = np.full((N_HEMISPHERES, N_BUSES), N_DRIVERS_ON_BUS)
        for bus, guests in enumerate(self.guests):
            for guest in guests:
                free[:, bus] -= guest.tenant.needed.sum(axis=0)
        return free

    @property
    def origins(self) -> set[int]:
        """Crossbar inputs in use."""
        return {guest.origin for guests in self.guests for guest in guests}

    def stays(self) -> Iterator[tuple[int, Guest, Lease]]:
        """Every guest with its bus and what it got there."""
        for bus, (guests, leases) in enumerate(zip(self.guests, self.leases, strict=True)):
            for guest, lease in zip(guests, leases, strict=True):
                yield bus, guest, lease
