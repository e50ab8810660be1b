"""What differs between chip 1 and chip 2: the same ten neurons, the same settings."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn

from neckar import Twin

for serial in (1, 2):
    pynn.setup(connection=Twin(serial=serial))
    neurons = pynn.Population(10, pynn.cells.HXNeuron(leak_v_leak=700, leak_i_bias=1022))
    neurons.record("v")
    pynn.run(0.02)
    traces = neurons.get_data().segments[-1].irregularlysampledsignals
    levels = np.array([trace.magnitude.mean() for trace in traces])
    pynn.end()
    print(f"chip {serial}: {levels.astype(int)} LSB, ± {levels.std():.1f}")
