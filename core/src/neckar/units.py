"""Units to multiply with. Inside Neckar every float is SI and in hardware time."""

s = 1.0
ms = 1e-3
us = 1e-6
ns = 1e-9
V = 1.0
mV = 1e-3
uV = 1e-6
A = 1.0
uA = 1e-6
nA = 1e-9
pA = 1e-12
S = 1.0
uS = 1e-6
nS = 1e-9
F = 1.0
pF = 1e-12
fF = 1e-15
Hz = 1.0
kHz = 1e3
MHz = 1e6

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f"))


def show(value: float, unit: str) -> str:
    """A number for people: `show(2e-5, "s")` is `20 µs`."""
    for scale, prefix in _PREFIXES:
        if abs(value) >= scale:
            return f"{value / scale:.4g} {prefix}{unit}"
    return f"{value:.4g} {unit}"


def counted(number: int, what: str) -> str:
    """So many of something, as one says it."""
    return f"{number} {what}" + ("" if number == 1 else "s")
