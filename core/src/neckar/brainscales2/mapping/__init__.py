"""From network to program: place, route, configure, assemble, resolve; check."""
