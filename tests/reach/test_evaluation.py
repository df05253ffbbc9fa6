"""Evaluation in chunks: the same numbers as all at once, the same noise for all."""

import subprocess
import sys
import textwrap
from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import evaluation, metrics, reductions, tasks
from studies.reach.loop import Loop, courses
from studies.reach.models import build
from studies.reach.probes import Probe, Pulse

LOOP = Loop(steps=20)
AMPLITUDES = (0.0, 2.0, 4.0)
EVALUATIONS = 2
KEY = jax.random.key(7)


@pytest.fixture(scope="module")
def made():
    singles = [build(hidden=8, key=jax.random.key(seed)) for seed in (0, 1)]
    reaches = tasks.centre_out(grid=1, directions=5)
    trials = evaluation.across_fields(reaches, "curl", AMPLITUDES)
    reduce = reductions.ReachReduction(LOOP)
    models = evaluation.stack(singles)
    arguments = (models, LOOP, trials, EVALUATIONS)
    found = evaluation.evaluate(*arguments, KEY, reduce)
    return SimpleNamespace(**locals())


@pytest.fixture(scope="module")
def whole(made):
    """The aligned courses of all chunks at once: mapped over every axis."""

    def of_chunk(controller, trial, keys):
        course = courses(controller, LOOP, trial, keys)
        return jax.vmap(lambda c, t: metrics.align_reach(c, LOOP, t))(course, trial)

    over = jax.vmap(of_chunk, in_axes=(None, None, 0))
    over = jax.vmap(over, in_axes=(None, 0, None))
    keys = jax.random.split(KEY, (EVALUATIONS, 5))
    return eqx.filter_jit(eqx.filter_vmap(over, in_axes=(eqx.if_array(0), None, None)))(
        made.models, made.trials, keys
    )


def test_streamed_measures_equal_those_computed_at_once(made, whole):
    every = metrics.measure
    for _ in range(4):
        every = jax.vmap(every)
    expected = jax.jit(every)(whole)
    assert set(expected) == set(metrics.PLANT)
    for name, values in expected.items():
        assert values.shape == (2, 3, 2, 5)
        assert np.allclose(made.found.measures[name], values, rtol=1e-4, atol=1e-5)


def test_streamed_profiles_have_the_mean_and_spread_of_all_courses(made, whole):
    every = np.asarray(whole.force[:, 2], float).reshape(-1, 19, 2)
    mean, std = reductions.spread(made.found.profile.force[:, 2])
    assert np.allclose(mean, every.mean(axis=0), atol=1e-5)
    assert np.allclose(std, every.std(axis=0), atol=1e-4)


def test_noise_is_the_same_for_every_model_and_variant(made):
    def noise(controller, course, trial, probe):
        return course.sensory_noise

    found = np.asarray(
        evaluation.evaluate(made.models, LOOP, made.trials, EVALUATIONS, KEY, noise)
    )
    assert found.shape[:4] == (2, 3, 2, 5)
    assert np.array_equal(found, np.broadcast_to(found[:1, :1], found.shape))
    assert not np.allclose(found[0, 0, 0], found[0, 0, 1]), "evaluations differ"
    assert not np.allclose(found[0, 0, 0, 0], found[0, 0, 0, 1]), "conditions differ"


def test_a_probe_belongs_to_its_own_variant_and_condition(made):
    """A velocity impulse of size j in variant j, along x, felt while it lasts."""
    quiet = Loop(steps=20, sensory_noise=0.0, motor_noise=0.0)
    steady = tasks.steady_states(grid=2)
    trials = evaluation.across_fields(steady, "curl", [0.0, 0.0])
    vector = (
        jnp.zeros((2, 4, 4), jnp.float32)
        .at[..., 2]
        .set(jnp.array([[1.0], [2.0]], jnp.float32))
    )
    when = [jnp.full((2, 4), step, jnp.int32) for step in (6, 3)]
    probes = Probe(impulse=Pulse(vector, when[0], when[1]))

    def feedback(controller, course, trial, probe):
        return course.feedback[..., 2] - course.velocity[:, :-1, 0]

    felt = evaluation.evaluate(made.models, quiet, trials, 1, KEY, feedback, probes)
    for variant, size in enumerate((1.0, 2.0)):
        expected = np.zeros(19)
        expected[6:9] = size
        assert np.allclose(felt[:, variant], expected, atol=1e-6)


def test_an_impulse_is_seen_in_its_own_frame(made):
    probe = Probe(
        impulse=Pulse(
            jnp.array([[0, 0, 3, 4], [0, -2, 0, 0]], jnp.float32),
            jnp.array([1, 1]),
            jnp.array([1, 1]),
        )
    )
    found = reductions.impulse_directions(probe)
    assert np.allclose(found, [[0.6, 0.8], [0, -1]])


def test_a_constant_field_pushes_to_the_left_of_the_reach():
    reaches = tasks.centre_out(grid=1, directions=4)
    trials = evaluation.across_fields(reaches, "constant", [0.0, 0.4])
    assert np.allclose(trials.force[0], 0)
    expected = 0.4 * np.array([[0, 1], [-1, 0], [0, -1], [1, 0]])
    assert np.allclose(trials.force[1], expected, atol=1e-6)
    with pytest.raises(evaluation.EvaluationError, match="none of"):
        evaluation.across_fields(reaches, "magnetic", [0.0])


def test_the_memory_estimate_counts_the_arrays_it_names(made):
    arguments = (made.models, LOOP, made.trials, EVALUATIONS, made.reduce)
    found = evaluation.memory(*arguments)
    conditions, steps, hidden = 5, 20, 8
    states, controls = 4 * steps, (2 + 2 + hidden + 4 + 2 + 4) * (steps - 1)
    assert found.chunk == 4 * conditions * (states + controls)
    assert found.whole == found.chunk * 2 * 3 * EVALUATIONS
    kept = sum(np.asarray(x).nbytes for x in jax.tree.leaves(made.found))
    assert found.result == kept
    assert found.held == found.chunk + found.result
    assert [evaluation.written(x) for x in (2, 3500, 1.5e9)] == [
        "2 B",
        "3.5 kB",
        "1.5 GB",
    ]


def test_models_of_different_sizes_are_refused():
    two = [build(hidden=size, key=jax.random.key(0)) for size in (4, 6)]
    with pytest.raises(evaluation.EvaluationError, match="different architectures"):
        evaluation.stack(two)
    with pytest.raises(evaluation.EvaluationError, match="no controller"):
        evaluation.stack([])


def test_a_replicate_that_failed_to_learn_does_not_count():
    """Judged among its own training std only; one that is not finite never counts."""
    stds = [0.0] * 6 + [1.5] * 6
    rows = [{"field_std": [std], "seed": k} for k, std in enumerate(stds)]
    losses = [1.0, 1.1, 1.0, 1.2, 1.1, 9.0, 9.0, 9.1, 9.1, np.nan, 9.0, 9.1]
    expected = [True] * 5 + [False] + [True] * 3 + [False] + [True] * 2
    assert evaluation.counted(rows, losses).tolist() == expected
    few = evaluation.counted([*rows[4:6], rows[9]], [1.1, 9.0, np.nan])
    assert few.tolist() == [True, True, False], "of two none stands out"


def test_the_loop_is_that_of_the_models_but_for_what_is_changed():
    rows = [{"dt": 0.01, "steps": 30.0, "seed": seed} for seed in (0, 1)]
    loop = evaluation.common_loop(rows, sensory_noise=0.1)
    assert (loop.dt, loop.steps, loop.sensory_noise) == (0.01, 30, 0.1)
    assert loop.delay == Loop.delay
    with pytest.raises(evaluation.EvaluationError, match="`dt`"):
        evaluation.common_loop([{"dt": 0.01}, {"dt": 0.05}])
    assert evaluation.common_loop([{"dt": 0.01}, {"dt": 0.05}], dt=0.1).dt == 0.1


def test_a_table_has_a_row_for_each_trial(made):
    members = [{"field_std": 0.5, "seed": seed} for seed in (3, 4)]
    variants = [{"amplitude": amplitude} for amplitude in AMPLITUDES]
    frame = reductions.table(made.found.measures, members, variants)
    assert len(frame) == 2 * 3 * 2 * 5
    row = frame[
        (frame.seed == 4)
        & (frame.amplitude == 2.0)
        & (frame.evaluation == 1)
        & (frame.condition == 3)
    ]
    expected = made.found.measures["max_net_force"][1, 1, 1, 3]
    assert row["max_net_force"].item() == pytest.approx(float(expected))


def test_an_evaluation_compiles_once_for_other_weights_and_keys(made):
    """What is reduced is traced once; equal reductions share a program."""
    traced = []

    def reduce(controller, course, trial, probe):
        traced.append(course)
        return course.position[:, -1]

    for seed in (5, 6):
        singles = [build(hidden=8, key=jax.random.key(seed + k)) for k in (0, 1)]
        models, key = evaluation.stack(singles), jax.random.key(seed)
        evaluation.evaluate(models, LOOP, made.trials, 1, key, reduce)
    assert len(traced) == 1
    assert reductions.ReachReduction(Loop(steps=20)) == made.reduce


def test_stacking_keeps_the_models_apart(made):
    first = jax.tree.map(lambda x: x[1], eqx.filter(made.models, eqx.is_array))
    expected = eqx.filter(made.singles[1], eqx.is_array)
    assert eqx.tree_equal(first, expected)


@pytest.mark.slow
def test_the_whole_evaluation_stays_under_two_gigabytes():
    """96 conditions × 5 evaluations × 5 replicates × 8 fields, hidden 100."""
    program = textwrap.dedent(
        """
        import resource, jax
        from studies.reach import evaluation, reductions, tasks
        from studies.reach.loop import Loop
        from studies.reach.models import build
        keys = jax.random.split(jax.random.key(0), 5)
        models = evaluation.stack([build(hidden=100, key=key) for key in keys])
        fields = [0.5 * step for step in range(8)]
        trials = evaluation.across_fields(tasks.centre_out(), "curl", fields)
        reduce = reductions.ReachReduction(Loop())
        arguments = (models, Loop(), trials, 5)
        found = evaluation.evaluate(*arguments, jax.random.key(1), reduce)
        jax.block_until_ready(found)
        assert found.measures["max_net_force"].shape == (5, 8, 5, 96)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        print(evaluation.memory(*arguments, reduce).whole)
        """
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    peak, whole = (float(line) for line in ran.stdout.split())
    print(f"peak {peak / 1e9:.2f} GB; all at once {whole / 1e9:.2f} GB")
    assert peak < 2e9
