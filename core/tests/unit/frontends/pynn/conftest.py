from collections.abc import Iterator

import pytest

from neckar.frontends import pynn


@pytest.fixture(autouse=True)
def experiment() -> Iterator[None]:
    """Every test begins with a fresh experiment and leaves none behind."""
    pynn.setup()
    yield
    pynn.end()
