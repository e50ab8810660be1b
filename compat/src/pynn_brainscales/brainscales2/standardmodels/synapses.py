from pynn_brainscales.refusal import PLASTICITY

from neckar.frontends.pynn.standardmodels.synapses import StaticSynapse
from pyhxcomm_vx import refuser

__all__ = ["StaticSynapse"]

_NAMES = ("PlasticSynapse", "StaticRecordingSynapse")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, PLASTICITY))
