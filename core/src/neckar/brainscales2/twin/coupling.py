"""Switches between circuits: which share a membrane, and through which conductances they leak.

Every circuit stands on a segment of the somatic line of its row. Its switches connect

    connect_soma        its membrane and its segment
    connect_soma_right  its segment and that of its right neighbour
    connect_right       its membrane and that of its right neighbour
    connect_vertical    its membrane and that of the circuit in the other row; both must want it
    enable_conductance  its membrane and its segment, through a conductance set by i_bias_nmda

The two halves of a row, of 128 columns each, are not connected. A piece of the line that only
conductances reach holds no charge to speak of: what enters it leaves it, so that it is a star
whose arms are taken together to direct links.

Beside each circuit there is a line for its fire signal, which a master drives and a slave obeys:
it is refractory when the line says so, and does not listen to its own comparator.

    connect_fire_vertical  its line and that of the circuit in the other row
    connect_fire_to_right  its line drives that of its right neighbour

What neurons send may also depend on their line, see `logic`.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from neckar.brainscales2.chip import parameters as p
from neckar.brainscales2.chip import wiring
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.datasheet import N_COLUMNS, N_NEURONS
from neckar.brainscales2.twin import capmem
from neckar.brainscales2.twin.capmem import Codes
from neckar.brainscales2.twin.kernels.state import Coupling
from neckar.brainscales2.twin.variation import Spread, factors

_SWITCHES = ("connect_soma", "connect_right", "connect_vertical", "enable_conductance")
_COLUMN = wiring.column_of_neuron(np.arange(N_NEURONS))
_HAS_RIGHT = _COLUMN % (N_COLUMNS // 2) != N_COLUMNS // 2 - 1
_LINE = N_NEURONS  # segments of the somatic line are numbered from here on


def fabricate(
    config: ChipConfig,
    codes: Codes,
    serial: int,
    spread: Spread,
    joined: Sequence[np.ndarray] = (),
) -> Coupling | None:
    """How all 512 circuits of chip `serial` hang together, if any do.

    Wires outside of the neurons join the membranes of each set in `joined`.
    """
    switches = config.neurons["multicompartment"]
    leads = np.array(list(_leads(config.neurons)), np.int32).reshape(-1, 2)
    if not leads.size and not joined and not _are_joined(switches):
        return None
    node = _nodes(switches, joined)
    strength = conductances(switches, codes, serial, spread)
    circuits = np.flatnonzero(switches["enable_conductance"] & (strength > 0))
    arms = [
        (int(node[k]), int(node[_LINE + k]), float(strength[k]))
        for k in circuits
        if node[k] != node[_LINE + k]
    ]
    links = [*_direct(arms), *_stars(arms)]
    if not links and not leads.size and (node[:N_NEURONS] == np.arange(N_NEURONS)).all():
        return None
    first, second, conductance = np.array(links or np.empty((0, 3))).T
    return Coupling(
        node=node[:N_NEURONS].astype(np.int32),
        first=first.astype(np.int32),
        second=second.astype(np.int32),
        conductance=conductance,
        leader=leads[:, 0].copy(),
        follower=leads[:, 1].copy(),
    )


def is_used(config: ChipConfig) -> bool:
    """Whether any circuits hang together."""
    neurons = config.neurons
    return _are_joined(neurons["multicompartment"]) or any(True for _ in _leads(neurons))


def _are_joined(switches: np.ndarray) -> bool:
    return any(switches[name].any() for name in _SWITCHES)


def conductances(switches: np.ndarray, codes: Codes, serial: int, spread: Spread) -> np.ndarray:
    """Of every circuit to its segment of the line, S."""
    bias = capmem.current(codes, "multicompartment.i_bias_nmda", capmem.cells(serial, spread))
    divided = np.where(switches["enable_conductance_division"], p.COUPLING_DIVISION, 1.0)
    multiplied = np.where(
        switches["enable_conductance_multiplication"], p.COUPLING_MULTIPLICATION, 1.0
    )
    pattern = factors(serial, "neuron/coupling", spread.coupling, N_NEURONS)
    return p.COUPLING_CONDUCTANCE_PER_CODE * bias * divided * multiplied * pattern


def _nodes(switches: np.ndarray, joined: Sequence[np.ndarray] = ()) -> np.ndarray:
    """What is one without resistance: the lowest circuit or segment on it, (1024,)."""
    node = np.arange(2 * N_NEURONS)
    outside = [pair for some in joined for pair in pairwise(some.tolist())]
    for one, other in (*_closed(switches), *outside):
        a, b = sorted((node[one], node[other]))
        if a != b:
            node[node == b] = a
    return node


def _closed(switches: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of circuits and segments that a closed switch connects."""
    both = switches["connect_vertical"][:N_COLUMNS] & switches["connect_vertical"][N_COLUMNS:]
    for k in np.flatnonzero(both).tolist():
        yield k, k + N_COLUMNS
    for k in np.flatnonzero(switches["connect_right"] & _HAS_RIGHT).tolist():
        yield k, k + 1
    for k in np.flatnonzero(switches["connect_soma_right"] & _HAS_RIGHT).tolist():
        yield _LINE + k, _LINE + k + 1
    for k in np.flatnonzero(switches["connect_soma"]).tolist():
        yield k, _LINE + k


def _direct(arms: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Arms that end on a membrane."""
    return [arm for arm in arms if arm[1] < _LINE]


def _stars(arms: list[tuple[int, int, float]]) -> Iterator[tuple[int, int, float]]:
    """Arms that end on a line without a membrane: g_i g_j / sum of g between each two of them."""
    for line in sorted({arm[1] for arm in arms if arm[1] >= _LINE}):
        mine = [(node, g) for node, end, g in arms if end == line]
        total = sum(g for _, g in mine)
        for number, (node, g) in enumerate(mine):
            for other, h in mine[number + 1 :]:
                if node != other:
                    yield node, other, g * h / total


def obeys(neurons: np.ndarray) -> np.ndarray:
    """Which of the 512 circuits fire when another one does, (512,) bool."""
    return neurons["bayesian"]["enable_slave"] & (neurons["event_routing"]["analog_output"] > 0)


def fire_signals(neurons: np.ndarray) -> Iterator[tuple[int, int]]:
    """Masters, and the lines for fire signals that each of them drives, its own first."""
    firing = neurons["bayesian"]
    if not firing["enable_master"].any():
        return
    onwards = _fire_lines(firing)
    for master in np.flatnonzero(firing["enable_master"]).tolist():
        reached, open_lines = {master}, [master]
        while open_lines:
            found = [line for line in onwards(open_lines.pop()) if line not in reached]
            reached.update(found)
            open_lines += found
        yield master, master
        yield from ((master, k) for k in sorted(reached - {master}))


def _leads(neurons: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of circuits of which the second fires when the first does."""
    slaves = obeys(neurons)
    return ((k, line) for k, line in fire_signals(neurons) if line != k and slaves[line])


def _listens(neurons: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs of circuits of which the second needs to know when the first fires."""
    firing = neurons["bayesian"]
    asks = (firing["operation"] > 0) | ~firing["to_post_pulse"]
    heard = obeys(neurons) | asks
    return ((k, line) for k, line in fire_signals(neurons) if line != k and heard[line])


def _fire_lines(firing: np.ndarray) -> Callable[[int], list[int]]:
    """Which lines of fire signals each line drives."""
    vertical = firing["connect_fire_vertical"]

    def onwards(k: int) -> list[int]:
        across = (k + N_COLUMNS) % N_NEURONS
        found = [across] if vertical[k] or vertical[across] else []
        return [*found, k + 1] if firing["connect_fire_to_right"][k] and _HAS_RIGHT[k] else found

    return onwards


def neighbours(config: ChipConfig, circuits: np.ndarray) -> np.ndarray:
    """With some of the 512 circuits, (512,) bool, all that hang together with them."""
    switches = config.neurons["multicompartment"]
    leads = list(_listens(config.neurons))
    if not leads and not _are_joined(switches):
        return circuits
    name = _nodes(switches)
    for k in np.flatnonzero(switches["enable_conductance"]):
        name[name == name[_LINE + k]] = name[k]
    for leader, follower in leads:
        name[name == name[follower]] = name[leader]
    is_wanted = np.zeros(2 * N_NEURONS, bool)
    is_wanted[name[:N_NEURONS][circuits]] = True
    return is_wanted[name[:N_NEURONS]]


def take(coupling: Coupling | None, which: np.ndarray) -> Coupling | None:
    """How some of many circuits, given in ascending order, hang together."""
    if coupling is None:
        return None
    place = np.full(coupling.node.size, -1, np.int32)
    place[which] = np.arange(which.size)
    _, first, node = np.unique(coupling.node[which], return_index=True, return_inverse=True)
    of_node = np.full(coupling.node.size, -1, np.int32)
    of_node[coupling.node[which]] = first[node]
    ends = [of_node[coupling.node[end]] for end in (coupling.first, coupling.second)]
    is_here = (ends[0] >= 0) & (ends[1] >= 0)
    pairs = [place[part] for part in (coupling.leader, coupling.follower)]
    is_led = (pairs[0] >= 0) & (pairs[1] >= 0)
    return Coupling(
        node=first[node].astype(np.int32),
        first=ends[0][is_here],
        second=ends[1][is_here],
        conductance=coupling.conductance[is_here],
        leader=pairs[0][is_led],
        follower=pairs[1][is_led],
    )
