"""The grid of time on which states are known."""

STEP = 0.1e-6  # s


def steps_in(duration: float) -> int:
    """How many steps a duration has; it must be a multiple of the step."""
    n_steps = round(duration / STEP)
    if n_steps < 0 or abs(n_steps * STEP - duration) > 1e-3 * STEP:
        raise ValueError(f"duration = {duration} s is not a multiple of {STEP} s")
    return n_steps
