"""What the tests on a real Slurm stand on."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import own_slurm
from own_slurm import OwnSlurm


@pytest.fixture(scope="session")
def cluster() -> Iterator[OwnSlurm]:
    """One Slurm for all tests of this process."""
    if not own_slurm.is_installed():
        pytest.skip("Slurm is not installed: apt install slurm-wlm munge")
    with tempfile.TemporaryDirectory(prefix="neckar-slurm-") as folder:
        os.chmod(folder, 0o755)
        with own_slurm.running(Path(folder) / "cluster") as found:
            yield found


@pytest.fixture
def slurm(cluster: OwnSlurm, monkeypatch: pytest.MonkeyPatch) -> OwnSlurm:
    """The Slurm to which its commands speak in this test."""
    for name, value in cluster.environment.items():
        monkeypatch.setenv(name, value)
    return cluster
