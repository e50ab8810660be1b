"""A bar that shows how far a program is."""

import time
from typing import TextIO

BAR_AFTER = 2.0  # s that a program may take before a bar is drawn
BAR_WIDTH = 40


class Bar:
    """A progress bar for programs that take their time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.begin = time.monotonic()
        self.fraction = 0.0

    def __call__(self, fraction: float) -> None:
        """Show that this fraction of a program has been played."""
        if fraction < self.fraction:
            self.begin = time.monotonic()
        self.fraction = fraction
        elapsed = time.monotonic() - self.begin
        if elapsed > BAR_AFTER:
            self._draw(elapsed)

    def _draw(self, elapsed: float) -> None:
        done = round(BAR_WIDTH * self.fraction)
        left = elapsed / self.fraction - elapsed
        text = f"{'█' * done}{'░' * (BAR_WIDTH - done)} {self.fraction:4.0%}, {left:.0f} s left"
        self.stream.write(f"\r{text:{BAR_WIDTH + 30}}")
        if self.fraction >= 1:
            self.stream.write(f"\r{'':{BAR_WIDTH + 30}}\r")
        self.stream.flush()
