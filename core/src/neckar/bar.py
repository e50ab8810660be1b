"""A bar that shows how far something is."""

import time
from typing import TextIO

WIDTH = 40


class Bar:
    """Draws on one line of a terminal, and wipes it at the end.

    Args:
        stream: the terminal.
        what: it is that goes on.
        after: seconds that it may take before anything is drawn.
    """

    def __init__(self, stream: TextIO, what: str = "", after: float = 0.0) -> None:
        self.stream, self.what, self.after = stream, what, after
        self.begin, self.fraction, self.width = time.monotonic(), 0.0, 0

    def __call__(self, fraction: float, stage: str = "") -> None:
        """Show that this fraction is done, and what comes next or how long the rest will take."""
        if fraction < self.fraction:
            self.begin = time.monotonic()
        self.fraction = fraction
        elapsed = time.monotonic() - self.begin
        if elapsed >= self.after:
            left = elapsed / fraction - elapsed if fraction else 0.0
            self._draw(stage or f"{left:.0f} s left")

    def _draw(self, rest: str) -> None:
        done = round(WIDTH * self.fraction)
        bar = f"{'█' * done}{'░' * (WIDTH - done)} {self.fraction:4.0%}, {rest}"
        text = f"{self.what} {bar}".lstrip() if self.fraction < 1 else ""
        self.stream.write(f"\r{text:{self.width}}" + ("" if text else "\r"))
        self.width = max(self.width, len(text))
        self.stream.flush()
