"""Training distributions by their moments; fields of evaluation by their direction."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from studies.reach import disturbances as fields
from studies.reach.disturbances import Disturbance
from studies.reach.tasks import centre_out, random_reaches, steady_states

COUNT = 20_000
REACHES = random_reaches(jax.random.key(0), COUNT)
HALF_NORMAL = np.sqrt(2 / np.pi)  # mean of |N|: 0.80
METHODS = [name for name in fields.METHODS if name != "none"]


def drawn(field="curl", method="none", std=1.5, probability=1.0, **how):
    """Arrays (curl, force, context) of many disturbed trials."""
    disturbance = Disturbance(field, method, probability, **how)
    trials = disturbance.draw(jax.random.key(1), REACHES, std)
    return tuple(np.asarray(x) for x in (trials.curl, trials.force, trials.context))


def test_without_a_method_curl_amplitudes_are_normal():
    curl, force, context = drawn(std=1.5)
    assert curl.mean() == pytest.approx(0, abs=0.05)
    assert curl.std() == pytest.approx(1.5, rel=0.02)
    assert np.mean(np.abs(curl) < 1.5) == pytest.approx(0.6827, abs=0.01)
    assert not force.any() and not context.any()


def test_constant_fields_have_half_normal_lengths_in_all_directions():
    curl, force, _ = drawn("constant", std=0.1)
    length = np.linalg.norm(force, axis=-1)
    assert length.mean() == pytest.approx(0.1 * HALF_NORMAL, rel=0.02)
    assert np.sqrt((length**2).mean()) == pytest.approx(0.1, rel=0.02)
    angle = np.arctan2(force[:, 1], force[:, 0])
    assert angle.std() == pytest.approx(np.pi / np.sqrt(3), rel=0.02)
    assert np.abs(np.exp(1j * angle).mean()) < 0.02
    assert not curl.any()


@pytest.mark.parametrize("field", ["curl", "constant"])
@pytest.mark.parametrize("probability", [1.0, 0.25])
def test_bcs_tells_whether_there_is_a_field(field, probability):
    curl, force, context = drawn(field, "bcs", probability=probability)
    on = (curl != 0) | force.any(axis=-1)
    np.testing.assert_array_equal(context, on)
    assert context.mean() == pytest.approx(probability, abs=0.01)


@pytest.mark.parametrize("field", ["curl", "constant"])
def test_dai_tells_the_size_of_the_field_before_scaling(field):
    curl, force, context = drawn(field, "dai", std=1.5)
    size = np.abs(curl) if field == "curl" else np.linalg.norm(force, axis=-1)
    np.testing.assert_allclose(size, 1.5 * context, rtol=1e-4, atol=1e-6)
    assert context.mean() == pytest.approx(0.80, abs=0.01)
    assert context.std() == pytest.approx(0.60, abs=0.01)


def test_pai_asf_tells_the_scale_of_what_the_field_is_drawn_from():
    curl, _, context = drawn(method="pai-asf", std=1.5)
    assert context.mean() == pytest.approx(0.5, abs=0.01)
    assert context.std() == pytest.approx(1 / np.sqrt(12), rel=0.02)
    assert 0 <= context.min() and context.max() <= 1
    draw = curl / (1.5 * context)
    assert draw.std() == pytest.approx(1, rel=0.02)
    assert abs(np.corrcoef(np.abs(draw), context)[0, 1]) < 0.02


def test_pai_n_tells_the_size_with_an_error():
    curl, _, context = drawn(method="pai-n", std=1.5, context_noise=0.5)
    error = context - np.abs(curl) / 1.5
    assert error.mean() == pytest.approx(0, abs=0.02)
    assert error.std() == pytest.approx(0.5, rel=0.02)


def test_the_first_std_context_grew_with_the_std_and_the_later_ones_do_not():
    first = drawn(method="std-2024-11", std=1.6)
    second = drawn(method="std-half-normal", std=1.6)
    uniform = drawn(method="std-uniform", std=1.6)
    assert first[2].mean() == pytest.approx(1.6 * HALF_NORMAL, rel=0.02)
    assert second[2].mean() == pytest.approx(HALF_NORMAL, rel=0.02)
    # P(all of 250 below x) = (2 Φ(x) - 1)^250 gives the median of a batch's largest.
    largest = 1.6 * norm.ppf((1 + 2 ** (-1 / 250)) / 2)  # 4.8
    batches = first[2].reshape(-1, 250).max(axis=1)
    assert np.median(batches) == pytest.approx(largest, rel=0.05)
    # The first two draw the same fields; the product of two normals has variance 1.
    np.testing.assert_allclose(first[0], second[0], rtol=1e-5)
    assert first[0].std() == pytest.approx(1.6, rel=0.03)
    assert uniform[2].max() <= 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mask_context", [True, False], ids=["masked", "open"])
def test_context_is_masked_where_the_field_is_off(method, mask_context):
    curl, _, context = drawn(
        method=method, std=1.0, probability=0.3, mask_context=mask_context
    )
    off = curl == 0
    assert off.mean() == pytest.approx(0.7, abs=0.02)
    assert (
        not context[off].any()
        if mask_context or method == "bcs"
        else (context[off].any())
    )
    assert context[~off].all()


@pytest.mark.parametrize("method", METHODS)
def test_a_baseline_has_neither_field_nor_context(method):
    trials = Disturbance("constant", method).draw(
        jax.random.key(1), REACHES, 1.0, on=0.0
    )
    assert not np.asarray(trials.force).any()
    assert not np.asarray(trials.context).any()


def test_a_ramp_scales_the_field_and_not_the_context():
    draw = Disturbance("curl", "dai").draw
    whole = draw(jax.random.key(1), REACHES, 1.0)
    part = draw(jax.random.key(1), REACHES, 1.0, ramp=0.25)
    np.testing.assert_allclose(part.curl, 0.25 * whole.curl, rtol=1e-6)
    np.testing.assert_array_equal(part.context, whole.context)


def test_stds_share_their_standard_draws():
    one, two = drawn(std=0.5)[0], drawn(std=1.0)[0]
    np.testing.assert_allclose(two, 2 * one, rtol=1e-6)


def test_gusts_come_as_often_and_last_as_long_as_expected():
    keys = jax.random.split(jax.random.key(2), 4000)
    many = jax.jit(jax.vmap(lambda key: fields.random_gusts(key, 400)))
    gusts = np.asarray(many(keys))
    on = np.any(gusts, axis=-1)
    # Of N pulses, Poisson, each covers a step with probability 10 / 400 inside.
    covered = fields.GUSTS * fields.GUST_STEPS / 400
    assert on[:, 100:].mean() == pytest.approx(1 - np.exp(-covered), rel=0.05)
    assert np.mean(~np.any(on, axis=1)) == pytest.approx(
        np.exp(-fields.GUSTS), abs=0.02
    )
    power = (gusts[:, 100:] ** 2).sum(axis=-1).mean()
    assert power == pytest.approx(covered, rel=0.1)


def test_gusts_scale_with_the_std():
    few = jax.tree.map(lambda x: x[:5], REACHES)
    own, key = Disturbance("gusts"), jax.random.key(3)
    draw = jax.jit(lambda std: own.draw(key, few, std, controls=20))
    one, two = map(draw, (1.0, 2.0))
    assert one.gusts is not None and two.gusts is not None
    assert np.asarray(one.gusts).any()
    np.testing.assert_allclose(two.gusts, 2 * one.gusts)


def test_the_fields_of_evaluation_push_to_the_left():
    trials = centre_out(1, 8)
    along = np.asarray(trials.goal - trials.start)
    force = np.asarray(fields.with_constant(trials, 0.4).force)
    np.testing.assert_allclose(np.linalg.norm(force, axis=-1), 0.4, rtol=1e-5)
    left = along[:, 0] * force[:, 1] - along[:, 1] * force[:, 0]
    np.testing.assert_allclose(left, 0.4 * 0.5, rtol=1e-5)
    np.testing.assert_array_equal(fields.with_curl(trials, 2.0).curl, 2.0)
    np.testing.assert_array_equal(fields.with_context(trials, -3.0).context, -3)
    still = fields.with_constant(steady_states(3), 0.4).force
    np.testing.assert_array_equal(still, 0.0)


def test_the_gust_of_evaluation_lasts_for_part_of_the_movement():
    trials = centre_out(1, 4)
    gusts = np.asarray(fields.with_gust(trials, 0.5, 100).gusts)
    on = np.any(gusts, axis=-1)[1]
    assert np.flatnonzero(on)[[0, -1]].tolist() == [10, 74]
    late = trials._replace(epochs=jnp.tile(jnp.array([5, 10, 20]), (4, 1)))
    gusts = np.asarray(fields.with_gust(late, 0.5, 100).gusts)
    on = np.any(gusts, axis=-1)[1]
    assert np.flatnonzero(on)[[0, -1]].tolist() == [28, 79]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"field": "vortex"}, "`field` 'vortex' is unknown; it is one of none, curl"),
        ({"method": "pai"}, "`method` 'pai' is unknown"),
        ({"probability": 1.5}, r"`probability` must be in \[0, 1\]"),
        ({"field": "gusts", "method": "dai"}, "which gusts do not have"),
    ],
)
def test_an_unknown_disturbance_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Disturbance(**wrong)
