"""The BrainScaleS-2 chip HICANN-X v3, its twin and what brings a network onto it."""
