"""What can go wrong, as a tree.

NeckarError
├── RuleError         a network does not fit the chip; carries every violation
├── ProgramError      a program cannot be played; nothing of it was
└── CalibrationError  a calibration is missing, foreign or unreadable
"""

from collections.abc import Sequence


class NeckarError(Exception):
    """Root of everything that Neckar raises on purpose."""


class RuleError(NeckarError, ValueError):
    """The network asks for what the chip cannot do; `violations` lists everything at once."""

    def __init__(self, violations: Sequence[str]) -> None:
        self.violations = tuple(violations)
        super().__init__("\n".join(self.violations))


class ProgramError(NeckarError, ValueError):
    """The program cannot be played. It was refused before anything was written."""


class CalibrationError(NeckarError):
    """The calibration is missing, made for another chip, unreadable, or cannot be made."""
