from pynn_brainscales.refusal import PLASTICITY, refuser

from neckar.frontends.pynn.standardmodels.synapses import StaticSynapse

__all__ = ["StaticSynapse"]

_NAMES = ("PlasticSynapse", "StaticRecordingSynapse")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, PLASTICITY))
