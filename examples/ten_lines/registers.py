"""A whole chip as nested registers, and the same registers as arrays."""

from dlens_vx_v3 import halco, lola

chip = lola.Chip()
neuron = halco.AtomicNeuronOnDLS(halco.common.Enum(3))
chip.neuron_block.atomic_neurons[neuron].leak.v_leak = 700
for coordinate in halco.iter_all(halco.SynapseRowOnDLS):
    assert coordinate.toSynramOnDLS() in (halco.SynramOnDLS.top, halco.SynramOnDLS.bottom)
codes = chip.array["neuron_block"]["atomic_neurons"]["leak"]["v_leak"]

print(f"{codes.size} leak codes, number 3 is {codes[3]}; {chip.array.nbytes / 1e3:.0f} kB in all")
