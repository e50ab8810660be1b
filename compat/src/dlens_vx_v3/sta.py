from pystadls_vx_v3 import *  # noqa: F403
