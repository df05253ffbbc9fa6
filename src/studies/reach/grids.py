r"""What the fixed points of a resting controller say: their grid, and how it moves.

`Resting` looks at one model. From the implicit function theorem a fixed point moves
with its input by $\partial h^*/\partial u=(I-J)^{-1}B$; read out, these are the gains
of a controller that has settled: newtons per metre of error, newtons per m/s of felt
velocity. A shift of target and hand together moves it by the sum of both derivatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from studies.reach import fixed_points, geometry, spectra
from studies.reach.steady import Model, Steady, at_rest, candidates, held

TARGET, FELT, SPEED = "target_position", "feedback_position", "feedback_velocity"


@dataclass(frozen=True)
class Offset:
    """What a held error does to the fixed points, by size and direction."""

    sizes: Float[np.ndarray, " size"]  # [m] or [m/s]
    moved: Float[np.ndarray, "context place size direction hidden"]
    force: Float[np.ndarray, "context place size direction"]  # against it [N]
    reasons: dict[str, int]  # situations without a fixed point, by what stands there

    @property
    def gain(self) -> Float[np.ndarray, "context size"]:
        """Median force against the error, over its size [N/m] or [N s/m]."""
        return np.nanmedian(self.force, axis=(1, 3)) / self.sizes

    @property
    def invariance(self) -> Float[np.ndarray, " context"]:
        """How much of the movement is the same at all places; 1 is all of it."""
        by_place = np.moveaxis(self.moved, 1, 0)
        return np.nanmean(geometry.invariance(by_place), axis=(1, 2))

    @property
    def missing(self) -> int:
        """Situations without a fixed point."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Resting:
    """The fixed points of one model at rest, and what follows from them."""

    model: Model
    steady: Steady

    @classmethod
    def of(
        cls, model: Model, contexts: Sequence[float], grid: int, **told: Any
    ) -> "Resting":
        """The fixed points of a model; `told` as `steady.candidates` takes it."""
        return cls(model, at_rest(model, contexts, grid, **told))

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the input that say what is wanted: goal and context."""
        return (TARGET, "context") if self.model.layout.context else (TARGET,)

    @property
    def residual(self) -> Float[np.ndarray, "context place"]:
        """‖F(h*) − h*‖ of the fixed points, evaluated afresh; NaN where none was."""
        once = fixed_points.residuals(
            self.model.controller, self.steady.inputs, self.steady.points, steps=1
        )
        return once["forward"][0]

    def begin(self, seed: int = 0) -> Float[np.ndarray, "context place hidden"]:
        """The last hidden state of a trial at each place and context."""
        told = {"repeats": 1, "anywhere": 0, "seed": seed}
        ends = candidates(self.model, self.contexts, self.steady.places, **told)
        return ends[:, :, 0]

    @property
    def contexts(self) -> Float[np.ndarray, " context"]:
        """The contexts of the model; 0 where it has no context input."""
        return self.steady.contexts

    @cached_property
    def grids(self) -> list[geometry.Grid]:
        """The grid of places under each context."""
        points = self.steady.points
        return [geometry.grid(some, self.steady.places) for some in points]

    @cached_property
    def frame(self) -> geometry.Frame:
        """Principal components of all fixed points, to draw in."""
        return geometry.frame(self.steady.points)

    @cached_property
    def jacobians(self) -> spectra.Jacobians:
        """Derivatives of the map at the fixed points."""
        return spectra.jacobians(
            self.model.controller, self.steady.inputs, self.steady.points
        )

    @cached_property
    def moves(self) -> Float[np.ndarray, "context place hidden size"]:
        """How each fixed point moves with each component of its input."""
        return spectra.moves_with_input(self.jacobians)

    def by(self, part: str) -> Float[np.ndarray, "context place hidden n"]:
        """How each fixed point moves with a part of the input."""
        return self.moves[..., self.model.layout[part]]

    def gain(self, part: str) -> Float[np.ndarray, " context"]:
        """The largest force for a small change of a part, median over places."""
        forces = self.model.readout @ self.by(part)
        return over_places(np.linalg.norm(forces, axis=(-2, -1), ord=2))

    @cached_property
    def together(self) -> Float[np.ndarray, " context"]:
        """How far a shift of target and hand moves a point, over one of the target."""
        both = np.linalg.norm(self.by(TARGET) + self.by(FELT), axis=(-2, -1))
        return over_places(both / np.linalg.norm(self.by(TARGET), axis=(-2, -1)))

    @cached_property
    def force(self) -> Float[np.ndarray, " context"]:
        """Median force at rest, which should be none [N]."""
        pushes = self.model.force(self.steady.points)
        return over_places(np.linalg.norm(pushes, axis=-1))

    def context(self, wanted: float) -> int:
        """The place of the context nearest to a wanted one."""
        return int(np.argmin(np.abs(self.contexts - wanted)))

    def translation(self, low: float, high: float) -> geometry.Translation:
        """How the grid moves from one context to another."""
        first, last = self.context(low), self.context(high)
        return geometry.translation(self.steady.points[first], self.steady.points[last])

    def offset(self, part: str, sizes: Sequence[float], directions: int = 8) -> Offset:
        """What a held error of the felt position or velocity does.

        Args:
            part: "feedback_position" or "feedback_velocity".
            sizes: of the error [m] or [m/s].
            directions: evenly spaced around the circle [1].
        """
        angle = 2 * np.pi * np.arange(directions) / directions
        way = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        error = np.asarray(sizes, float)[:, None, None] * way
        place = self.steady.places[:, None, None]
        inputs = held(
            self.model.layout,
            place,
            place + error * (part == FELT),
            velocity=error * (part == SPEED),
            context=self.contexts[:, None, None, None],
        )
        points = self.steady.points[:, :, None, None]
        begin = np.broadcast_to(points, (*inputs.shape[:-1], points.shape[-1]))
        search = fixed_points.find(self.model.controller, inputs, begin[..., None, :])
        force = self.model.force(search.best) - self.model.force(points)
        against = -np.einsum("cpsdx,dx->cpsd", force, way)
        moved, size = search.best - points, np.asarray(sizes, float)
        return Offset(size, moved, against, search.reasons)

    def difference(self, part: str, step: float = 1e-5) -> float:
        """Largest relative error of ∂h*/∂part against points that were found again.

        Central differences: the points of inputs a step more and a step less.
        """
        where, worst = self.model.layout[part], 0.0
        begin = self.steady.points[:, :, None]
        for place in range(where.start, where.stop):
            change = np.zeros(self.model.layout.size)
            change[place] = step
            ahead, behind = (
                fixed_points.find(
                    self.model.controller, self.steady.inputs + sign * change, begin
                ).best
                for sign in (1, -1)
            )
            exact = self.moves[..., place]
            apart = np.linalg.norm((ahead - behind) / (2 * step) - exact, axis=-1)
            worst = max(worst, np.nanmax(apart / np.linalg.norm(exact, axis=-1)))
        return float(worst)


def over_places(values: Float[np.ndarray, "context place"]) -> np.ndarray:
    """Median over the places that have a value; NaN where none has."""
    known = np.isfinite(values)
    return np.array(
        [
            np.median(row[k]) if k.any() else np.nan
            for row, k in zip(values, known, strict=True)
        ]
    )
