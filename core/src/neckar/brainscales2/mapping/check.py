"""Does a network fit the chip?"""

from collections.abc import Iterator, Sequence

from neckar.brainscales2.mapping.rules import RULES, STRUCTURE, lines_show_one_neuron
from neckar.brainscales2.mapping.topology import place_and_route
from neckar.errors import RuleError
from neckar.network import Network


def check(
    network: Network,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
) -> None:
    """Changes nothing and reports everything that does not fit at once.

    Raises:
        RuleError: with one line for every broken rule.
    """
    violations = [*unsound(network)]
    if violations:
        raise RuleError(violations)
    permutations = neuron_permutation, background_permutation
    misplaced = [*homeless(network, *permutations)]
    if not misplaced:
        placement, _ = place_and_route(network, *permutations)
        misplaced = [*lines_show_one_neuron(network, placement)]
    violations = [*impossible(network), *misplaced]
    if violations:
        raise RuleError(violations)


def unsound(network: Network) -> Iterator[str]:
    """What is wrong with its structure, without which nothing else can be asked."""
    return (found for rule in STRUCTURE for found in rule(network))


def impossible(network: Network) -> Iterator[str]:
    """What no chip could do, however large."""
    return (found for rule in RULES for found in rule(network))


def homeless(
    network: Network,
    neuron_permutation: Sequence[int] | None = None,
    background_permutation: Sequence[int] | None = None,
) -> Iterator[str]:
    """What this chip has no room for."""
    try:
        place_and_route(network, neuron_permutation, background_permutation)
    except RuleError as error:
        yield from error.violations
