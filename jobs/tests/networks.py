"""Networks as somebody draws them in the model builder."""

from typing import Any

from neckar_jobs.builder.model import Model


def drawn(**changes: Any) -> Model:
    """A Poisson source that excites five neurons, but for `changes`."""
    whole: dict[str, Any] = {
        "name": "Bombardment",
        "chip": "calibrated",
        "runtime": 0.2,
        "populations": [source(), neurons()],
        "projections": [arrow()],
    }
    return Model.model_validate(whole | changes)


def source(cell: str = "SpikeSourcePoisson", **changes: Any) -> dict[str, Any]:
    """A box of twenty sources."""
    box = {"id": "in", "name": "Input", "cell": cell, "size": 20, "parameters": {"rate": 20_000}}
    return box | changes


def neurons(cell: str = "CalibHXNeuronCuba", **changes: Any) -> dict[str, Any]:
    """A box of five neurons."""
    return {"id": "out", "name": "Neurons", "cell": cell, "size": 5} | changes


def arrow(**changes: Any) -> dict[str, Any]:
    """An arrow between the two."""
    return {
        "id": "arrow",
        "source": "in",
        "target": "out",
        "connector": "AllToAllConnector",
        "synapse": "StaticSynapse",
        "parameters": {"weight": 40},
        "receptor": "excitatory",
    } | changes
