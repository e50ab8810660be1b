import sys

from neckar.frontends.pynn import populations

sys.modules[__name__] = populations
