"""An empty figure in the style of the house."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from neckar.errors import NeckarError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = "neckar.plots.neckar"

_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


def in_style(draw: Callable[_Arguments, _Made]) -> Callable[_Arguments, _Made]:
    """Let a function draw in the style of the house, whatever the user has chosen for the rest."""

    @wraps(draw)
    def drawn(*args: _Arguments.args, **options: _Arguments.kwargs) -> _Made:
        try:
            import matplotlib.style
        except ImportError as error:
            raise NeckarError("figures need matplotlib:  pip install 'neckar[plots]'") from error
        with matplotlib.style.context(STYLE):
            return draw(*args, **options)

    return drawn


def canvas(width: float, height: float) -> "Figure":
    """A figure of so many inches that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
