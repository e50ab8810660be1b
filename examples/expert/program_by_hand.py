"""A playback program by hand: events that come back from the chip, and what reads cost."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from dlens_vx_v3 import hal, halco, hxcomm, lola, sta

US = int(hal.Timer.Value.fpga_clock_cycles_per_us)
LABELS = [halco.SpikeLabel(lane << 14 | 5) for lane in range(4)]
TIMES = [20, 22, 23, 23.5, 30, 30.1, 30.2, 30.3]  # µs
KINDS = {
    "CapMemCell": halco.CapMemCellOnDLS(),
    "NeuronConfig": halco.NeuronConfigOnDLS(),
    "MADCConfig": halco.MADCConfigOnDLS(),
    "AtomicNeuron": halco.AtomicNeuronOnDLS(),
    "SynapseRow": halco.SynapseRowOnDLS(),
    "CADCSampleRow": halco.CADCSampleRowOnDLS(),
}


def wait(builder: sta.PlaybackProgramBuilder, us: float) -> None:
    """Go on when the timer shows so many microseconds."""
    builder.block_until(halco.TimerOnDLS(), hal.Timer.Value(round(us * US)))


builder, _ = sta.generate(sta.SystemInit())
chip = lola.Chip()  # crossbar nodes let everything pass: what comes in goes out again
builder.write(halco.ChipOnDLS(), chip)
builder.write(halco.EventRecordingConfigOnFPGA(), hal.EventRecordingConfig(True))
builder.write(halco.TimerOnDLS(), hal.Timer())
builder.write(halco.SystimeSyncOnFPGA(), hal.SystimeSync())
tickets = []
for number, time in enumerate(TIMES):
    wait(builder, time)
    label = LABELS[number % len(LABELS)]
    builder.write(halco.SpikePack1ToChipOnDLS(), hal.SpikePack1ToChip([label]))
wait(builder, 40)
for coordinate in KINDS.values():
    before = builder.read(halco.NullPayloadReadableOnFPGA())
    ticket = builder.read(coordinate)
    tickets.append((before, ticket))
builder.block_until(halco.BarrierOnFPGA(), hal.Barrier.omnibus)
print(f"{builder.size_to_fpga()} messages to the FPGA, {builder.size_from_fpga()} words back")
program = builder.done()

with hxcomm.ManagedConnection() as connection:
    took = sta.run(connection, program)
print(f"played in {took.connection[0].execution_duration.total_seconds():.2f} s")

spikes = program.spikes.to_numpy()
sent_at = int(tickets[0][0].fpga_time) / US - 40
arrived = spikes["fpga_time"] / US - sent_at
latency = (spikes["fpga_time"] - spikes["chip_time"]) / US
cost = [(int(t.fpga_time) - int(before.fpga_time)) / US for before, t in tickets]
print(f"{spikes.size} of {len(TIMES)} events came back, {latency.mean():.2f} µs after their stamps")
for name, us in zip(KINDS, cost, strict=True):
    print(f"reading a {name} takes {us:.2f} µs")

plt.style.use(Path(__file__).resolve().parents[1] / "neckar.mplstyle")
figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), width_ratios=[1.5, 1])
left.eventplot([TIMES, arrived], colors=["C1", "C0"], lineoffsets=[1, 0], linelengths=0.7)
left.set(title="there and back", xlabel="FPGA time [µs]", yticks=[0, 1], xlim=(19, 32))
left.set_yticklabels(["came back", "sent"])
right.barh(np.arange(len(KINDS)), cost, height=0.6)
right.set(title="one read", xlabel="µs", xscale="log", yticks=range(len(KINDS)))
right.set_yticklabels(list(KINDS))
figure.savefig("program_by_hand.png")
