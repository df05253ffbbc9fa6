"""Sets of orbits, their split, segments and labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import root_scalar

from studies.orbit import kepler, tasks
from studies.orbit.kepler import EARTH_RADIUS, GEO_RADIUS, LOW_RADIUS

LOW, HIGH = LOW_RADIUS / EARTH_RADIUS, GEO_RADIUS / EARTH_RADIUS  # of a [R_E]


def eccentricity_quantile(share: float) -> float:
    """Quantile of e for uniform a and e under a(1 − e) ≥ 1, by integrating by hand.

    A given e leaves the a from max(LOW, 1/(1 − e)) to HIGH.
    """
    knee, end = 1 - 1 / LOW, 1 - 1 / HIGH

    def mass(e: float) -> float:
        flat = (HIGH - LOW) * min(e, knee)
        return flat + (HIGH * (e - knee) + np.log((1 - e) / (1 - knee))) * (e > knee)

    found = root_scalar(lambda e: mass(e) - share * mass(end), bracket=(0, end))
    return float(found.root)


def axis_quantile(share: float) -> float:
    """Quantile of a: a given a leaves the e from 0 to 1 − 1/a."""

    def mass(a: float) -> float:
        return a - np.log(a) - LOW + np.log(LOW)

    found = root_scalar(lambda a: mass(a) - share * mass(HIGH), bracket=(LOW, HIGH))
    return float(found.root)


def test_elements_of_the_complex_family_are_distributed_as_the_rejection_says():
    count = 3000
    elements = tasks.draw_elements("complex", count, 5, False, "train")
    for share in (0.05, 0.5, 0.95):
        # Share of the draw below the true quantile, within three binomial deviations.
        reach = 3 * np.sqrt(share * (1 - share) / count)
        below_e = np.mean(elements[:, 1] < eccentricity_quantile(share))
        below_a = np.mean(elements[:, 0] < axis_quantile(share))
        assert abs(below_e - share) < reach
        assert abs(below_a - share) < reach


def test_the_quantiles_that_the_notes_measured_fit_a_set_of_two_hundred():
    """orbit.md §A1: e 0.03/0.36/0.74, a 1.67/4.21/6.39 R_E, of an unnamed sample."""
    measured = {0.05: (0.03, 1.67), 0.5: (0.36, 4.21), 0.95: (0.74, 6.39)}
    for share, (e, a) in measured.items():
        reach = 3 * np.sqrt(share * (1 - share) / 200)
        elements = tasks.draw_elements("complex", 5000, 8, False, "train")
        assert abs(np.mean(elements[:, 1] < e) - share) < reach
        assert abs(np.mean(elements[:, 0] < a) - share) < reach


@pytest.mark.parametrize("family", tasks.FAMILIES)
@pytest.mark.parametrize("space", [False, True], ids=["planar", "space"])
def test_every_family_keeps_its_ranges_and_stays_above_the_surface(family, space):
    orbits = tasks.orbit_set(family, 30, seed=2, space=space, points=30)
    a, e, tilt, node, argument, true = orbits.elements.T
    (low, high), (round_, long) = tasks.RANGES[family]
    assert np.all((a >= low / EARTH_RADIUS) & (a <= high / EARTH_RADIUS))
    assert np.all((e >= round_) & (e <= long))
    assert np.all(np.linalg.norm(orbits.states[..., :3], axis=-1) >= 1 - 1e-12)
    assert np.all(argument <= np.pi)
    assert orbits.planar is not space
    assert (tilt.max() > 1) == space
    assert (node.max() > 1) == space
    starts = {"fixnu0": 0, "fixnu20": 20}
    assert (np.ptp(true) == 0) == (family in starts)
    if family in starts:
        assert np.degrees(true[0]) == pytest.approx(starts[family])
    assert len(orbits) == 30


def test_samples_are_equal_steps_in_time_over_one_period_without_its_end():
    orbits = tasks.orbit_set("complex", 5, seed=4)
    assert orbits.time.shape == (5, 360)
    steps = np.diff(orbits.time, axis=1)
    expected = np.asarray(orbits.periods)[:, None] / 360
    assert steps == pytest.approx(expected * np.ones_like(steps), rel=1e-9)
    closing = kepler.propagate(orbits.elements, orbits.periods[:, None])[:, 0]
    assert closing == pytest.approx(orbits.states[:, 0], abs=1e-11)


def test_a_set_is_the_same_every_time_and_a_larger_one_begins_with_it():
    small = tasks.orbit_set("complex", 10, seed=7)
    large = tasks.orbit_set("complex", 100, seed=7)
    assert np.array_equal(small.elements, large.elements[:10])
    assert not np.array_equal(
        small.elements, tasks.orbit_set("complex", 10, seed=8).elements
    )


@pytest.mark.parametrize("size", [1, 10, 100])
def test_unseen_orbits_are_in_no_training_set_whatever_its_seed(size):
    unseen = tasks.unseen_set(size)
    assert unseen.name == f"complex_{size}_test"
    seen = [tasks.orbit_set("complex", 100, seed=s, points=2) for s in (101, 110, 200)]
    known = {tuple(row) for orbits in seen for row in orbits.elements}
    assert not known & {tuple(row) for row in unseen.elements}


def test_noise_has_the_deviation_that_was_asked_for_and_stays_in_the_plane():
    orbits = tasks.orbit_set("complex", 50, seed=1)
    noisy = tasks.add_noise(orbits, position=1e-3, velocity=1e-4, seed=3)
    change = noisy.states - orbits.states
    spread = change[..., [0, 1, 3, 4]].std(axis=(0, 1))
    assert spread == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4], rel=0.05)
    assert noisy.planar
    assert np.array_equal(noisy.elements, orbits.elements)
    assert tasks.add_noise(orbits) is orbits


def test_turning_into_the_plane_keeps_size_shape_and_speed():
    space = tasks.orbit_set("complex", 10, seed=6, space=True)
    flat = tasks.into_plane(space)
    assert flat.planar
    for part in (slice(0, 3), slice(3, 6)):
        before = np.linalg.norm(space.states[..., part], axis=-1)
        after = np.linalg.norm(flat.states[..., part], axis=-1)
        assert after == pytest.approx(before, abs=1e-12)
    assert kepler.states_from_elements(flat.elements) == pytest.approx(
        flat.states[:, 0], abs=1e-12
    )


# Split -----------------------------------------------------------------------------


def test_no_piece_of_an_orbit_is_on_both_sides_of_a_split():
    orbits = tasks.orbit_set("complex", 10, seed=1)
    train, rest = tasks.split(orbits, 0.8)
    assert rest is not None
    assert (len(train), len(rest)) == (8, 2)
    assert not set(train.names) & set(rest.names)
    pieces = [tasks.segments(side, 18).states.reshape(-1, 6) for side in (train, rest)]
    seen = {tuple(state) for state in pieces[0]}
    assert not seen & {tuple(state) for state in pieces[1]}
    assert seen | {tuple(s) for s in pieces[1]} == {
        tuple(s) for s in orbits.states.reshape(-1, 6)
    }


def test_one_orbit_validates_on_itself_with_a_warning():
    orbits = tasks.orbit_set("single", 1)
    with pytest.warns(UserWarning, match="one orbit"):
        train, rest = tasks.split(orbits, 0.8)
    assert train is rest
    assert tasks.split(orbits, 1.0) == (orbits, None)


# Segments --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "count"), [(4, 90), (10, 36), (18, 20), (24, 15), (360, 1)]
)
def test_an_orbit_of_360_points_gives_the_segments_of_the_notes(length, count):
    orbits = tasks.orbit_set("complex", 3, seed=1)
    cut = tasks.segments(orbits, length)
    assert cut.states.shape == (3 * count, length, 6)
    assert np.array_equal(cut.orbit, np.repeat(np.arange(3), count))
    assert np.all(cut.time[:, 0] == 0)
    assert np.array_equal(cut.states[0], orbits.states[0, :length])


def test_what_does_not_fill_a_segment_and_what_is_missing_is_dropped():
    orbits = tasks.orbit_set("complex", 2, seed=1, points=50)
    assert tasks.segments(orbits, 18).states.shape[0] == 2 * 2
    first, second = orbits.states
    ragged = tasks.set_of_states(
        "ragged",
        ("long", "short"),
        [orbits.time[0], orbits.time[1, :20]],
        [first, second[:20]],
    )
    cut = tasks.segments(ragged, 10)
    assert np.array_equal(cut.orbit, [0, 0, 0, 0, 0, 1, 1])
    assert np.isfinite(cut.states).all()


@pytest.mark.parametrize(
    ("length", "window", "kept"),
    [
        (18, (0.0, 0.1), range(0, 2)),
        (360, (0.0, 0.1), range(0, 36)),
        (18, (0.0, 1.0), range(0, 18)),
        (18, (0.5, 1.0), range(9, 18)),
        (100, (0.0, 0.55), range(0, 55)),  # 0.55 × 100 > 55 in binary
    ],
)
def test_a_length_strategy_keeps_the_points_that_the_notes_say(length, window, kept):
    assert tasks.window_indices(length, window) == kept
    orbits = tasks.orbit_set("complex", 1, seed=1)
    cut = tasks.segments(orbits, length, window)
    assert np.array_equal(cut.states[0], orbits.states[0, kept.start : kept.stop])
    assert cut.time[0, 0] == 0


@settings(deadline=None)
@given(st.integers(2, 400), st.floats(0, 1), st.floats(0, 1))
def test_a_length_strategy_keeps_two_points_or_is_refused(length, start, end):
    try:
        kept = tasks.window_indices(length, (start, end))
    except tasks.TaskError as error:
        assert "Window" in str(error)
    else:
        assert len(kept) >= 2
        assert kept.start >= 0
        assert kept.stop <= length


def test_one_point_of_a_short_segment_is_refused():
    """The sweep of 10 December listed this: a loss over nothing."""
    with pytest.raises(tasks.TaskError, match="keeps 1 of 4 points"):
        tasks.window_indices(4, (0.0, 0.1))


@pytest.mark.parametrize("length", [1, 361])
def test_a_segment_longer_than_the_orbit_is_refused(length):
    with pytest.raises(tasks.TaskError, match="between 2 and 360"):
        tasks.segments(tasks.orbit_set("complex", 1), length)


# Labels ----------------------------------------------------------------------------


def stencil_errors(orbits: tasks.OrbitSet) -> np.ndarray:
    """Error of the labels against Newton's law [%]."""
    labels = tasks.acceleration_labels(orbits)
    true = kepler.gravity(labels.states[:, :3])
    size = np.linalg.norm(true, axis=-1)
    return 100 * np.linalg.norm(labels.acceleration - true, axis=-1) / size


def test_labels_from_data_are_the_true_acceleration():
    errors = stencil_errors(tasks.orbit_set("complex", 200, seed=1))
    assert errors.shape == (200 * 358,)
    assert errors.mean() < 1e-3  # [%], orbit.md §B4.5
    assert errors.max() < 0.1


def test_labels_are_the_textbook_stencil_where_steps_are_equal():
    orbits = tasks.orbit_set("complex", 1, seed=1)
    labels = tasks.acceleration_labels(orbits)
    p, v = orbits.states[0, :, :3], orbits.states[0, :, 3:]
    h = orbits.time[0, 1]
    second = 2 * (p[2:] - 2 * p[1:-1] + p[:-2]) / h**2
    expected = second - (v[2:] - v[:-2]) / (2 * h)
    assert labels.acceleration == pytest.approx(expected, abs=1e-9)


def test_labels_are_of_fourth_order():
    errors = [
        stencil_errors(tasks.orbit_set("simple", 5, seed=1, points=n)).mean()
        for n in (100, 200)
    ]
    assert errors[0] / errors[1] == pytest.approx(2**4, rel=0.05)


def test_labels_also_come_from_unequal_steps():
    orbits = tasks.orbit_set("simple", 1, seed=1)
    generator = np.random.default_rng(0)
    time = np.sort(generator.uniform(0, orbits.periods[0], 400))
    states = kepler.propagate(orbits.elements[0], time)
    own = tasks.set_of_states("own", ("own",), [time], [states])
    assert np.median(stencil_errors(own)) < 1e-3


def test_labels_never_bridge_a_gap_or_padding():
    orbits = tasks.orbit_set("complex", 1, seed=1, points=10)
    states = orbits.states.copy()
    states[0, 4] = np.nan
    gap = tasks.OrbitSet(
        "gap", orbits.time, states, orbits.elements, orbits.names, "complex"
    )
    labels = tasks.acceleration_labels(gap)
    assert np.array_equal(labels.states, states[0, [1, 2, 6, 7, 8]])


# Reference -------------------------------------------------------------------------


def test_the_reference_orbit_has_the_mean_elements_or_those_of_an_index():
    orbits = tasks.orbit_set("complex", 10, seed=1)
    mean = tasks.reference_orbit(orbits)
    assert mean.elements[0] == pytest.approx(orbits.elements.mean(axis=0), abs=1e-15)
    third = tasks.reference_orbit(orbits, 3)
    assert np.array_equal(third.states[0], orbits.states[3])
