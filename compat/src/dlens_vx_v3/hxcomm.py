from pyhxcomm_vx import *  # noqa: F403
from pyhxcomm_vx import __all__ as __all__
from pyhxcomm_vx import __getattr__ as __getattr__
