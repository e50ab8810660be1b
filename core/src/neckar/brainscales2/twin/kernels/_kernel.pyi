import numpy as np

from neckar.brainscales2.twin.kernels.pairing import Occasions, Pairing, RowPulses, Sensors
from neckar.brainscales2.twin.kernels.state import (
    Arrivals,
    Coupling,
    Fanout,
    Neurons,
    State,
    Watch,
)

def correlate(
    sensors: Sensors, pairing: Pairing, pulses: RowPulses, occasions: Occasions, path: str
) -> None: ...
def paths() -> list[str]: ...
def run(
    neurons: Neurons,
    state: State,
    fanout: Fanout,
    arrivals: Arrivals,
    watch: Watch,
    coupling: Coupling | None,
    n_steps: int,
    noise_key: np.ndarray,
    path: str,
) -> tuple: ...
