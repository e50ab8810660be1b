import sys

from neckar.frontends.pynn.morphology import neuron

sys.modules[__name__] = neuron
