import sys

from neckar.frontends.pynn import connectors

sys.modules[__name__] = connectors
