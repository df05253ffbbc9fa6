"""Recipes: stretches, schedules, what is refused, and which replicates count."""

import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest

from studies.reach import checks
from studies.reach.learning import training_phases
from studies.reach.recipes import RECIPES, Recipe, Stretch
from studies.reach.replicates import included
from studies.reach.schedules import learning_rate, scale_up


def test_a_plain_recipe_is_one_stretch():
    assert Recipe(batches=100).stretches() == [Stretch(0, 100, "all", True, ())]


def test_a_recipe_falls_into_stretches_where_task_or_parameters_change():
    recipe = Recipe(
        batches=50,
        baseline_batches=20,
        resets=(5, 30),
        trained=("all", "cell"),
        trained_from=(0, 40),
    )
    assert recipe.total == 70
    assert recipe.stretches() == [
        Stretch(0, 20, "all", False, (5,)),
        Stretch(20, 20, "all", True, (10,)),
        Stretch(40, 30, "cell", True, ()),
    ]


def test_the_optimiser_goes_on_but_for_the_resets():
    from studies.reach.learning import Setting

    recipe = Recipe(batches=50, baseline_batches=20, resets=(5, 30))
    phases = training_phases(recipe, Setting())
    assert [phase.reset_at for phase in phases] == [(5,), (10,)]
    assert not any(phase.reset_optimiser for phase in phases)


def test_the_cosine_runs_over_the_whole_training():
    recipe = Recipe(batches=80, baseline_batches=20, learning_rate=0.01)
    start, middle = learning_rate(recipe, 0), learning_rate(recipe, 20)
    assert callable(start) and callable(middle)
    assert float(start(0)) == pytest.approx(0.01)
    assert float(start(50)) == pytest.approx(0.005, rel=1e-5)
    assert float(middle(30)) == pytest.approx(0.005, rel=1e-5)
    assert float(middle(80)) == pytest.approx(0.0, abs=1e-8)


def test_the_rate_may_stay_constant_first_and_end_above_zero():
    recipe = Recipe(batches=100, constant_batches=40, final_rate=0.1)
    rate = learning_rate(recipe, 0)
    assert callable(rate)
    assert float(rate(40)) == pytest.approx(0.01)
    assert float(rate(70)) == pytest.approx(0.0055, rel=1e-5)
    assert float(rate(100)) == pytest.approx(0.001, rel=1e-5)
    assert learning_rate(Recipe(schedule="constant"), 0) == 0.01


def test_the_field_grows_as_half_a_cosine():
    batches = np.array([0, 100, 150, 200, 300, 500])
    expected = [0, 0, 0.5 * (1 - np.cos(np.pi * 0.25)), 0.5, 1, 1]
    first, length = jnp.asarray(100), jnp.asarray(200)
    ramp = [float(scale_up(jnp.asarray(b), first, length)) for b in batches]
    np.testing.assert_allclose(ramp, expected, atol=1e-6)
    assert float(scale_up(jnp.asarray(0), jnp.asarray(0), jnp.asarray(0))) == 1.0


def test_the_notes_train_five_times_as_many_trials_as_the_desk():
    trials = {name: recipe.total * recipe.batch for name, recipe in RECIPES.items()}
    assert trials["notes"] == 5 * trials["desk"]
    assert RECIPES["notes"].schedule == "constant" and RECIPES["notes"].clip == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"batch": 0}, "`batch` must be at least 1"),
        ({"schedule": "linear"}, "`schedule` 'linear' is unknown"),
        ({"resets": (3000,)}, r"`resets` \[3000\] lies outside the training of 3000"),
        ({"trained": ("all", "cell")}, "`trained` has 2 entries"),
        ({"trained_from": (5,)}, "must begin with 0"),
        ({"trained": ("gates",)}, "`trained` 'gates' is unknown"),
    ],
)
def test_an_impossible_recipe_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        Recipe(**wrong)


# Replicates --------------------------------------------------------------------------


def test_a_replicate_far_above_the_best_does_not_count():
    measure = np.array([1.0, 1.1, 1.05, 0.95, 9.0])
    assert included(measure).tolist() == [True, True, True, True, False]


def test_the_band_is_two_standard_deviations_above_the_best():
    measure = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])  # deviation 2.16
    assert included(measure).tolist() == [True] * 5 + [False] * 2


def test_replicates_that_broke_off_do_not_count():
    assert included(np.array([np.nan, 1.0, np.inf])).tolist() == [False, True, False]
    assert not included(np.array([np.nan])).any()
    assert included(np.array([1.0, 1.0])).all() and included(np.array([1.0, 2.0])).all()


# Checks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"batches": 0}, "`batches` must be at least 1"),
        ({"delay": -1}, "`delay` must be at least 0"),
        ({"dt": 0.0}, "`dt` must be positive"),
        ({"leak": 0.0}, "`leak`"),
        ({"force_filter": 0.01}, "`force_filter` 0.01 s must be 0"),
        ({"task": "delayed", "steps": 50}, "`steps` must be at least 67"),
        ({"catch_probability": 0.5}, "needs delayed reaches"),
        ({"catch_probability": 1.0, "task": "delayed", "steps": 99}, "must be in"),
        ({"perturbed_probability": 2.0}, "`perturbed_probability`"),
        ({"field": "gusts", "method": "dai"}, "which gusts do not have"),
        ({"field_std": [-1.0]}, "`field_std` must list"),
        ({"seed": []}, "`seed` must list"),
        ({"field_std": [1.0, 1.0], "seed": [3, 3]}, "name a member twice"),
        ({"hidden": 0}, "`hidden` must be at least 1"),
    ],
)
def test_the_check_of_the_training_refuses(wrong, words):
    checks.train({"field_std": [0.0, 1.0], "seed": [0, 0], "steps": 100})
    with pytest.raises(ValueError, match=words):
        checks.train(wrong)


def test_checks_need_no_jax():
    code = "import sys, studies.reach.checks; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
