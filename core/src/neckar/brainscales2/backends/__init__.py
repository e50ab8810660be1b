"""Places to run programs."""
