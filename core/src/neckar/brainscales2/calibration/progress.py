"""A bar that shows how far a calibration is."""

from typing import TextIO

WIDTH = 40


class Bar:
    """Draws on one line of a terminal, and wipes it at the end."""

    def __init__(self, stream: TextIO, what: str) -> None:
        self.stream, self.what = stream, what

    def __call__(self, name: str, fraction: float) -> None:
        """Show the stage that comes next."""
        done = round(WIDTH * fraction)
        text = f"{self.what} {'█' * done}{'░' * (WIDTH - done)} {fraction:4.0%} {name}"
        self.stream.write(f"\r{text:{WIDTH + 80}}" if fraction < 1 else f"\r{'':{WIDTH + 80}}\r")
        self.stream.flush()
