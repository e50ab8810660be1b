import sys

from neckar.frontends.pynn import recording

sys.modules[__name__] = recording
