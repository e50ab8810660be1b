import sys

from neckar.frontends.pynn import projections

sys.modules[__name__] = projections
