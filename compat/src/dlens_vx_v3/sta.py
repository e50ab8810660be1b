from pystadls_vx_v3 import *  # noqa: F403
from pystadls_vx_v3 import __all__ as __all__
from pystadls_vx_v3 import __getattr__ as __getattr__
