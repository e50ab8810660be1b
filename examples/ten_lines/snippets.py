"""Three stretches of time with different settings, one continuous membrane."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup()
cell = pynn.cells.HXNeuron(leak_v_leak=500, leak_i_bias=300, constant_current_i_offset=300)
neuron = pynn.Population(1, cell)
neuron.record("v")
for is_on in (False, True, False):  # switches act at once, analog parameters take milliseconds
    neuron.set(constant_current_enable=is_on)
    pynn.run(0.1, pynn.RunCommand.APPEND)
pynn.run(None, pynn.RunCommand.EXECUTE)
traces = neuron.get_data().segments[-1].irregularlysampledsignals

print("current off, on, off:", [f"{trace.magnitude.mean():.0f} LSB" for trace in traces])
