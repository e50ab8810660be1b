"""What the chip is: facts, coordinates, registers, settings."""
