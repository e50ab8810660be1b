"""Neurons as relays: one spike out for every spike in."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup(enable_neuron_bypass=True)
times = [0.1, 0.2, 0.35]
source = pynn.Population(8, pynn.cells.SpikeSourceArray(spike_times=times))
relays = pynn.Population(8, pynn.cells.HXNeuron())
synapse = pynn.synapses.StaticSynapse(weight=63)
pynn.Projection(source, relays, pynn.OneToOneConnector(), synapse)
relays.record("spikes")
pynn.run(0.5)
trains = relays.get_data().segments[-1].spiketrains
print(f"in: {times} ms, out: {[f'{float(time):.4f}' for time in trains[3]]} ms")
assert all(len(train) == len(times) for train in trains)
