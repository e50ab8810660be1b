"""On what was measured, and where the results lie."""

import platform
from pathlib import Path

RESULTS = Path(__file__).with_name("results")


def processor() -> str:
    """Name of the processor."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()
