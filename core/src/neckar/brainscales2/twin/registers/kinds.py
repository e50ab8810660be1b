"""Registers by the names of their coordinates, as far as they are not simply parts of the chip."""

from typing import Any

from neckar.brainscales2.chip.register_map import PLACES, SINGLE
from neckar.brainscales2.chip.shared_cells import CELLS_PER_BLOCK
from neckar.brainscales2.twin import board
from neckar.brainscales2.twin.registers.memory import BLOCKS, LARGE, QUAD

PADI_EVENT = "PADIEventOnDLS"
MADC_CONTROL = "MADCControlOnDLS"
POLL = "PollingOmnibusBlockOnFPGA"
COMMANDS = frozenset(
    {
        "BlockPostPulseOnDLS",
        "CorrelationResetOnDLS",
        "CorrelationResetRowOnDLS",
        "CrossbarInputOnDLS",
        "CrossbarOutputOnDLS",
        "NeuronResetOnDLS",
        "NeuronResetQuadOnDLS",
        PADI_EVENT,
        POLL,
        "SpikeCounterResetOnDLS",
    }
)
"""What acts on the chip when it is written, and cannot be read."""

KEPT = frozenset(
    {
        "ADPLLOnDLS",
        "BarrierOnFPGA",
        "CADCOffsetSRAMTimingConfigOnDLS",
        "CapMemSRAMTimingConfigOnDLS",
        "CommonPhyConfigChipOnDLS",
        "CommonPhyConfigFPGAOnDLS",
        "CommonSynramConfigOnDLS",
        "DACChannelBlockOnBoard",
        "DACControlBlockOnBoard",
        "EventRecordingConfigOnFPGA",
        "FPGASystimeSyncNumRetriesOnFPGA",
        "InstructionTimeoutConfigOnFPGA",
        "JTAGClockScalerOnDLS",
        "MADCControlOnDLS",
        "MemoryTimingOnDLS",
        "NeuronBackendSRAMTimingConfigOnDLS",
        "NeuronSRAMTimingConfigOnDLS",
        "PPUControlRegisterOnDLS",
        "PLLSelfTestOnDLS",
        "PerfTestOnFPGA",
        "PollingOmnibusBlockConfigOnFPGA",
        "PLLClockOutputBlockOnDLS",
        "PhyConfigChipOnDLS",
        "PhyConfigFPGAOnDLS",
        "ResetChipOnDLS",
        "ResetJTAGTapOnDLS",
        "ShiftRegisterOnBoard",
        "SynapseDriverSRAMTimingConfigOnDLS",
        "SystimeCorrectionBarrierConfigOnFPGA",
        "SystimeSyncBaseOnDLS",
        "SystimeSyncOnFPGA",
        "TimerOnDLS",
    }
)
"""Registers outside the array of the chip that are written down and read back, nothing more."""

CELLS = "CapMemBlockOnDLS"
"""All cells of a block of analog memory at once."""

WHOLE = "ChipOnDLS"
EMPTY = "NullPayloadReadableOnFPGA"  # read for the time of its answer
PARTS = {  # one of several in a block on the board
    "DACChannelOnBoard": (board.CHANNELS, "value", "value", 1),
    "DACOnBoard": (board.ENABLES, "enable", "enable_channel", 8),
}
LENT = BLOCKS["ExternalPPUMemoryBlockOnFPGA"]


def is_known(kind: str) -> bool:
    """Whether it keeps what is written into it."""
    return kind in (QUAD, CELLS) or any(
        kind in kinds for kinds in (PLACES, KEPT, SINGLE, PARTS, BLOCKS, LARGE)
    )


def first_cell(block: Any) -> int:
    """Enum of the first cell of a block of analog memory."""
    return int(block.toEnum()) * CELLS_PER_BLOCK


_OTHER_BOARD = "sits on boards with several chips; the emulated board carries one"
_OTHER_CHIPS = "leads to other chips; the emulated board carries one"
_OUTSIDE = "leads to sources outside of the chip; there is nothing that they could be wired to"
_SENSOR = "is a sensor of the board, which is not modelled; the chip does not depend on it"
_ABSENT = {
    "AD5252ChannelConfig": _OTHER_BOARD,
    "AD5252ChannelConfigPersistent": _OTHER_BOARD,
    "DAC6573ChannelConfig": _OTHER_BOARD,
    "TCA9546ChannelConfig": _OTHER_BOARD,
    "TCA9554Config": _OTHER_BOARD,
    "TCA9554Inputs": _OTHER_BOARD,
    "ChipAndMultichipJboaLeafFPGA": _OTHER_CHIPS,
    "ChipAndSinglechipFPGA": _OUTSIDE,
    "InputRoutingTable": _OTHER_CHIPS,
    "InputRoutingTableEntry": _OTHER_CHIPS,
    "MultichipJboaLeafFPGA": _OTHER_CHIPS,
    "OutputRoutingTable": _OTHER_CHIPS,
    "OutputRoutingTableEntry": _OTHER_CHIPS,
    "SinglechipFPGA": _OUTSIDE,
    "SpikeIOConfig": _OUTSIDE,
    "SpikeIOInputRoute": _OUTSIDE,
    "SpikeIOOutputRoute": _OUTSIDE,
    "INA219Config": _SENSOR,
    "LogicalNeuron": "cannot be read as a whole; read its circuits at their AtomicNeuronOnDLS",
    "INA219Status": _SENSOR,
    "TMP112Status": _SENSOR,
}


def why_absent(kind: Any) -> str:
    """Why there is no such register."""
    return _ABSENT.get(kind.__name__, "is not modelled yet")
