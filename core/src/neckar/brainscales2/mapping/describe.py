"""A forecast as text for a terminal."""

from collections.abc import Iterator, Sequence

from neckar.brainscales2.chip.datasheet import (
    EVENT_RATE,
    N_BACKGROUND_SOURCES,
    N_COLUMNS,
    N_DRIVERS_ON_BUS,
    N_HEMISPHERES,
    N_NEURONS,
    N_ROWS,
    POWER_SPIKING,
    POWER_SYSTEM,
)
from neckar.brainscales2.mapping.forecast import Cost, Forecast, Parameter, Traffic, Usage, Weights
from neckar.units import show

SIDES = ("top", "bottom")
_BAR = 24  # characters
_N_LINES = 12  # of a table; what is left out is counted


def describe(forecast: Forecast) -> str:
    """All that was found, rules that are broken last."""
    lines = [f"chip       {forecast.chip}"]
    if forecast.executions > 1:
        lines.append(f"executions {forecast.executions}; this is one of them")
    if forecast.usage:
        lines += ["", "occupation", *_usage(forecast.usage)]
    if forecast.weights:
        lines += ["", "weights", *_weights(forecast.weights)]
    if forecast.parameters:
        lines += ["", "parameters", *_parameters(forecast.parameters)]
    if forecast.traffic:
        lines += ["", "events", *_traffic(forecast.traffic)]
    if forecast.cost:
        lines += ["", "on silicon", *_cost(forecast.cost, forecast.executions)]
    return "\n".join([*lines, "", *_rules(forecast.violations)])


def quantity(value: float, unit: str) -> str:
    """A value with its unit; codes have none."""
    return f"{value:.4g}" if unit == "code" else show(value, unit)


def _usage(usage: Usage) -> Iterator[str]:
    yield _share("neurons", usage.neurons, N_NEURONS)
    yield _share("synapses", usage.synapses, N_HEMISPHERES * N_ROWS * N_COLUMNS)
    for side, rows, drivers in zip(SIDES, usage.rows, usage.drivers, strict=True):
        yield _share(f"rows, {side}", rows, N_ROWS)
        on = ", ".join(f"{n} on bus {bus}" for bus, n in enumerate(drivers) if n)
        if on:
            yield f"  drivers, {side:10} {on}; of {N_DRIVERS_ON_BUS} each"
    if usage.sources:
        yield _share("sources", usage.sources, N_BACKGROUND_SOURCES)


def _share(what: str, taken: int, available: int) -> str:
    done = -(-_BAR * taken // available)
    bar = "█" * done + "░" * (_BAR - done)
    return f"  {what:14} {bar} {taken:6} of {available:6}  {taken / available:6.1%}"


def _weights(weights: Sequence[Weights]) -> Iterator[str]:
    yield f"  {'projection':40} {'connections':>11} {'synapses':>8} {'wanted':>13} {'rounding':>9}"
    for weight in weights[:_N_LINES]:
        wanted = f"{weight.smallest:.4g} .. {weight.largest:.4g}"
        yield (
            f"  {_short(weight.name, 40):40} {weight.connections:11} {weight.synapses:8} "
            f"{wanted:>13} {weight.error:9.2g}"
        )
    yield from _rest(len(weights))


def _parameters(parameters: Sequence[Parameter]) -> Iterator[str]:
    yield f"  {'population':20} {'value':32} {'wanted':>10} {'median':>10} {'rms':>9} {'worst':>9}"
    for one in parameters[: 2 * _N_LINES]:
        columns = [quantity(value, one.unit) for value in (one.wanted, one.got)]
        errors = [quantity(value, one.unit) for value in (one.error, one.worst)]
        yield (
            f"  {_short(one.population, 20):20} {one.name:32} {columns[0]:>10} {columns[1]:>10} "
            f"{errors[0]:>9} {errors[1]:>9}"
        )
    yield from _rest(len(parameters), 2 * _N_LINES)


def _traffic(traffic: Traffic) -> Iterator[str]:
    lost = traffic.lost_on_link + traffic.lost_on_buses
    yield (
        f"  host           {traffic.sent} sent, at most {traffic.peak / 1e6:.3g} of "
        f"{EVENT_RATE / 1e6:.0f} million per second"
    )
    yield (
        f"  lost           {lost}: {traffic.lost_on_link} on the link, {traffic.lost_on_buses} "
        "before buses"
    )
    for side, loads in zip(SIDES, traffic.load, strict=True):
        busy = ", ".join(f"{load:.0%} of bus {bus}" for bus, load in enumerate(loads) if load > 0)
        if busy:
            yield f"  load, {side:8} {busy}"
    yield "  what neurons fire is known only when they have"


def _cost(cost: Cost, executions: int) -> Iterator[str]:
    often = "" if cost.programs == 1 else f", {cost.programs} programs for all that the MADC sees"
    yield f"  time           {show(cost.network, 's')} network, {show(cost.chip, 's')} chip{often}"
    yield (
        f"  energy         {show(cost.energy_network, 'J')} network, "
        f"{show(cost.energy_chip, 'J')} chip at {POWER_SPIKING * 1e3:.0f} mW, "
        f"{show(cost.energy_system, 'J')} system at {POWER_SYSTEM:g} W"
    )
    if executions > 1:
        yield (
            f"  all            {executions} executions like this one: "
            f"{show(executions * cost.chip, 's')} chip, {show(executions * cost.energy_chip, 'J')} "
            f"chip, {show(executions * cost.energy_system, 'J')} system"
        )
    yield "  powers         Göltz et al. 2021 (chip), Stradmann et al. 2022 (mobile system)"


def _rules(violations: Sequence[str]) -> Iterator[str]:
    if not violations:
        yield "rules      all kept"
        return
    yield f"rules      {len(violations)} broken"
    yield from (f"  × {violation}" for violation in violations)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _rest(count: int, shown: int = _N_LINES) -> Iterator[str]:
    if count > shown:
        yield f"  … and {count - shown} more"
