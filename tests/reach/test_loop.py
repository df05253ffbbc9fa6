"""The closed loop against a plain NumPy one, and probe by probe."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach.disturbances import with_constant, with_context, with_curl
from studies.reach.loop import Loop, courses, draw_noise, run
from studies.reach.models import InputLayout, build, from_parameters
from studies.reach.probes import Clamp, Probe, Pulse, Switch
from studies.reach.tasks import EPOCHS, centre_out, delayed

HIDDEN = 6
QUIET = Loop(steps=20, sensory_noise=0.0, motor_noise=0.0)
KEY = jax.random.key(7)


def first_of(trials):
    return jax.tree.map(lambda x: x[0], trials)


ONE = first_of(with_curl(centre_out(), 2.0))
quick = eqx.filter_jit(run)


def controller(cell="gru", **more):
    """One with a readout strong enough to move the hand."""
    model = build(cell=cell, hidden=HIDDEN, key=jax.random.key(1), **more)
    return eqx.tree_at(lambda x: x.readout.weight, model, 3 * model.readout.weight)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru(cell, x, h):
    w, u, b = (
        np.asarray(p, float) for p in (cell.weight_ih, cell.weight_hh, cell.bias)
    )
    (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h, 3)
    r, z = sigmoid(xr + hr), sigmoid(xz + hz)
    n = np.tanh(xn + r * (hn + np.asarray(cell.bias_n, float)))
    return (1 - z) * n + z * h


def leaky(cell, x, h):
    w, u, b = (
        np.asarray(p, float) for p in (cell.weight_ih, cell.weight_hh, cell.bias)
    )
    return (1 - cell.alpha) * h + cell.alpha * np.tanh(w @ x + u @ h + b)


def by_hand(model, loop, trial, cell):
    """The noiseless loop in NumPy, in double precision: states, commands, hidden."""
    start, goal, field = (
        np.asarray(x, float) for x in (trial.start, trial.goal, trial.force)
    )
    curl, out = float(trial.curl), np.asarray(model.readout.weight, float)
    p, v, h = start.copy(), np.zeros(2), np.zeros(HIDDEN)
    muscle, states = np.zeros(2), [np.concatenate([p, v])]
    commands, hidden = [], []
    for k in range(loop.steps - 1):
        sensed = states[max(0, k - loop.delay)]
        h = cell(model.cell, np.concatenate([goal, np.zeros(2), sensed]), h)
        u = out @ h
        force = muscle if loop.force_filter else u
        if loop.force_filter:
            muscle = muscle + loop.dt / loop.force_filter * (u - muscle)
        outside = curl * np.array([-v[1], v[0]]) + field
        acceleration = (force + outside - loop.drag * v) / loop.mass
        p, v = p + loop.dt * v, v + loop.dt * acceleration
        states.append(np.concatenate([p, v]))
        commands.append(u)
        hidden.append(h)
    return np.array(states), np.array(commands), np.array(hidden)


@pytest.mark.parametrize(
    ("cell", "more"),
    [
        ("gru", {}),
        ("gru", {"delay": 1}),
        ("gru", {"delay": 5, "drag": 0.5, "mass": 2.0, "dt": 0.02}),
        ("gru", {"force_filter": 0.1}),
        ("leaky-rnn", {}),
        ("leaky-rnn", {"delay": 5}),
    ],
    ids=str,
)
def test_without_noise_the_loop_is_the_plain_one_step_by_step(cell, more):
    loop = Loop(steps=40, sensory_noise=0.0, motor_noise=0.0, **more)
    model = controller(cell)
    trial = ONE._replace(force=jnp.array([0.1, -0.2]))
    course = quick(model, loop, trial, KEY)
    expected = by_hand(model, loop, trial, {"gru": gru, "leaky-rnn": leaky}[cell])
    states = np.concatenate([course.position, course.velocity], axis=-1)
    assert np.ptp(states[:, 0]) > 0.01  # it moves
    for ours, plain in zip(
        (states, course.command, course.hidden), expected, strict=True
    ):
        np.testing.assert_allclose(ours, plain, atol=2e-5)
    np.testing.assert_array_equal(course.output, course.command)


def test_the_delay_line_begins_full_of_the_first_state():
    course = quick(controller(), Loop(20, delay=4, sensory_noise=0.0), ONE, KEY)
    states = np.concatenate([course.position, course.velocity], axis=-1)
    np.testing.assert_array_equal(course.feedback[:5], np.tile(states[0], (5, 1)))
    np.testing.assert_array_equal(course.feedback[5:], states[1:-5])


def test_a_trial_has_one_control_step_less_than_states():
    course = quick(controller(), Loop(steps=100), ONE, KEY)
    assert course.position.shape == (100, 2) and course.command.shape == (99, 2)
    np.testing.assert_array_equal(course.position[0], ONE.start)


def test_the_field_acts_on_the_true_velocity_and_does_no_work():
    course = quick(controller(), Loop(steps=50, delay=3, sensory_noise=0.5), ONE, KEY)
    v = np.asarray(course.velocity[:-1], float)
    turned = np.stack([-v[:, 1], v[:, 0]], axis=-1)
    np.testing.assert_allclose(course.outside, 2.0 * turned, atol=1e-6)
    power = np.sum(np.asarray(course.outside, float) * v, axis=-1)
    assert np.abs(power).max() < 1e-6 * 2.0 * (v**2).sum(axis=-1).max()


def test_noise_has_its_standard_deviations():
    loop = Loop(steps=4000, sensory_noise=0.02, motor_noise=0.05)
    noise = draw_noise(loop, KEY)
    assert float(noise.sensory.std()) == pytest.approx(0.02, rel=0.05)
    assert float(noise.signal_dependent.std()) == pytest.approx(0.05, rel=0.05)
    assert float(noise.constant.std()) == pytest.approx(1.8 * 0.05, rel=0.05)
    together = np.concatenate([np.asarray(x) for x in noise], axis=-1)
    off = np.corrcoef(together.T) - np.eye(8)
    assert np.abs(off).max() < 0.1


def test_the_course_holds_the_noise_it_had():
    course = quick(controller(), Loop(steps=30, motor_noise=0.0), ONE, KEY)
    states = np.concatenate([course.position, course.velocity], axis=-1)[:-1]
    np.testing.assert_allclose(
        course.feedback - course.sensory_noise, states, atol=1e-6
    )
    assert np.asarray(course.sensory_noise).any()


def test_many_trials_are_each_of_them_alone():
    trials = with_curl(centre_out(1, 4), 1.0)
    keys = jax.random.split(KEY, 4)
    model, loop = controller(), Loop(steps=30, delay=2)
    many = eqx.filter_jit(courses)(model, loop, trials, keys)
    one = quick(model, loop, jax.tree.map(lambda x: x[2], trials), keys[2])
    for together, alone in zip(many, one, strict=True):
        np.testing.assert_allclose(together[2], alone, atol=1e-5)


# Inputs ------------------------------------------------------------------------------


def test_the_layout_is_the_order_of_the_notes():
    plain, told = InputLayout(), InputLayout(context=True)
    assert plain.size == 8 and told.size == 9
    assert told["context"] == slice(0, 1)
    assert told["target_position"] == slice(1, 3)
    assert told["feedback_position"] == slice(5, 7)
    assert told["feedback_velocity"] == slice(7, 9)
    assert InputLayout(context=True, delayed=True).size == 11
    with pytest.raises(KeyError, match="no input 'context'; this network has target"):
        _ = plain["context"]


def seen(model, trial, loop=QUIET, probe=None):
    """What a network is given at each step: through a cell that holds its input."""

    class Show(eqx.Module):
        def __call__(self, input, hidden):
            return jnp.concatenate([input, hidden[len(input) :]])

    shown: Any = eqx.tree_at(lambda x: x.cell, model, Show())
    still = eqx.tree_at(
        lambda x: x.readout.weight, shown, jnp.zeros((2, model.hidden_size))
    )
    course = run(still, loop, trial, KEY, probe)
    return {name: course.hidden[:, model.layout[name]] for name in model.layout.sizes}


def wide(**more):
    return build(hidden=12, key=jax.random.key(1), **more)


def test_the_network_is_told_context_target_and_feedback():
    trial = first_of(with_context(centre_out(), 0.7))
    given = seen(wide(context=True), trial)
    np.testing.assert_allclose(given["context"], 0.7)
    np.testing.assert_array_equal(
        given["target_position"], np.tile(trial.goal, (19, 1))
    )
    np.testing.assert_array_equal(given["target_velocity"], 0.0)
    np.testing.assert_array_equal(
        given["feedback_position"], np.tile(trial.start, (19, 1))
    )


def test_in_a_delayed_reach_the_target_shows_for_one_epoch():
    trial = first_of(centre_out())._replace(epochs=jnp.array([3, 8, 12]))
    given = seen(wide(delayed=True), trial)
    shown = np.arange(19) // 1
    on = (shown >= 3) & (shown < 8)
    np.testing.assert_array_equal(given["target_on"][:, 0], on)
    np.testing.assert_array_equal(given["hold"][:, 0], shown < 12)
    np.testing.assert_allclose(
        given["target_position"], on[:, None] * np.asarray(trial.goal)
    )


# Probes ------------------------------------------------------------------------------


def test_an_impulse_is_added_to_the_feedback_after_the_delay():
    offset = jnp.array([0.0, 0.0, 0.4, 0.0])
    loop = Loop(steps=20, delay=5, sensory_noise=0.0, motor_noise=0.0)
    still = eqx.tree_at(
        lambda x: x.readout.weight, controller(), jnp.zeros((2, HIDDEN))
    )
    plain = quick(still, loop, ONE, KEY)
    pushed = quick(still, loop, ONE, KEY, Probe(impulse=Pulse(offset, 7, 3)))
    change = np.asarray(pushed.feedback - plain.feedback)
    np.testing.assert_allclose(change[7:10], np.tile(offset, (3, 1)), atol=1e-7)
    assert not change[:7].any() and not change[10:].any()


def test_a_context_switches_at_its_step():
    probe = Probe(context=Switch(jnp.float32(2.0), 10))
    given = seen(wide(context=True), ONE, probe=probe)["context"][:, 0]
    np.testing.assert_array_equal(given, [0.0] * 10 + [2.0] * 9)


def test_stimulation_before_the_update_passes_through_the_recurrence():
    model, unit = controller(), jnp.zeros(HIDDEN).at[2].set(1.0)
    plain = quick(model, QUIET, ONE, KEY)
    before = quick(model, QUIET, ONE, KEY, Probe(before=Pulse(unit, 5, 1)))
    after = quick(model, QUIET, ONE, KEY, Probe(after=Pulse(unit, 5, 1)))
    np.testing.assert_array_equal(before.hidden[:5], plain.hidden[:5])
    # After the update the readout's column of the unit is the whole first effect.
    column = model.readout.weight[:, 2]
    np.testing.assert_allclose(after.output[5] - plain.output[5], column, atol=1e-6)
    states = np.concatenate([plain.position, plain.velocity], axis=-1)
    inputs = np.concatenate([ONE.goal, np.zeros(2), states[5]])
    stimulated = np.asarray(plain.hidden[4] + unit, float)
    np.testing.assert_allclose(
        before.hidden[5], gru(model.cell, inputs, stimulated), atol=1e-5
    )


def test_a_clamped_unit_stays_at_its_value_and_others_are_free():
    mask = jnp.zeros(HIDDEN).at[1].set(1.0)
    probe = Probe(clamp=Clamp(mask, jnp.float32(0.0)))
    hidden = np.asarray(quick(controller(), QUIET, ONE, KEY, probe).hidden)
    assert not hidden[:, 1].any()
    assert hidden[:, [0, 2, 3, 4, 5]].all()


def test_gusts_move_a_hand_without_muscles_by_their_impulse():
    still = eqx.tree_at(
        lambda x: x.readout.weight, controller(), jnp.zeros((2, HIDDEN))
    )
    gusts = jnp.zeros((19, 2)).at[4:9, 1].set(2.0)
    trial = first_of(centre_out())._replace(gusts=gusts)
    course = quick(still, QUIET, trial, KEY)
    np.testing.assert_allclose(
        course.velocity[-1], [0.0, 5 * 2.0 * QUIET.dt], atol=1e-6
    )


def test_a_constant_force_accelerates_a_hand_without_muscles():
    still = eqx.tree_at(
        lambda x: x.readout.weight, controller(), jnp.zeros((2, HIDDEN))
    )
    trial = first_of(with_constant(centre_out(), 0.4))
    course = quick(still, QUIET, trial, KEY)
    np.testing.assert_allclose(
        course.velocity[-1], trial.force * 19 * QUIET.dt, atol=1e-5
    )


# Refusals ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": 1}, "`steps` must be at least 2"),
        ({"delay": -1}, "`delay` at least 0"),
        ({"sensory_noise": -0.1}, "not negative"),
        ({"dt": 0.0}, "`dt`"),
    ],
)
def test_an_impossible_loop_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Loop(**wrong)


def test_parameters_of_a_notebook_make_the_controller():
    model = from_parameters(
        cell="leaky-rnn", hidden=7, leak=0.3, method="dai", task="delayed", batch=50
    )
    assert model.hidden_size == 7 and model.layout == InputLayout(True, True)
    with pytest.raises(ValueError, match="`cell` 'lstm' is unknown"):
        build(cell="lstm")


def test_a_delayed_trial_runs_with_drawn_epochs():
    trials = delayed(jax.random.key(2), centre_out(1, 3))
    latest = sum(high - 1 for _, high in EPOCHS)
    assert int(jnp.max(jnp.asarray(trials.epochs))) <= latest < 99
    keys = jax.random.split(KEY, 3)
    course = eqx.filter_jit(courses)(wide(delayed=True), Loop(), trials, keys)
    assert np.isfinite(np.asarray(course.position)).all()
