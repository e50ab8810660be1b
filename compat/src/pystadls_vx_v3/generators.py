"""Programs that bring board and chip to a defined state."""

from __future__ import annotations

from typing import Any

from neckar.brainscales2.chip.coordinates import (
    AD5252ChannelConfigOnBoard,
    ADPLLOnDLS,
    BarrierOnFPGA,
    CapMemBlockConfigOnDLS,
    CommonPhyConfigChipOnDLS,
    CommonPhyConfigFPGAOnDLS,
    DACChannelBlockOnBoard,
    DACControlBlockOnBoard,
    EventRecordingConfigOnFPGA,
    InstructionTimeoutConfigOnFPGA,
    JTAGClockScalerOnDLS,
    MemoryTimingOnDLS,
    PhyConfigChipOnDLS,
    PhyConfigFPGAOnDLS,
    PLLClockOutputBlockOnDLS,
    ReferenceGeneratorConfigOnDLS,
    ResetChipOnDLS,
    ResetJTAGTapOnDLS,
    ShiftRegisterOnBoard,
    SystimeSyncBaseOnDLS,
    SystimeSyncOnFPGA,
    TCA9546OnBoard,
    TCA9554ConfigOnBoard,
    TimerOnDLS,
    iter_all,
)
from neckar.brainscales2.chip.registers import (
    ADPLL,
    AD5252ChannelConfig,
    Barrier,
    CapMemBlockConfig,
    CommonPhyConfigChip,
    CommonPhyConfigFPGA,
    DACChannelBlock,
    DACControlBlock,
    EventRecordingConfig,
    InstructionTimeoutConfig,
    JTAGClockScaler,
    MemoryTiming,
    PhyConfigChip,
    PhyConfigFPGA,
    PLLClockOutputBlock,
    ReferenceGeneratorConfig,
    ResetChip,
    ResetJTAGTap,
    ShiftRegister,
    SystimeSync,
    SystimeSyncBase,
    TCA9546ChannelConfig,
    TCA9554Config,
    Timer,
)
from pystadls_vx_v3.builder import PlaybackProgramBuilder

US = 125  # FPGA cycles in a microsecond


class PlaybackGenerator:
    """Something that makes a program; override `generate`."""

    def generate(self) -> tuple[Any, Any]:
        """A builder and a result."""
        raise NotImplementedError("PlaybackGenerator.generate is abstract; instead: override it")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def generate(generator: PlaybackGenerator) -> tuple[Any, Any]:
    """The builder and the result of a generator."""
    return generator.generate()


class _ByCoordinate(dict[Any, Any]):
    """Registers of one kind; also found by plain numbers."""

    def __missing__(self, at: Any) -> Any:
        for coordinate, register in self.items():
            if int(coordinate) == int(at):
                return register
        raise KeyError(at)


def _one_each(coordinates: Any, register: Any) -> _ByCoordinate:
    return _ByCoordinate({coordinate: register() for coordinate in iter_all(coordinates)})


def _write_all(builder: PlaybackProgramBuilder, registers: dict[Any, Any]) -> None:
    for coordinate, register in registers.items():
        builder.write(coordinate, register)


def _wait(builder: PlaybackProgramBuilder, cycles: int) -> None:
    builder.write(TimerOnDLS(), Timer())
    builder.block_until(TimerOnDLS(), Timer.Value(cycles))


class ASICAdapterBoardInit(PlaybackGenerator):
    """A board that needs nothing."""

    def generate(self) -> tuple[PlaybackProgramBuilder, None]:
        return PlaybackProgramBuilder(), None


class CubeASICAdapterBoardInit(ASICAdapterBoardInit):
    """The board of a cube: readout switches, DACs and voltages."""

    def __init__(self) -> None:
        self.shift_register = ShiftRegister()
        self.dac_control_block = DACControlBlock()
        self.dac_channel_block = DACChannelBlock.default_ldo_2

    def generate(self) -> tuple[PlaybackProgramBuilder, None]:
        builder, _ = super().generate()
        builder.write(ShiftRegisterOnBoard(), self.shift_register)
        builder.write(DACChannelBlockOnBoard(), self.dac_channel_block)
        builder.write(DACControlBlockOnBoard(), self.dac_control_block)
        _wait(builder, 1000 * US)
        return builder, None


class JboaASICAdapterBoardInit(ASICAdapterBoardInit):
    """The board of a setup with many chips."""

    def __init__(self) -> None:
        self.multiplexer = TCA9546ChannelConfig.default_mux
        self.io_expander = TCA9554Config()
        self.DigitalPotiArray = _one_each(AD5252ChannelConfigOnBoard, AD5252ChannelConfig)
        for coordinate, register in self.DigitalPotiArray.items():
            register.value = _WIPER[coordinate]

    def generate(self) -> tuple[PlaybackProgramBuilder, None]:
        builder, _ = super().generate()
        builder.write(TCA9546OnBoard(), self.multiplexer)
        _write_all(builder, self.DigitalPotiArray)
        builder.write(TCA9554ConfigOnBoard(), self.io_expander)
        builder.block_until(BarrierOnFPGA(), Barrier.omnibus)
        _wait(builder, 3000 * US)
        _wait(builder, 500 * US)
        return builder, None


_WIPER = {
    at: (
        AD5252ChannelConfig.default_pot_25.value
        if at in (AD5252ChannelConfigOnBoard.vdd_25digital, AD5252ChannelConfigOnBoard.vdd_25analog)
        else AD5252ChannelConfig.default_pot_12_digital.value
        if at == AD5252ChannelConfigOnBoard.vdd_12digital
        else AD5252ChannelConfig.default_pot_12.value
    )
    for at in iter_all(AD5252ChannelConfigOnBoard)
}


class HighspeedLink:
    """Settings of the link between FPGA and chip."""

    def __init__(self) -> None:
        self.common_phy_config_fpga = CommonPhyConfigFPGA()
        self.common_phy_config_chip = CommonPhyConfigChip()
        self.phy_configs_fpga = _one_each(PhyConfigFPGAOnDLS, PhyConfigFPGA)
        self.phy_configs_chip = _one_each(PhyConfigChipOnDLS, PhyConfigChip)
        self.systime_sync_base = SystimeSyncBase()
        self.enable_systime = True


class ChipInit(PlaybackGenerator):
    """Resets the chip, starts its clocks and its link."""

    HighspeedLink = HighspeedLink

    def __init__(self, hwdb_entry: Any = None) -> None:
        self.jtag_clock_scaler = JTAGClockScaler()
        self.pll_clock_output_block = PLLClockOutputBlock()
        self.adplls = _one_each(ADPLLOnDLS, ADPLL)
        self.highspeed_link = HighspeedLink()
        self.enable_highspeed_link = True
        self.event_recording = EventRecordingConfig(enable_event_recording=True)
        self.memory_timing = MemoryTiming()
        self.enable_capmem = True
        self.reference_generator_config = ReferenceGeneratorConfig()

    def generate(self) -> tuple[PlaybackProgramBuilder, None]:
        builder = PlaybackProgramBuilder()
        for value, cycles in ((True, 10), (False, 100)):
            builder.write(ResetChipOnDLS(), ResetChip(value))
            _wait(builder, cycles)
        builder.write(JTAGClockScalerOnDLS(), self.jtag_clock_scaler)
        builder.write(ResetJTAGTapOnDLS(), ResetJTAGTap())
        _write_all(builder, self.adplls)
        builder.write(PLLClockOutputBlockOnDLS(), self.pll_clock_output_block)
        if self.enable_highspeed_link:
            self._start_link(builder)
        builder.write(EventRecordingConfigOnFPGA(), self.event_recording)
        if self.enable_capmem:
            self._start_capmem(builder)
        builder.write(MemoryTimingOnDLS(), self.memory_timing)
        builder.block_until(BarrierOnFPGA(), Barrier.omnibus)
        return builder, None

    def _start_link(self, builder: PlaybackProgramBuilder) -> None:
        link = self.highspeed_link
        _write_all(builder, link.phy_configs_fpga)
        _write_all(builder, link.phy_configs_chip)
        _wait(builder, 100 * US)
        builder.write(CommonPhyConfigFPGAOnDLS(), link.common_phy_config_fpga)
        builder.write(CommonPhyConfigChipOnDLS(), link.common_phy_config_chip)
        if link.enable_systime:
            builder.write(SystimeSyncBaseOnDLS(), link.systime_sync_base)
            builder.block_until(BarrierOnFPGA(), Barrier.omnibus)
            builder.write(SystimeSyncOnFPGA(), SystimeSync())
            builder.block_until(BarrierOnFPGA(), Barrier.systime)

    def _start_capmem(self, builder: PlaybackProgramBuilder) -> None:
        config = self.reference_generator_config.copy()
        config.enable_reset = True
        builder.write(ReferenceGeneratorConfigOnDLS(), config)
        builder.block_until(BarrierOnFPGA(), Barrier.omnibus)
        _wait(builder, 1000)
        builder.write(ReferenceGeneratorConfigOnDLS(), self.reference_generator_config)
        for block in iter_all(CapMemBlockConfigOnDLS):
            builder.write(block, CapMemBlockConfig())


class SystemInit(PlaybackGenerator):
    """Brings the board and then the chip to a defined state."""

    def __init__(self, hwdb_entry: Any = None) -> None:
        self.instruction_timeout = InstructionTimeoutConfig()
        self.asic_adapter_board: ASICAdapterBoardInit = CubeASICAdapterBoardInit()
        self.enable_asic_adapter_board = True
        self.chip = ChipInit(hwdb_entry)
        self.enable_chip = True

    def generate(self) -> tuple[PlaybackProgramBuilder, None]:
        builder = PlaybackProgramBuilder()
        builder.write(InstructionTimeoutConfigOnFPGA(), self.instruction_timeout)
        if self.enable_asic_adapter_board:
            builder.merge_back(self.asic_adapter_board.generate()[0])
        if self.enable_chip:
            builder.merge_back(self.chip.generate()[0])
        return builder, None
