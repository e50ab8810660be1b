"""Three stretches of time with different settings, one continuous membrane."""

import pynn_brainscales.brainscales2 as pynn

pynn.setup()
neuron = pynn.Population(1, pynn.cells.HXNeuron(leak_v_leak=500, leak_i_bias=300))
neuron.record("v")
for current in (0, 300, 0):
    neuron.set(constant_current_enable=current > 0, constant_current_i_offset=current)
    pynn.run(0.1, pynn.RunCommand.APPEND)
pynn.run(None, pynn.RunCommand.EXECUTE)
traces = neuron.get_data().segments[-1].irregularlysampledsignals
means = [float(trace.magnitude.mean()) for trace in traces]

print("current off, on, off: " + ", ".join(f"{mean:.0f} LSB" for mean in means))
