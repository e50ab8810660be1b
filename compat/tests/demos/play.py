"""Run the cells of a demo in IPython, in a copy of its folder, without a screen."""

import contextlib
import io
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a demo went; `error` is empty if it passed, `user_seconds` are those of a core."""

    demo: str
    seconds: float
    user_seconds: float
    n_cells: int
    error: str
    output: str
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether all cells ran."""
        return not self.error


def play(
    demo: Path, verbose: bool = False, figures: Path | None = None, *, is_shortened: bool = True
) -> Outcome:
    """Run one demo in this process, which should not run another one afterwards."""
    os.environ["MPLBACKEND"] = "Agg"
    from compat.tests.demos import interaction, notebook

    cells = notebook.cells(demo, is_shortened=is_shortened)
    start, output = time.perf_counter(), io.StringIO()
    with _copy_of(demo.parent), contextlib.redirect_stdout(sys.stdout if verbose else output):
        error = _run(cells, verbose, Screen(folder=figures))
    return Outcome(
        demo=demo.stem,
        seconds=time.perf_counter() - start,
        user_seconds=resource.getrusage(resource.RUSAGE_SELF).ru_utime,
        n_cells=len(cells),
        error=error,
        output=output.getvalue(),
        notes=tuple(interaction.notes),
    )


@contextlib.contextmanager
def _copy_of(folder: Path) -> Iterator[None]:
    """Work in a copy, so that a demo may write and the checkout stays as it is."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "demos"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".git"))
        shutil.copy(copy / "matplotlibrc", copy / "_static")  # as the demos' own build does
        os.chdir(copy)
        try:
            yield
        finally:
            os.chdir(before)


def _run(cells: list[str], verbose: bool, screen: "Screen") -> str:
    """The first error, or nothing."""
    import matplotlib.pyplot as plt
    from compat.tests.demos import interaction
    from IPython.core.interactiveshell import InteractiveShell

    interaction.install()
    plt.show = lambda *_args, **_kwargs: screen.show()  # a function, as matplotlib signs it
    shell = InteractiveShell.instance()
    shell.register_magic_function(lambda line: None, magic_name="matplotlib")
    shell.user_ns["__name__"] = "__main__"
    sys.path.insert(0, os.getcwd())
    for number, cell in enumerate(cells, 1):
        start = time.perf_counter()
        result = shell.run_cell(cell, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            error = _caught(screen.show)
        if verbose:
            print(f"-- cell {number} of {len(cells)}: {time.perf_counter() - start:.2f} s")
        if error is not None:
            trace = "".join(traceback.format_exception(error))
            return f"cell {number}: {type(error).__name__}: {error}\n\n{cell}\n{trace}"
    return ""


def _caught(function: Callable[[], None]) -> Exception | None:
    try:
        function()
    except Exception as error:
        return error
    return None


@dataclass
class Screen:
    """Draws and closes all figures, as a notebook does at the end of a cell.

    Args:
        folder: where they are kept; None to keep none.
    """

    folder: Path | None
    n_figures: int = 0

    def show(self) -> None:
        """Draw what there is."""
        import matplotlib.pyplot as plt

        for number in plt.get_fignums():
            figure = plt.figure(number)
            figure.canvas.draw()
            if self.folder is not None:
                figure.savefig(self.folder / f"{self.n_figures:03d}.png", dpi=60)
            self.n_figures += 1
        plt.close("all")
