"""The front door: networks in, results out.

`prepare` decides everything and touches no chip, `execute` plays what it made, `run` does both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from neckar.brainscales2.backends.base import Session
from neckar.brainscales2.chip.config import ChipConfig
from neckar.brainscales2.mapping.assemble import assemble, cycles
from neckar.brainscales2.mapping.check import check
from neckar.brainscales2.mapping.configure import configure
from neckar.brainscales2.mapping.injection import Injection
from neckar.brainscales2.mapping.mapped import Mapped
from neckar.brainscales2.mapping.observe import takes
from neckar.brainscales2.mapping.resolve import resolve
from neckar.brainscales2.mapping.results import Results
from neckar.brainscales2.mapping.topology import place_and_route
from neckar.errors import RuleError
from neckar.network import Network

__all__ = ["Injection", "Results", "Snippet", "execute", "prepare", "run"]

_NOTHING = Injection()


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
    snippets: Sequence[Snippet],
    *,
    session: Session,
    initial: ChipConfig | None = None,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
    injection: Injection = _NOTHING,
) -> Results:
    """Run snippets one after the other in continuous time.

    Args:
        snippets: networks with durations; the state of the chip carries over from one to the next.
        session: the chip to run on.
        initial: settings for everything that the networks leave open, for example a calibration;
            by default those after reset.
        neuron_permutation: neuron enums in the order in which cells take them.
        background_permutation: PADI buses 0..3 in the order in which on-chip Poisson populations
            take them.
        injection: instructions of your own before, during and after the run.

    Raises:
        RuleError: a network does not fit the chip; nothing was touched.
    """
    prepared = prepare(
        snippets,
        initial=initial,
        neuron_permutation=neuron_permutation,
        background_permutation=background_permutation,
    )
    return execute(prepared, session, injection)


def prepare(
    snippets: Sequence[Snippet],
    *,
    initial: ChipConfig | None = None,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
) -> tuple[Mapped, ...]:
    """Check, place, route and configure; arguments as of `run`.

    Raises:
        RuleError: a network does not fit the chip.
    """
    permutations = neuron_permutation, background_permutation
    _check_durations(snippets)
    for snippet in snippets:
        check(snippet.network, *permutations)
    mapped, begin = [], 0.0
    for snippet in snippets:
        placement, routing = place_and_route(snippet.network, *permutations)
        end = begin + snippet.duration
        mapped.append(
            Mapped(
                network=snippet.network,
                begin_cycles=int(cycles(begin)),
                end_cycles=int(cycles(end)),
                placement=placement,
                routing=routing,
                config=configure(snippet.network, placement, routing, initial),
                takes=takes(snippet.network, placement),
            )
        )
        begin = end
    return tuple(mapped)


def execute(
    prepared: Sequence[Mapped], session: Session, injection: Injection = _NOTHING
) -> Results:
    """Play what was prepared and sort what came back."""
    recordings = [session.run(program) for program in assemble(prepared, injection)]
    return resolve(prepared, recordings)


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
