"""Calibrate the circuits of cells that are given in model terms."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from neckar.brainscales2.calibration.limits import at_limits
from neckar.brainscales2.calibration.on_demand import on_demand
from neckar.brainscales2.calibration.target import SPIKING, Firing, Target, Values
from neckar.brainscales2.chip.datasheet import N_NEURONS
from neckar.brainscales2.chip.registers import Chip
from neckar.brainscales2.twin.chip import Twin
from neckar.units import us

SHARED = ("i_synin_gm_E", "i_synin_gm_I", "synapse_dac_bias")  # by all cells of a chip


def calibrated(populations: Sequence[Any]) -> list[Any]:
    """Populations of cells that need it."""
    return [p for p in populations if p.celltype.is_calibrated]


def calibrate(
    populations: Sequence[Any],
    circuits: Mapping[str, np.ndarray],
    base: Chip | None,
    twin: Twin,
    folders: Sequence[Path],
    injected: Target | None = None,
) -> Chip:
    """Calibrate the cells and give every population the settings of its circuits.

    Args:
        populations: of calibrated cells.
        circuits: where each cell sits, by name of the population, (size, 1).
        base: settings of all other circuits.
        twin: the chip.
        folders: of earlier calibrations.
        injected: what cells leave open: ranges of converters, plasticity, circuits without cells.

    Returns:
        The calibrated chip, whose other circuits are those of `base` unless a target was injected.
    """
    places = {p.name: circuits[p.name][:, 0] for p in populations}
    found = {p.name: _blank(p.size) for p in populations}
    chips = []
    for execution in _executions(places):
        chip = on_demand(
            _target(populations, execution, injected), twin.serial, twin.spread, folders
        )
        _warn(populations, execution, at_limits(chip))
        neurons = chip.array["neuron_block"]["atomic_neurons"]
        for name, sites in execution.items():
            found[name][sites.cells] = neurons[sites.circuits]
        chips.append(chip)
    for population in populations:
        population.celltype.take(found[population.name])
        population.forget_noun()
    if not all(same_frame(chips[0], chip) for chip in chips[1:]):
        raise RuntimeError(
            "the network needs several executions whose neurons need other clocks or synapses; "
            "give its calibrated cells more alike values of tau_refrac"
        )
    if injected:
        return chips[0]
    _warn_of_frame(base, chips[0])
    return _over(base or Chip(), chips[0], np.unique(np.concatenate(list(places.values()))))


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Cells of a population, and the circuits that carry them."""

    cells: np.ndarray
    circuits: np.ndarray


def same_frame(a: Chip, b: Chip) -> bool:
    """Whether two chips agree in everything but their neurons."""
    frames = [Chip.from_array(chip.array) for chip in (a, b)]
    for frame in frames:
        neurons = frame.array["neuron_block"]["atomic_neurons"]
        neurons[...] = np.zeros_like(neurons)
    return frames[0] == frames[1]


def _warn_of_frame(base: Chip | None, calibrated: Chip) -> None:
    """What is shared by all neurons was measured together with them."""
    if base is None or same_frame(base, Chip()) or same_frame(base, calibrated):
        return
    warnings.warn(
        "calibrated cells bring their own settings of converters, drivers, clocks and synapses, "
        "which replace those of initial_config; only its neurons without calibrated cells stay",
        stacklevel=2,
    )


def _executions(places: Mapping[str, np.ndarray]) -> Iterator[dict[str, Sites]]:
    """Cells that do not share circuits: all of them, unless the network is larger than a chip."""
    used = np.concatenate(list(places.values()))
    order = np.argsort(used, kind="stable")
    first = np.searchsorted(used[order], used[order])
    turn = np.empty(len(used), int)
    turn[order] = np.arange(len(used)) - first
    turns = np.split(turn, np.cumsum([len(circuits) for circuits in places.values()])[:-1])
    for number in range(int(turn.max()) + 1):
        cells = [np.flatnonzero(own == number) for own in turns]
        yield {
            name: Sites(cells=own, circuits=circuits[own])
            for (name, circuits), own in zip(places.items(), cells, strict=True)
            if own.size
        }


def _blank(size: int) -> np.ndarray:
    neurons = Chip().array["neuron_block"]["atomic_neurons"]
    return np.zeros(size, neurons.dtype)


def _over(base: Chip, calibrated: Chip, used: np.ndarray) -> Chip:
    """A calibrated chip; circuits that are not used are as before."""
    neurons = calibrated.array["neuron_block"]["atomic_neurons"]
    others = np.ones(N_NEURONS, dtype=bool)
    others[used] = False
    neurons[others] = base.array["neuron_block"]["atomic_neurons"][others]
    return calibrated


def _target(
    populations: Sequence[Any], places: Mapping[str, Sites], injected: Target | None
) -> Target:
    """What cells say of their circuits; of all else what was injected."""
    shared = {name: int(_uniform(populations, name)) for name in SHARED}

    def each(name: str, otherwise: Values | None) -> np.ndarray:
        return _spread_out(populations, places, name, otherwise if injected else None)

    other = injected or SPIKING
    return replace(
        other,
        leak_lsb=each("v_rest", other.leak_lsb),
        tau_mem=each("tau_m", other.tau_mem / us) * us,
        tau_syn=each("tau_syn_E", other.tau_syn / us) * us,
        tau_syn_inh=each("tau_syn_I", other.tau_syn_of_inhibition / us) * us,
        gm_code=shared["i_synin_gm_E"],
        gm_inh_code=shared["i_synin_gm_I"],
        synapse_bias_code=shared["synapse_dac_bias"],
        refractory_time=each("tau_refrac", other.refractory_time / us) * us,
        firing=Firing(
            reset_lsb=each("v_reset", other.reset_lsb),
            threshold_lsb=each("v_thresh", other.threshold_lsb),
        ),
        capacitance_code=np.trunc(each("cm", other.capacitance_code)).astype(int),
        reversal_exc_lsb=each("e_rev_E", other.reversal_of("excitatory")),
        reversal_inh_lsb=each("e_rev_I", other.reversal_of("inhibitory")),
    )


def _spread_out(
    populations: Sequence[Any], places: Mapping[str, Sites], name: str, otherwise: Values | None
) -> np.ndarray:
    """A parameter by circuit; without other values unused circuits are like the first cell.

    What a kind of cell does not have is infinite.
    """
    given = {
        p.name: np.asarray(p.celltype.parameter_space[name], dtype=float)
        if name in p.celltype.default_parameters
        else np.full(p.size, np.inf)
        for p in populations
    }
    first = given[populations[0].name][0]
    values = np.array(np.broadcast_to(first if otherwise is None else otherwise, N_NEURONS), float)
    for label, sites in places.items():
        values[sites.circuits] = given[label][sites.cells]
    return values


def _uniform(populations: Sequence[Any], name: str) -> float:
    values = np.concatenate([np.ravel(p.celltype.parameter_space[name]) for p in populations])
    if np.any(values != values[0]):
        labels = ", ".join(p.label for p in populations)
        raise RuntimeError(
            f"{labels}: {name} takes {len(np.unique(values))} values; it is the same on the whole "
            "chip, give all calibrated cells one"
        )
    return float(values[0])


def _warn(
    populations: Sequence[Any],
    places: Mapping[str, Sites],
    limits: Mapping[str, np.ndarray],
) -> None:
    for population in populations:
        if population.name not in places:
            continue
        circuits = places[population.name].circuits
        ended = [
            f"{name} of {np.sum(at_end[circuits])}"
            for name, at_end in limits.items()
            if at_end[circuits].any()
        ]
        if ended:
            warnings.warn(
                f"{population.label}: calibration came to the end of a range for "
                f"{', '.join(ended)} of {population.size} cells; they do not quite do what was "
                "asked for",
                stacklevel=2,
            )
