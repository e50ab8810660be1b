"""How often competing neurons solve a sudoku, by number of clues: `python -m bench.sudoku`.

On several chips, each in a process of its own, with a background for each draw of clues and with
one that all draws of a chip share. Valid are grids that obey the rules and keep the clues.
"""

import argparse
import os
import subprocess
import sys
from itertools import permutations, product

import numpy as np
from examples.gallery.sudoku import SOLUTION, Competition, grid_of, hidden, is_valid, pynn

CHIPS = ("849", "57", "1", "2", "3", "ideal")
CLUES = (0, 4, 5, 6, 7, 8, 9, 10)
DRAWS = 30


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chips", nargs="+", default=CHIPS, help="serial numbers, or ideal")
    parser.add_argument("--clues", nargs="+", type=int, default=CLUES)
    parser.add_argument("--draws", type=int, default=DRAWS, help="of clues, on every chip")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(*(" ".join(map(str, row)) for row in counts(options.clues, options.draws)), sep="\n")
        return
    solved, shared, right, single, of_single, of_single_shared = np.sum(
        [on_chip(chip, options.clues, options.draws) for chip in options.chips], axis=0
    )
    n = len(options.chips) * options.draws
    rows = {
        "clues": options.clues,
        f"solved of {n}": solved,
        "with one background": shared,
        "right fields of 16": np.round(right / n, 1),
        "draws with a single solution": single,
        "of them solved": of_single,
        "with one background ": of_single_shared,
    }
    for name, row in rows.items():
        print(f"| {name.strip()} | {' | '.join(map(str, row))} |")
        if name == "clues":
            print("|" + "---|" * (len(options.clues) + 1))


def on_chip(chip: str, clues: list[int], draws: int) -> np.ndarray:
    """Counts of one chip."""
    named = {"NECKAR_IDEAL": "1"} if chip == "ideal" else {"NECKAR_SERIAL": chip}
    command = [sys.executable, "-m", "bench.sudoku", "--here", "--draws", str(draws), "--clues"]
    command += map(str, clues)
    done = subprocess.run(
        command, env=os.environ | named, check=True, stdout=subprocess.PIPE, text=True
    )
    print(chip, done.stdout.splitlines(), file=sys.stderr)
    return np.array([line.split() for line in done.stdout.splitlines()], int)


def counts(clues: list[int], draws: int) -> np.ndarray:
    """On the chip of this process.

    Returns:
        (6, len(clues)): draws that are solved with backgrounds of their own and with one for all;
        fields that are right with the former; draws with a single solution, and how many of those
        are solved with either background.
    """
    pynn.setup(initial_config=pynn.helper.chip_from_nightly())
    network = Competition()
    found = np.zeros((6, len(clues)), int)
    for column, n_clues in enumerate(clues):
        for k in range(draws):
            given = hidden(SOLUTION, n_clues, np.random.default_rng(k))
            is_single = np.all((given == 0) | (given == ALL), axis=(1, 2)).sum() == 1
            own, shared = (solved(network, given, background) for background in (k + 1, 0))
            valid = np.array([is_valid(own, given), is_valid(shared, given)])
            right = np.count_nonzero(own == SOLUTION)
            found[:, column] += [*valid, right, is_single, *(valid & is_single)]
    return found


def solved(network: Competition, given: np.ndarray, background: int) -> np.ndarray:
    """The grid that comes out."""
    np.random.seed(background)  # PyNN draws the background from it
    network.draw_background(background)
    return grid_of(network.run(given))


def _all_grids() -> np.ndarray:
    rows = list(permutations(range(1, 5)))
    nothing = np.zeros((4, 4), int)
    squares = (np.array(four) for four in product(rows, repeat=4) if _is_latin(four))
    return np.array([grid for grid in squares if is_valid(grid, nothing)])


def _is_latin(rows: tuple[tuple[int, ...], ...]) -> bool:
    return all(len(set(column)) == 4 for column in zip(*rows, strict=True))


ALL = _all_grids()  # (288, 4, 4)


if __name__ == "__main__":
    main()
