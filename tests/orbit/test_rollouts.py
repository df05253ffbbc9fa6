"""Rollouts: what Newton's field conserves and what a wrong field does not."""

import jax.numpy as jnp
import numpy as np
import pytest

from studies.orbit import reports, rollouts, tasks
from studies.orbit.systems import TwoBody

POINTS = 120


@pytest.fixture(scope="module")
def orbits() -> tasks.OrbitSet:
    return tasks.orbit_set("simple", 6, seed=1, points=POINTS)


@pytest.mark.parametrize(
    ("solver", "periods"), [("fast", 1), ("fast", 2), ("reference", 1)]
)
def test_the_true_field_comes_back_to_where_it_began(orbits, solver, periods):
    longer = rollouts.continued(orbits, periods, POINTS)
    assert longer.time.shape == (6, POINTS * periods + 1)
    rolled = rollouts.roll_out(TwoBody(), longer, solver)
    row = rollouts.rollout_row(longer, rolled, str(periods), POINTS)
    assert row[f"final_position_{periods}"] < 0.02  # [%]
    assert row[f"energy_drift_{periods}"] < 0.002
    assert row[f"momentum_drift_{periods}"] < 0.002
    assert row[f"phase_lead_{periods}"] == 0.0
    assert row[f"lost_{periods}"] == 0.0
    assert {reports.unit_of(name) for name in row} <= {"%", "deg", "R_E"}


def test_a_stronger_pull_runs_ahead_and_a_weaker_one_lags(orbits):
    longer = rollouts.continued(orbits, 1, POINTS)
    for mu, sign in ((1.02, 1), (0.98, -1)):
        rolled = rollouts.roll_out(TwoBody(mu), longer)
        lead = rollouts.phase_lead(longer.states, rolled, POINTS)
        assert np.all(np.sign(lead) == sign)


def test_energy_drifts_by_the_work_of_friction(orbits):
    def dragged(state):
        return TwoBody()(state) - 1e-3 * jnp.concatenate([jnp.zeros(3), state[3:]])

    longer = rollouts.continued(orbits, 1, POINTS)
    rolled = rollouts.roll_out(dragged, longer)
    drift = rollouts.energy_drift(rolled)[:, -1]
    # dE/dt = −k v² and v² ≈ −2E on near-circles: E grows by exp(2 k T).
    expected = -100 * (np.exp(2e-3 * orbits.periods) - 1)
    assert drift == pytest.approx(expected, rel=0.02)
    momentum = rollouts.momentum_drift(rolled)[:, -1]
    assert momentum == pytest.approx(
        100 * (1 - np.exp(-1e-3 * orbits.periods)), rel=1e-3
    )


def test_position_errors_of_a_known_pair():
    true = np.zeros((1, 3, 6))
    true[..., 0] = 2.0
    predicted = true.copy()
    predicted[0, :, 1] = [0.0, 1.0, 2.0]
    assert np.array_equal(rollouts.position_error(true, predicted), [[0.0, 1.0, 2.0]])
    relative = rollouts.relative_position_error(true, predicted)
    assert np.array_equal(relative, [[0.0, 50.0, 100.0]])
    accumulated = rollouts.accumulated_error(true, predicted)
    expected = np.sqrt([[0.0, 1 / 2, 5 / 3]])
    assert accumulated == pytest.approx(expected)


def test_a_runaway_is_counted_and_not_averaged(orbits):
    def exploding(state):
        return jnp.where(state[0] > 1.0, jnp.nan, 1.0) * TwoBody()(state)

    longer = rollouts.continued(orbits, 1, POINTS)
    rolled = rollouts.roll_out(exploding, longer)
    row = rollouts.rollout_row(longer, rolled, "1", POINTS)
    assert row["lost_1"] == 100.0
    assert np.isnan(row["position_1"])


def test_padding_is_neither_a_runaway_nor_an_error(orbits):
    states = [orbits.states[0], orbits.states[1, :50]]
    times = [orbits.time[0], orbits.time[1, :50]]
    ragged = tasks.set_of_states("ragged", ("a", "b"), times, states)
    rolled = rollouts.roll_out(TwoBody(), ragged, "reference")
    row = rollouts.rollout_row(ragged, rolled, "1")
    assert row["lost_1"] == 0.0
    assert row["final_position_1"] < 0.02
    assert np.isnan(rolled[1, 50:]).all()


def test_models_are_judged_on_each_set_as_if_it_were_the_only_one(orbits):
    class Weak(TwoBody):
        def output_features(self, state):
            return jnp.ones(()), self.acceleration(state)

    path = orbits.take(np.array([0])).until(70)
    own = tasks.set_of_states("own", ("own",), [path.time[0]], [path.states[0]])
    sets = {"five": orbits.take(np.arange(5)), "one": orbits.take(np.array([5]))}
    sets["own"] = own
    judged = reports.judge(Weak(0.9), sets, points=POINTS, periods=(1, 2))
    for name, judgement in judged.items():
        assert judgement.row["mean"] == pytest.approx(10.0, abs=1e-3)
        assert judgement.errors.shape == sets[name].time.shape
        assert {reports.unit_of(key) for key in judgement.row}
    alone = reports.judge(Weak(0.9), {"one": sets["one"]}, points=POINTS, periods=(1,))
    for key, value in alone["one"].row.items():
        assert judged["one"].row[key] == pytest.approx(value, rel=1e-4, abs=1e-6), key
    assert judged["five"].row["phase_lead_2"] < 0
    assert judged["own"].row["final_position_span"] > 1
    assert "position_1" not in judged["own"].row
