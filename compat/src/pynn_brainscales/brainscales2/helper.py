import sys

from neckar.frontends.pynn import helper

sys.modules[__name__] = helper
