from dlens_vx_v3.halco import common as common

from pyhalco_hicann_dls_vx_v3 import *  # noqa: F403
from pyhalco_hicann_dls_vx_v3 import __all__ as __all__
