"""Calibrations and names of chips, as scripts ask for them."""
