"""Output layers against a plain NumPy version of each formula, and their laws."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit.models import build
from studies.orbit.outputs import (
    OUTPUT_LAYERS,
    PLAIN,
    acceleration_of,
    frame,
    output_count,
    output_prior,
    split,
)

SCALE = 1.7


def unit(vector):
    return vector / (np.linalg.norm(vector) + 1e-8)


def softplus(x):
    return np.log1p(np.exp(x))


def in_plane_or_space(raw, space):
    """Cartesian direction components of raw outputs, z = 0 in the plane."""
    return raw if space else np.array([*raw, 0.0])


def expected(name, raw, state, space):
    """The acceleration in plain NumPy, formula by formula, float64."""
    position, velocity = state[:3], state[3:]
    radius = np.linalg.norm(position)
    base = name.removesuffix("_r2")
    normal = np.cross(position, velocity) if space else np.array([0, 0, 1.0])
    normal = normal / np.linalg.norm(normal)
    radial = position / radius
    across = np.cross(normal, radial)
    first, rest = raw[0], raw[1:]
    if base == "simple":
        vector = in_plane_or_space(raw[3:] if space else raw[2:], space)
    elif base == "hybrid":
        vector = in_plane_or_space(raw, space)
    elif base == "rtn":
        vector = first * radial + rest[0] * across + (rest[1] * normal if space else 0)
    elif base == "rtn_logmag":
        others = rest[0] * across + (rest[1] * normal if space else 0)
        vector = -np.exp(first) * radial + np.exp(first) * others
    else:
        direction = in_plane_or_space(rest, space)
        vector = {
            "signed": lambda: first * direction,
            "signed_unit": lambda: first * unit(direction),
            "abs": lambda: abs(first) * direction,
            "scaled": lambda: SCALE * abs(first) * direction,
            "unit": lambda: abs(first) * unit(direction),
            "unit_scaled": lambda: SCALE * abs(first) * unit(direction),
            "softplus": lambda: softplus(first) * direction,
            "unit_softplus": lambda: softplus(first) * unit(direction),
            "activation": lambda: softplus(first) * np.tanh(direction),
            "activation_sigmoid": lambda: np.tanh(direction) / (1 + np.exp(-first)),
            "logmag_exp": lambda: np.exp(first) * direction,
            "logmag_unit_exp": lambda: np.exp(first) * unit(direction),
            "logmag_unit_softplus": lambda: (softplus(first) + 1e-8) * unit(direction),
            "logmag_unit_tanh_exp": lambda: np.exp(first) * unit(np.tanh(direction)),
            "logmag_unit_tanh_softplus": lambda: (
                (softplus(first) + 1e-8) * unit(np.tanh(direction))
            ),
        }[base]()
    return vector / radius**2 if base != name else vector


def draws(name, space=True, count=20, seed=11):
    """Random raw outputs and states, float64, one row each."""
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(count, 6))
    if not space:
        states[:, [2, 5]] = 0.0
    return generator.normal(size=(count, output_count(name, space=space))), states


def single(array):
    return jnp.array(array, jnp.float32)


@pytest.fixture(scope="module", params=[True, False], ids=["space", "plane"])
def answers(request):
    """Whether in space, then name → accelerations, magnitudes, directions; the twins'.

    All layers in one compiled call, which costs a second instead of thirty.
    """
    space = request.param
    options = {"space": space, "scale": SCALE}
    rows = {name: tuple(map(single, draws(name, space))) for name in OUTPUT_LAYERS}

    def one(name, raw, state):
        whole = acceleration_of(name, raw, state, **options)
        twin = acceleration_of(name, -raw, state, **options)
        return whole, *split(name, raw, state, **options), twin

    def every(rows):
        return {name: jax.vmap(partial(one, name))(*rows[name]) for name in rows}

    return space, jax.tree.map(np.asarray, jax.jit(every)(rows))


@pytest.mark.parametrize("name", OUTPUT_LAYERS)
def test_every_output_layer_follows_its_formula_and_splits_into_two(name, answers):
    space, found = answers
    whole, magnitude, direction, _ = found[name]
    for row, (raw, state) in enumerate(zip(*draws(name, space), strict=True)):
        wanted = expected(name, raw, state, space)
        # float32 rounding, relative to the largest component
        tolerance = 2e-5 * max(np.abs(wanted).max(), 1e-3)
        np.testing.assert_allclose(whole[row], wanted, rtol=1e-5, atol=tolerance)
    product = magnitude[:, None] * direction
    np.testing.assert_allclose(product, whole, rtol=1e-5, atol=1e-6)
    if "unit" in name:
        np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", PLAIN)
def test_only_the_signed_layers_have_a_twin(name, answers):
    whole, _, _, twin = answers[1][name]
    if name in {"signed", "signed_unit"}:
        np.testing.assert_array_equal(whole, twin)
    else:
        assert np.abs(whole - twin).max() > 1e-3


@pytest.mark.parametrize("name", [*PLAIN, "signed_r2"])
def test_a_planar_model_never_leaves_its_plane(name):
    model = build(
        features="rinv_vel", output_layer=name, activation="tanh", width=8, depth=1
    )
    lifted = single([1.0, 2.0, 3.0, 0.1, 0.2, 0.3])
    derivative, (_, direction) = eqx.filter_jit(
        lambda model, y: (model(y), model.output_features(y))
    )(model, lifted)
    assert derivative[2] == 0.0
    assert derivative[5] == 0.0
    assert direction[2] == 0.0


def test_gradients_are_finite_where_the_network_says_zero():
    state = single([1.0, 2.0, 0.5, 0.1, 0.2, 0.3])
    zeros = {name: jnp.zeros(output_count(name, space=True)) for name in OUTPUT_LAYERS}

    def slopes(raw):
        layer = partial(acceleration_of, space=True)
        return {
            name: jax.jacobian(partial(layer, name))(m, state)
            for name, m in raw.items()
        }

    for name, slope in jax.jit(slopes)(zeros).items():
        assert jnp.all(jnp.isfinite(slope)), name


def test_the_moving_frame_is_right_handed_and_orthonormal():
    for state in draws("rtn")[1]:
        axes = np.stack(frame(single(state), space=True))
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-5)
        assert np.linalg.det(axes) == pytest.approx(1.0, abs=1e-5)


def test_in_the_plane_the_frame_is_the_one_of_space_for_prograde_motion():
    prograde = single([1.0, 2.0, 0.0, -0.4, 0.3, 0.0])
    for flat, full in zip(
        frame(prograde, space=False), frame(prograde, space=True), strict=True
    ):
        np.testing.assert_allclose(flat, full, atol=1e-6)


def test_layers_are_labelled_by_the_physics_they_are_given():
    assert output_prior("signed") == "neutral"
    assert output_prior("rtn_logmag") == "symmetry-informed"
    assert output_prior("hybrid_r2") == "law given"


def test_an_unknown_output_layer_is_refused_by_name():
    with pytest.raises(ValueError, match="`sined` is unknown; choose from"):
        output_prior("sined")
    with pytest.raises(ValueError, match="`simple_r2` is unknown"):
        output_prior("simple_r2")
