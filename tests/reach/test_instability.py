"""Definitions of the context: their moments, Euler's growth, who runs away."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import instability
from studies.reach.checks import context_and_instability
from studies.reach.figures import contexts
from studies.reach.loop import Loop
from studies.reach.systems import PointMass, curl_force

STD = 1.6


@pytest.fixture(scope="module")
def drawn():
    key = jax.random.key(1)
    return {
        method: instability.draw(method, STD, 40, 2500, key)
        for method in instability.DEFINITIONS
    }


@pytest.mark.parametrize(
    ("method", "mean"),
    [
        ("std-2024-11", STD * np.sqrt(2 / np.pi)),
        ("std-half-normal", np.sqrt(2 / np.pi)),
        ("std-uniform", 0.5),
    ],
)
def test_the_context_has_the_mean_of_its_definition(drawn, method, mean):
    context = np.asarray(drawn[method].context)
    deviation = context.std() / np.sqrt(context.size)
    assert context.mean() == pytest.approx(mean, abs=4 * deviation)


@pytest.mark.parametrize(
    ("method", "deviation"),
    [
        ("std-2024-11", STD),  # E c² E N² = σ²
        ("std-half-normal", STD),
        ("std-uniform", STD / np.sqrt(3)),  # E U² = 1/3
    ],
)
def test_the_field_has_the_deviation_of_its_definition(drawn, method, deviation):
    assert np.std(drawn[method].curl) == pytest.approx(deviation, rel=0.03)


def test_the_first_and_the_second_definition_have_the_same_fields(drawn):
    first, second, _ = drawn.values()
    np.testing.assert_allclose(first.curl, second.curl, rtol=1e-5)
    np.testing.assert_allclose(first.context, STD * second.context, rtol=1e-5)


def test_euler_steps_make_a_free_hand_faster_as_the_closed_form_says():
    loop, curl = Loop(steps=40), jnp.float32(3.0)
    body = PointMass(dt=loop.dt)
    state = jnp.array([0.0, 0.0, 0.3, -0.4])
    for _ in range(loop.controls):
        state = body.step(state, curl_force(state[2:], curl))
    speed = jnp.linalg.norm(state[2:]) / 0.5
    expected = instability.growth(curl, loop.dt, loop.controls)
    assert float(speed) == pytest.approx(float(expected), rel=1e-4)
    same = instability.curl_that_grows(float(expected), loop.dt, loop.controls)
    assert same == pytest.approx(3.0, rel=1e-5)


def test_a_training_runs_away_by_its_size_or_by_not_being_a_number():
    rows = np.array([[1.0, 2.0], [1.0, 2e6], [1.0, np.nan], [np.inf, 1.0]])
    assert instability.ran_away(rows).tolist() == [False, True, True, True]


def test_members_of_a_seed_differ_only_in_their_definition():
    losses = instability.early_losses(
        ["std-2024-11", "std-uniform"],
        0.0,  # no field at all: only what the network is told can differ
        [0, 1],
        loop=Loop(steps=12),
        hidden=4,
        batch=8,
        batches=2,
        learning_rate=0.01,
        clip=0.0,
    )
    assert losses.shape == (2, 2, 2)
    assert np.isfinite(losses).all()
    assert not np.allclose(losses[:, 0], losses[:, 1])  # seeds differ
    # c = 0 under the first definition at σ = 0, and uniform under the third.
    assert not np.array_equal(losses[0], losses[1])


@pytest.mark.slow
def test_the_original_definition_runs_away_and_the_uniform_one_does_not():
    losses = instability.early_losses(
        ["std-2024-11", "std-uniform"],
        STD,
        [0, 1, 2],
        loop=Loop(),
        hidden=50,
        batch=250,
        batches=20,
        learning_rate=0.01,
        clip=0.0,
    )
    away = instability.ran_away(losses)
    assert away[0].all()
    assert not away[1].any()


@pytest.mark.parametrize(
    ("name", "value"), [("field_std", 0.0), ("batches", 1), ("clip", -1.0)]
)
def test_an_impossible_comparison_is_refused(name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        context_and_instability({name: value})


def test_the_tail_of_a_distribution_is_drawn_whole():
    values = np.arange(1.0, 10001.0)
    axes = ("context [1]", "amplitude [N s/m]")
    fig: Any = contexts.exceedance(
        {"all": (values, -values)}, axes, {2: (50.0, "here")}
    )
    first, second = fig.data
    assert first.x[-1] == second.x[-1] == 10000  # sizes: signs do not matter
    assert first.y[-1] == pytest.approx(1e-4)
    assert len(first.x) < 2000
    assert fig.layout.shapes[0].x0 == 50.0 and fig.layout.shapes[0].xref == "x2"


def test_a_training_that_breaks_off_ends_in_a_cross():
    rows = np.array([[1.0, 2.0, 3.0], [1.0, 1e40, np.nan]])
    fig: Any = contexts.early_loss({"first": rows}, 1e6)
    whole, broken, cross = fig.data
    assert list(whole.y) == [1.0, 2.0, 3.0]
    assert list(broken.y) == [1.0, contexts.CEILING]
    assert cross.mode == "markers" and list(cross.x) == [2]
