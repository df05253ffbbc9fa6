"""Trials across contexts: which variant is told what, and that networks hear it."""

import jax
import numpy as np
import pytest

from studies.reach import contexts, evaluation, reductions, tasks
from studies.reach.loop import Loop
from studies.reach.models import build

LOOP = Loop(steps=20)
CONTEXTS = (-1.0, 0.0, 2.0)
AMPLITUDES = (0.0, 4.0)


@pytest.fixture(scope="module")
def trials():
    reaches = tasks.centre_out(grid=1, directions=5)
    fields = evaluation.across_fields(reaches, "curl", AMPLITUDES)
    return contexts.across_contexts(fields, CONTEXTS)


def test_variants_stand_in_the_order_of_their_names(trials):
    amplitudes = [{"amplitude": amplitude} for amplitude in AMPLITUDES]
    names = contexts.named_variants(amplitudes, CONTEXTS)
    told = np.stack([trials.curl[:, 0], trials.context[:, 0]], axis=1).tolist()
    assert told == [[name["amplitude"], name["context"]] for name in names]
    assert (np.ptp(trials.context, axis=1) == 0).all()
    assert trials.start.shape == (6, 5, 2)


def test_a_network_hears_the_context_and_only_if_it_has_the_input(trials):
    """The paths under each context equal those of trials that have that context."""
    reduce = reductions.PathReduction(LOOP, aligned=False)
    key = jax.random.key(3)
    models = evaluation.stack([build(hidden=6, context=True, key=jax.random.key(1))])
    whole = evaluation.evaluate(models, LOOP, trials, 1, key, reduce).position
    split = contexts.split_contexts(whole, len(CONTEXTS))
    for place, context in enumerate(CONTEXTS):
        reaches = tasks.centre_out(grid=1, directions=5)
        told = reaches._replace(context=reaches.context + context)
        alone = evaluation.across_fields(told, "curl", AMPLITUDES)
        expected = evaluation.evaluate(models, LOOP, alone, 1, key, reduce).position
        np.testing.assert_allclose(split[:, :, place], expected, atol=1e-6)
    assert not np.allclose(split[:, :, 0], split[:, :, 2])
    deaf = evaluation.stack([build(hidden=6, key=jax.random.key(1))])
    same = evaluation.evaluate(deaf, LOOP, trials, 1, key, reduce).position
    same = contexts.split_contexts(same, len(CONTEXTS))
    np.testing.assert_array_equal(same[:, :, 0], same[:, :, 2])


def test_an_impulse_stays_with_its_trial():
    given = evaluation.impulses(
        tasks.steady_states(2),
        [("position", 1.0), ("velocity", 2.0)],
        3,
        2,
        jax.random.key(0),
    )
    trials, probes = contexts.impulses_across_contexts(given, CONTEXTS)
    assert trials.context[:, 0].tolist() == [-1, 0, 2, -1, 0, 2]
    assert probes.impulse is not None
    vector = np.asarray(probes.impulse.vector)
    assert (vector[:3, :, 2:] == 0).all() and (vector[3:, :, :2] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(vector, axis=-1)[:3], 1, rtol=1e-6)
    assert np.shape(probes.impulse.start) == (6, 4)


def test_models_that_are_told_nothing_are_refused():
    assert contexts.listens([{"method": "dai"}] * 2) == "dai"
    with pytest.raises(evaluation.EvaluationError, match="no context input"):
        contexts.listens([{"method": "none"}])
    with pytest.raises(evaluation.EvaluationError, match="`method`"):
        contexts.listens([{"method": "dai"}, {"method": "bcs"}])
