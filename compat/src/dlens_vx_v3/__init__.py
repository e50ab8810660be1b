"""Programs for the chip, register by register."""

import os

from dlens_vx_v3 import hal, halco, hxcomm, lola, sta

import pylogging as logger

# Scripts ask whether a chip is at hand by looking for the address of its FPGA.
os.environ.setdefault("SLURM_FPGA_IPS", "127.0.0.1")

if logger.get_root().get_number_of_appenders() == 0:
    logger.reset()
    logger.default_config(level=logger.LogLevel.WARN)

__all__ = ["hal", "halco", "hxcomm", "logger", "lola", "sta"]
