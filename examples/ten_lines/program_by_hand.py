"""A playback program without PyNN: read a register of a chip that has just been configured."""

from neckar import Twin
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.chip.coordinates import AtomicNeuronOnDLS, Enum
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.program import Configure, ProgramBuilder

chip, neuron = Chip(), AtomicNeuronOnDLS(Enum(7))
chip.neuron_block.atomic_neurons[neuron].leak.v_leak = 321
builder = ProgramBuilder().add(Configure(config=ChipConfig.of(chip))).block_until(125_000)
ticket = builder.read(neuron)
with Twin().open() as session:
    recording = session.run(builder.done())

print(f"leak code read back: {recording.entries[0].reads[ticket].leak.v_leak}")
