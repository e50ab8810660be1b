"""The tests of the original layers pass, but for those that need what is missing.

They are not part of this repository: name checkouts with NECKAR_HALCO, NECKAR_HALDLS,
NECKAR_HXCOMM and NECKAR_LOGGER.
"""

from pathlib import Path

import pytest
from compat.tests.layers.__main__ import FILES, files, run, variable

MISSING = {
    "haldls/dlens_hwtest_with_ppu_vx_v3": ("embedded processors", {"dlens_hwtest_with_ppu_vx_v3"}),
    "haldls/pylola_test_vx_v3": ("a program compiled by the original", {"test_ppu_elf_file"}),
}
"""Files with tests that do not pass: what they need, and which tests do."""


@pytest.mark.parametrize("layer", FILES)
def test_a_checkout_is_named(layer: str) -> None:
    if not any(known == layer for known, _ in files()):
        pytest.skip(f"no checkout of {layer} is named; set {variable(layer)} to one")


@pytest.mark.parametrize(
    ("layer", "file"), list(files()), ids=lambda each: getattr(each, "stem", each)
)
def test_a_file_of_the_original_passes(layer: str, file: Path) -> None:
    outcome = run(layer, file)
    _, excused = MISSING.get(outcome.name, ("", set()))
    assert outcome.failed <= len(excused), outcome
    assert outcome.failed == 0 or all(
        any(name in reason for name in excused) for reason in outcome.reasons
    ), outcome
