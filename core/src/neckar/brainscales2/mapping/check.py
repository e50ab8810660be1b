"""Does a network fit the chip?"""

from collections.abc import Sequence

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
    violations = [found for rule in STRUCTURE for found in rule(network)]
    if violations:
        raise RuleError(violations)
    violations = [found for rule in RULES for found in rule(network)]
    try:
        placement, _ = place_and_route(network, neuron_permutation, background_permutation)
        violations += lines_show_one_neuron(network, placement)
    except RuleError as error:
        violations += error.violations
    if violations:
        raise RuleError(violations)
