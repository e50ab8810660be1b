"""Four by four sudokus, solved by competition: 64 neurons, one for each number in each field.

Each neuron has a random background of its own, excites itself and inhibits all that exclude it;
clues are driven by a regular train. What fires most in a field is its number.
"""

from itertools import product
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pynn_brainscales.brainscales2 as pynn

RUNTIME = 0.5  # ms
BACKGROUND_RATE, CLUE_RATE = 5e5, 1e6  # Hz, of hardware time
BACKGROUND_WEIGHT, SELF_WEIGHT, CLUE_WEIGHT, INHIBITION = 30, 20, 63, -50
ROW, COLUMN, NUMBER = np.array([*product(range(4), repeat=3)]).T  # of every neuron
SOLUTION = np.array([[3, 2, 4, 1], [1, 4, 3, 2], [2, 3, 1, 4], [4, 1, 2, 3]])


def rivals() -> np.ndarray:
    """Which neurons exclude each other, (64, 64) bool."""

    def alike(what: np.ndarray) -> np.ndarray:
        return np.equal.outer(what, what)

    block = ROW // 2 * 2 + COLUMN // 2
    in_one_field = alike(ROW) & alike(COLUMN)
    in_reach = alike(ROW) | alike(COLUMN) | alike(block)
    return (in_one_field | alike(NUMBER) & in_reach) & ~np.eye(64, dtype=bool)


def hidden(solution: np.ndarray, n_clues: int, rng: np.random.Generator) -> np.ndarray:
    """Clues at random fields, 0 elsewhere; (4, 4)."""
    clues = np.zeros_like(solution)
    shown = rng.choice(16, n_clues, replace=False)
    clues.flat[shown] = solution.flat[shown]
    return clues


def is_valid(grid: np.ndarray, clues: np.ndarray) -> bool:
    """Whether a grid obeys the rules and keeps the clues."""
    chosen = grid[ROW, COLUMN] == NUMBER + 1
    return not rivals()[np.ix_(chosen, chosen)].any() and bool(
        np.all((clues == 0) | (clues == grid))
    )


class Competition:
    """The network, on the chip that PyNN is set up with."""

    def __init__(self) -> None:
        self.numbers = pynn.Population(64, pynn.cells.HXNeuron())
        self.numbers.record("spikes")
        duration = {"start": 0.01, "duration": RUNTIME - 0.01}
        noise = pynn.cells.SpikeSourcePoisson(rate=BACKGROUND_RATE, **duration)
        self.background = pynn.Population(64, noise)
        train = np.arange(0, RUNTIME, 1e3 / CLUE_RATE)
        ticking = pynn.Population(1, pynn.cells.SpikeSourceArray(spike_times=train))
        one, all_ = pynn.OneToOneConnector(), pynn.AllToAllConnector()
        _connect(self.background, self.numbers, one, BACKGROUND_WEIGHT)
        _connect(self.numbers, self.numbers, one, SELF_WEIGHT)
        _connect(self.numbers, self.numbers, all_, INHIBITION * rivals(), "inhibitory")
        self.clues = _connect(ticking, self.numbers, all_, 0)

    def draw_background(self, k: int) -> None:
        """Another background for every `k`; spikes are drawn anew where a parameter differs."""
        self.background.set(duration=RUNTIME - 0.01 - 1e-9 * k)

    def run(self, clues: np.ndarray) -> list[np.ndarray]:
        """Spike times of every neuron, in µs of hardware time."""
        is_given = clues[ROW, COLUMN] == NUMBER + 1
        self.clues.set(weight=CLUE_WEIGHT * is_given[None])
        pynn.reset()
        pynn.run(RUNTIME)
        trains = self.numbers.get_data("spikes").segments[-1].spiketrains
        return [1e3 * np.asarray(train.magnitude) for train in trains]


def _connect(
    source: object, target: object, how: object, weight: object, receptor: str = "excitatory"
) -> object:
    synapse = pynn.synapses.StaticSynapse(weight=weight)
    return pynn.Projection(source, target, how, synapse, receptor_type=receptor)


def grid_of(trains: list[np.ndarray]) -> np.ndarray:
    """The number that fires most in each field, (4, 4)."""
    counts = np.array([train.size for train in trains]).reshape(4, 4, 4)
    return counts.argmax(axis=2) + 1


def draw_raster(axes: plt.Axes, trains: list[np.ndarray]) -> None:
    """Spikes over time; a band for each field, a colour for each number."""
    colors = [f"C{number}" for number in NUMBER]
    axes.eventplot(trains, colors=colors, lineoffsets=np.arange(64), linelengths=0.9, lw=0.6)
    for field in range(0, 16, 2):
        axes.axhspan(4 * field - 0.5, 4 * field + 3.5, color="0.95", lw=0, zorder=0)
    axes.set(
        title="64 neurons compete",
        xlabel="hardware time [µs]",
        ylabel="field",
        xlim=(0, 1e3 * RUNTIME),
        ylim=(63.5, -0.5),
        yticks=4 * np.arange(16) + 1.5,
        yticklabels=np.arange(1, 17),
    )


def draw_grid(axes: plt.Axes, grid: np.ndarray, clues: np.ndarray) -> None:
    """Clues on grey, and what was found."""
    for row, column in product(range(4), repeat=2):
        number, is_given = grid[row, column], clues[row, column] > 0
        face = "0.9" if is_given else "white"
        axes.add_patch(plt.Rectangle((column, row), 1, 1, facecolor=face, edgecolor="0.7"))
        weight = "bold" if is_given else "normal"
        place = {"ha": "center", "va": "center", "fontsize": 19}
        color = f"C{number - 1}"
        axes.text(column + 0.5, row + 0.52, str(number), color=color, weight=weight, **place)
    for at in (0, 2, 4):
        axes.plot((at, at), (0, 4), color="0.2", lw=1.6, clip_on=False)
        axes.plot((0, 4), (at, at), color="0.2", lw=1.6, clip_on=False)
    title = "clues on grey, the rest found"
    axes.set(title=title, xlim=(0, 4), ylim=(4, 0), aspect="equal")
    axes.axis("off")


def main() -> None:
    """Solve one sudoku, and draw how."""
    plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
    np.random.seed(1)  # PyNN draws the background from it
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    clues = hidden(SOLUTION, 4, np.random.default_rng(5))
    trains = Competition().run(clues)
    pynn.end()
    grid = grid_of(trains)
    verdict = "solved" if is_valid(grid, clues) else "not solved"
    print(f"{verdict} with {np.count_nonzero(clues)} clues, {sum(t.size for t in trains)} spikes")
    figure, (raster, fields) = plt.subplots(1, 2, figsize=(7.5, 3.8), width_ratios=[5, 4])
    draw_raster(raster, trains)
    draw_grid(fields, grid, clues)
    figure.savefig("sudoku.png")


if __name__ == "__main__":
    main()
