"""From a network to a program and from a recording to results, one pure function per step."""
