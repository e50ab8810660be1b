from pyhalco_common import *  # noqa: F403
from pyhalco_common import __all__ as __all__
from pyhalco_common import __getattr__ as __getattr__
