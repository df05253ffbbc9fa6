"""Yardsticks of noise, space and other truths, against fields that are known."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from claims_of import names_after
from lent import Lent
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


def test_recipes_are_named_by_what_they_do_with_their_samples():
    matching = {"loss": "acceleration_matching", "smoothing": "local"}
    assert noise.recipe_of(matching) == "matching, smoothed"
    retracing = {"loss": "percent_error", "segment_lengths": [18], "smoothing": "none"}
    assert noise.recipe_of(retracing) == "retracing 18 samples, as seen"


def winner(errors: dict[str, list[float]]) -> str:
    """What the page on noise says of recipes at one level of noise."""
    rows = [(recipe, x) for recipe, each in errors.items() for x in each]
    table = pd.DataFrame(rows, columns=pd.Index(["recipe", "mean_100"]))
    names = {"here": {"state": table}, "level": 1e-4, "catalogue": Lent()}
    told = names_after("orbit/12-noise", "verdict", **names, Markdown=str)
    assert told["catalogue"].scraps["error_at_level", ("state", "a")][1] == "%"
    return told["sentences"][0]


def test_a_recipe_wins_clearly_only_with_five_models_and_nearly_all_pairs():
    said = winner({"a": [3.0, 4.0], "matching, smoothed": [1.0, 2.0]})
    assert "**matching, smoothed** is best: 1.5 % (1 to 2) of 2, against 3.5 %" in said
    assert "too few models to be sure: better in 100 % of pairs); as predicted" in said
    many = winner({"a": [1.0, 2.0] * 3, "b": [3.0, 4.0] * 3})
    assert "a clear win" in many
    assert "not matching, smoothed as predicted" in many
    assert "within the spread" in winner({"a": [1.0, 5.0] * 3, "b": [3.0, 4.0] * 3})
    assert "no other recipe" in winner({"a": [1.0]})


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
