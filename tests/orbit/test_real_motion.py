"""Real motion: SGP4 against its own verification, constants read off, sets apart."""

from dataclasses import replace

import numpy as np
import pytest

from studies.orbit import beyond_newton, extras, read_off, satellites
from studies.orbit.differences import set_of_positions
from studies.orbit.orbit_sets import TaskError
from studies.orbit.perturbed import J2
from studies.orbit.systems import TwoBody

NO_SGP4, NO_DE421 = extras.absent("sgp4"), extras.absent("jplephem", "skyfield_data")
sgp4_at_hand = pytest.mark.skipif(
    bool(NO_SGP4), reason="not installed: sgp4 (extra ephemerides)"
)
de421_at_hand = pytest.mark.skipif(
    bool(NO_DE421), reason=f"not installed: {', '.join(NO_DE421)} (extra ephemerides)"
)


def verification_table() -> list[tuple[int, np.ndarray]]:
    """The published table: satellite, and rows of minute and position [km]."""
    text = satellites.verification_file("tcppver.out").read_text()
    blocks: list[tuple[int, list[list[float]]]] = []
    for line in text.splitlines():
        if line.endswith("xx"):
            blocks.append((int(line.split()[0]), []))
        elif line.strip():
            blocks[-1][1].append([float(x) for x in line.split()[:4]])
    return [(number, np.array(rows)) for number, rows in blocks]


@sgp4_at_hand
def test_positions_are_those_of_the_packages_own_verification_table():
    table, known = verification_table(), satellites.elements()
    assert [number for number, _ in table] == [one.number for one in known]
    compared = 0
    for one, (number, rows) in zip(known, table, strict=True):
        if number == 33334:  # the test of a failure: there is nothing to compare
            continue
        path = satellites.positions(satellites.propagator(one), rows[:, 0])
        # as printed [km]; and what 10 km/s go in four last digits of the minute
        rounding = 600 * 4 * np.spacing(np.abs(rows[:, 0]).max())
        assert np.abs(path - rows[:, 1:]).max() < 1e-8 + rounding, number
        compared += len(path)
    assert compared == sum(len(rows) for _, rows in table) - 1


@sgp4_at_hand
def test_five_low_satellites_give_mu_and_j2_of_wgs_72():
    found = read_off.mu_and_j2(satellites.satellites(satellites.LOW))
    assert found.mu == pytest.approx(1, rel=1e-5)
    assert found.j2 == pytest.approx(satellites.J2, rel=1e-3)


@sgp4_at_hand
def test_the_velocity_of_sgp4_is_not_the_derivative_of_its_position():
    orbits = satellites.satellites([23177], points=360)
    one = satellites.satellite(23177)
    minutes = 2 * np.pi / one.no_kozai / 360 * np.arange(360)
    days = one.jdsatepochF + minutes / 1440
    _, _, velocity = one.sgp4_array(np.full_like(days, one.jdsatepoch), days)
    unit = satellites.RADIUS * satellites.MINUTE / 60
    gap = np.linalg.norm(velocity / unit - orbits.states[0, :, 3:], axis=-1)
    worst = np.max(gap / np.linalg.norm(orbits.states[0, :, 3:], axis=-1))
    assert 1e-3 < worst < 3e-3


@sgp4_at_hand
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (20413, "Satellite 20413 is left out: its path jumps"),
        (28872, "left out: it decays"),
        (7, "Satellite 7 is not in the verification of SGP4: 5, 4632"),
    ],
)
def test_satellites_that_are_of_no_use_are_refused(number, words):
    with pytest.raises(TaskError, match=words):
        satellites.satellites([number])


@sgp4_at_hand
def test_a_satellite_that_has_decayed_has_no_position_and_says_when():
    with pytest.raises(TaskError, match=r"28872 has no position 51\.\d minutes after"):
        satellites.positions(satellites.satellite(28872), np.linspace(0, 90, 361))


@sgp4_at_hand
def test_a_satellite_of_the_training_set_is_never_in_the_test_set():
    everything = satellites.NEARLY_CIRCULAR + satellites.ECCENTRIC
    training, test = satellites.held_out(everything, satellites.HELD_OUT)
    assert not set(training) & set(test)
    assert set(training) | set(test) == set(everything)
    with pytest.raises(TaskError, match="none is left to learn from"):
        satellites.held_out([5], [5])
    orbits = satellites.satellites([6251, 28057], points=40)
    with pytest.raises(TaskError, match="Trained on and tested as well: 28057"):
        beyond_newton.check_apart(orbits, orbits.take(np.array([1])))


@de421_at_hand
def test_the_moon_gives_earth_and_moon_once_the_suns_tide_is_known():
    found = read_off.moon(revolutions=2.0)
    assert abs(found.with_tide) < 1e-3
    assert found.two_bodies < -0.1
    assert 0.1 < found.tide < 2


def oblate(strength: float = 1.0):
    return beyond_newton.generated(4, 3, strength=strength, points=120)


@pytest.mark.parametrize("strength", [0.5, 1.0, 3.0])
def test_j2_is_read_off_positions_of_an_oblate_earth(strength):
    found = read_off.mu_and_j2(oblate(strength))
    assert found.mu == pytest.approx(1, abs=1e-6)
    assert found.j2 == pytest.approx(strength * J2, rel=1e-3)


def test_the_pattern_of_the_true_residual_is_that_of_j2_in_words():
    orbits = beyond_newton.residual(oblate())
    assert orbits.estimated is not None
    keep = orbits.mask
    position, rest = orbits.states[keep][:, :3], orbits.estimated[keep]
    found = read_off.pattern(position, rest / beyond_newton.SCALE, J2)
    assert found.is_oblateness
    assert found.gap < 0.5
    assert found.words.startswith("r^−4 · (-1.0")
    wrong = read_off.pattern(position, rest[::-1] / beyond_newton.SCALE, J2)
    assert not wrong.is_oblateness
    assert not np.isfinite(wrong.gap) or wrong.gap > 10


def test_the_true_residual_leaves_nothing_and_a_field_of_zero_all():
    orbits = beyond_newton.residual(oblate())
    assert orbits.estimated is not None
    assert np.allclose(beyond_newton.errors_on(orbits.estimated, orbits), 0)
    nothing = np.zeros_like(orbits.estimated)
    assert np.allclose(beyond_newton.errors_on(nothing, orbits), 100)


def test_a_field_of_newton_alone_is_judged_to_know_nothing_of_the_bulge():
    found = beyond_newton.judge(TwoBody(1e-9), beyond_newton.residual(oblate()), J2)
    assert found["left"] == pytest.approx(100, abs=1)
    assert found["j2_gap"] == pytest.approx(100, abs=1)


def test_sets_without_measured_accelerations_are_refused():
    bare = replace(oblate(), estimated=None)
    for use in (read_off.mu_and_j2, read_off.beyond_kepler, beyond_newton.residual):
        with pytest.raises(TaskError, match="no measured accelerations"):
            use(bare)


def test_a_round_body_has_no_j2():
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    tilt = np.array([[1, 0, 0], [0, 0.6, 0.8]])
    path = np.stack([np.cos(angle), np.sin(angle)], axis=-1) @ tilt
    orbits = set_of_positions("circle", ("one",), [1.2 * path], [1.2**1.5 * angle[1]])
    found = read_off.mu_and_j2(orbits)
    assert found.mu == pytest.approx(1, abs=1e-9)
    assert abs(found.j2) < 1e-9
    assert read_off.mu_alone(orbits) == pytest.approx(1, abs=1e-9)
    assert read_off.beyond_kepler(orbits) < 1e-6
