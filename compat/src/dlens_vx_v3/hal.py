from pyhaldls_vx_v3 import *  # noqa: F403
from pyhaldls_vx_v3 import __all__ as __all__
