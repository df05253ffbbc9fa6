"""The stimulus-only model: what it reads, and that it learns what can be read there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from latent_maps import recording
from studies.latent import baselines, checks, metrics, rollouts


def echo(seed: int, steps: int = 600):
    """Voltages that repeat the last two frames of the stimulus."""
    rng = np.random.default_rng(seed)
    stimulus = rng.normal(size=(steps, 2))
    voltage = np.zeros((steps, 2))
    voltage[2:] = stimulus[1:-1] - 0.5 * stimulus[:-2]
    return recording(voltage, stimulus)


def test_frames_end_at_the_step_that_leads_to_the_voltage():
    own = echo(0)
    rows = baselines.rows_at(baselines.source(own, 3), jnp.array([5, 9]), 3)
    np.testing.assert_array_equal(rows.frames[0], own.stimulus[3:6])
    np.testing.assert_array_equal(rows.voltage, own.voltage[[6, 10]])


def test_rows_are_drawn_where_history_and_voltage_exist():
    own = echo(0, 20)
    own.voltage[:] = np.arange(20)[:, None]
    rows = baselines.draw(jax.random.key(0), 0, baselines.source(own, 8), 8, 500)
    assert rows.voltage.min() == 8
    assert rows.voltage.max() == 19


def test_what_the_stimulus_says_is_learned():
    result = baselines.fit(
        echo(0),
        echo(1),
        [0],
        history=2,
        width=16,
        stimulus_latent=4,
        updates=600,
        learning_rate=5e-3,
    )
    other = echo(2)
    error = rollouts.stimulus_only_errors(result.best(0), other)[2:].mean()
    assert error < 0.1 * metrics.total_variance(other.voltage)


def test_a_recording_shorter_than_the_history_is_refused():
    with pytest.raises(baselines.BaselineError, match="history of 20 steps"):
        baselines.source(echo(0, 15), 20)


def test_the_planner_refuses_a_history_longer_than_the_recording():
    checks.stimulus_only({"preset": "tiny", "history": 20, "seed": [0, 1]})
    with pytest.raises(checks.ParameterError, match="`history` of 5000 steps"):
        checks.stimulus_only({"preset": "tiny", "history": 5000, "seed": [0]})
    with pytest.raises(checks.ParameterError, match="each once"):
        checks.stimulus_only({"preset": "tiny", "seed": [1, 1]})
