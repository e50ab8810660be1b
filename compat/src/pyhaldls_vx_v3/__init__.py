"""All single registers of the chip, the FPGA and the board."""

from enum import Enum

from neckar.brainscales2.chip.registers import (
    HAL,
    CapMemBlockConfigIOutSelect,
    CapMemBlockConfigVRefSelect,
    ChipTime,
    FPGATime,
    Timer,
)
from pyhaldls_vx_v3.serialization import (
    from_json,
    from_portablebinary,
    to_json,
    to_portablebinary,
)

globals().update(HAL)
containers = list(HAL.values())

minimal_madc_clock_cycles_per_sample = 12
nominal_pll_f_reference = 5e7
pll_and_omnibus_settling_duration = Timer.Value(125 * 100)
xboard_dac_settling_duration = Timer.Value(125 * 1000)
jboa_dac_settling_duration = Timer.Value(125 * 500)
jboa_powerup_settling_duration = Timer.Value(125 * 3000)
chip_reset_high_duration = Timer.Value(10)
chip_reset_low_duration = Timer.Value(100)
reference_generator_reset_duration = Timer.Value(1000)


class Backend(Enum):
    """Ways to a register; here all of them lead there in the same time."""

    Omnibus = 0
    OmnibusChipOverJTAG = 1


__all__ = [
    "Backend",
    "CapMemBlockConfigIOutSelect",
    "CapMemBlockConfigVRefSelect",
    "ChipTime",
    "FPGATime",
    "chip_reset_high_duration",
    "chip_reset_low_duration",
    "containers",
    "from_json",
    "from_portablebinary",
    "jboa_dac_settling_duration",
    "jboa_powerup_settling_duration",
    "minimal_madc_clock_cycles_per_sample",
    "nominal_pll_f_reference",
    "pll_and_omnibus_settling_duration",
    "reference_generator_reset_duration",
    "to_json",
    "to_portablebinary",
    "xboard_dac_settling_duration",
    *HAL,
]
