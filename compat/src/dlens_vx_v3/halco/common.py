from pyhalco_common import *  # noqa: F403
