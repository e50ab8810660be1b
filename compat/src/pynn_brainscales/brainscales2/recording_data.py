import sys

from neckar.frontends.pynn import recording_data

sys.modules[__name__] = recording_data
