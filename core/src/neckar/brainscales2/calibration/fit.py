"""Fit what many neurons do at once."""

from dataclasses import dataclass

import numpy as np

_GRID = 160  # time constants that are tried
_REACH = 30.0  # they lie within this factor of the expected one


@dataclass(frozen=True, kw_only=True)
class Decay:
    """rest + amplitude * exp(-time / tau); arrays of shape (n,).

    `explained` is the part of the variance that this describes, 0 .. 1.
    """

    tau: np.ndarray
    amplitude: np.ndarray
    rest: np.ndarray
    explained: np.ndarray


def decay(time: np.ndarray, values: np.ndarray, expected: float) -> Decay:
    """Least-squares exponentials through the columns of `values`, (len(time), n).

    Level and amplitude are linear, so that each of a grid of time constants explains a part of the
    variance that follows from a projection; the best is refined by a parabola through its
    neighbours.
    """
    log_tau = np.log(expected) + np.linspace(-np.log(_REACH), np.log(_REACH), _GRID)
    centred = values - values.mean(axis=0)
    shapes = np.exp(-time[None] / np.exp(log_tau)[:, None])
    shapes -= shapes.mean(axis=1, keepdims=True)
    norm = np.maximum(np.linalg.norm(shapes, axis=1, keepdims=True), 1e-12)
    explained = (shapes / norm @ centred) ** 2
    best = np.clip(np.argmax(explained, axis=0), 1, _GRID - 2)
    each = np.arange(values.shape[1])
    below, here, above = (explained[best + k, each] for k in (-1, 0, 1))
    bend = np.minimum(below - 2 * here + above, -1e-12)
    shift = np.clip((below - above) / (2 * bend), -1, 1)
    tau = np.exp(log_tau[best] + shift * (log_tau[1] - log_tau[0]))
    shape = np.exp(-time[:, None] / tau)
    mean = shape.mean(axis=0)
    amplitude = (centred * (shape - mean)).sum(axis=0) / ((shape - mean) ** 2).sum(axis=0)
    return Decay(
        tau=tau,
        amplitude=amplitude,
        rest=values.mean(axis=0) - amplitude * mean,
        explained=here / np.maximum((centred**2).sum(axis=0), 1e-12),
    )
