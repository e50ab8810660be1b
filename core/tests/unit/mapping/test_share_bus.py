import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neckar.brainscales2.mapping.share_bus import ANY_ADDRESS, Lease, Tenant, mask_of, share_bus


def tenant(needed: list[list[int]], choices: tuple[tuple[int, ...], ...] = ANY_ADDRESS) -> Tenant:
    need = np.array(needed)
    return Tenant(choices=choices, needed=need, passes=need.any(axis=0))


def neurons(output: int, needed: list[int]) -> Tenant:
    return tenant([needed], tuple((4 * output + bits,) for bits in range(4)))


def who_hears(leases: tuple[Lease, ...], hemisphere: int, address: int) -> set[int]:
    """Positions that take an event, by the manual: (address & mask) == (position & mask)."""
    found = set()
    for lease in leases:
        for own, positions in zip(lease.address, lease.positions, strict=True):
            for position in positions[hemisphere].tolist():
                mask = mask_of(own, position)
                if address & mask == position & mask:
                    found.add(position)
    return found


def assert_everybody_hears_their_own(tenants: list[Tenant]) -> None:
    leases = share_bus(tenants)
    assert leases is not None
    assert_nobody_hears_others(tenants, leases)


def assert_nobody_hears_others(tenants: list[Tenant], leases: tuple[Lease, ...]) -> None:
    for lease, asked in zip(leases, tenants, strict=True):
        assert lease.address in asked.choices
        for part, address in enumerate(lease.address):
            for hemisphere in np.flatnonzero(asked.passes).tolist():
                own = lease.positions[part][hemisphere].tolist()
                assert len(own) == asked.needed[part, hemisphere]
                assert who_hears(leases, hemisphere, address) == set(own)


@st.composite
def shares(draw: st.DrawFn, most: int = 7) -> list[int]:
    """Drivers of a bus, divided without rest."""
    borders = draw(st.sets(st.integers(1, 31), min_size=1, max_size=most))
    return np.diff([0, *sorted(borders), 32]).tolist()


def guests(needed: list[list[int]], n_outputs: int) -> list[Tenant]:
    return [neurons(4 * k + 1, n) if k < n_outputs else tenant([n]) for k, n in enumerate(needed)]


@settings(max_examples=60, deadline=None)
@given(share=shares(most=3), n_outputs=st.integers(0, 1))
def test_a_bus_can_be_divided_at_will_among_four(share: list[int], n_outputs: int) -> None:
    assert_everybody_hears_their_own(guests([[n, n] for n in share], n_outputs))


@pytest.mark.parametrize("first", range(4, 29))
def test_two_outputs_of_neurons_can_fill_a_bus(first: int) -> None:
    assert_everybody_hears_their_own(guests([[first, first], [32 - first, 32 - first]], 2))


@settings(max_examples=60, deadline=None)
@given(top=shares(), bottom=shares(), n_outputs=st.integers(0, 2))
def test_nobody_hears_others_however_the_hemispheres_are_divided(
    top: list[int], bottom: list[int], n_outputs: int
) -> None:
    size = max(len(top), len(bottom))
    padded = ([*share, *[0] * (size - len(share))] for share in (top, bottom))
    tenants = guests([list(needed) for needed in zip(*padded, strict=True)], n_outputs)
    leases = share_bus(tenants)
    if leases is not None:
        assert_nobody_hears_others(tenants, leases)


def test_a_background_source_with_many_labels_shares_a_bus_with_neurons() -> None:
    large = tuple(tuple(range(first, first + 4)) for first in range(0, 32, 4))
    assert_everybody_hears_their_own(
        [
            neurons(0, [9, 9]),
            neurons(4, [9, 9]),
            tenant([[1, 0], [2, 0], [0, 0], [1, 0]], large),
        ]
    )


def test_more_drivers_than_a_bus_has_are_refused() -> None:
    assert share_bus([tenant([[20, 0]]), tenant([[13, 0]])]) is None


def test_the_mask_compares_the_bits_in_which_address_and_position_agree() -> None:
    assert mask_of(0b00000, 0b00000) == 0b11111
    assert mask_of(0b10101, 0b10001) == 0b11011
