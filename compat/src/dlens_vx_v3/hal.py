from pyhaldls_vx_v3 import *  # noqa: F403
