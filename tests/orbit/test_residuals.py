"""Losses relative to a two-body orbit: their yardsticks, and what they do not move."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import residuals, tasks
from studies.orbit.models import build
from studies.orbit.systems import TwoBody


@pytest.fixture(scope="module")
def pieces():
    """Segments of orbits about a very oblate Earth: times and states, float32."""
    system = tasks.System("j2", 100.0)
    orbits = tasks.orbit_set("simple", 2, 1, points=90, system=system)
    cut = tasks.segments(orbits, 9)
    return jnp.float32(cut.time), jnp.float32(cut.states)


@pytest.mark.parametrize("name", residuals.PLAIN)
def test_newton_alone_scores_a_hundred_percent(pieces, name):
    times, states = pieces
    reference = residuals.reference_orbits(times, states, "fast")
    squared = name == "residual_state_nmse"
    score = residuals.residual_error(reference, states, reference, squared=squared)
    assert score == pytest.approx(100.0, rel=1e-4)
    terms = residuals.residual_terms(name, TwoBody(), "fast", times, states)
    assert terms[name] == pytest.approx(100.0, rel=1e-4)


def test_half_the_perturbation_scores_fifty(pieces):
    times, states = pieces
    reference = residuals.reference_orbits(times, states, "fast")
    half = (states + reference) / 2
    for squared in (False, True):
        score = residuals.residual_error(half, states, reference, squared=squared)
        assert score == pytest.approx(50.0, rel=1e-4)


def test_padding_counts_for_nothing(pieces):
    times, states = pieces
    reference = residuals.reference_orbits(times, states, "fast")
    half = (states + reference) / 2
    holes = states.at[0, 5:].set(jnp.nan)
    score = residuals.residual_error(half, holes, reference, squared=False)
    assert score == pytest.approx(50.0, rel=1e-4)


def test_inner_accelerations_are_those_of_the_stencil(pieces):
    times, states = (np.asarray(x, float) for x in pieces)
    found = residuals.inner_accelerations(jnp.asarray(times), jnp.asarray(states))
    near = slice(0, 3)
    stencil = tasks.stencil_acceleration(times[:, near], states[:, near])
    assert np.asarray(found[:, 0]) == pytest.approx(stencil, rel=2e-3, abs=2e-3)


def test_the_further_term_is_weighted_and_learned_from(pieces):
    times, states = pieces
    model = build(
        features="rinv_vel", output_layer="signed", activation="tanh", width=8, depth=1
    )
    name = "residual_state_nmse_plus_acceleration_mpe"

    def terms(model, penalty=1.0):
        return residuals.residual_terms(name, model, "fast", times, states, penalty)

    once, twice = terms(model), terms(model, 2.0)
    assert twice["acceleration"] == pytest.approx(2 * once["acceleration"])
    assert once["acceleration"] > 0
    slopes = eqx.filter_grad(lambda m: sum(terms(m).values()))(model)
    sizes = [float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(slopes)]
    assert all(np.isfinite(sizes))
    assert max(sizes) > 0


def test_segments_of_two_samples_have_no_acceleration(pieces):
    times, states = pieces
    name = "residual_state_percent_error_plus_acceleration_mpe"
    with pytest.raises(ValueError, match="at least 3 samples"):
        residuals.residual_terms(name, TwoBody(), "fast", times[:, :2], states[:, :2])
