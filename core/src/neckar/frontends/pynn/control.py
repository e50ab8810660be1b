"""Set up, run, reset, end."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import replace
from enum import Enum, auto
from pathlib import Path
from typing import Any
from warnings import warn

import pyNN.common
from pyNN.recording import get_io

from neckar.brainscales2.calibration import SPIKING, Target, original
from neckar.brainscales2.chip.datasheet import N_BUSES, N_NEURONS
from neckar.brainscales2.chip.registers import Chip
from neckar.frontends.pynn import execution, simulator
from neckar.frontends.pynn.connection import Connection
from neckar.frontends.pynn.injection import PROCESSORS, Injected


class RunCommand(Enum):
    """What `run` shall do."""

    PREPARE = auto()  # map the network, run nothing
    APPEND = auto()  # note the network as it is now for a time, run nothing
    EXECUTE = auto()  # run what was appended, and a last part if a time is given


def setup(
    timestep: float = simulator.State.dt, min_delay: float | str = "auto", **extra_params: Any
) -> None:
    """Begin a new experiment; everything from an earlier one is forgotten.

    Args:
        timestep: without effect, the chip knows no time steps.
        min_delay: reported by `get_min_delay()`; connections have no delay.
        **extra_params: `max_delay`; `neuronPermutation`, neuron enums in the order of use;
            `backgroundPermutation`, PADI buses in the order of use by on-chip sources;
            `connection`, a session or backend to run on; `initial_config`, a whole `Chip`;
            `enable_neuron_bypass`, neurons forward every event; `injected_config` and
            `injected_readout`, registers to write and read around and during runs;
            `calibration_cache`, folders where calibrations on demand are kept;
            `injected_calib_target` and `injected_calib_options`, target and options of the
            original's calibration software for what calibrated cells leave open.
    """
    pyNN.common.setup(timestep, min_delay, **extra_params)
    options = dict(extra_params)
    max_delay = options.pop("max_delay", "auto")
    neurons = _permutation(options.pop("neuronPermutation", None), "neuronPermutation", N_NEURONS)
    buses = _permutation(
        options.pop("backgroundPermutation", None), "backgroundPermutation", N_BUSES
    )
    connection, config = options.pop("connection", None), options.pop("initial_config", None)
    bypass = options.pop("enable_neuron_bypass", False)
    cache = _folders(options.pop("calibration_cache", None))
    target = options.pop("injected_calib_target", None)
    calib_options = options.pop("injected_calib_options", None)
    injected = options.pop("injected_config", None), options.pop("injected_readout", None)
    if options:
        raise KeyError(f"setup(): unknown parameters {', '.join(sorted(options))}")
    converted = Injected(*injected)
    wish = _wish(target, calib_options)
    if simulator.state is not None:
        simulator.state.connection.end()
    simulator.state = state = simulator.State(Connection(connection))
    state.min_delay = 0 if min_delay == "auto" else min_delay  # type: ignore[assignment]
    state.max_delay = 0 if max_delay == "auto" else max_delay
    state.neuron_permutation, state.background_permutation = neurons, buses
    state.initial_config = _initial_config(config, bypass)
    state.injected, state.calibration_cache = converted, cache
    state.injected_target = wish
    state.injected_config, state.injected_readout = injected


def _permutation(numbers: Iterable[Any] | None, name: str, size: int) -> tuple[int, ...] | None:
    if numbers is None:
        return None
    order = tuple(operator.index(number) for number in numbers)
    for number in order:
        if number < 0:
            raise TypeError(f"setup({name}=...): {number} is negative; 0..{size - 1} are possible")
        if number >= size:
            raise OverflowError(f"setup({name}=...): {number} lies outside 0..{size - 1}")
    if len(set(order)) < len(order):
        raise ValueError(f"setup({name}=...): every number may appear only once")
    return order


def _folders(given: Any) -> tuple[Path, ...]:
    if given is None:
        return ()
    return tuple(Path(each) for each in ([given] if isinstance(given, str | Path) else given))


def _wish(target: Any, options: Any) -> Target | None:
    """Options alone change how the usual target is calibrated for."""
    if target is None:
        return options and replace(SPIKING, **original.of_options(options))
    try:
        return original.target_of(target, options)
    except AttributeError as error:
        raise TypeError(
            f"setup(injected_calib_target=...): {error}; give a SpikingCalibTarget"
        ) from error


def _initial_config(config: Chip | None, bypass: bool) -> Chip | None:
    if not bypass:
        return config
    if config is not None:
        simulator.active().log.info("setup(): enable_neuron_bypass replaces initial_config")
    return Chip.default_neuron_bypass


def end() -> None:
    """Write what shall be in files and give the chip back."""
    if simulator.state is None:
        return
    for population, variables, filename in simulator.state.write_on_end:
        population.write_data(get_io(filename), variables)
    simulator.state.connection.end()
    simulator.state = None


def run(runtime: float | None, command: RunCommand = RunCommand.EXECUTE) -> None:
    """Run for `runtime` milliseconds of hardware time, or prepare or append to a run.

    Args:
        runtime: of the network as it is now; None to prepare, or to execute what was appended.
        command: what to do.
    """
    state = simulator.active()
    if command is RunCommand.PREPARE:
        state.preprocess(0, 0)
    elif command is RunCommand.APPEND:
        _append(state, runtime)
    elif command is RunCommand.EXECUTE:
        _execute(state, runtime)
    else:
        raise ValueError(f"run(): {command!r} is no RunCommand; there are PREPARE, APPEND, EXECUTE")


run_for = run


def run_until(time_point: float) -> float:
    """Run until an absolute time in milliseconds."""
    run(time_point - simulator.active().t)
    return simulator.active().t


def _append(state: simulator.State, runtime: float | None) -> None:
    if runtime is None:
        raise ValueError("run(None, APPEND): a part that is appended needs a runtime")
    if not 0 <= runtime < math.inf:
        raise ValueError(f"run({runtime:g}): the runtime is a finite number of milliseconds >= 0")
    state.add(runtime)


def _execute(state: simulator.State, runtime: float | None) -> None:
    state.refuse_second_run()
    if runtime is None and not state.snippets:
        raise ValueError(
            "run(None, EXECUTE): nothing was appended; give a runtime, or use RunCommand.PREPARE "
            "to map the network only"
        )
    if runtime is not None:
        _append(state, runtime)
    try:
        state.run()
    except BaseException:
        if runtime is not None:
            state.drop_last()
        raise
    for recorder in state.recorders:
        recorder.clear_flag = False


def preprocess() -> None:
    """Old name of `run(None, RunCommand.PREPARE)`."""
    warn("use run(None, RunCommand.PREPARE)", DeprecationWarning, stacklevel=2)
    run(None, RunCommand.PREPARE)


def get_backend_statistics() -> execution.MappedTopologyStatistics:
    """How much of the chip the network uses."""
    mapped = simulator.active().placed()
    if mapped is None:
        raise RuntimeError(
            "statistics are known after the network was mapped; call run() or "
            "run(None, RunCommand.PREPARE) first"
        )
    return execution.statistics(mapped)


def get_pre_realtime_read() -> dict[Any, Any]:
    """What the last run read before time zero, registers by coordinate."""
    return simulator.active().injected.reads["pre_realtime"]


def get_post_realtime_read() -> dict[Any, Any]:
    """What the last run read when all events had arrived, registers by coordinate."""
    return simulator.active().injected.reads["post_realtime"]


def get_post_realtime_read_ppu_symbols() -> dict[str, Any]:
    """Not available: what the embedded processors left in their memory."""
    if not simulator.active().running:
        raise RuntimeError("symbols are read while an experiment runs; call run() first")
    raise NotImplementedError(PROCESSORS)


reset = pyNN.common.build_reset(simulator)
(
    get_current_time,
    get_time_step,
    get_min_delay,
    get_max_delay,
    num_processes,
    rank,
) = pyNN.common.build_state_queries(simulator)
