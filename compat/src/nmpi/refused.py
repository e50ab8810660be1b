"""What the original offers and this client does not."""

from collections.abc import Callable
from typing import Any, NoReturn


def refused(name: str, why: str) -> Callable[..., NoReturn]:
    """Something that says why it is not there, and what to use instead."""

    def refuse(*_given: Any, **_named: Any) -> NoReturn:
        raise NotImplementedError(f"nmpi.{name}: {why}")

    return refuse
