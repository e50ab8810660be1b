import pytest
from hypothesis import given
from hypothesis import strategies as st

from neckar_jobs.accounting import HALF_LIFE, NOTHING, charges, converted, recent
from neckar_jobs.model import Quota


def quota(number: int, limit: float, usage: float = 0.0) -> Quota:
    return Quota(id=number, project="p", platform="Demo", units="h", limit=limit, usage=usage)


def test_the_oldest_quota_pays_first_and_the_rest_spills_over():
    quotas = [quota(1, 1.0, 0.75), quota(2, 1.0)]
    assert charges(0.1, quotas) == {1: pytest.approx(0.1)}
    assert charges(0.5, quotas) == {1: pytest.approx(0.25), 2: pytest.approx(0.25)}


@given(
    usage=st.floats(0, 100),
    limits=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 12)), min_size=1, max_size=5),
)
def test_no_use_is_forgotten(usage, limits):
    quotas = [quota(n, limit, used) for n, (limit, used) in enumerate(limits)]
    assert sum(charges(usage, quotas).values()) == pytest.approx(usage)


def test_old_use_counts_half_after_a_half_life():
    old = recent(NOTHING, 2.0, at=0.0)
    new = recent(NOTHING, 1.0, at=HALF_LIFE)
    assert old == pytest.approx(new)
    assert recent(old, 1.0, at=HALF_LIFE) == pytest.approx(new + 1)


@given(uses=st.lists(st.tuples(st.floats(1e-6, 1e6), st.floats(0, 1e9)), min_size=1, max_size=9))
def test_the_order_of_use_does_not_matter(uses):
    forward = backward = NOTHING
    for usage, at in uses:
        forward = recent(forward, usage, at)
    for usage, at in reversed(uses):
        backward = recent(backward, usage, at)
    assert forward == pytest.approx(backward)


def test_usage_comes_in_units_that_lead_to_those_of_the_platform():
    assert converted(1800, "seconds", "chip-hours") == 0.5
    assert converted(3, "bushels", "bushels") == 3
    assert converted(3, "bushels", "litres") is None
