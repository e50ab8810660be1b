from neckar.frontends.pynn.morphology import *  # noqa: F403
from neckar.frontends.pynn.morphology import __all__ as __all__
