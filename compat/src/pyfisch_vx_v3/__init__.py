"""Constants of the FPGA."""

fpga_clock_cycles_per_us = 125
dac_value_min, dac_value_max, dac6573_value_max = 0, 4095, 1023
jtag_clock_scaler_min, jtag_clock_scaler_max = 0, 255

__all__ = [
    "dac6573_value_max",
    "dac_value_max",
    "dac_value_min",
    "fpga_clock_cycles_per_us",
    "jtag_clock_scaler_max",
    "jtag_clock_scaler_min",
]
