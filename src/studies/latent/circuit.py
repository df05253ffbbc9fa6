"""The embedded circuit "hexeye": a hexagonal eye of 28 cell types, all numbers here.

Every column holds one neuron of each type; Lawf stands on a coarser lattice. Loosely
after the motion pathway of the fly; the numbers are this project's own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import eigs

DT = 0.02  # [s] the time step of every recording of this circuit
GREY = 0.5  # [1] luminance before a recording begins
JITTER = 0.15  # [1] standard deviation of the logarithm of an edge's factor
WIDE = "Lawf"  # the type on the coarser lattice
STRIDE = (3, 2)  # of that lattice, in axial coordinates
DENSE = 1000  # neurons of a loop up to which all its eigenvalues are computed
RECEPTOR = "R"  # the type that sees the stimulus

Offset = tuple[int, int]  # axial coordinates, target minus source
OWN: tuple[Offset, ...] = ((0, 0),)
NEXT: tuple[Offset, ...] = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1))
SEVEN = OWN + NEXT
DIRECTIONS: dict[str, Offset] = {"a": (1, 0), "b": (-1, 0), "c": (0, 1), "d": (0, -1)}

# type: time constant [s], bias [voltage]
CELLS: dict[str, tuple[float, float]] = {
    "R": (0.02, 0.0),
    "L1": (0.02, 1.2),
    "L2": (0.02, 1.2),
    "L3": (0.06, 1.2),
    "L5": (0.04, 0.2),
    "Am": (0.05, 0.0),
    "C2": (0.12, 0.1),
    "C3": (0.10, 0.1),
    "Mi1": (0.03, 1.0),
    "Mi4": (0.12, 0.2),
    "Mi9": (0.10, 0.3),
    "Tm1": (0.05, -0.1),
    "Tm2": (0.025, -0.1),
    "Tm3": (0.025, 0.9),
    "Tm4": (0.03, -0.1),
    "Tm9": (0.12, 0.1),
    "CT1": (0.08, 0.1),
    "T2": (0.03, -0.2),
    "T3": (0.03, -0.2),
    "Lawf": (0.25, 0.1),
    **{f"T{stage}{d}": (0.035, 0.1) for stage in (4, 5) for d in DIRECTIONS},
}

# source, target, weight shared among the offsets, offsets
Kernel = tuple[str, str, float, tuple[Offset, ...]]
KERNELS: tuple[Kernel, ...] = (
    ("R", "L1", -2.4, OWN),
    ("R", "L2", -2.4, OWN),
    ("R", "L3", -1.8, OWN),
    ("R", "Am", 1.0, SEVEN),
    ("Am", "L1", 1.0, SEVEN),
    ("Am", "L2", 1.2, SEVEN),
    ("L2", "C2", 1.0, OWN),
    ("C2", "L2", -0.5, OWN),
    ("L1", "C3", 1.0, OWN),
    ("C3", "L1", -0.5, OWN),
    ("L1", "L5", -0.8, OWN),
    ("L2", "L5", 0.6, OWN),
    ("L1", "Mi1", -1.5, OWN),
    ("L5", "Mi1", 0.3, OWN),
    ("L1", "Tm3", -1.6, SEVEN),
    ("Mi1", "Mi4", 0.9, OWN),
    ("L5", "Mi4", 0.6, OWN),
    ("Mi9", "Mi4", -0.4, OWN),
    ("L3", "Mi9", 1.2, OWN),
    ("Mi4", "Mi9", -0.4, OWN),
    ("L2", "Tm1", 1.6, OWN),
    ("L2", "Tm2", 1.8, OWN),
    ("L2", "Tm4", 1.8, SEVEN),
    ("L3", "Tm9", 1.4, OWN),
    ("Mi4", "Tm9", -0.2, OWN),
    ("C3", "Tm1", -0.3, OWN),
    ("C3", "Tm2", -0.3, OWN),
    ("Tm9", "CT1", 1.1, SEVEN),
    ("Mi1", "T2", 1.3, OWN),
    ("Tm1", "T2", 1.3, OWN),
    ("Tm2", "T2", 0.6, OWN),
    ("Mi4", "T2", -0.8, NEXT),
    ("Mi1", "T3", 1.5, OWN),
    ("Tm4", "T3", 1.3, OWN),
    ("Mi9", "T3", -0.8, NEXT),
    ("Mi1", "Lawf", 0.8, SEVEN),
    ("Lawf", "L1", 0.15, SEVEN),
    ("Lawf", "L2", 0.15, SEVEN),
    ("Lawf", "Am", -0.2, SEVEN),
)
# Edges that close a loop: `recurrence` scales them.
FEEDBACK = {("C2", "L2"), ("C3", "L1"), ("Mi9", "Mi4"), ("Mi4", "Mi9")}
FEEDBACK |= {(WIDE, target) for target in ("L1", "L2", "Am")}
SLOW = ("Lawf", "C2", "C3")  # types whose time constants `slow_factor` stretches


class CircuitError(ValueError):
    """A circuit of no size, or one whose activity would grow without bound."""


@dataclass(frozen=True)
class Circuit:
    r"""Point neurons: $\tau \dot v = -v + W\,\mathrm{relu}(v) + b + e(t)$.

    Neurons stand type by type, columns in the same order within each; edge k carries
    `weight[k]` from `pre[k]` to `post[k]`. Columns are at unit distance.
    """

    type_names: tuple[str, ...]
    type_index: Int[np.ndarray, " neuron"]
    column: Int[np.ndarray, " neuron"]
    axial: Int[np.ndarray, "column 2"]
    tau: Float[np.ndarray, " neuron"]  # [s]
    bias: Float[np.ndarray, " neuron"]  # [voltage]
    pre: Int[np.ndarray, " edge"]
    post: Int[np.ndarray, " edge"]
    weight: Float[np.ndarray, " edge"]
    dt: float = DT  # [s]
    name: str = "hexeye"
    receptor_types: tuple[str, ...] = (RECEPTOR,)

    @property
    def neurons(self) -> int:
        return self.type_index.size

    @property
    def columns(self) -> int:
        return self.axial.shape[0]

    @property
    def centres(self) -> Float[np.ndarray, "column 2"]:
        """Positions of the columns [columns]."""
        return cartesian(self.axial)

    @property
    def positions(self) -> Float[np.ndarray, "neuron 2"]:
        """Position [columns] of each neuron's column."""
        return self.centres[self.column]

    @property
    def receptors(self) -> Bool[np.ndarray, " neuron"]:
        """True for the neurons that see the stimulus, each that of its own column."""
        own = [self.type_names.index(name) for name in self.receptor_types]
        return np.isin(self.type_index, own)

    @property
    def alpha(self) -> Float[np.ndarray, " neuron"]:
        """Share of the way to the target covered in a step: dt / max(tau, dt) [1]."""
        return self.dt / np.maximum(self.tau, self.dt)

    def matrix(self) -> Float[np.ndarray, "neuron neuron"]:
        """Weights as a table: row i lists what neuron i receives."""
        table = np.zeros((self.neurons, self.neurons))
        np.add.at(table, (self.post, self.pre), self.weight)
        return table

    def abscissa(self) -> float:
        """Largest real part of the eigenvalues of W − I [1]: negative is stable.

        The eigenvalues of W are those of its strongly connected parts; most types are
        in no loop, so that the parts are far smaller than W.
        """
        table = csr_array(
            (self.weight, (self.post, self.pre)), shape=2 * (self.neurons,)
        )
        part = connected_components(table, connection="strong")[1]
        largest = table.diagonal().max(initial=-np.inf)
        for number in np.flatnonzero(np.bincount(part) > 1):
            rows = np.flatnonzero(part == number)
            values = _eigenvalues(table[rows][:, rows])
            largest = max(largest, float(np.real(values).max()))
        return float(largest - 1)


def hexeye(
    radius: int = 3,
    *,
    jitter_seed: int = 0,
    slow_factor: float = 1.0,
    recurrence: float = 1.0,
) -> Circuit:
    """The embedded circuit on a hexagon of columns.

    Args:
        radius: columns from the centre to a corner [1].
        jitter_seed: of the log-normal factor of each edge.
        slow_factor: of the time constants of Lawf, C2 and C3 [1].
        recurrence: of the weights that close a loop [1].

    Raises:
        CircuitError: no columns, or eigenvalues of W − I that reach zero.
    """
    if radius < 1 or slow_factor <= 0 or recurrence < 0:
        msg = (
            "`radius` must be at least 1, `slow_factor` positive and `recurrence` not "
            f"negative [1]; got {radius}, {slow_factor}, {recurrence}."
        )
        raise CircuitError(msg)
    axial = hexagon(radius)
    places = {name: lattice(axial, name) for name in CELLS}
    number = _numbers(axial, places)
    edges = list(_edges(places, number, recurrence))
    pre, post, weight = (np.array(column) for column in zip(*edges, strict=True))
    factor = np.random.default_rng(jitter_seed).normal(size=weight.size)
    scale = {name: slow_factor if name in SLOW else 1.0 for name in CELLS}
    count = [len(rows) for rows in places.values()]
    circuit = Circuit(
        type_names=tuple(CELLS),
        type_index=np.repeat(np.arange(len(CELLS)), count),
        column=np.concatenate(list(places.values())),
        axial=axial,
        tau=np.repeat([tau * scale[name] for name, (tau, _) in CELLS.items()], count),
        bias=np.repeat([bias for _, bias in CELLS.values()], count),
        pre=pre,
        post=post,
        weight=weight * np.exp(JITTER * factor),
    )
    return check_stability(circuit)


def _eigenvalues(table: Any) -> np.ndarray:
    """All eigenvalues of a small table, the rightmost one of a large one (Arnoldi)."""
    if table.shape[0] <= DENSE:
        return np.linalg.eigvals(table.toarray())
    start = np.ones(table.shape[0])  # the same result every time
    return np.asarray(eigs(table, k=1, which="LR", v0=start)[0])


def check_stability(circuit: Circuit) -> Circuit:
    """The same circuit, when no activity in it can grow without bound.

    Raises:
        CircuitError: the largest real part of the eigenvalues of W − I is not negative.
    """
    largest = circuit.abscissa()
    if largest >= 0:
        msg = (
            f"{circuit.name}: the largest real part of the eigenvalues of W − I is "
            f"{largest:.3f} and must be negative; lower `recurrence`."
        )
        raise CircuitError(msg)
    return circuit


def hexagon(radius: int) -> Int[np.ndarray, "column 2"]:
    """Axial coordinates (u, v) of all columns within `radius` of the centre."""
    span = range(-radius, radius + 1)
    return np.array([(u, v) for u in span for v in span if abs(u + v) <= radius])


def cartesian(axial: Int[np.ndarray, "column 2"]) -> Float[np.ndarray, "column 2"]:
    """x = u + v/2 and y = v √3/2 [columns]."""
    u, v = axial.T
    return np.stack([u + v / 2, v * np.sqrt(3) / 2], axis=1)


def lattice(axial: Int[np.ndarray, "column 2"], name: str) -> Int[np.ndarray, " own"]:
    """The columns that hold a neuron of this type."""
    on = np.ones(len(axial), bool)
    if name == WIDE:
        on = (axial % np.array(STRIDE) == 0).all(axis=1)
    return np.flatnonzero(on)


def kernels() -> tuple[Kernel, ...]:
    """All kernels, those of the direction-selective types among them."""
    directed: list[Kernel] = []
    for letter, (u, v) in DIRECTIONS.items():
        ahead, behind = ((u, v),), ((-u, -v),)
        t4, t5 = f"T4{letter}", f"T5{letter}"
        directed += [
            ("Mi1", t4, 0.8, OWN),
            ("Tm3", t4, 0.6, OWN + ahead),
            ("Mi4", t4, -0.7, ahead),
            ("Mi9", t4, -0.6, behind),
            ("CT1", t4, -0.15, OWN),
            ("Tm1", t5, 0.6, OWN),
            ("Tm2", t5, 0.6, OWN),
            ("Tm4", t5, 0.3, OWN),
            ("Tm9", t5, 0.4, behind),
            ("CT1", t5, -0.9, ahead),
        ]
    return KERNELS + tuple(directed)


def _numbers(
    axial: np.ndarray, places: Mapping[str, np.ndarray]
) -> dict[tuple[str, Offset], int]:
    """Neuron number by type and axial coordinates."""
    number: dict[tuple[str, Offset], int] = {}
    for name, rows in places.items():
        for u, v in axial[rows]:
            number[name, (int(u), int(v))] = len(number)
    return number


def _edges(
    places: Mapping[str, np.ndarray],
    number: Mapping[tuple[str, Offset], int],
    recurrence: float,
) -> Iterator[tuple[int, int, float]]:
    """Source, target and weight of every edge that stays inside the hexagon."""
    sources = {name: [] for name in places}
    for (name, place), neuron in number.items():
        sources[name].append((place, neuron))
    for source, target, weight, offsets in kernels():
        share = weight / len(offsets)
        if (source, target) in FEEDBACK:
            share *= recurrence
        for (u, v), neuron in sources[source]:
            for du, dv in offsets:
                reached = number.get((target, (u + du, v + dv)))
                if reached is not None:
                    yield neuron, reached, share
