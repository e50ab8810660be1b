"""From single registers to the trace of a membrane: every event in it is one written register."""

from pathlib import Path

import matplotlib.pyplot as plt
from dlens_vx_v3 import hal, halco, hxcomm, lola, sta

US = int(hal.Timer.Value.fpga_clock_cycles_per_us)
SETTLE = 20_000 * US  # until the analog memory holds what was written
NEURON = halco.AtomicNeuronOnDLS(halco.common.Enum(4))  # even, on the upper half
STORY = [(40, "current on"), (90, "smaller capacitor"), (140, "threshold on"), (190, "current off")]

neuron = lola.AtomicNeuron()
neuron.leak.v_leak, neuron.leak.i_bias, neuron.leak.enable_division = 600, 200, True
neuron.reset.v_reset, neuron.reset.i_bias = 550, 1022
neuron.threshold.v_threshold = 480
neuron.membrane_capacitance.capacitance = 63
neuron.refractory_period.refractory_time = 60
neuron.constant_current.i_offset = 100
neuron.readout.enable_amplifier = neuron.readout.enable_buffered_access = True
neuron.event_routing.analog_output = neuron.EventRouting.AnalogOutputMode.normal
neuron.event_routing.enable_digital = True

builder, _ = sta.generate(sta.SystemInit())
backend = hal.CommonNeuronBackendConfig()
backend.clock_scale_fast = 3  # ticks of 64 ns
backend.enable_event_registers = True
for block in halco.iter_all(halco.CommonNeuronBackendConfigOnDLS):
    builder.write(block, backend)
builder.write(NEURON, neuron)
for name, code in [
    ("neuron_v_bias_casc_n", 250),
    ("neuron_i_bias_readout_amp", 110),
    ("neuron_i_bias_leak_source_follower", 100),
    ("neuron_i_bias_spike_comparator", 200),
]:
    for block in halco.iter_all(halco.CapMemBlockOnDLS):
        cell = halco.CapMemCellOnDLS(getattr(halco.CapMemCellOnCapMemBlock, name), block)
        builder.write(cell, hal.CapMemCell(code))

mux = hal.ReadoutSourceSelection.SourceMultiplexer()
mux.neuron_even[halco.HemisphereOnDLS.top] = True
selection = hal.ReadoutSourceSelection()
selection.set_buffer(halco.SourceMultiplexerOnReadoutSourceSelection(0), mux)
builder.write(halco.ReadoutSourceSelectionOnDLS(), selection)
builder.write(halco.MADCConfigOnDLS(), hal.MADCConfig())
builder.write(halco.MADCControlOnDLS(), hal.MADCControl(wake_up=True))
builder.write(halco.TimerOnDLS(), hal.Timer())
builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(SETTLE))
control = hal.MADCControl(start_recording=True, enable_continuous_sampling=True)
builder.write(halco.MADCControlOnDLS(), control)
builder.write(halco.TimerOnDLS(), hal.Timer())

digital = neuron.asNeuronConfig()
changes = [
    {"enable_membrane_offset": True},
    {"membrane_capacitor_size": 15},
    {"enable_threshold_comparator": True},
    {"enable_membrane_offset": False},
]
for (time, _), change in zip(STORY, changes, strict=True):
    for name, value in change.items():
        setattr(digital, name, value)
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(time * US))
    builder.write(NEURON.toNeuronConfigOnDLS(), digital)
builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(240 * US))
builder.write(halco.MADCControlOnDLS(), hal.MADCControl(stop_recording=True))
program = builder.done()
with hxcomm.ManagedConnection() as connection:
    sta.run(connection, program)

samples = program.madc_samples.to_numpy()
begin = samples["chip_time"][-1] / US - 240
time = samples["chip_time"] / US - begin
print(f"{samples.size} samples, from {samples['value'].min()} to {samples['value'].max()} LSB")

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, axes = plt.subplots(figsize=(7, 3))
axes.plot(time, samples["value"], lw=0.8)
axes.set(title="four writes of one register", xlabel="hardware time [µs]", xlim=(10, 240))
axes.set(ylabel="membrane [LSB]", ylim=(250, samples["value"].max() * 1.1))
for at, what in STORY:
    axes.axvline(at, color="0.3", lw=0.8, ls=":")
    axes.annotate(what, (at + 2, axes.get_ylim()[1]), va="top", fontsize=8)
figure.savefig("registers_to_trace.png")
