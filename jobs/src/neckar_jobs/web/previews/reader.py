"""Reads spikes and traces from HDF5 (NWB, NIX, others) and NumPy files, in a process of its own.

Called as a script with the path of a file and the ending of its name; prints JSON. Libraries that
read binary files have had errors that a file can use. Here there is nothing to gain: no database,
no network, little memory, little time. Pickled objects are never loaded.
"""

import json
import resource
import sys
from typing import Any

MEMORY, SECONDS = 2 * 1024**3, 20
SPIKES, POINTS, PLOTS, NAMES, CURVES = 20_000, 4_000, 8, 400, 8


def main(path: str, ending: str) -> None:
    """Print what there is to be seen in a file."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    found = _numpy(path) if ending in (".npy", ".npz") else _hdf5(path)
    json.dump(found, sys.stdout, allow_nan=False)


def _numpy(path: str) -> dict[str, Any]:
    import numpy

    opened = numpy.load(path, allow_pickle=False, mmap_mode=None)
    arrays = (
        {name: opened[name] for name in opened.files} if hasattr(opened, "files") else {"": opened}
    )
    plots = [p for name, array in arrays.items() for p in _array(name, array)]
    listed = [
        f"{name or 'array'}: {array.dtype} {list(array.shape)}" for name, array in arrays.items()
    ]
    return {"plots": plots[:PLOTS], "names": listed[:NAMES]}


def _hdf5(path: str) -> dict[str, Any]:
    import h5py

    names: list[str] = []
    plots: list[dict[str, Any]] = []
    with h5py.File(path, "r") as file:
        datasets: dict[str, Any] = {}
        file.visititems(lambda name, thing: _note(h5py, name, thing, names, datasets))
        spikes = [name for name in datasets if name.endswith("spike_times")]
        for name in spikes:
            plots.append(_nwb_units(file, name))
        trains = _neo_trains(file)
        if trains:
            plots.append(trains)
        used = {name for name in datasets if "spike_times" in name or "/multi_tags/" in name}
        for name, dataset in datasets.items():
            if len(plots) >= PLOTS:
                break
            if name not in used and dataset.dtype.kind in "fiu" and dataset.size > 1:
                plots += _dataset(name, dataset)
    return {"plots": plots[:PLOTS], "names": names[:NAMES]}


def _note(
    h5py: Any, name: str, thing: Any, names: list[str], datasets: dict[str, Any]
) -> int | None:
    if len(names) >= NAMES:
        return 1
    if isinstance(thing, h5py.Dataset):
        names.append(f"{name}: {thing.dtype} {list(thing.shape)}")
        if not thing.is_virtual and not thing.external:  # those lead to other files
            datasets[name] = thing
    return None


def _nwb_units(file: Any, name: str) -> dict[str, Any]:
    """Ragged spike times of NWB: ends of every unit's part are in `…_index`."""
    times = file[name][: SPIKES * 4]
    ends = file[name + "_index"][:] if name + "_index" in file else [len(times)]
    cells, start = [], 0
    for number, end in enumerate(ends):
        cells += [number] * (min(int(end), len(times)) - start)
        start = min(int(end), len(times))
    return _raster(name.rsplit("/", 1)[0], times[: len(cells)], cells, "time / s")


def _neo_trains(file: Any) -> dict[str, Any] | None:
    """Spike trains as neo writes them into NIX: multi-tags whose positions are times."""
    x, y, number = [], [], 0
    for block in (
        file["data"].values() if "data" in file and hasattr(file["data"], "values") else ()
    ):
        for tag in block["multi_tags"].values() if "multi_tags" in block else ():
            kind = tag.attrs.get("type", "")
            if "spiketrain" in str(kind) and "positions" in tag and "data" in tag["positions"]:
                times = tag["positions"]["data"][:SPIKES]
                x += [float(t) for t in times.ravel()]
                y += [number] * times.size
                number += 1
    return _raster("spike trains", x, y, "time") if number else None


def _raster(title: str, times: Any, cells: Any, label: str) -> dict[str, Any]:
    step = -(-len(times) // SPIKES) or 1
    series = {
        "name": "spikes",
        "x": [float(t) for t in times[::step]],
        "y": [float(c) for c in cells[::step]],
    }
    left_out = len(times) - len(series["x"])
    return {
        "kind": "spikes",
        "title": title,
        "x_label": label,
        "y_label": "unit",
        "series": [series],
        "left_out": left_out,
    }


def _dataset(name: str, dataset: Any) -> list[dict[str, Any]]:
    """A trace: one column is one curve. NWB says when it begins and how fast it was sampled."""
    start, rate, unit = 0.0, None, str(dataset.attrs.get("unit", ""))
    times = None
    if name.endswith("/data"):
        group = dataset.parent
        if "starting_time" in group:
            start = float(group["starting_time"][()])
            rate = float(group["starting_time"].attrs.get("rate", 0)) or None
        elif "timestamps" in group:
            times = group["timestamps"][: 50 * POINTS]
    if name.endswith(("/timestamps", "_index", "/starting_time")) or dataset.ndim > 2:
        return []
    part = dataset[: 50 * POINTS] if dataset.ndim == 1 else dataset[: 50 * POINTS, :CURVES]
    return _array(name.removesuffix("/data"), part, start=start, rate=rate, times=times, unit=unit)


def _array(
    name: str,
    array: Any,
    start: float = 0.0,
    rate: float | None = None,
    times: Any = None,
    unit: str = "",
) -> list[dict[str, Any]]:
    import numpy

    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or array.size < 2:
        return []
    values = array.astype(float).reshape(len(array), -1)[:, :CURVES]
    if len(values) < 2:
        return []
    if times is not None and len(times) >= len(values):
        x, label = numpy.asarray(times[: len(values)], float), "time / s"
    elif rate:
        x, label = start + numpy.arange(len(values)) / rate, "time / s"
    else:
        x, label = numpy.arange(len(values), dtype=float), "index"
    series = [_curve(numpy, str(n), x, values[:, n]) for n in range(values.shape[1])]
    return [
        {
            "kind": "lines",
            "title": name,
            "x_label": label,
            "y_label": unit,
            "series": series,
            "left_out": 0,
        }
    ]


def _curve(numpy: Any, name: str, x: Any, y: Any) -> dict[str, Any]:
    good = numpy.isfinite(x) & numpy.isfinite(y)
    x, y = x[good], y[good]
    if len(y) > POINTS:
        size = -(-len(y) // (POINTS // 2))
        keep = set()
        for begin in range(0, len(y), size):
            piece = y[begin : begin + size]
            keep |= {begin + int(piece.argmin()), begin + int(piece.argmax())}
        kept = sorted(keep)
        x, y = x[kept], y[kept]
    return {"name": name, "x": x.tolist(), "y": y.tolist()}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
