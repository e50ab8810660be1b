"""The same settings as a calibration finds, computed from what is known of an emulated chip."""

from neckar.brainscales2.calibration.oracle.bench import Bench
from neckar.brainscales2.calibration.oracle.drivers import calibrate_drivers
from neckar.brainscales2.calibration.oracle.neurons import calibrate_neurons
from neckar.brainscales2.calibration.oracle.readout import calibrate_readout
from neckar.brainscales2.calibration.oracle.synapses import calibrate_synapses
from neckar.brainscales2.calibration.procedure import prepare
from neckar.brainscales2.calibration.target import Target
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.variation import Spread


def calibrate(serial: int, target: Target, spread: Spread) -> Chip:
    """Settings that make chip `serial` do what `target` says."""
    bench = Bench(serial=serial, spread=spread, chip=Chip())
    calibrate_readout(bench, target.cadc_range_code)
    prepare(bench.chip, target)
    calibrate_synapses(bench, target.synapse_bias_code)
    calibrate_neurons(bench, target)
    if target.encodes_activations:
        calibrate_drivers(bench)
    return bench.chip
