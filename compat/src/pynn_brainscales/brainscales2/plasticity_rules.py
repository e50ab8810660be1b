from pynn_brainscales.refusal import PLASTICITY, refuser

_NAMES = ("PlasticityRule", "PlasticityRuleHandle", "Timer")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, PLASTICITY))
