import sys

from neckar.frontends.pynn.morphology import parameters

sys.modules[__name__] = parameters
