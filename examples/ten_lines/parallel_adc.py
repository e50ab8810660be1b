"""Many membranes at once, on the parallel ADC."""

import numpy as np
import pynn_brainscales.brainscales2 as pynn

pynn.setup(initial_config=pynn.helper.chip_from_nightly())
neurons = pynn.Population(32, pynn.cells.HXNeuron())
neurons.record("v", device="cadc")
pynn.run(0.1)
traces = neurons.get_data().segments[-1].irregularlysampledsignals
levels = np.array([trace.magnitude.mean() for trace in traces])

print(f"{len(traces)} traces; neurons rest at {levels.mean():.0f} ± {levels.std():.1f} LSB")
