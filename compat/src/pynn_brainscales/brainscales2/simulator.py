import sys

from neckar.frontends.pynn import simulator

sys.modules[__name__] = simulator
