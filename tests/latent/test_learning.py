"""Learning: phases, what they train, resumption, and that each compiles once."""

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from latent_tasks import SIZES, sets
from studies.latent import batches, learning, losses, recipes, rollouts
from studies.latent.models import build
from studies.latent.recipes import Recipe
from studies.training import compilations, read_model

PLAIN = Recipe(tu=4, ems=2, tv_weight=0.1, batch=4, learning_rate=1e-2)
SHORT = replace(PLAIN, warm_up=6, updates=6)
BANKED = replace(
    SHORT, mode="staggered", staggered="bank", stimulus_warm_up=4, checkpoints=2
)


def fit(recipe, seeds=(0,), **options):
    """Trained in chunks of one length, so that tests share compiled programs."""
    return learning.fit(recipe, SIZES, sets(), seeds, chunk=6, **options)


def same(one, other):
    """Whether two trees of arrays are equal."""
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return all(np.array_equal(x, y) for x, y in pairs)


@pytest.fixture(scope="module", autouse=True)
def short():
    """(result, compilations) of the plain recipe, the first that is trained here."""
    before = compilations()
    return fit(SHORT), compilations() - before


def moved(recipe, result):
    """What each phase moved."""
    sizes = {
        "neurons": 7,
        "stimuli": 3,
        "stimulus_decoder": recipe.stimulus_warm_up > 0,
        "bank": learning.bank_size(batches.source(sets().train, recipe.task), recipe),
        **SIZES,
    }
    begun = learning.initialise(partial(learning.fresh, **sizes), [0])
    stages = [begun, *result.best_by_phase]
    names = ("stimulus_encoder", "encoder", "decoder", "evolver", "bank")
    return [
        {name for name in names if not same(getattr(a, name), getattr(b, name))}
        for a, b in zip(stages, stages[1:], strict=False)
    ]


def test_phases_train_what_they_should():
    """With a bank, which the end of the warm-up fills and the dynamics learn."""
    found = moved(BANKED, fit(BANKED))
    assert found[0] == {"stimulus_encoder"}
    assert found[1] == {"encoder", "decoder"}
    assert found[2] == found[3] == {"encoder", "decoder", "evolver", "bank"}


def test_without_pretraining_the_stimulus_encoder_learns_with_the_map(short):
    found = moved(SHORT, short[0])
    assert found[0] == {"encoder", "decoder"}
    assert found[1] == {"stimulus_encoder", "encoder", "decoder", "evolver"}


def test_checkpoints_are_models_on_the_way_of_one_training(short):
    whole, _ = short
    cut = fit(replace(SHORT, checkpoints=3))
    on_the_way = learning.on_the_way(replace(SHORT, checkpoints=3), cut, 0)
    assert [update for update, _ in on_the_way] == [2, 4]
    assert learning.on_the_way(SHORT, whole, 0) == []
    assert len(cut.columns["step"]) == len(whole.columns["step"])
    assert not same(on_the_way[0][1], on_the_way[1][1])


def test_learning_lowers_the_loss_and_learns_from_noise_what_there_is():
    result = fit(replace(SHORT, updates=150, warm_up=100))
    loss = result.columns["loss.reconstruction"][0]
    assert loss[:100][-1] < 0.8 * loss[0]


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path):
    recipe = replace(SHORT, updates=12)
    whole = fit(recipe)

    class Stop(Exception):
        pass

    def stop(step, loss, **terms):
        if step >= 9:
            raise Stop

    path = tmp_path / "checkpoint"
    ask = {"checkpoint": path, "checkpoint_seconds": 0.0}
    with pytest.raises(Stop):
        fit(recipe, report=stop, **ask)
    assert path.exists()
    again = fit(recipe, **ask)
    assert same(whole.final, again.final)
    np.testing.assert_array_equal(whole.columns["loss"], again.columns["loss"])
    learning.forget(path)
    assert not path.exists()


def test_each_phase_compiles_once_whatever_the_weights_and_the_seed(short):
    assert short[1] == 2  # reconstruction and dynamics
    before = compilations()
    fit(replace(SHORT, tv_weight=0.2, checkpoints=2, schedule="cosine"), (4,))
    assert compilations() == before


def test_a_bank_is_filled_with_encoded_states_after_the_warm_up():
    recipe = replace(BANKED, learning_rate=0.0)
    result = fit(recipe)
    model = result.member(0)
    seen = learning.batches.source(sets().train, recipe.task).observed.values
    assert model.bank is not None
    np.testing.assert_allclose(model.bank, model.encode(jnp.asarray(seen)), atol=1e-5)
    assert result.columns["step"].tolist() == list(range(16))
    assert result.columns["phase"].tolist() == [0] * 4 + [1] * 6 + [2] * 3 + [3] * 3
    assert len(result.best_by_phase) == 4
    assert result.history(0)["validation_step"][-1] == 16


def test_seeds_together_are_seeds_alone():
    recipe = replace(SHORT, warm_up=0)
    both, alone = fit(recipe, (3, 5)), fit(recipe, (5,))
    np.testing.assert_allclose(
        both.columns["loss"][1], alone.columns["loss"][0], rtol=1e-4
    )


def test_a_model_in_a_file_is_the_model_without_its_training_parts(tmp_path):
    whole = {**SIZES, "neurons": 7, "stimuli": 3}
    model = build(**whole, stimulus_decoder=True, bank=5)
    assert model.bank is not None
    assert model.stimulus_decoder is not None
    path = tmp_path / "model.eqx"
    learning.write_model(path, model, {**SIZES, "updates": 6, "seed": [0]})
    again = read_model(path, build)
    assert again.bank is None
    assert again.stimulus_decoder is None
    assert same(again, model.bare())


def test_what_lies_between_knots_is_learned_and_rolled_out_as_trained(tmp_path):
    recipe = replace(SHORT, stimulus_mode="learned", warm_up=0, updates=12)
    model = fit(recipe).member(0)
    assert np.abs(model.upsampler.layers[-1].weight).max() > 0  # began at zero
    path = tmp_path / "model.eqx"
    asked = {**SIZES, "stimulus_mode": "learned", "seed": [0]}
    learning.write_model(path, model, asked)
    again = read_model(path, build)
    assert same(again, model.bare())
    whole = sets().train
    seen = jax.tree.map(jnp.asarray, batches.source(whole, recipe.task).observed)

    @jax.jit
    def unrolled(model):
        windows = batches.windows(seen, jnp.array([8]), recipe.task)
        return model.decode(losses.latents(model, windows, recipe.task))[1:, 0]

    given = jnp.asarray(whole.voltage[8]), jnp.asarray(whole.stimulus[8:17])
    rolled = rollouts.latent_rollout(again, *given, "learned", recipe.tu)
    np.testing.assert_allclose(rolled, unrolled(model), rtol=1e-4, atol=1e-5)


# The optimiser ---------------------------------------------------------------------


def test_adam_is_adam_where_all_parameters_train_from_the_start():
    weights = {"a": jnp.array([1.0, -2.0]), "b": jnp.array(3.0)}
    one, other = recipes.adam(0.1), optax.adam(0.1)

    def trained(rule):
        @jax.jit
        def step(tree, state):
            gradient = jax.tree.map(jnp.sin, tree)
            change, state = rule.update(gradient, state, tree)
            return optax.apply_updates(tree, change), state

        tree, state = weights, rule.init(weights)
        for _ in range(5):
            tree, state = step(tree, state)
        return tree

    with jax.numpy_dtype_promotion("standard"):
        trees = [trained(rule) for rule in (one, other)]
    for x, y in zip(*map(jax.tree.leaves, trees), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-5)


def test_the_first_step_of_a_parameter_has_the_size_of_the_rate():
    rule = recipes.adam(0.1)
    state: Any = rule.init({"old": jnp.array(1.0), "new": jnp.array(1.0)})
    late = state._replace(
        count={"old": jnp.array(500.0), "new": jnp.array(0.0)},
        mean={"old": jnp.array(0.2), "new": jnp.array(0.0)},
        square={"old": jnp.array(0.04), "new": jnp.array(0.0)},
    )
    gradient = {"old": jnp.array(0.2), "new": jnp.array(0.2)}
    change: Any = rule.update(gradient, late, None)[0]
    assert float(change["new"]) == pytest.approx(-0.1, rel=1e-4)
