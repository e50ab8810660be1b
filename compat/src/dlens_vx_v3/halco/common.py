from pyhalco_common import *  # noqa: F403
from pyhalco_common import __all__, __getattr__
