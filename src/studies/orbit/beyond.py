"""What a model learned beyond two bodies: the perturbation, or the third body.

For J2 and drag the yardstick is Newton's field alone, which knows nothing of them.
Among three bodies it is the Jacobi constant, and the libration points, where nothing
pulls.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float
from scipy.stats import rankdata

from studies.orbit import rollouts, tasks, threebody
from studies.orbit.metrics import Predictions, on_each, predict

NEAR = 0.1  # [distance] around a libration point
SIDE = 9  # grid points across that disc
PIECES = 10  # of an arc
THREE = "three_body"


def system_of(row: Mapping[str, Any]) -> tasks.System:
    """The system whose orbits trained a model."""
    return tasks.System(row.get("system", "two_body"), row.get("strength", 1.0))


def name_of(system: tasks.System) -> str:
    """A system as tables have it."""
    return f"{system.name} × {system.strength:g}" if system.perturbed else system.name


def newton_alone(orbits: tasks.OrbitSet) -> float:
    """Mean error of Newton's field on the true states of a perturbed set [%]."""
    plain = tasks.TWO_BODY.acceleration(orbits.states)
    known = Predictions(orbits.states[..., :3], orbits.acceleration, plain, orbits.mask)
    return float(np.mean(known.errors[orbits.mask]))


def perturbation_error(model: Any, orbits: tasks.OrbitSet) -> float:
    """Error of the learned perturbation over the size of the true one [%].

    Both as root mean squares over the set; what is left of a field without Newton's
    part is its perturbation. 100 % is what a model that knows only Newton gets.
    """
    answers = predict(model.acceleration, orbits)
    plain = tasks.TWO_BODY.acceleration(orbits.states)
    gap = np.sum((answers.predicted - answers.true) ** 2, axis=-1)
    size = np.sum((answers.true - plain) ** 2, axis=-1)
    return 100 * float(np.sqrt(np.nanmean(gap) / np.nanmean(size)))


class Arcs(NamedTuple):
    """Rollouts of one model among three bodies, over a month."""

    pieces: Float[np.ndarray, " piece"]  # median |change| of C over each piece [%]
    drift: float  # median over arcs of the largest drift [%]
    closest: float  # rank correlation of a piece's drift with its closest approach [1]
    lost: float  # arcs that ran away [%]


def arcs(model: Any, orbits: tasks.OrbitSet) -> Arcs:
    """The drift of the Jacobi constant along arcs rolled out from true starts.

    Arcs that ran away count with an infinite change from there on.
    """
    rolled = rollouts.roll_out(model, orbits)
    drift = np.asarray(threebody.jacobi_drift(rolled))
    ran_away = ~np.isfinite(drift).all(axis=1)
    with np.errstate(invalid="ignore"):
        change = np.abs(threebody.by_piece(drift, PIECES))
    change = np.where(np.isfinite(change), change, np.inf)
    largest = np.where(ran_away, np.inf, np.abs(np.nan_to_num(drift)).max(axis=1))
    near = closest_by_piece(orbits)
    ranks = [rankdata(values) for values in (near.ravel(), change.ravel())]
    return Arcs(
        np.median(change, axis=0),
        float(np.median(largest)),
        float(np.corrcoef(*ranks)[0, 1]),  # Spearman's ρ
        100 * float(ran_away.mean()),
    )


def closest_by_piece(orbits: tasks.OrbitSet) -> Float[np.ndarray, "orbit piece"]:
    """Smallest true distance from either body on each piece [distance]."""
    nearest = np.minimum(*threebody.distances(orbits.states))
    edges = np.linspace(0, nearest.shape[1] - 1, PIECES + 1).round().astype(int)
    parts = [
        nearest[:, first : last + 1].min(axis=1)
        for first, last in zip(edges, edges[1:], strict=False)
    ]
    return np.stack(parts, axis=-1)


def errors_at(
    model: Any, states: Float[np.ndarray, "row column 6"]
) -> Float[np.ndarray, "row column"]:
    """Errors of a learned field at states among three bodies [%], none left out."""
    truth = threebody.acceleration(states)
    learned = np.asarray(on_each(model.acceleration, jnp.float32(states)), float)
    gap = np.linalg.norm(learned - truth, axis=-1)
    return 100 * gap / np.linalg.norm(truth, axis=-1)


def near_points(model: Any) -> Float[np.ndarray, " point"]:
    """Median error in a disc about each libration point, at rest there [%].

    The pull is zero at the point itself, so the error is relative to the mean size of
    the true pull over the disc.
    """
    side = np.linspace(-NEAR, NEAR, SIDE)
    x, y = np.meshgrid(side, side)
    inside = np.hypot(x, y) <= NEAR
    errors = []
    for point in threebody.libration_points().values():
        states = np.zeros((1, int(inside.sum()), 6)) + point
        states[0, :, 0] += x[inside]
        states[0, :, 1] += y[inside]
        truth = threebody.acceleration(states)
        learned = np.asarray(on_each(model.acceleration, jnp.float32(states)), float)
        gap = np.linalg.norm(learned - truth, axis=-1)
        errors.append(100 * np.median(gap) / np.linalg.norm(truth, axis=-1).mean())
    return np.array(errors)


def error_plane(
    model: Any, side: int = 61
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and error at rest over the turning plane [%]; NaN near the bodies."""
    x = np.linspace(-1.3, 1.3, side)
    states = np.zeros((side, side, 6))
    states[..., 0], states[..., 1] = np.meshgrid(x, x)
    error = errors_at(model, states)
    return x, x, np.where(threebody.inside(states), error, np.nan)


def marks() -> dict[str, tuple[float, float]]:
    """Places of the bodies and the libration points in the turning plane."""
    mu = threebody.MASS_RATIO
    points = {
        name: (float(state[0]), float(state[1]))
        for name, state in threebody.libration_points().items()
    }
    return {"Earth": (-mu, 0.0), "Moon": (1 - mu, 0.0), **points}


def ordered(errors: Mapping[str, float]) -> str:
    """Whether L1 and L2 err most, then L4 and L5, then L3, in a sentence."""
    groups = {
        "L1, L2": (errors["L1"] + errors["L2"]) / 2,
        "L4, L5": (errors["L4"] + errors["L5"]) / 2,
        "L3": errors["L3"],
    }
    ranked = sorted(groups, key=lambda name: -groups[name])
    said = " > ".join(f"{name} ({groups[name]:.3g} %)" for name in ranked)
    as_said = "as predicted" if ranked == list(groups) else "not as predicted"
    return f"Largest errors first: {said}, {as_said}."


def beats_newton(rows: Sequence[Mapping[str, Any]]) -> str:
    """For each system the best layers beside Newton's field, in sentences.

    A row has `system`, `layers`, `median` and `newton` [%].
    """
    lines = []
    table = pd.DataFrame(list(rows))
    for system, rows_of_system in table.groupby("system", sort=False):
        best = rows_of_system.sort_values("median").iloc[0]
        ratio = best["newton"] / best["median"]
        words = (
            f"{ratio:.2g} times nearer the truth than Newton's field"
            if ratio > 1
            else "no nearer the truth than Newton's field"
        )
        lines.append(
            f"- **{system}**: {best['layers']} errs by {best['median']:.3g} %, {words} "
            f"({best['newton']:.3g} %)."
        )
    return "\n".join(lines)


def said_of_arcs(name: str, models: Sequence[Arcs]) -> str:
    """How far the Jacobi constant drifts in a group of models, and where."""
    drift = float(np.median([model.drift for model in models]))
    pieces = np.median([model.pieces for model in models], axis=0)
    near = float(np.median([model.closest for model in models]))
    lost = float(np.median([model.lost for model in models]))
    where = (
        "and more where a piece comes close to a body"
        if near < -0.1
        else ("but not more where a piece comes close to a body")
    )
    return (
        f"- {name}: over a month C drifts by up to {drift:.3g} % (median arc), "
        f"{pieces.min():.2g} to {pieces.max():.2g} % a piece, {where} (rank "
        f"correlation {near:+.2f}); {lost:.0f} % of arcs ran away."
    )
