"""What programs write and read: the registers of the chip, of the FPGA and of the board."""
