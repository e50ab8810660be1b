"""From wanted values to codes, for one chip."""
