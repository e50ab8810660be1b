"""The public face: names, and one version for everything."""

import tomllib
from pathlib import Path

import pytest

import neckar

ROOT = Path(__file__).parents[3]


def test_every_public_name_is_there() -> None:
    for name in neckar.__all__:
        assert getattr(neckar, name).__name__.removeprefix("neckar.") == name
        assert callable(getattr(neckar, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Twim'"):
        _ = neckar.Twim


@pytest.mark.parametrize("distribution", ["core", "compat", "jobs"])
def test_the_distributions_have_the_version_of_the_package(distribution: str) -> None:
    project = tomllib.loads((ROOT / distribution / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == neckar.__version__


def test_the_changelog_begins_with_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = next(line for line in changelog.splitlines() if line.startswith("## "))
    assert first.split()[1] == neckar.__version__


def test_every_original_package_is_above_the_floors() -> None:
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]
    packages = {path.name for path in (ROOT / "compat" / "src").iterdir() if path.is_dir()}
    packages -= {"__pycache__"}
    [contract] = [
        c for c in linter["contracts"] if c["name"] == "Nobody imports the original names"
    ]
    assert set(contract["forbidden_modules"]) == packages
    assert set(linter["root_packages"]) == {"neckar", "neckar_jobs", *packages}
