"""The inner loop, as it is to be read and as it is compiled for every instruction set here."""

import pytest

from neckar.brainscales2.twin.kernels import reference

try:
    from neckar.brainscales2.twin.kernels import compiled
except ImportError:  # not built
    compiled, PATHS = None, []
else:
    PATHS = compiled._kernel.paths()


@pytest.fixture(params=PATHS)
def path(request, monkeypatch):
    monkeypatch.setenv("NECKAR_CPU_PATH", request.param)
    return request.param


@pytest.fixture(params=["reference", "compiled"])
def advance(request):
    loop = {"reference": reference, "compiled": compiled}[request.param]
    return loop.advance
