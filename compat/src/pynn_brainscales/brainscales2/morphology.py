from pynn_brainscales.refusal import MORPHOLOGY, refuser

_NAMES = ("Compartment", "McCircuitParameters", "SharedLineConnection", "create_mc_neuron")
__getattr__ = refuser(__name__, dict.fromkeys(_NAMES, MORPHOLOGY))
