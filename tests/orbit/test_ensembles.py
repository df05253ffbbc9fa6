"""Ensembles on sets of orbits against the same measures taken one model at a time."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import ensembles, kepler, metrics
from studies.orbit.batches import training_sets
from studies.orbit.models import build
from studies.orbit.rollouts import roll_out
from studies.orbit.tasks import OrbitSet, orbit_set
from studies.training import stack


def small(seed):
    return build(
        features="rinv_vel",
        output_layer="signed",
        activation="tanh",
        width=8,
        depth=1,
        seed=seed,
    )


@pytest.fixture(scope="module")
def models():
    """Two untrained models of one structure."""
    return [small(0), small(1)]


@pytest.fixture(scope="module")
def padded() -> OrbitSet:
    """Two orbits, the second without its last ten samples."""
    orbits = orbit_set("complex", 2, 3, points=36)
    states = orbits.states.copy()
    states[1, -10:] = np.nan
    return replace(orbits, states=states)


def test_errors_of_an_ensemble_are_those_of_its_members(models, padded):
    together = ensembles.acceleration_errors(stack(models), padded)
    for model, error in zip(models, together, strict=True):
        alone = metrics.predict(model.acceleration, padded).errors
        assert error == pytest.approx(np.nanmean(alone), rel=1e-5)


def test_a_member_that_is_not_finite_has_an_infinite_error(models, padded):
    broken = eqx.tree_at(
        lambda model: model.network.layers[-1].bias, small(0), jnp.full(3, jnp.nan)
    )
    errors = ensembles.acceleration_errors(stack([models[0], broken]), padded)
    assert np.isfinite(errors[0])
    assert errors[1] == np.inf


def test_output_flips_of_an_ensemble_are_those_of_its_members(models, padded):
    together = ensembles.output_flips(stack(models), padded)
    for model, flips in zip(models, together, strict=True):
        alone = metrics.output_flips(*metrics.output_features(model, padded))
        assert flips == pytest.approx(alone)


def test_following_one_orbit_is_a_rollout_with_accelerations(models, padded):
    found = ensembles.follow(stack(models), padded, row=1)
    assert found.states.shape == (2, 26, 6)
    alone = roll_out(models[1], padded)[1, :26]
    np.testing.assert_allclose(found.states[1], alone, rtol=1e-4, atol=1e-5)
    assert found.errors.shape == (2,)
    exact = found._replace(acceleration=kepler.gravity(found.true[None, :, :3]))
    np.testing.assert_allclose(exact.errors, 0)


def test_an_opened_model_shows_what_multiplies_to_its_acceleration(models, padded):
    inside = ensembles.open_up(models[0], padded.states[0])
    assert inside.inputs.shape == (36, 5)
    product = inside.magnitude[:, None] * inside.direction
    np.testing.assert_allclose(product, inside.acceleration, rtol=1e-5, atol=1e-6)


# Sets of a training ------------------------------------------------------------------


def test_validation_orbits_are_drawn_independently_and_observed_alike():
    plain = training_sets("complex", 4, 7, space=False, points=36)
    assert plain.training is plain.true
    assert not np.isin(plain.validation.elements, plain.true.elements)[:, 0].any()
    noisy = training_sets("complex", 4, 7, space=False, points=36, position_noise=1e-2)
    np.testing.assert_array_equal(noisy.true.states, plain.true.states)
    gaps = [
        (noisy.training.states - plain.training.states)[..., :2],
        (noisy.validation.states - plain.validation.states)[..., :2],
    ]
    for gap in gaps:
        assert gap.std() == pytest.approx(1e-2, rel=0.2)
    assert np.abs(gaps[0] - gaps[1]).max() > 1e-3


def test_a_file_of_own_orbits_is_split_into_whole_orbits(tmp_path):
    lines = ["orbit,a [km],e,i,raan,argp,nu"]
    lines += [f"o{k},{8000 + 1000 * k},0.1,10,20,30,40" for k in range(5)]
    (tmp_path / "own.csv").write_text("\n".join(lines))
    path = str(tmp_path / "own.csv")
    sets = training_sets("complex", 1, 0, space=False, points=36, data_file=path)
    assert len(sets.training) == 4
    assert len(sets.validation) == 1
    assert sets.training.planar
    assert not set(sets.validation.names) & set(sets.training.names)
    assert sets.independent


def test_the_only_orbit_of_a_file_is_no_independent_judge(tmp_path):
    (tmp_path / "own.csv").write_text("a [km],e,i,raan,argp,nu\n8000,0.1,10,20,30,40")
    path, sizes = str(tmp_path / "own.csv"), {"space": False, "points": 36}
    with pytest.warns(UserWarning, match="validation uses the training orbit"):
        sets = training_sets(
            "complex", 1, 0, **sizes, data_file=path, position_noise=1e-3
        )
    assert not sets.independent  # although its noise is another
    assert not np.array_equal(sets.training.states, sets.validation.states)
    assert training_sets("complex", 1, 0, **sizes).independent


def test_every_draw_is_judged_by_the_same_orbits():
    """Which company a member trains in must not change which parameters are best."""
    sizes = {"space": False, "points": 36, "position_noise": 1e-3}
    first, other = (
        training_sets("complex", 3, data_seed, **sizes) for data_seed in (1, 2)
    )
    assert np.array_equal(first.validation.states, other.validation.states)
    assert not np.allclose(first.training.states, other.training.states)
