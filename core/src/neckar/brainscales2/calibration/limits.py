"""Settings whose search ended at the end of its range."""

from collections.abc import Iterator, Mapping

import numpy as np

from neckar.brainscales2.chip.datasheet import MAX_CAPMEM
from neckar.brainscales2.chip.registers import Chip

_SEARCHED = {
    "leak": ("v_leak", "i_bias"),
    "threshold": ("v_threshold",),
    "reset": ("v_reset",),
    "excitatory_input": ("i_bias_tau", "i_bias_gm", "i_shift_reference"),
    "inhibitory_input": ("i_bias_tau", "i_bias_gm", "i_shift_reference"),
}
_COUPLING = "multicompartment", "i_bias_nmda"
_SEARCHED_COBA = ("v_rev_coba", "i_bias_coba")


def at_limits(chip: Chip) -> Mapping[str, np.ndarray]:
    """Settings whose code ended at the end of its range, and at which neurons, (512,) bool."""
    found = {}
    for name, codes, counts in _searched(chip):
        is_at_end = counts & ((codes == 0) | (codes == MAX_CAPMEM))
        if is_at_end.any():
            found[name] = is_at_end
    return found


def _searched(chip: Chip) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    neurons = chip.array["neuron_block"]["atomic_neurons"]
    coupling = neurons[_COUPLING[0]][_COUPLING[1]]
    yield "_".join(_COUPLING), coupling, coupling > 0  # none is not the end of a search
    for part, names in _SEARCHED.items():
        for name in names:
            counts = neurons[part]["enable"] if part == "threshold" else np.True_
            yield f"{part}_{name}", neurons[part][name], np.broadcast_to(counts, neurons.shape)
        if part.endswith("_input"):
            for name in _SEARCHED_COBA:
                yield f"{part}_{name}", neurons[part][name], neurons[part]["enable_coba_mode"]
