from pyhxcomm_vx import *  # noqa: F403
from pyhxcomm_vx import __all__, __getattr__
