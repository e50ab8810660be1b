"""A plugin for pytest: the original's examples, which its tests import, from a checkout of it."""

import importlib
import os
import sys
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

CHECKOUT = "NECKAR_PYNN_BRAINSCALES"
EXAMPLES = "pynn_brainscales.brainscales2.examples"


def pytest_configure() -> None:
    """Let the name of the examples, which are no part of this project, lead to the checkout."""
    package = importlib.import_module(EXAMPLES.rpartition(".")[0])
    examples = module_from_spec(spec_from_loader(EXAMPLES, loader=None, is_package=True))
    examples.__path__ = [str(Path(os.environ[CHECKOUT]) / "brainscales2" / _folder())]
    sys.modules[EXAMPLES] = examples
    vars(package)["examples"] = examples


def _folder() -> str:
    return EXAMPLES.replace(".", "/")
