"""Circuits that hang together: membranes with links between them, moved as one.

With C the capacitances of the nodes, L the matrix of their links and i(v) the currents of the
circuits on them,

    C dv/dt = i(v) - L v,

whose exponential Rosenbrock-Euler step is, as in `membrane`,

    v += length * phi(length J) C^-1 (i(v) - L v),   J = C^-1 (di/dv - L),   phi(z) = (e^z - 1) / z.

For e^z stands 1 / Q(z), with Q the series of e^-z to the fourth order: it is right to z^5 / 120,
and however fast nodes exchange their charge, they never swing past each other. In partial
fractions phi is a sum over the roots of Q, each of which costs the solution of linear equations.
"""

from dataclasses import dataclass

import numpy as np

from neckar.brainscales2.twin.kernels.grid import STEP
from neckar.brainscales2.twin.kernels.membrane import STEEP, Flow, Point, arrive, flow
from neckar.brainscales2.twin.kernels.state import Coupling, Neurons

# Those in the upper half plane of Q(z) = 1 - z + z^2/2 - z^3/6 + z^4/24; the others mirror them.
ROOTS = np.array(
    [1.7294442310677055 + 0.8889743761218658j, 0.2705557689322945 + 2.5047759043624347j]
)
WEIGHTS = 2 * -24 / ROOTS**6
GROWTH = 0.25  # by how much an upswing's slope may grow in a piece


@dataclass(frozen=True)
class Group:
    """Circuits of which each has to do with each other, directly or not.

    Args:
        circuits: (k,) ascending.
        node: (k,) number of the membrane of each.
        links: (m, m) S; `links @ v` is what leaves the nodes.
    """

    circuits: np.ndarray
    node: np.ndarray
    links: np.ndarray


def groups(coupling: Coupling | None) -> list[Group]:
    """All groups of more than one circuit."""
    if coupling is None:
        return []
    name = np.arange(len(coupling.node))
    pairs = [
        *zip(name, coupling.node, strict=True),
        *zip(coupling.first, coupling.second, strict=True),
        *zip(coupling.leader, coupling.follower, strict=True),
    ]
    for one, other in pairs:
        name[name == name[one]] = name[other]
    counts = np.bincount(name, minlength=len(name))
    return [_group(coupling, np.flatnonzero(name == k)) for k in np.flatnonzero(counts > 1)]


def _group(coupling: Coupling, circuits: np.ndarray) -> Group:
    nodes, node = np.unique(coupling.node[circuits], return_inverse=True)
    links = np.zeros((len(nodes), len(nodes)))
    inside = np.isin(coupling.first, circuits)
    ends = [coupling.node[end[inside]] for end in (coupling.first, coupling.second)]
    a, b = (np.searchsorted(nodes, end) for end in ends)
    for i, j, g in zip(a, b, coupling.conductance[inside], strict=True):
        if i != j:
            links[[i, j], [i, j]] += g
            links[[i, j], [j, i]] -= g
    return Group(circuits, node, links)


def share(neurons: Neurons, group: Group, v: np.ndarray) -> np.ndarray:
    """The voltages of circuits whose membranes have just been joined: charge is kept."""
    charge = np.bincount(group.node, neurons.capacitance * v)
    return (charge / np.bincount(group.node, neurons.capacitance))[group.node]


def slowest(group: Group, capacitance: np.ndarray, leak: np.ndarray) -> float:
    """The longest time constant of a group whose circuits have these capacitances and leaks."""
    c = _sum(group, capacitance)
    matrix = (np.diag(_sum(group, leak)) + group.links) / np.sqrt(c * c[:, None])
    rate = np.linalg.eigvalsh(matrix)[0]
    return float(1 / rate) if rate > 0 else np.inf


def longest_piece(neurons: Neurons, point: Point, group: Group, resetting: np.ndarray) -> float:
    """Up to where an upswing is followed well, s; infinite when there is none."""
    f = flow(neurons, point, np.zeros(len(point.v)), resetting)
    growing = np.where(point.v < neurons.v_max, f.i_exponential * f.slope, 0.0)
    rate = _sum(group, growing) / _sum(group, neurons.capacitance)
    return float(GROWTH / rate.max()) if rate.max() > 0 else np.inf


def move(
    neurons: Neurons,
    group: Group,
    point: Point,
    length: float,
    resetting: np.ndarray,
    noise: np.ndarray,
) -> Point:
    """Where the circuits of a group are `length` seconds later; see `membrane.move`."""
    v = np.empty(len(group.links))
    v[group.node] = point.v
    capacitance = _sum(group, neurons.capacitance)
    f = flow(neurons, point, np.full(len(point.v), length), resetting)
    conductance, bend = _derivatives(group, f, capacitance / length)
    chance = _sum(group, neurons.capacitance * noise) / STEP  # a current that lasts for the step
    current = _sum(group, f.current) + chance - group.links @ v

    top, bottom = (_of_nodes(group, rail) for rail in (neurons.v_max, -neurons.v_min))
    on_rail = ((v >= top) & (current > 0)) | ((-v >= bottom) & (current < 0))
    solver = _Solver(np.diag(conductance) + group.links, capacitance / length, on_rail)
    step = solver.follow(current)
    # What the second derivative adds: third order.
    bent = np.clip(bend * step * length / capacitance, -(STEEP**2), STEEP**2) / 6
    step += solver.follow(bent * step * capacitance / length)
    v_end = np.clip(v + step, -bottom, top)[group.node]
    return arrive(neurons, point, v_end, np.full(len(v_end), length))


def _sum(group: Group, of_circuits: np.ndarray) -> np.ndarray:
    return np.bincount(group.node, of_circuits)


def _of_nodes(group: Group, rail: np.ndarray) -> np.ndarray:
    """The tightest rail of every node."""
    tightest = np.full(len(group.links), np.inf)
    np.minimum.at(tightest, group.node, rail)
    return tightest


def _derivatives(group: Group, f: Flow, inertia: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """-di/dv and d2i/dv2 of every node, as in `membrane.move`; `inertia` is C / length."""
    secant, upswing = _sum(group, f.secant), f.i_exponential * f.slope
    stiff = np.minimum((secant / inertia) ** 4, 1)
    conductance = (1 - stiff) * _sum(group, f.tangent) + stiff * secant
    conductance += _sum(group, f.other) - _sum(group, upswing)
    bend = (1 - stiff) * _sum(group, f.bend) + _sum(group, upswing * f.slope)
    return np.maximum(conductance, -GROWTH * inertia), bend


class _Solver:
    """Steps by currents: phi of a piece, for nodes with these conductances and C / length."""

    def __init__(self, conductances: np.ndarray, inertia: np.ndarray, on_rail: np.ndarray) -> None:
        self.moves = ~on_rail
        free = np.ix_(self.moves, self.moves)
        self.matrices = [np.diag(root * inertia[self.moves]) + conductances[free] for root in ROOTS]

    def follow(self, current: np.ndarray) -> np.ndarray:
        """How far the voltages get; nodes on a rail stay there."""
        step = np.zeros(len(current))
        for root, weight, matrix in zip(ROOTS, WEIGHTS, self.matrices, strict=True):
            x = np.linalg.solve(matrix, root * current[self.moves])
            step[self.moves] += np.real(weight * x)
        return step
