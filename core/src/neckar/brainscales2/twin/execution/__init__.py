"""How a program is played: laid out in time, cut into spans, each with a setting, and seen."""
