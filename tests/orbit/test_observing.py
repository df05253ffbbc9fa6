"""Estimates from noisy samples: exact on polynomials, and as good as they claim."""

import numpy as np
import pytest

from studies.orbit import observing, tasks
from studies.orbit.batches import training_sets

TIME = np.array([0.0, 0.1, 0.19, 0.32, 0.4, 0.51, 0.6, 0.72])  # [TU], uneven


def quintic(time: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, velocity and acceleration of a polynomial path of degree five."""
    factors = np.random.default_rng(0).normal(size=(6, 3))
    powers = np.arange(6)
    value = time[:, None] ** powers
    slope = powers * time[:, None] ** np.maximum(powers - 1, 0)
    bend = powers * (powers - 1) * time[:, None] ** np.maximum(powers - 2, 0)
    return value @ factors, slope @ factors, bend @ factors


@pytest.mark.parametrize("half", [1, 2, 3])
def test_polynomials_are_found_exactly(half):
    position, velocity, acceleration = quintic(TIME)
    seen = velocity if half < 3 else None
    fit = observing.fit_around(TIME, position, seen, half, 5, (1.0, 1.0))
    assert fit.state == pytest.approx(np.hstack([position, velocity]), abs=1e-7)
    assert fit.acceleration == pytest.approx(acceleration, abs=1e-4)


def test_five_positions_give_the_central_differences_of_order_four():
    position = np.random.default_rng(1).normal(size=(9, 3))
    time, h = 0.1 * np.arange(9), 0.1
    fit = observing.fit_around(time, position, None, 2, 4, (1.0, 1.0))
    middle = slice(2, -2)
    p = [position[k : k + 5] for k in range(5)]
    first = (p[0] - 8 * p[1] + 8 * p[3] - p[4]) / (12 * h)
    second = (-p[0] + 16 * p[1] - 30 * p[2] + 16 * p[3] - p[4]) / (12 * h**2)
    assert fit.state[middle, 3:] == pytest.approx(first)
    assert fit.acceleration[middle] == pytest.approx(second)


@pytest.mark.parametrize("half", [1, 4])
def test_the_deviation_is_that_of_many_draws(half):
    sigma = (1e-3, 2e-3)
    generator = np.random.default_rng(2)
    time = 0.1 * np.arange(9)
    noise = generator.normal(size=(400, 9, 6)) * np.repeat(sigma, 3)
    fits = [
        observing.fit_around(time, x[:, :3], x[:, 3:], half, 5, sigma) for x in noise
    ]
    found = np.std([fit.acceleration[4] for fit in fits])
    assert fits[0].deviation[4] == pytest.approx(found, rel=0.1)


def test_wider_windows_are_taken_until_they_disagree():
    def fit(value: float, deviation: float) -> observing.Fit:
        return observing.Fit(
            np.full((1, 6), value), np.full((1, 3), value), np.array([deviation])
        )

    narrow, wide, off = fit(0.0, 1.0), fit(2.0, 0.3), fit(40.0, 0.1)
    assert observing.widest([narrow, wide, off]).acceleration[0, 0] == 2.0
    assert observing.widest([narrow, off, wide]).acceleration[0, 0] == 0.0


@pytest.mark.parametrize("observed", ["state", "position"])
def test_smoothing_takes_most_of_the_noise_out(observed):
    true = tasks.orbit_set("complex", 3, 1)
    sigma = 1e-4
    seen = tasks.add_noise(true, sigma, sigma, seed=4)
    known = {"position": sigma, "velocity": sigma, "observed": observed}
    smooth = tasks.estimate(seen, smoothing="local", **known)
    size = np.linalg.norm(true.acceleration, axis=-1)

    def label_error(orbits: tasks.OrbitSet) -> float:
        assert orbits.estimated is not None
        gap = np.linalg.norm(orbits.estimated - true.acceleration, axis=-1)
        return float(np.nanmean(gap / size))

    assert label_error(smooth) < 0.01
    stencil = tasks.acceleration_labels(seen).acceleration
    exact = true.acceleration[:, 1:-1].reshape(-1, 3)
    gap = np.linalg.norm(stencil - exact, axis=-1) / np.linalg.norm(exact, axis=-1)
    assert gap.mean() > 0.2
    left = np.abs(smooth.states - true.states)[..., :3].mean()
    assert left < 0.6 * np.abs(seen.states - true.states)[..., :3].mean()


def test_positions_alone_say_nothing_of_the_velocities_given():
    true = tasks.orbit_set("complex", 2, 1)
    wrong = tasks.add_noise(true, 0.0, 1.0, seed=1)
    found = tasks.estimate(wrong, observed="position")
    gap = np.linalg.norm((found.states - true.states)[..., 3:], axis=-1)
    speed = np.linalg.norm(true.states[..., 3:], axis=-1)
    assert np.median(gap / speed) < 1e-5
    assert np.array_equal(found.states[..., :3], true.states[..., :3])


def test_what_is_seen_well_is_left_alone():
    true = tasks.orbit_set("complex", 1, 1, points=36)
    assert tasks.estimate(true) is true


def test_padding_stays_padding():
    true = tasks.orbit_set("complex", 2, 1, points=60)
    states = true.states.copy()
    states[1, 40:] = np.nan
    short = tasks.OrbitSet(
        "cut", true.time, states, true.elements, true.names, "complex"
    )
    found = tasks.estimate(short, smoothing="local", position=1e-6, velocity=1e-6)
    assert np.array_equal(found.mask, short.mask)
    assert found.estimated is not None
    known = np.isfinite(found.estimated).all(axis=-1)
    assert known.sum(axis=1).tolist() == [58, 38]
    labels = tasks.acceleration_labels(found)
    assert len(labels.states) == 96


def test_training_sets_are_estimated_alike_and_judged_by_the_truth():
    sizes = {"space": False, "points": 36, "position_noise": 1e-4}
    sets = training_sets("complex", 2, 1, **sizes, observed="position")
    assert sets.training.estimated is not None
    assert sets.validation.estimated is not None
    assert sets.true.estimated is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"observed": "sound"}, "`observed` 'sound' is unknown"),
        ({"smoothing": "much"}, "`smoothing` 'much' is unknown"),
    ],
)
def test_unknown_choices_are_refused(change, message):
    true = tasks.orbit_set("complex", 1, 1, points=36)
    with pytest.raises(tasks.TaskError, match=message):
        tasks.estimate(true, **change)


def test_too_few_samples_are_refused():
    true = tasks.orbit_set("complex", 1, 1, points=5)
    with pytest.raises(tasks.TaskError, match="at least 7 samples"):
        tasks.estimate(true, observed="position", smoothing="local")
