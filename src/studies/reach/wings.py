r"""Spectra at rest: slow and oscillatory modes, and the units that carry them.

`Spectra` looks at the Jacobians of one model's fixed points at rest. A *wing* is the
part of a spectrum that oscillates, eigenvalues with $|\mathrm{Im}\,\lambda|$ of at
least `spectra.WING`, and its tip is the one with the largest. Units that load on a mode
are stimulated in the closed loop, and so are random sets of as many units, to see
whether they matter for what the hand does.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from studies.reach import spectra
from studies.reach.grids import FELT, SPEED, Resting, over_places
from studies.reach.loop import Loop, run
from studies.reach.models import Controller
from studies.reach.probes import Probe, Pulse
from studies.reach.tasks import Trial

PULSE = 5  # steps of a stimulation [1]
SLOW, TURNING = "least stable", "oscillatory"  # the modes whose units are stimulated


class Spread(NamedTuple):
    """How much sorted |λ| differ between contexts and between places [1]."""

    context: float
    place: float


@dataclass(frozen=True)
class Spectra:
    """The spectra of one model at rest, by context and place."""

    resting: Resting

    @property
    def contexts(self) -> Float[np.ndarray, " context"]:
        """The contexts that the model was told."""
        return self.resting.contexts

    @cached_property
    def modes(self) -> spectra.Modes:
        """Eigenvalues and eigenvectors, by falling |λ|."""
        return spectra.modes(self.resting.jacobians.hidden)

    @property
    def value(self) -> Complex[np.ndarray, "context place hidden"]:
        """The eigenvalues."""
        return self.modes.value

    @property
    def radius(self) -> Float[np.ndarray, " context"]:
        """The largest |λ| of any place."""
        return np.nanmax(np.abs(self.value), axis=(1, 2))

    @property
    def middle(self) -> Float[np.ndarray, " context"]:
        """Median of Re λ over places and modes."""
        return np.nanmedian(np.real(self.value), axis=(1, 2))

    @property
    def width(self) -> Float[np.ndarray, " context"]:
        """The largest |Im λ| of any place."""
        return np.nanmax(np.imag(self.value), axis=(1, 2))

    @property
    def wing(self) -> Complex[np.ndarray, "context place"]:
        """The eigenvalue of largest Im λ, the tip of the wing; NaN without a wing."""
        first = np.argmax(np.imag(self.value), axis=-1)[..., None]
        value = np.take_along_axis(self.value, first, axis=-1)[..., 0]
        turns = np.imag(value) >= spectra.WING
        return np.where(turns, value, complex(np.nan, np.nan))

    @property
    def wing_size(self) -> Float[np.ndarray, " context"]:
        """Median modulus of the wings' tips; NaN without wings [1]."""
        return over_places(np.abs(self.wing))

    @property
    def wing_turn(self) -> Float[np.ndarray, " context"]:
        """Median angle of the wings' tips; NaN without wings [rad]."""
        return over_places(np.angle(self.wing))

    @property
    def spread(self) -> Spread:
        """Std of sorted |λ| over contexts and over places, root mean square of all."""
        size = np.abs(self.value)
        return Spread(
            *(float(np.sqrt(np.nanmean(np.nanvar(size, axis=k)))) for k in (0, 1))
        )

    @property
    def overlap(self) -> Float[np.ndarray, "context place hidden"]:
        """Share of each right eigenvector in the span of the readout [1].

        That of a random vector is two over the number of units.
        """
        basis = np.linalg.qr(self.resting.model.readout.T)[0]
        inside = np.einsum("hr,cphm->cprm", basis, self.modes.right)
        return np.sum(np.abs(inside) ** 2, axis=-2)

    def input_gains(self) -> dict[str, Float[np.ndarray, "context place"]]:
        """The largest singular value of ∂F/∂u for each part of the input [1]."""
        layout = self.resting.model.layout
        parts = ("target_position", FELT, SPEED, *(("context",) * layout.context))
        by_input = self.resting.jacobians.input
        return {
            part: np.linalg.norm(by_input[..., layout[part]], ord=2, axis=(-2, -1))
            for part in parts
        }

    def gain_share(self, part: str, count: int = 2) -> Float[np.ndarray, " context"]:
        r"""Share of the gain at rest that the least stable modes give, by context.

        The gain $W(I-J)^{-1}B$ is a sum over modes, $W r_i\,l_iB/(1-\lambda_i)$. The
        share is the projection of the first `count` terms on the whole, and the median
        over places; all modes together give 1.
        """
        model, found = self.resting.model, self.modes
        shown = model.readout @ found.right
        told = found.left @ self.resting.jacobians.input[..., model.layout[part]]
        weighted = told / (1 - found.value)[..., None]
        first = np.real(shown[..., :count] @ weighted[..., :count, :])
        whole = np.real(shown @ weighted)
        both = np.sum(first * whole, axis=(-2, -1)) / np.sum(whole**2, axis=(-2, -1))
        return over_places(both)

    def loading(self, kind: str, context: int) -> Float[np.ndarray, " hidden"]:
        """Share of each unit in the least stable or the most oscillatory mode [1].

        Mean over places.
        """
        shares = []
        for place, values in enumerate(self.value[context]):
            mode = int(np.argmax(np.imag(values))) if kind == TURNING else 0
            shares.append(spectra.loading(self.modes.right[context, place, :, mode]))
        return np.mean(shares, axis=0)

    def strongest(self, kind: str, context: int, count: int) -> Int[np.ndarray, " n"]:
        """The units that load most on a mode, the first the most."""
        return np.argsort(-self.loading(kind, context), kind="stable")[:count]

    def planes(self, context: int, place: int) -> spectra.Planes:
        """Trace and determinant of the modes of one point, in continuous time."""
        return spectra.planes(self.value[context, place], self.resting.model.loop.dt)


class Response(NamedTuple):
    """What hand and network do after sets of units were stimulated.

    Both are differences from the same trial without a stimulation.
    """

    deviation: Float[np.ndarray, " set"]  # farthest from where it would be [m]
    force: Float[np.ndarray, " set"]  # largest force against it, after the pulse [N]


@eqx.filter_jit
def _responses(
    controller: Controller, loop: Loop, context: Array, vectors: Array, end: Array
) -> tuple[Array, Array]:
    zero = jnp.zeros(2, jnp.float32)
    trial = Trial(zero, zero, context * 0, zero, context)

    def course(vector: Array) -> tuple[Array, Array]:
        probe = Probe(before=Pulse(vector, end - PULSE, PULSE))
        whole = run(controller, loop, trial, jax.random.key(0), probe)
        return whole.position, whole.output

    alone, pushed = course(jnp.zeros_like(vectors[0]))
    after = jnp.arange(loop.controls) >= end

    def of_one(vector: Array) -> tuple[Array, Array]:
        position, output = course(vector)
        moved = position - alone
        away = jnp.linalg.norm(moved, axis=-1)
        way = moved[:-1] / jnp.maximum(away[:-1, None], 1e-9)
        against = -jnp.sum((output - pushed) * way, axis=-1)
        lowest = jnp.full_like(against, -jnp.inf)
        return jnp.max(away), jnp.max(jnp.where(after, against, lowest))

    return jax.lax.map(of_one, vectors)


def stimulated(
    spectrum: Spectra,
    context: int,
    sets: Int[np.ndarray, "set units"],
    amplitude: float,
) -> Response:
    """The corrective response to the stimulation of sets of units, at rest.

    The hand is held at the middle of the workspace, without noise, until the network
    rests; then `amplitude` over the root of the number of units is added to the state
    of each unit of a set for `PULSE` steps, before the cell's update.

    Args:
        spectrum: of the model.
        context: place of the context that is told.
        sets: of units that are stimulated together.
        amplitude: norm of what is added [1].

    Raises:
        ValueError: a trial is too short for a pulse and what follows it.
    """
    model = spectrum.resting.model
    quiet: dict[str, Any] = {"sensory_noise": 0.0, "motor_noise": 0.0}
    loop = replace(model.loop, **quiet)
    end = loop.controls // 2
    if end <= PULSE:
        message = (
            f"A pulse of {PULSE} steps in the middle does not fit trials of "
            f"{loop.controls} control steps; choose models of longer trials."
        )
        raise ValueError(message)
    vectors = np.zeros((len(sets), model.controller.hidden_size), np.float32)
    np.put_along_axis(vectors, sets, amplitude / np.sqrt(sets.shape[1]), axis=1)
    told = jnp.asarray(spectrum.resting.contexts[context], jnp.float32)
    away, force = _responses(
        model.controller, loop, told, jnp.asarray(vectors), jnp.asarray(end, jnp.int32)
    )
    return Response(np.asarray(away, float), np.asarray(force, float))


def random_sets(
    units: int, size: int, count: int, seed: int
) -> Int[np.ndarray, "count size"]:
    """Sets of different units, drawn at random."""
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(units)[:size] for _ in range(count)])


def beyond(value: float, chance: Float[np.ndarray, " set"]) -> float:
    """Share of random sets with a smaller response [1]."""
    return float(np.mean(chance < value))
