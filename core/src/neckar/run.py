"""The front door: networks in, results out.

`prepare` decides everything and touches no chip, `execute` plays what it made, `run` does both.
The module can be called, so that `neckar.run(network, duration=...)` is the verb itself.
"""

import math
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

from neckar.brainscales2.backends import twin
from neckar.brainscales2.backends.base import Backend, Session
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.mapping.assemble import assemble, cycles
from neckar.brainscales2.mapping.check import check
from neckar.brainscales2.mapping.configure import configure
from neckar.brainscales2.mapping.cut import Cut, Piece, Trains, cut, heard, merge
from neckar.brainscales2.mapping.forecast import Forecast
from neckar.brainscales2.mapping.forecast import forecast as foresee
from neckar.brainscales2.mapping.injection import Injection
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.observe import takes
from neckar.brainscales2.mapping.partition import partition
from neckar.brainscales2.mapping.resolve import resolve
from neckar.brainscales2.mapping.results import Results
from neckar.brainscales2.mapping.topology import place_and_route
from neckar.brainscales2.mapping.tune import tune
from neckar.brainscales2.twin.chip import Twin
from neckar.errors import RuleError
from neckar.network import Network

__all__ = [
    "Forecast",
    "Injection",
    "Piece",
    "Results",
    "Snippet",
    "Watcher",
    "cut",
    "divide",
    "execute",
    "execute_pieces",
    "forecast",
    "prepare",
    "run",
    "watcher",
]

_NOTHING = Injection()


class Watcher(Protocol):
    """Somebody who wants to see what runs."""

    def prepared(self, snippets: Sequence[Mapped], n_executions: int) -> None:
        """A run has been mapped and will now be played; it is one of so many executions."""

    def returned(self, snippets: Sequence[Mapped], results: Results) -> None:
        """It has been played, and this came back."""


watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)
"""Who is shown every run, from whatever front-end it comes."""


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """A network for a while. Times of its stimuli count from the beginning of the run.

    Args:
        network: what shall run.
        duration: for how long, in seconds.
    """

    network: Network
    duration: float


def run(
    what: Network | Sequence[Snippet],
    *,
    duration: float | None = None,
    backend: Backend | None = None,
    session: Session | None = None,
    initial: ChipConfig | None = None,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
    injection: Injection = _NOTHING,
) -> Results:
    """Run a network for a while, or snippets one after the other in continuous time.

    A network larger than a chip, with too many neurons, synapse rows or on-chip sources, is divided
    into several executions: populations, also parts of them, one after the other, each hearing the
    spikes of the earlier ones.

    Args:
        what: a network, or networks with durations; the state of the chip carries over from one
            to the next.
        duration: of a single network, s.
        backend: where a chip is taken for this run; by default the one that the environment names.
        session: a chip in hand, which keeps its state from run to run. Cells in SI units are then
            calibrated for the chip `backend`, which must be the one in hand.
        initial: settings for everything that the networks leave open, for example a calibration;
            by default those after reset.
        neuron_permutation: neuron enums in the order in which cells take them.
        background_permutation: PADI buses 0..3 in the order in which on-chip Poisson populations
            take them.
        injection: instructions of your own before, during and after the run.

    Raises:
        RuleError: a network does not fit the chip; nothing was touched.
    """
    snippets = _snippets(what, duration)
    place = backend or twin.default()
    options: dict[str, Any] = {
        "initial": initial,
        "neuron_permutation": neuron_permutation,
        "background_permutation": background_permutation,
        "chip": _known(backend if session else place),
    }
    pieces = divide(snippets, neuron_permutation, background_permutation, injection)
    if not pieces:
        prepared = prepare(snippets, **options)
    with nullcontext(session) if session else place.open() as taken:
        if pieces:
            return execute_pieces(pieces, snippets, taken, **options)[1]
        return execute(prepared, taken, injection)


def prepare(
    snippets: Sequence[Snippet],
    *,
    initial: ChipConfig | None = None,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
    chip: Twin | None = None,
) -> tuple[Mapped, ...]:
    """Check, place, route and configure; arguments as of `run`, and `chip` to calibrate cells for.

    Raises:
        RuleError: a network does not fit the chip.
        CalibrationError: there are cells in SI units and no chip.
    """
    permutations = neuron_permutation, background_permutation
    _check_durations(snippets)
    for snippet in snippets:
        check(snippet.network, *permutations)
    mapped, begin = [], 0.0
    for snippet in snippets:
        placement, routing = place_and_route(snippet.network, *permutations)
        ground = tune(snippet.network, placement, chip, initial)
        end = begin + snippet.duration
        mapped.append(
            Mapped(
                network=snippet.network,
                begin_cycles=int(cycles(begin)),
                end_cycles=int(cycles(end)),
                placement=placement,
                routing=routing,
                config=configure(snippet.network, placement, routing, ground),
                takes=takes(snippet.network, placement),
            )
        )
        begin = end
    return tuple(mapped)


def forecast(
    what: Network | Sequence[Snippet],
    *,
    duration: float | None = None,
    backend: Backend | None = None,
    initial: ChipConfig | None = None,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
) -> Forecast:
    """What `run` would take and lose with these arguments, and every rule that it would break.

    Of a network larger than a chip, it is the first execution that is looked at.
    """
    chip = _known(backend or twin.default())
    permutations = neuron_permutation, background_permutation
    try:
        snippets = _snippets(what, duration)
        pieces = divide(snippets, *permutations)
        prepared = prepare(
            _cut(snippets, pieces[0], {})[1] if pieces else snippets,
            initial=initial,
            neuron_permutation=neuron_permutation,
            background_permutation=background_permutation,
            chip=chip,
        )
    except RuleError as error:
        name = "unknown" if chip is None else chip.identifier
        return Forecast(chip=name, violations=error.violations)
    return foresee(prepared, chip, max(1, len(pieces)))


def execute(
    prepared: Sequence[Mapped], session: Session, injection: Injection = _NOTHING
) -> Results:
    """Play what was prepared and sort what came back."""
    return _play(prepared, session, injection, 1)


def _play(
    prepared: Sequence[Mapped], session: Session, injection: Injection, n_executions: int
) -> Results:
    watch = watcher.get()
    if watch is not None:
        watch.prepared(prepared, n_executions)
    recordings = [session.run(program) for program in assemble(prepared, injection)]
    results = resolve(prepared, recordings)
    if watch is not None:
        watch.returned(prepared, results)
    return results


def divide(
    snippets: Sequence[Snippet],
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
    injection: Injection = _NOTHING,
) -> tuple[Piece, ...]:
    """The executions that a network larger than a chip needs; none if one is enough.

    Raises:
        RuleError: it cannot be divided; with every reason.
    """
    networks = [snippet.network for snippet in snippets]
    permutations = neuron_permutation, background_permutation
    return partition(networks, *permutations, has_registers=injection != _NOTHING)


def execute_pieces(
    pieces: Sequence[Piece],
    snippets: Sequence[Snippet],
    session: Session,
    **options: Any,
) -> tuple[tuple[tuple[Cut, Mapped], ...], Results]:
    """Play one execution after the other; the options are those of `prepare`.

    Returns:
        How each piece of the last snippet was mapped, and what the run brought.
    """
    known: Trains = {}
    mapped, results = [], []
    for piece in pieces:
        cuts, parts = _cut(snippets, piece, known)
        prepared = prepare(parts, **options)
        mapped.append((cuts[-1], prepared[-1]))
        results.append(_play(prepared, session, _NOTHING, len(pieces)))
        known = _together(known, heard(piece, results[-1]))
    return tuple(mapped), merge([snippet.network for snippet in snippets], pieces, results)


def _cut(
    snippets: Sequence[Snippet], piece: Piece, known: Trains
) -> tuple[list[Cut], list[Snippet]]:
    """A piece of every snippet."""
    cuts = [cut(snippet.network, piece, known) for snippet in snippets]
    parts = [
        Snippet(network=part.network, duration=snippet.duration)
        for part, snippet in zip(cuts, snippets, strict=True)
    ]
    return cuts, parts


def _together(a: Trains, b: Trains) -> Trains:
    return {name: {**a.get(name, {}), **b.get(name, {})} for name in {**a, **b}}


def _known(backend: Backend | None) -> Twin | None:
    """The chip whose circuits are known; None for chips that only a laboratory knows."""
    return backend if isinstance(backend, Twin) else None


def _snippets(what: Network | Sequence[Snippet], duration: float | None) -> Sequence[Snippet]:
    if isinstance(what, Network) == (duration is None):
        raise RuleError(("give a duration with a network, and none with snippets",))
    return [Snippet(network=what, duration=duration or 0)] if isinstance(what, Network) else what


def _check_durations(snippets: Sequence[Snippet]) -> None:
    if not snippets:
        raise RuleError(("there is nothing to run; give at least one snippet",))
    wrong = [
        f"snippet {number} lasts {snippet.duration:g} s; a duration is a number from 0 on"
        for number, snippet in enumerate(snippets)
        if not 0 <= snippet.duration < math.inf
    ]
    if wrong:
        raise RuleError(wrong)


class _Door(ModuleType):
    """`neckar.run` is the file of the verb and the verb itself."""

    def __call__(self, *args: Any, **options: Any) -> Results:
        return run(*args, **options)


sys.modules[__name__].__class__ = _Door
