"""Learning: the same trials for all, each once, one program, and what trains when."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import learning
from studies.reach.disturbances import Disturbance
from studies.reach.learning import Part, Setting, crossed, fit, held_out
from studies.reach.loop import Course, Loop
from studies.reach.losses import Weights, readout_norm
from studies.reach.models import build
from studies.reach.recipes import RECIPES, Recipe
from studies.reach.tasks import NEVER, centre_out, random_reaches
from studies.training import compilations

SETTING = Setting(Loop(steps=12))
SIZES = {"cell": "gru", "hidden": 4, "leak": 0.5}
MEMBERS = [(1.0, 0), (2.0, 0), (1.0, 1)]
STDS, SEEDS = zip(*MEMBERS, strict=True)
STAGED = Recipe(
    batch=4, batches=40, baseline_batches=20, scale_up_batches=20, resets=(10, 30)
)
KEY = jax.random.key(0)
ON = Part(*(jnp.asarray(x) for x in (0, 1.0, 0, 0)))


def leaves(model):
    return [np.asarray(x) for x in jax.tree.leaves(model) if eqx.is_array(x)]


def go(**options):
    """The staged training."""
    return fit(STAGED, SIZES, SETTING, STDS, SEEDS, chunk=5, **options)


@pytest.fixture(scope="module", autouse=True)
def watched():
    """Losses that also write what they saw of their batch."""
    plain = learning.batch_loss

    def watched(model, batch, key, setting, weights, norm_weight):
        total, terms = plain(model, batch, key, setting, weights, norm_weight)
        return total, terms | {"start": batch.start[0, 0], "curl": batch.curl[0]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(learning, "batch_loss", watched)
        yield


@pytest.fixture(scope="module")
def staged(watched):
    """The staged training and its compilations."""
    before = compilations()
    return go(), compilations() - before


def test_baseline_and_scale_up_compile_once(staged):
    assert staged[1] == 1


def test_no_two_batches_share_a_trial(staged):
    starts = staged[0].columns["loss.start"]
    assert starts.shape == (3, 60)
    for own in starts:
        assert len(np.unique(own)) == 60
    assert not np.intersect1d(starts[0], starts[2]).size


def test_members_of_one_seed_see_the_same_trials_in_stronger_fields(staged):
    columns = staged[0].columns
    np.testing.assert_array_equal(columns["loss.start"][0], columns["loss.start"][1])
    np.testing.assert_allclose(
        columns["loss.curl"][1], 2 * columns["loss.curl"][0], rtol=1e-5
    )


def test_the_field_is_off_in_the_baseline_and_then_grows(staged):
    curl = staged[0].columns["loss.curl"]
    # The first batch under the field is where the ramp begins, at nothing.
    assert not curl[:, :21].any() and curl[:, 21:].all()
    early, late = np.abs(curl[:, 21:26]), np.abs(curl[:, 40:])
    assert early.mean() < 0.3 * late.mean()


def test_the_learning_rate_goes_on_over_the_stretches(staged):
    expected = 0.005 * (1 + np.cos(np.pi * np.arange(60) / 60))
    np.testing.assert_allclose(
        staged[0].columns["learning_rate"][0], expected, atol=1e-7
    )


def test_the_summary_is_that_of_the_best_parameters(staged):
    result = staged[0]
    own, history = learning.summary(result, 1), result.history(1)
    late = history["validation"][history["validation_phase"] == 1]
    assert own["best_loss"] == late.min() and own["final_loss"] == late[-1]
    assert own["readout_norm"] == pytest.approx(float(readout_norm(result.best(1))))
    at = np.flatnonzero(history["validation_step"] == own["best_step"])
    assert own["end_error"] == history["validation.end_error"][at][-1]


class Stop(Exception):
    """Ends a training from outside."""


def test_a_resumed_training_equals_the_uninterrupted_one_bit_for_bit(tmp_path, staged):
    path = tmp_path / "checkpoint.eqx"

    def interrupt(step, loss, **terms):
        if step >= 30:
            raise Stop

    whole, _ = staged
    with pytest.raises(Stop):
        go(checkpoint=path, checkpoint_seconds=0.0, report=interrupt)
    resumed = go(checkpoint=path)
    for ours, theirs in zip(leaves(resumed.final), leaves(whole.final), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(resumed.columns["loss"], whole.columns["loss"])
    np.testing.assert_array_equal(resumed.best_loss, whole.best_loss)


def test_only_the_readout_trains_once_the_cell_is_frozen():
    plan = {"batch": 4, "schedule": "constant", "learning_rate": 0.01}
    first = fit(Recipe(batches=10, **plan), SIZES, SETTING, [1.0], [0])
    frozen = Recipe(
        batches=20, trained=("all", "readout"), trained_from=(0, 10), **plan
    )
    both = fit(frozen, SIZES, SETTING, [1.0], [0])
    for ours, theirs in zip(
        leaves(both.final.cell), leaves(first.final.cell), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    moved = np.abs(both.final.readout.weight - first.final.readout.weight)
    assert float(moved.min()) > 0


def test_members_of_one_seed_begin_with_the_same_weights():
    stds, seeds = zip(*crossed([0.0, 1.0], [0, 1]), strict=True)
    assert stds == (0.0, 0.0, 1.0, 1.0)
    build_one = partial(learning.fresh, **SIZES, method="none", task="simple")
    for leaf in leaves(learning.initialise(build_one, seeds).cell):
        np.testing.assert_array_equal(leaf[0], leaf[2])
        assert (leaf[0] != leaf[1]).any()


def test_as_many_seeds_as_stds_are_needed():
    with pytest.raises(ValueError, match="2 stds for 1 seeds"):
        fit(STAGED, SIZES, SETTING, [0.0, 1.0], [0])


# Judging -----------------------------------------------------------------------------


@eqx.filter_jit
def judged(model, seed, norm_weight, setting=SETTING):
    """Training loss on a batch, and validation loss, with one weight of the norm."""
    hyper = {"std": jnp.ones(())}
    trials = setting.disturbed(KEY, random_reaches(KEY, 4), hyper["std"])
    loss = learning.batch_loss(model, trials, KEY, setting, Weights(), norm_weight)[0]
    data = held_out(setting.loop, 0)._replace(seed=seed)
    return loss, *learning.validate(model, data, hyper, setting, Weights(), ON)


def test_the_norm_of_the_readout_costs_in_training_and_not_in_validation():
    model = build(hidden=4, key=KEY)
    seed = jnp.asarray(3, jnp.uint32)
    plain, validation, terms = judged(model, seed, jnp.asarray(0.0))
    heavy, same, _ = judged(model, seed, jnp.asarray(0.5))
    expected = 0.5 * (float(readout_norm(model)) - 2) ** 2
    assert float(heavy - plain) == pytest.approx(expected, rel=1e-4)
    assert float(validation) == float(same)
    total = sum(float(x) for name, x in terms.items() if name != "end_error")
    assert total == pytest.approx(float(validation), rel=1e-5)


def test_every_member_is_judged_on_the_same_trials():
    model = build(hidden=4, key=KEY)
    one, again, other = (
        float(judged(model, jnp.asarray(seed, jnp.uint32), jnp.zeros(()))[1])
        for seed in (3, 3, 4)
    )
    assert one == again and one != other


def test_the_end_error_is_the_mean_distance_at_the_end():
    trials = centre_out(1, 4)
    off = jnp.broadcast_to(jnp.array([0.03, 0.04]), (4, 10, 2))
    late = off + trials.goal[:, None]
    position = jnp.concatenate([jnp.zeros((4, 10, 2)), late], axis=1)
    none = jnp.zeros((4, 19, 2))
    course = Course(position, position, none, none, none, none, none, none)
    assert float(learning.end_error(course, trials)) == pytest.approx(10.0, rel=1e-5)


def test_catch_trials_train_and_do_not_judge():
    setting = Setting(Loop(), Disturbance(), "delayed", catch=0.9)
    hyper = {"std": jnp.ones(())}
    trained = learning.draw_batch(KEY, 0, None, hyper, setting, 64, ON)
    judging = setting.disturbed(KEY, centre_out(1, 24), hyper["std"])
    assert np.mean(np.asarray(trained.epochs)[:, 2] == NEVER) > 0.7
    assert not np.any(np.asarray(judging.epochs)[:, 2] == NEVER)
    with pytest.raises(ValueError, match=r"`catch_probability` must be in \[0, 1\)"):
        Setting(catch=1.0)


def test_a_delayed_setting_draws_epochs():
    setting = Setting(Loop(), Disturbance("constant"), "delayed")
    trials = setting.disturbed(KEY, centre_out(1, 4), jnp.ones(()))
    assert trials.epochs is not None and trials.epochs.shape == (4, 3)
    with pytest.raises(ValueError, match="`task` 'hold' is unknown"):
        Setting(task="hold")


@pytest.mark.slow
def test_a_short_training_shows_that_stronger_fields_make_robust():
    """At curl 2 the hand strays less after training in fields; both arrive."""
    from studies.reach.disturbances import with_curl
    from studies.reach.loop import courses

    recipe = Recipe(batches=600, batch=50, learning_rate=0.01)
    assert recipe.schedule == RECIPES["desk"].schedule
    sizes = SIZES | {"hidden": 50}
    result = fit(recipe, sizes, Setting(), [0.0, 1.5], [0, 0])
    assert (result.best_loss[-1] < 2e-3).all()
    trials = with_curl(centre_out(), 2.0)
    keys = jax.random.split(KEY, len(trials.start))
    way = (trials.goal - trials.start)[:, None] / 0.5

    @eqx.filter_jit
    def strays(model):
        moved = courses(model, Loop(), trials, keys).position - trials.start[:, None]
        left = way[..., 0] * moved[..., 1] - way[..., 1] * moved[..., 0]
        return 200 * jnp.mean(jnp.max(left, axis=1))  # [% of a reach]

    naive, robust = (float(strays(result.best(k))) for k in (0, 1))
    assert robust < 0.6 * naive
