"""What jobs cost, which quota pays, and whose turn it is. Numbers in, numbers out."""

import math
from collections.abc import Sequence

from neckar_jobs.model import Quota

HALF_LIFE = 7 * 86400.0  # s after which use counts half when it is decided whose turn it is
UNITS = {  # seconds of one unit, for usage that comes in other units than the platform's
    "seconds": 1.0,
    "board-seconds": 1.0,
    "hours": 3600.0,
    "chip-hours": 3600.0,
    "wafer-hours": 3600.0,
}


def cost(seconds: float, per_second: float) -> float:
    """Units that a job of this duration uses."""
    return max(0.0, seconds) * per_second


def converted(value: float, units: str, wanted: str) -> float | None:
    """A usage in the platform's own units, or none where no rule leads there."""
    if units == wanted:
        return value
    if units in UNITS and wanted in UNITS:
        return value * UNITS[units] / UNITS[wanted]
    return None


def charges(usage: float, quotas: Sequence[Quota]) -> dict[int, float]:
    """Which quota pays how much: the oldest first, then the next.

    What is left when all are used up is put on the last one, so that no use is forgotten:
    the sum of all charges is always the sum of all usage.
    """
    paid: dict[int, float] = {}
    for quota in quotas:
        if usage <= 0:
            break
        paid[quota.id] = min(usage, max(0.0, quota.limit - quota.usage))
        usage -= paid[quota.id]
    if usage > 0 and quotas:
        paid[quotas[-1].id] = paid.get(quotas[-1].id, 0.0) + usage
    return {quota: amount for quota, amount in paid.items() if amount > 0}


NEARLY = 0.9  # of a quota, when those who answer for it are told


def nearly_spent(quotas: Sequence[Quota], before: float, after: float) -> bool:
    """Whether a job whose use goes from `before` to `after` brings a collab close to its end.

    What `quotas` say is without this job.
    """
    limit, others = sum(q.limit for q in quotas), sum(q.usage for q in quotas)
    return others + before < NEARLY * limit <= others + after


def recent(before: float, usage: float, at: float) -> float:
    """How much a collab has used lately, as a number that needs no updates while time passes.

    Use decays by half in `HALF_LIFE`. Since that holds for all collabs alike, use at `t` may as
    well be made larger by 2^(t / HALF_LIFE) once and for ever: the order stays. The logarithm
    (base 2) of the sum is kept, so that it does not overflow; -1e9 stands for nothing.
    """
    if usage <= 0:
        return before
    new = math.log2(usage) + at / HALF_LIFE
    high, low = max(before, new), min(before, new)
    return high + math.log2(1.0 + 2.0 ** max(low - high, -1000.0))


def ran_ahead(before: float, at: float) -> bool:
    """Whether recent use was counted by a clock that was ahead: nobody has used as much by now."""
    return before > at / HALF_LIFE + LARGEST


NOTHING = -1e9
LARGEST = 40.0  # log2 of more units than anybody uses
