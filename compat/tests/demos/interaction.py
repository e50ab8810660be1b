"""Sliders without a user: callbacks run at once, and what they raise is an error of the cell."""

import time
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from ipywidgets.widgets.interaction import interactive

CHEAP = 1.0  # seconds; callbacks that take less are also tried at the ends of their sliders
notes: list[str] = []  # what the ends of sliders raised; no failure, some scripts forbid them


def install() -> None:
    """Let widgets hide nothing."""
    ipywidgets.Output.__exit__ = _close_output
    interactive.update = _update


def _close_output(self: ipywidgets.Output, etype: Any, evalue: Any, tb: Any) -> None:
    """Leave exceptions to the caller."""


def _update(self: interactive, *_: Any) -> None:
    start = time.perf_counter()
    _call(self)
    if not hasattr(self, "walked") and time.perf_counter() - start < CHEAP:
        self.walked = True
        for widget in self.kwargs_widgets:
            _try_ends(self, widget)


def _call(widgets: interactive) -> None:
    widgets.kwargs = {
        widget._kwarg: widget.get_interact_value() for widget in widgets.kwargs_widgets
    }
    widgets.result = _play(widgets, widgets.kwargs)


def _play(widgets: interactive, kwargs: dict[str, Any]) -> Any:
    """Figures are shown when a callback is over, so that the next one draws new ones."""
    result = widgets.f(**kwargs)
    plt.show()
    return result


def _try_ends(widgets: interactive, widget: Any) -> None:
    middle = widget.value
    for value in _ends(widget):
        kwargs = {w._kwarg: w.get_interact_value() for w in widgets.kwargs_widgets}
        kwargs[widget._kwarg] = value
        try:
            _play(widgets, kwargs)
        except Exception as error:
            notes.append(f"{widget._kwarg} = {value!r}: {type(error).__name__}: {error}")
    widget.value = middle


def _ends(widget: Any) -> list[Any]:
    """Lowest and highest value of a slider, the choices of a list."""
    if hasattr(widget, "min") and hasattr(widget, "max"):
        return [widget.min, widget.max]
    return list(getattr(widget, "_options_values", ()))
