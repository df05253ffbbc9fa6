"""Yardsticks of noise, space and other truths, against fields that are known."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from studies.orbit import beyond, checks, noise, space, tasks, threebody
from studies.orbit.systems import TwoBody


class ThreeBody(eqx.Module):
    """The truth among three bodies in JAX, with a factor on its Moon."""

    moon: float = 1.0

    def acceleration(self, state):
        mu = threebody.MASS_RATIO
        offset = jnp.array([mu, 0.0, 0.0])
        first = state[:3] + offset
        second = first - jnp.array([1.0, 0.0, 0.0])
        pull = -(1 - mu) * first / jnp.linalg.norm(first) ** 3
        pull -= self.moon * mu * second / jnp.linalg.norm(second) ** 3
        x, y, _, vx, vy, _ = state
        return pull + jnp.stack([x + 2 * vy, y - 2 * vx, jnp.zeros_like(x)])

    def __call__(self, state):
        return jnp.concatenate([state[3:], self.acceleration(state)])


@pytest.fixture(scope="module")
def oblate():
    system = tasks.System("j2", 15.0)
    return tasks.orbit_set("simple", 2, 1, points=36, system=system)


def test_newton_knows_nothing_of_the_perturbation(oblate):
    assert beyond.perturbation_error(TwoBody(), oblate) == pytest.approx(100, rel=1e-3)
    radius = np.linalg.norm(oblate.states[..., :3], axis=-1)
    bulge = 1.5 * 15 * 1.08263e-3 / radius**2  # of Newton's pull, over the equator
    share = 100 * np.mean(bulge / (1 + bulge))
    assert beyond.newton_alone(oblate) == pytest.approx(share, rel=1e-6)


def test_the_true_field_errs_nowhere_near_the_libration_points():
    assert beyond.near_points(ThreeBody()).max() < 1e-2
    wrong = dict(zip(threebody.POINTS, beyond.near_points(ThreeBody(1.1)), strict=True))
    assert wrong["L1"] > wrong["L4"] > wrong["L3"] > 0


def test_a_wrong_moon_drifts_where_arcs_come_near():
    system = tasks.System("three_body")
    orbits = tasks.orbit_set("complex", 3, 1, points=360, system=system)
    true = beyond.arcs(ThreeBody(), orbits)
    wrong = beyond.arcs(ThreeBody(2.0), orbits)
    assert true.pieces.shape == (10,)
    assert true.lost == 0
    assert true.drift < 0.05 < wrong.drift
    assert wrong.closest < 0


def test_recipes_have_names_and_a_winner():
    matching = {"loss": "acceleration_matching", "smoothing": "local"}
    assert noise.recipe_of(matching) == "matching, smoothed"
    retracing = {"loss": "percent_error", "segment_lengths": [18], "smoothing": "none"}
    assert noise.recipe_of(retracing) == "retracing 18 samples, as seen"
    table = pd.DataFrame(
        {
            "recipe": ["a", "a", "matching, smoothed", "matching, smoothed"],
            "position_noise": 1e-4,
            "observed": "state",
            "mean_100": [3.0, 4.0, 1.0, 2.0],
            "state": "trained",
        }
    )
    said = noise.verdict(table, 1e-4, "state")
    assert "**matching, smoothed** is best: median error 1.5" in said
    assert "better in 100 % of pairs" in said
    assert "as predicted" in said


def test_distance_from_periapsis_is_the_same_before_and_after():
    found = space.from_periapsis(np.array([0.0, 10.0, 350.0, 180.0, 270.0]))
    assert found.tolist() == [0, 10, 10, 180, 90]


@pytest.mark.parametrize(
    ("notebook", "change", "message"),
    [
        ("train", {"system": "moon"}, "`system` 'moon' is unknown"),
        ("train", {"strength": 2.0}, "makes no sense"),
        ("train", {"loss": "residual_state_nmse"}, "two bodies leave no residual"),
        ("train", {"smoothing": "local", "points": 5}, "at least 7"),
        ("noise", {"level": 0.0}, "`level` must be above 0"),
        ("noise", {"points": 4}, "at least 7"),
        ("space", {"points": 2}, "`points` must be at least 3"),
        ("beyond_two_bodies", {"arcs": 7}, "`arcs` must be one of"),
    ],
)
def test_what_cannot_work_is_refused(notebook, change, message):
    with pytest.raises(tasks.TaskError, match=message):
        getattr(checks, notebook)(change)
