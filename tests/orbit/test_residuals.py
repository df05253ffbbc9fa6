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


@jax.jit
def newtonian(times, states):
    return residuals.reference_orbits(times, states, "fast")


@pytest.mark.parametrize("name", residuals.PLAIN)
def test_newton_alone_scores_a_hundred_percent(pieces, name):
    times, states = pieces
    reference = newtonian(times, states)
    squared = name == "residual_state_nmse"
    score = residuals.residual_error(reference, states, reference, squared=squared)
    assert score == pytest.approx(100.0, rel=1e-4)
    given = (name, TwoBody(), "fast", times, states)
    terms = eqx.filter_jit(residuals.residual_terms)(*given)
    assert terms[name] == pytest.approx(100.0, rel=1e-4)


def test_half_the_perturbation_scores_fifty(pieces):
    times, states = pieces
    reference = newtonian(times, states)
    half = (states + reference) / 2
    for squared in (False, True):
        score = residuals.residual_error(half, states, reference, squared=squared)
        assert score == pytest.approx(50.0, rel=1e-4)


def test_padding_counts_for_nothing(pieces):
    times, states = pieces
    reference = newtonian(times, states)
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

    @eqx.filter_jit
    @eqx.filter_value_and_grad(has_aux=True)
    def graded(model, penalty):
        given = (name, model, "fast", times, states, penalty)
        terms = residuals.residual_terms(*given)
        return sum(terms.values()), terms

    (_, once), slopes = graded(model, jnp.array(1.0))
    (_, twice), _ = graded(model, jnp.array(2.0))
    assert twice["acceleration"] == pytest.approx(2 * once["acceleration"])
    assert once["acceleration"] > 0
    sizes = [float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(slopes)]
    assert all(np.isfinite(sizes))
    assert max(sizes) > 0


def test_segments_of_two_samples_have_no_acceleration(pieces):
    times, states = pieces
    name = "residual_state_percent_error_plus_acceleration_mpe"
    with pytest.raises(ValueError, match="at least 3 samples"):
        residuals.residual_terms(name, TwoBody(), "fast", times[:, :2], states[:, :2])
