r"""Curvature at rest: how a model's speed and its flow bend around its fixed points.

`Bending` looks at one model with the hand at rest at one place, by context. Of the
speed $q=\frac12\lVert F(h)-h\rVert^2$ the small eigenvalues of the Hessian are slow
directions; the flow is looked at through the readout, whose rows make the force, and
through the left eigenvectors of the slowest modes, which say how much of a deviation
lives long.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from studies.reach import spectra
from studies.reach.curvature import Bends, bends, speed_hessian
from studies.reach.fixed_points import double
from studies.reach.grids import Resting

LEADING = 2  # left eigenvectors that the flow is looked at through [1]


@dataclass(frozen=True)
class Bending:
    """Curvature of one model's speed and flow at its fixed points, by context."""

    resting: Resting
    place: int  # of the grid: where the hand rests

    @property
    def contexts(self) -> Float[np.ndarray, " context"]:
        """The contexts that the model was told."""
        return self.resting.contexts

    @property
    def inputs(self) -> Float[np.ndarray, "context size"]:
        """Inputs of the network, by context."""
        return self.resting.steady.inputs[:, self.place]

    @property
    def points(self) -> Float[np.ndarray, "context hidden"]:
        """The fixed points."""
        return self.resting.steady.points[:, self.place]

    @cached_property
    def jacobian(self) -> Float[np.ndarray, "context hidden hidden"]:
        """J at the fixed points."""
        return self.resting.jacobians.hidden[:, self.place]

    @cached_property
    def speed(self) -> Float[np.ndarray, "context hidden hidden"]:
        """The Hessian of the speed, by differentiating twice."""
        return speed_hessian(self.resting.model.controller, self.inputs, self.points)

    @cached_property
    def slow(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues of the speed's Hessian, ascending, and vectors; NaN if missing.

        Shapes (context, hidden) and (context, hidden, hidden), vectors in columns.
        """
        value = np.full(self.points.shape, np.nan)
        vector = np.full(self.speed.shape, np.nan)
        known = np.all(np.isfinite(self.speed), axis=(1, 2))
        if known.any():
            value[known], vector[known] = np.linalg.eigh(self.speed[known])
        return value, vector

    @property
    def squared(self) -> Float[np.ndarray, "context hidden hidden"]:
        """(J − I)ᵀ(J − I), which the speed's Hessian is at a fixed point."""
        slope = self.jacobian - np.eye(self.jacobian.shape[-1])
        return np.swapaxes(slope, -2, -1) @ slope

    @property
    def apart(self) -> float:
        """Largest relative difference of the speed's Hessian from `squared` [1]."""
        gap = np.linalg.norm(self.speed - self.squared, axis=(-2, -1))
        return float(np.nanmax(gap / np.linalg.norm(self.speed, axis=(-2, -1))))

    def away(self, distance: float, ways: int = 8, seed: int = 0) -> float:
        """How much of the speed's Hessian is not (J − I)ᵀ(J − I) off the fixed point.

        Median over contexts and random directions, relative to the Hessian [1].
        """
        rng = np.random.default_rng(seed)
        step = rng.normal(size=(len(self.points), ways, self.points.shape[-1]))
        step *= distance / np.linalg.norm(step, axis=-1, keepdims=True)
        points = self.points[:, None] + step
        inputs = np.broadcast_to(
            self.inputs[:, None], (*points.shape[:2], self.inputs.shape[-1])
        )
        model = self.resting.model.controller
        whole = speed_hessian(model, inputs, points)
        slope = spectra.jacobians(model, inputs, points).hidden
        slope = slope - np.eye(slope.shape[-1])
        gap = np.linalg.norm(whole - np.swapaxes(slope, -2, -1) @ slope, axis=(-2, -1))
        share = gap / np.linalg.norm(whole, axis=(-2, -1))
        return float(np.median(share[np.isfinite(share)]))

    @cached_property
    def through(self) -> dict[str, Bends]:
        """Curvature of the flow seen through readout and leading left eigenvectors."""
        model = self.resting.model
        shape = (len(self.points), *model.readout.shape)
        left = np.real(spectra.modes(self.jacobian).left[:, :LEADING])
        weights = {"readout": np.broadcast_to(model.readout, shape), "slow modes": left}
        see = partial(bends, model.controller, self.inputs, self.points)
        return {name: see(rows) for name, rows in weights.items()}

    def linear_error(
        self, distance: float, ways: int = 64, seed: int = 0
    ) -> np.ndarray:
        """Error of the linear picture of the force after one step, off the point.

        The force after one step from $h^*+\\delta$, against that of $J\\delta$, root
        mean square over random directions, relative to the change itself, by context.
        """
        rng = np.random.default_rng(seed)
        step = rng.normal(size=(ways, self.points.shape[-1]))
        step *= distance / np.linalg.norm(step, axis=-1, keepdims=True)
        model = self.resting.model
        with jax.enable_x64(True):
            wide = double(model.controller)
            told = jnp.asarray(self.inputs)[:, None]
            at = jnp.asarray(self.points[:, None] + step)
            told = jnp.broadcast_to(told, (*at.shape[:2], told.shape[-1]))
            after = np.asarray(jax.jit(jax.vmap(jax.vmap(wide)))(told, at))
        change = (after - self.points[:, None]) @ model.readout.T
        linear = np.einsum("chk,wk->cwh", self.jacobian, step) @ model.readout.T
        error = np.sqrt(np.mean(np.sum((change - linear) ** 2, axis=-1), axis=-1))
        return error / np.sqrt(np.mean(np.sum(linear**2, axis=-1), axis=-1))
