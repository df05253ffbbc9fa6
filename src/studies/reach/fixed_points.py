r"""Fixed points of a controller whose input is held: where its hidden state rests.

With the input $u$ held, the hidden state moves by $h\mapsto F(u,h)$, and $h^*$ is a
fixed point where $F(u,h^*)=h^*$. Candidates (states that evaluated trials passed
through) are first iterated forward, which carries those near a stable point to it, and
then polished by Newton's method on $F(u,h)-h=0$ in float64 (`optimistix.Newton`, whose
Jacobian is the one that the spectra need anyway). A point counts when a fresh
evaluation leaves $\lVert F(u,h)-h\rVert\le10^{-10}$. What ends at a larger residual is
either slow (the speed $q=\frac12\lVert F-h\rVert^2$ is small and flat there) or
missing, and both are counted. A missing point is a failure of the search: both cells
map the cube from −1 to 1 continuously into itself, so that every input has a fixed
point (Brouwer).
"""

from collections.abc import Callable
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix as optx
from jaxtyping import Array, Float, Int

Map = Callable[[Array, Array], Array]  # (input, hidden) -> next hidden

EXACT = 1e-10  # largest ‖F(h) − h‖ of a fixed point [1]
DONE = 1e-13  # residual, over the state's size, at which a search goes no further [1]
SLOW = 1e-3  # largest ‖F(h) − h‖ of a slow point, which is no fixed point [1]
FIRST = 4  # steps of Newton's method that all searches take together [1]
LONGER = 3  # times the relaxation that those which need more steps go on for [1]
NEAR = 0.05  # points closer than this share of the cloud's spacing are the same


class Kind(IntEnum):
    """What a search ended at."""

    FIXED = 0  # the residual is at most `EXACT`
    SLOW = 1  # the state hardly moves, but it does move
    MISSING = 2  # Newton's method ended far from rest, or at no number


class FixedPoints(NamedTuple):
    """What was found for each held input, from each of its candidates."""

    point: Float[np.ndarray, "*inputs candidate hidden"]
    residual: Float[np.ndarray, "*inputs candidate"]  # ‖F(h) − h‖, evaluated afresh
    kind: Int[np.ndarray, "*inputs candidate"]  # of `Kind`
    steps: Int[np.ndarray, "*inputs candidate"]  # of Newton's method

    @property
    def counts(self) -> dict[str, int]:
        """How many searches ended how."""
        return {kind.name.lower(): int(np.sum(self.kind == kind)) for kind in Kind}

    @property
    def found(self) -> np.ndarray:
        """Whether an input has a fixed point, shape (*inputs)."""
        return np.any(self.kind == Kind.FIXED, axis=-1)

    @property
    def best(self) -> Float[np.ndarray, "*inputs hidden"]:
        """The end of the first candidate that came to rest; NaN where none did.

        Residuals of fixed points differ by rounding alone, so the order of the
        candidates decides: where an input has several fixed points, this is the one
        near the state that a search should begin with.
        """
        place = np.argmax(self.kind == Kind.FIXED, axis=-1)[..., None, None]
        point = np.take_along_axis(self.point, place, axis=-2)[..., 0, :]
        return np.where(self.found[..., None], point, np.nan)

    @property
    def reasons(self) -> dict[str, int]:
        """How many inputs are without a fixed point, by what their searches ended at.

        The first of these that any search of the input ended at is its reason.
        """
        slow = np.any(self.kind == Kind.SLOW, axis=-1)
        number = np.any(np.isfinite(self.residual), axis=-1)
        left = ~self.found
        return {
            "slow point": int(np.sum(left & slow)),
            "far from rest": int(np.sum(left & ~slow & number)),
            "no number": int(np.sum(left & ~slow & ~number)),
        }


def double(tree: Any) -> Any:
    """A model or arrays in float64; call it where x64 is enabled."""
    return jax.tree.map(
        lambda leaf: (
            jnp.asarray(leaf, jnp.float64)
            if eqx.is_inexact_array(leaf) or isinstance(leaf, np.ndarray)
            else leaf
        ),
        tree,
    )


def find(
    controllers: Any,
    inputs: Float[np.ndarray, "*inputs size"],
    candidates: Float[np.ndarray, "*inputs candidate hidden"],
    *,
    relaxation: int = 200,
    steps: int = 30,
    stacked: bool = False,
) -> FixedPoints:
    """Fixed points under each of many held inputs, in float64.

    All searches run as one program, which takes as long as the slowest of them. So it
    takes `FIRST` steps of Newton's method at most, and the few that need more go on by
    themselves, from where `LONGER` times the relaxation leaves them. What does not end
    there is searched without any relaxation, for a point that is not stable.

    Args:
        controllers: `F`, called as `F(input, hidden)`; with `stacked`, as many of them
            with a leading axis, which is then the first of `inputs`.
        inputs: what the network is told, held.
        candidates: hidden states to start from.
        relaxation: forward iterations before Newton's method [1].
        steps: most iterations of Newton's method [1].
        stacked: whether `controllers` has a leading axis.
    """
    first = min(FIRST, steps)
    shape = candidates.shape[:-1]
    with jax.enable_x64(True):
        wide = double(controllers)
        told, begin = (jnp.asarray(x, jnp.float64) for x in (inputs, candidates))
        result = _search(wide, told, begin, relaxation, first, stacked)
        # Copies, for what comes of the stragglers to be put in.
        point, residual, count = (
            np.array(x).reshape(-1, *x.shape[len(shape) :]) for x in result
        )
        begin, told = (x.reshape(-1, x.shape[-1]) for x in (begin, told))
        each = len(residual) // shape[0]  # searches of a controller
        for more in (relaxation * (1 + LONGER), 0) if steps > first else ():
            # Rounding grows with the state.
            size = np.maximum(1, np.linalg.norm(point, axis=-1))
            left = np.flatnonzero(~(residual <= DONE * size))
            if not len(left):
                break
            some = _padded(left)
            which = jnp.asarray(some // each) if stacked else None
            found = _alone(
                wide, which, told[some // shape[-1]], begin[some], more, steps
            )
            ends = [np.asarray(part)[: len(left)] for part in found]
            nearer = ~(ends[1] >= residual[left]) & np.isfinite(ends[1])
            for whole, part in zip((point, residual, count), ends, strict=True):
                whole[left[nearer]] = part[nearer]
    kind = np.where(residual <= SLOW, Kind.SLOW, Kind.MISSING)
    kind = np.where(residual <= EXACT, Kind.FIXED, kind)  # NaN stays missing
    flat = (residual, kind, count)
    return FixedPoints(
        point.reshape(candidates.shape), *(x.reshape(shape) for x in flat)
    )


def _padded(places: np.ndarray) -> np.ndarray:
    """Places, the last repeated up to a power of two: few sizes are compiled."""
    size = max(8, 1 << (len(places) - 1).bit_length())
    return np.pad(places, (0, size - len(places)), mode="edge")


@eqx.filter_jit
def _alone(
    controllers: Any,
    which: Array | None,
    inputs: Array,
    candidates: Array,
    relaxation: int,
    steps: int,
) -> tuple[Array, Array, Array]:
    """Searches that go on by themselves, each with its own controller of the stack."""
    one = partial(_one, relaxation=relaxation, steps=steps)
    if which is None:
        return jax.vmap(one, (None, 0, 0))(controllers, inputs, candidates)
    arrays, static = eqx.partition(controllers, eqx.is_array)

    def of_member(member: Array, held: Array, begin: Array) -> Any:
        mine = jax.tree.map(lambda leaf: leaf[member], arrays)
        return one(eqx.combine(mine, static), held, begin)

    return jax.vmap(of_member)(which, inputs, candidates)


@eqx.filter_jit
def _search(
    controllers: Any,
    inputs: Array,
    candidates: Array,
    relaxation: int,
    steps: int,
    stacked: bool,
) -> tuple[Array, Array, Array]:
    one = partial(_one, relaxation=relaxation, steps=steps)

    def under_inputs(controller: Any, inputs: Array, candidates: Array) -> Any:
        """All inputs and candidates of one controller, flattened into one axis."""
        leading, many = inputs.shape[:-1], candidates.shape[-2]
        held = jnp.repeat(inputs.reshape(-1, inputs.shape[-1]), many, axis=0)
        begin = candidates.reshape(-1, candidates.shape[-1])
        ends = jax.vmap(one, (None, 0, 0))(controller, held, begin)
        return jax.tree.map(lambda x: x.reshape(*leading, many, *x.shape[1:]), ends)

    if stacked:
        return eqx.filter_vmap(under_inputs)(controllers, inputs, candidates)
    return under_inputs(controllers, inputs, candidates)


def _one(
    controller: Map, held: Array, begin: Array, *, relaxation: int, steps: int
) -> tuple[Array, Array, Array]:
    """End of one search, its residual and how many steps Newton's method took."""

    def still(hidden: Array, _: None) -> Array:
        return controller(held, hidden) - hidden

    def forward(hidden: Array, _: None) -> tuple[Array, None]:
        return controller(held, hidden), None

    near, _ = jax.lax.scan(forward, begin, None, length=relaxation)
    newton = optx.Newton(rtol=1e-13, atol=1e-13)
    solution = optx.root_find(still, newton, near, max_steps=steps, throw=False)
    point = solution.value
    count = jnp.asarray(solution.stats["num_steps"])
    return point, jnp.linalg.norm(still(point, None)), count


def residuals(
    controller: Map,
    inputs: Float[np.ndarray, "*inputs size"],
    begin: Float[np.ndarray, "*inputs hidden"],
    *,
    steps: int,
) -> dict[str, Float[np.ndarray, " step *inputs"]]:
    """How ‖F(h) − h‖ falls by forward iteration and by Newton's method.

    Args:
        controller: `F`, called as `F(input, hidden)`.
        inputs: what the network is told, held.
        begin: a state to start from under each input.
        steps: of both methods [1].

    Returns:
        `forward` and `newton`, the residual before each step.
    """
    with jax.enable_x64(True):
        inputs, begin = (np.asarray(x, np.float64) for x in (inputs, begin))
        told, first = (jnp.asarray(x.reshape(-1, x.shape[-1])) for x in (inputs, begin))
        falls = _falls(double(controller), told, first, steps)
        shaped = [np.asarray(x).T.reshape(steps, *inputs.shape[:-1]) for x in falls]
    return dict(zip(("forward", "newton"), shaped, strict=True))


@eqx.filter_jit
def _falls(
    controller: Map, inputs: Array, begin: Array, steps: int
) -> tuple[Array, Array]:
    unit = jnp.eye(begin.shape[-1])

    def of_one(held: Array, first: Array) -> tuple[Array, Array]:
        def still(hidden: Array) -> Array:
            return controller(held, hidden) - hidden

        def by_iteration(hidden: Array, _: None) -> tuple[Array, Array]:
            return controller(held, hidden), jnp.linalg.norm(still(hidden))

        def by_newton(hidden: Array, _: None) -> tuple[Array, Array]:
            slope = jax.jacfwd(partial(controller, held))(hidden) - unit
            change = jnp.linalg.solve(slope, still(hidden))
            return hidden - change, jnp.linalg.norm(still(hidden))

        ways = (by_iteration, by_newton)
        falls = [jax.lax.scan(way, first, None, length=steps)[1] for way in ways]
        return falls[0], falls[1]

    return jax.vmap(of_one)(inputs, begin)


def unique(
    points: Float[np.ndarray, "point hidden"], spacing: float
) -> Int[np.ndarray, " kept"]:
    """Places of points that differ from all kept before them.

    Args:
        points: fixed points under one input, the best first.
        spacing: distance between fixed points of neighbouring inputs, which says what
            is close: two points nearer than `NEAR` of it are one [1].
    """
    kept: list[int] = []
    for place, point in enumerate(points):
        distances = [np.linalg.norm(point - points[other]) for other in kept]
        if not distances or min(distances) > NEAR * spacing:
            kept.append(place)
    return np.asarray(kept, int)
