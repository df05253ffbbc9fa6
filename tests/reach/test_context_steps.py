"""Changes of activity: what a readout shows of them, against closed forms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import context_steps, evaluation, reductions, tasks
from studies.reach.loop import Loop, run
from studies.reach.models import build

LOOP = Loop(steps=20)
START = 6
HIDDEN = 8


@pytest.fixture(scope="module")
def controller():
    return build(hidden=HIDDEN, context=True, key=jax.random.key(2))


@pytest.fixture(scope="module")
def found(controller):
    models = evaluation.stack([controller, controller])
    reaches = tasks.centre_out(grid=1, directions=5)
    activity = context_steps.reaching_activity(models, LOOP, reaches, 3)
    trials = evaluation.across_fields(reaches, "curl", [0.0, 0.0, 2.0])
    probes = context_steps.context_switches(trials, [0.0, 2.0, 2.0], START)
    response = context_steps.responses(models, LOOP, trials, probes, activity.axes)
    return response, activity


def test_a_readout_shows_its_rows_wholly_and_its_null_space_not_at_all():
    readout = jnp.array([[1.0, 1, 0, 0], [0, 1, 0, 0]], jnp.float32)  # not orthogonal
    changes = jnp.array([[3.0, -1, 0, 0], [0, 0, 1, 5], [1, 0, 1, 0]], jnp.float32)
    shares = context_steps.shown_share(changes, readout)
    np.testing.assert_allclose(shares, [1, 0, 0.5], atol=1e-6)


def test_of_a_random_change_a_readout_shows_two_in_as_many_as_there_are_units():
    keys = jax.random.split(jax.random.key(0))
    changes = jax.random.normal(keys[0], (20_000, 50), jnp.float32)
    readout = jax.random.normal(keys[1], (2, 50), jnp.float32)
    mean = float(context_steps.shown_share(changes, readout).mean())
    error = np.sqrt(2 * 2 / 50**2 / 20_000)  # of the mean of a Beta(1, 24)
    assert mean == pytest.approx(2 / 50, abs=4 * error)


def test_nothing_changes_before_the_switch_nor_when_it_switches_to_the_same(found):
    response, _ = found
    assert (np.asarray(response.hidden)[:, 0] == 0).all()
    assert (np.asarray(response.hidden)[..., :START] == 0).all()
    assert (np.asarray(response.position)[..., : START + 2] == 0).all(), (
        "a command moves the hand two states after the input that caused it"
    )
    assert (np.asarray(response.hidden)[:, 1, :, START] > 0).all()
    assert np.isnan(context_steps.share(response.shown, response.hidden)[:, 0]).all()


def test_the_first_change_is_that_of_one_step_of_the_cell(found, controller):
    """With the switch alone, h changes by F(x', h) - F(x, h) of the unprobed trial."""
    response, _ = found
    quiet = context_steps.quiet(LOOP)
    reaches = tasks.centre_out(grid=1, directions=5)
    trial = jax.tree.map(lambda x: x[0], reaches)
    course = run(controller, quiet, trial, jax.random.key(0))
    parts = {
        "target_position": trial.goal,
        "target_velocity": jnp.zeros(2, jnp.float32),
        "feedback_position": course.feedback[START, :2],
        "feedback_velocity": course.feedback[START, 2:],
    }
    before, after = (
        controller(
            controller.layout.pack(context=jnp.array([c], jnp.float32), **parts),
            course.hidden[START - 1],
        )
        for c in (0.0, 2.0)
    )
    units = np.asarray(response.units)[0, 1, 0, START]
    np.testing.assert_allclose(units, after - before, atol=1e-6)
    shown = context_steps.share(response.shown, response.hidden)[0, 1, START]
    every = np.asarray(response.units)[0, 1, :, START]
    rows = np.linalg.qr(np.asarray(controller.readout.weight).T)[0]
    expected = ((every @ rows) ** 2).sum() / (every**2).sum()
    assert shown == pytest.approx(expected, rel=1e-4)


def test_the_axes_of_reaching_are_those_of_a_singular_value_decomposition(
    found, controller
):
    _, activity = found
    quiet = context_steps.quiet(LOOP)
    models = evaluation.stack([controller])
    reaches = tasks.centre_out(grid=1, directions=5)
    trials = jax.tree.map(lambda x: x[None], reaches)

    def hidden(controller, course, trial, probe):
        return course.hidden

    key = jax.random.key(0)
    rows = evaluation.evaluate(models, quiet, trials, 1, key, hidden)
    rows = np.asarray(rows, float).reshape(-1, HIDDEN)
    values, vectors = np.linalg.svd(rows - rows.mean(axis=0))[1:]
    overlap = np.abs(np.asarray(activity.axes[0], float) @ vectors[:3].T)
    np.testing.assert_allclose(overlap, np.eye(3), atol=5e-3)
    share = (values[:3] ** 2).sum() / (values**2).sum()
    assert float(activity.explained[0]) == pytest.approx(share, rel=1e-4)
    size = np.sqrt((values**2).sum() / len(rows))
    assert float(activity.size[0]) == pytest.approx(size, rel=1e-4)


def test_lateral_places_are_those_in_the_frame_of_the_reach(found, controller):
    response, _ = found
    models = evaluation.stack([controller])
    trials = evaluation.across_fields(tasks.centre_out(1, 5), "curl", [2.0])
    quiet = context_steps.quiet(LOOP)
    reduce = reductions.PathReduction(quiet)
    paths = evaluation.evaluate(models, quiet, trials, 1, jax.random.key(0), reduce)
    expected = np.asarray(paths.position)[0, 0, 0, ..., 1]
    np.testing.assert_allclose(response.before[0, 2], expected, atol=1e-6)
    assert not np.allclose(response.after[0, 2], expected, atol=1e-4)


def test_units_that_the_readout_does_not_see_are_hidden_from_it():
    """Context reaches unit 0 alone, in the first step; the readout weighs 1 and 2."""
    controller = build(cell="leaky-rnn", hidden=4, context=True, key=jax.random.key(0))
    place = controller.layout["context"]
    weight = controller.cell.weight_ih
    only = jnp.zeros_like(weight[:, place]).at[0].set(1.0)
    readout = jnp.array([[0, 1, 0, 0], [0, 0, 1, 0]], jnp.float32)
    controller = eqx.tree_at(
        lambda x: (x.cell.weight_ih, x.readout.weight),
        controller,
        (weight.at[:, place].set(only), readout),
    )
    models = evaluation.stack([controller])
    trials = evaluation.across_fields(tasks.centre_out(1, 3), "curl", [0.0])
    probes = context_steps.context_switches(trials, [1.0], START)
    axes = jnp.eye(1, 4, dtype=jnp.float32)[None]
    found = context_steps.responses(models, LOOP, trials, probes, axes)
    shown = context_steps.share(found.shown, found.hidden)[0, 0]
    reaching = context_steps.share(found.reaching, found.hidden)[0, 0]
    assert shown[START] == pytest.approx(0.0, abs=1e-9)
    assert reaching[START] == pytest.approx(1.0, abs=1e-6)
    assert shown[-1] > 0.01, "later it spreads through the recurrence"
