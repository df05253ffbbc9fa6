"""The connectome of the fly's visual system as flyvis ships it, without importing it.

flyvis (Lappalainen et al., Nature 2024) stores cell types, kernels of synapse counts
and signs in one JSON file of its wheel. `pip install --no-deps flyvis` is enough to
read it here. Trained parameters are not in the wheel: they come from a file that the
reader names (`flyvis_parameters`), or time constants, biases and the gain are the
reader's to choose. Recordings of a flyvis network itself come from
`tools/flyvis_export.py`, a process and an environment of its own.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull

from studies.latent.circuit import Circuit, hexagon
from studies.latent.flyvis_parameters import Pair, read_parameters

FILE = "fib25-fib19_v2.2.json"
FILL = 1.0  # synapses at an offset inside a kernel's hull that nobody measured
HULL = 3  # measured offsets from which on a kernel is filled
STRENGTH = 0.01  # [1] of a synapse times the mean count of its type pair, untrained
TAU, BIAS = 0.05, 0.5  # [s], [voltage]: untrained flyvis, every type
PARAMETERS = ("axial", "tau", "bias", "weight", "pre", "post", "receptor_types", "dt")

Offsets = list[tuple[tuple[int, int], float]]  # (du, dv), synapses


class TopologyError(ValueError):
    """The connectome file is missing or is not of the format that flyvis writes."""


def flyvis_topology(
    extent: int = 8,
    *,
    gain: float = 1.0,
    tau: float | Mapping[str, float] | None = None,
    bias: float | Mapping[str, float] | None = None,
    path: str | Path = "",
    parameters: str | Path = "",
) -> Circuit:
    """The connectome on a hexagon of columns, as a circuit that `simulate` takes.

    Weights are gain · sign · count · strength of the type pair. With a file of trained
    `parameters` the strengths are those of the file. Without one they are 0.01 / mean
    count of the type pair, at gain 1 those of an untrained flyvis network, which is
    almost silent; at extent 3 the eigenvalues of W - I reach zero between the gains 6
    and 7, at extent 8 below 6. Neurons stand in the order of flyvis.

    Args:
        extent: columns from the centre to a corner [1]; 8 gives 13,741 neurons.
        gain: of all weights [1].
        tau: time constant [s], of all types or by type; 0.05 where it is not given.
        bias: resting potential [voltage], likewise; 0.5 where it is not given.
        path: the JSON file; where it is not given, that of the installed wheel.
        parameters: file of trained parameters, `tau` and `bias` among them.

    Raises:
        TopologyError: flyvis is not installed, the file does not fit, `tau` or `bias`
            is given beside `parameters`, or a pair with an edge has no strength there.
        ParameterFileError: the file of parameters does not fit.
    """
    spec = read_specification(path or locate())
    strength: Mapping[Pair, float] | None = None
    if parameters:
        named = {"tau": tau, "bias": bias}
        twice = [f"`{name}`" for name, value in named.items() if value is not None]
        if twice:
            msg = (
                f"{' and '.join(twice)} beside `parameters`, which has its own: leave "
                "out the one or the other."
            )
            raise TopologyError(msg)
        trained = read_parameters(parameters, [node["name"] for node in spec["nodes"]])
        tau, bias, strength = trained.tau, trained.bias, trained.strength
    axial = hexagon(extent)
    cells, number = _cells(spec, axial)
    kinds = sorted({name for name, _, _ in cells})
    pre, post, weight = _edges(spec, number, gain, strength)
    names = [name for name, _, _ in cells]
    place = {(int(u), int(v)): column for column, (u, v) in enumerate(axial)}
    return Circuit(
        type_names=tuple(kinds),
        type_index=np.array([kinds.index(name) for name in names]),
        column=np.array([place[u, v] for _, u, v in cells]),
        axial=axial,
        tau=_values("tau", TAU if tau is None else tau, names),
        bias=_values("bias", BIAS if bias is None else bias, names),
        pre=pre,
        post=post,
        weight=weight,
        name=f"{'trained ' if parameters else ''}flyvis extent {extent}",
        receptor_types=tuple(spec["input_units"]),
    )


def exported_circuit(path: str | Path) -> Circuit:
    """The circuit whose recording `tools/flyvis_export.py` wrote, with its parameters.

    `simulate` repeats the recording, and with noise gives one to train on.

    Raises:
        TopologyError: the file lacks the parameters of an export.
    """
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    missing = sorted(set(PARAMETERS) - set(arrays))
    if missing:
        msg = f"{path}: {', '.join(missing)} missing; needed a file of flyvis_export."
        raise TopologyError(msg)
    axial, column = np.unique(arrays["axial"], axis=0, return_inverse=True)
    return Circuit(
        type_names=tuple(str(name) for name in arrays["type_names"]),
        type_index=arrays["type_index"],
        column=column.ravel(),
        axial=axial,
        tau=arrays["tau"].astype(float),
        bias=arrays["bias"].astype(float),
        pre=arrays["pre"],
        post=arrays["post"],
        weight=arrays["weight"].astype(float),
        dt=float(arrays["dt"]),
        name=Path(path).stem,
        receptor_types=tuple(str(name) for name in arrays["receptor_types"]),
    )


def locate() -> Path:
    """The JSON file of the installed flyvis wheel.

    Raises:
        TopologyError: flyvis is not installed, or came without the file.
    """
    try:
        listed = files("flyvis") or []
    except PackageNotFoundError:
        msg = (
            "flyvis is not installed: `pip install --no-deps flyvis` brings the file "
            "with its connectome, or give its `path`."
        )
        raise TopologyError(msg) from None
    found = [Path(str(file.locate())) for file in listed if file.name == FILE]
    if not found:
        msg = f"The installed flyvis holds no {FILE}; give the `path` of one."
        raise TopologyError(msg)
    return found[0]


def read_specification(path: str | Path) -> dict[str, Any]:
    """Cell types, kernels and input types of a connectome file.

    Raises:
        TopologyError: the file cannot be read, or names a cell type it does not hold.
    """
    try:
        spec = json.loads(Path(path).read_text(encoding="utf-8"))
        known = {node["name"] for node in spec["nodes"]}
        used = {edge[end] for edge in spec["edges"] for end in ("src", "tar")}
        unknown = (used | set(spec["input_units"])) - known
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path}: {error!r}. Needed: nodes, edges and input_units, as in {FILE}."
        raise TopologyError(msg) from None
    if unknown:
        msg = f"{path}: {', '.join(sorted(unknown))} in `edges` but not in `nodes`."
        raise TopologyError(msg)
    return spec


def measured_offsets(edge: Mapping[str, Any]) -> Offsets:
    """The kernel of a type pair as measured."""
    return [((int(u), int(v)), float(count)) for (u, v), count in edge["offsets"]]


def fill_hull(offsets: Offsets, synapses: float = FILL) -> Offsets:
    """A kernel with the unmeasured offsets inside its convex hull filled in.

    As in flyvis: border included, but not on the row of the lowest dv, where its test
    (an even number of crossings of a half-open ray) says outside.
    """
    if len(offsets) < HULL:
        return offsets
    measured = np.array([offset for offset, _ in offsets])
    hull = ConvexHull(measured.astype(float), qhull_options="QJ")  # lines are allowed
    low, high = measured.min(axis=0), measured.max(axis=0) + 1
    spans = [np.arange(*span) for span in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 2)
    normals, distance = hull.equations[:, :2], hull.equations[:, 2]
    inside = (normals @ grid.T + distance[:, None] <= 1e-3).all(axis=0)
    inside &= grid[:, 1] > low[1]
    known = {tuple(offset) for offset in measured.tolist()}
    missing = [(u, v) for u, v in grid[inside].tolist() if (u, v) not in known]
    return [*offsets, *((offset, synapses) for offset in missing)]


def _cells(
    spec: Mapping[str, Any], axial: np.ndarray
) -> tuple[list[tuple[str, int, int]], dict[tuple[str, int, int], int]]:
    """Every neuron by type and axial coordinates, and the number of each."""
    cells = []
    for node in spec["nodes"]:
        pattern, stride = node["pattern"]
        if pattern != "stride":
            msg = f"{node['name']}: pattern {pattern!r} is unknown; needed 'stride'."
            raise TopologyError(msg)
        own = axial[(axial % np.array(stride) == 0).all(axis=1)]
        cells += [(node["name"], int(u), int(v)) for u, v in own]
    return cells, {cell: number for number, cell in enumerate(cells)}


def _edges(
    spec: Mapping[str, Any],
    number: Mapping[tuple[str, int, int], int],
    gain: float,
    strength: Mapping[Pair, float] | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Source, target and weight of every edge that stays inside the hexagon."""
    places: dict[str, list[tuple[int, int, int]]] = {}
    for (name, u, v), neuron in number.items():
        places.setdefault(name, []).append((u, v, neuron))
    ends: list[tuple[int, int]] = []
    weights: list[np.ndarray] = []
    for edge in spec["edges"]:
        kernel = fill_hull(measured_offsets(edge))
        counts = []
        for (du, dv), count in kernel:
            for u, v, neuron in places.get(edge["src"], []):
                reached = number.get((edge["tar"], u + du, v + dv))
                if reached is not None:
                    ends.append((neuron, reached))
                    counts.append(count)
        if counts:  # the mean is over edges, as flyvis takes it, not over offsets
            own = _strength(edge, float(np.mean(counts)), strength)
            weights.append(gain * edge["alpha"] * own * np.array(counts, float))
    pre, post = np.array(ends, int).reshape(-1, 2).T
    return pre, post, np.concatenate([*weights, np.zeros(0)])


def _strength(
    edge: Mapping[str, Any], mean: float, strength: Mapping[Pair, float] | None
) -> float:
    """Strength of a synapse of a pair of types that has edges [voltage]."""
    if strength is None:
        return STRENGTH / mean
    pair = (str(edge["src"]), str(edge["tar"]))
    if pair not in strength:
        msg = (
            f"`parameters` has no strength for {pair[0]} → {pair[1]}, which has edges. "
            "Give the pair one, 0 for none."
        )
        raise TopologyError(msg)
    return strength[pair]


def _values(
    name: str, given: float | Mapping[str, float], names: Sequence[str]
) -> np.ndarray:
    """One value a neuron, from one for all or one for each type."""
    if not isinstance(given, Mapping):
        return np.full(len(names), float(given))
    missing = sorted(set(names) - set(given))
    if missing:
        msg = f"`{name}` lacks the types {', '.join(missing[:5])}; give every type one."
        raise TopologyError(msg)
    return np.array([float(given[own]) for own in names])
