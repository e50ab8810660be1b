from pystadls_vx_v3 import *  # noqa: F403
from pystadls_vx_v3 import __all__, __getattr__
