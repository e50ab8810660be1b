"""Poisson spikes drawn by the chip itself."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(enable_neuron_bypass=True)
source = pynn.Population(1, pynn.cells.SpikeSourcePoissonOnChip(rate=20e3, seed=1234))
relay = pynn.Population(1, pynn.cells.HXNeuron())
synapse = pynn.synapses.StaticSynapse(weight=63)
pynn.Projection(source, relay, pynn.AllToAllConnector(), synapse)
relay.record("spikes")
pynn.run(10)
n_spikes = len(relay.get_data().segments[-1].spiketrains[0])

print(f"{n_spikes} spikes in 10 ms: {n_spikes / 10:.1f} kHz")
