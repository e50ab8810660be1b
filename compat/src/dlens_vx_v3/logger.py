from pylogging import *  # noqa: F403
from pylogging import __all__ as __all__
