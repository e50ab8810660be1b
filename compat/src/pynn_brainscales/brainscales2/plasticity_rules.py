from pynn_brainscales.refusal import PLASTICITY

from pyhxcomm_vx import refuser

_NAMES = ("PlasticityRule", "PlasticityRuleHandle", "Timer")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, PLASTICITY))
