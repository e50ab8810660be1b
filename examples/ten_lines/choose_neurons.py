"""Cells on neuron circuits of your choice."""

import pynn_brainscales.brainscales2 as pynn

for circuit in (0, 100, 300, 511):
    pynn.setup(neuronPermutation=[circuit])
    neuron = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=700, leak_i_bias=1022))
    neuron.record("v")
    pynn.run(0.05)
    membrane = neuron.get_data().segments[-1].irregularlysampledsignals[0].magnitude
    pynn.end()
    print(f"circuit {circuit:3d} rests at {membrane.mean():.1f} LSB")
