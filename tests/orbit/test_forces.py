"""Perturbed orbits and three bodies, against closed forms and published numbers."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from studies.orbit import forces, kepler, perturbed, tasks, threebody
from studies.orbit.kepler import EARTH_RADIUS, SPEED_UNIT, TIME_UNIT
from studies.orbit.rollouts import continued

FAR = np.array([[1.2, 0.1, 0.7, -0.2, 0.8, 0.4], [0.3, -1.5, -0.4, 0.7, 0.1, 0.2]])


def states_of(system: str, strength: float = 1.0, **sizes) -> tasks.OrbitSet:
    return tasks.orbit_set(
        sizes.pop("family", "complex"),
        sizes.pop("orbits", 4),
        3,
        system=tasks.System(system, strength),
        **sizes,
    )


# Published examples ----------------------------------------------------------------


def test_kepler_propagation_against_a_published_example():
    """Vallado (2013), example 2-4: 40 minutes of a low orbit, in km and km/s."""
    start = np.array([1131.340, -2282.343, 6672.423, -5.64305, 4.30333, 2.42879])
    end = np.array([-4219.7527, 4363.0292, -3958.7666, 3.689866, -1.916735, -6.112511])
    units = np.repeat([EARTH_RADIUS, SPEED_UNIT], 3)
    elements = kepler.elements_from_states(start / units)
    found = kepler.propagate(elements, np.array([40 * 60 / TIME_UNIT]))[0] * units
    # The example rounds its start to 1e-3 km and 1e-5 km/s; over 40 minutes the latter
    # alone is worth some 0.02 km.
    assert found[:3] == pytest.approx(end[:3], abs=0.03)
    assert found[3:] == pytest.approx(end[3:], abs=3e-5)


def test_libration_points_of_earth_and_moon_as_tabulated():
    """Places on the axis in units of the distance, for μ = 0.0121505856."""
    points = threebody.libration_points(0.0121505856)
    assert points["L1"][0] == pytest.approx(0.8369151, abs=1e-6)
    assert points["L2"][0] == pytest.approx(1.1556822, abs=1e-6)
    assert points["L3"][0] == pytest.approx(-1.0050626, abs=1e-6)


# Fields ----------------------------------------------------------------------------


def test_without_strength_the_path_is_keplers():
    orbits = tasks.orbit_set("complex", 4, 5, space=True)
    found = forces.integrate(tasks.System("j2", 0.0), orbits.states[:, 0], orbits.time)
    assert np.abs(found - orbits.states).max() < 1e-9


@pytest.mark.parametrize("strength", [1.0, 15.0])
def test_oblateness_is_the_gradient_of_its_potential(strength):
    def potential(position: np.ndarray) -> float:
        still = np.concatenate([position, np.zeros(3)])
        return float(perturbed.oblate_energy(still, strength))

    step = 1e-5
    for state in FAR:
        slopes = [
            (potential(state[:3] + move) - potential(state[:3] - move)) / (2 * step)
            for move in step * np.eye(3)
        ]
        field = perturbed.oblate(state, strength)
        assert field == pytest.approx(-np.array(slopes), rel=1e-8)


def test_oblateness_turns_node_and_periapsis_at_the_secular_rates():
    elements = np.array([[1.4, 0.15, np.radians(50.0), 1.0, 0.7, 0.3]])
    revolutions = 20
    span = revolutions * kepler.period(1.4)
    # Whole revolutions of the perturbed orbit: compare mean drift, not the oscillation.
    time = np.linspace(0.0, span, revolutions * 20 + 1)[None]
    start = kepler.states_from_elements(elements)
    strength = 0.05  # the rates are of first order in J2
    path = forces.integrate(tasks.System("j2", strength), start, time)[0]
    found = kepler.elements_from_states(path)
    closed = perturbed.secular_rates(elements, strength)
    for column, rate in zip((3, 4), closed, strict=True):
        angle = np.unwrap(found[:, column])
        slope = np.polyfit(time[0], angle, 1)[0]
        assert slope == pytest.approx(rate[0], rel=0.02)


def test_drag_takes_energy_at_the_rate_of_its_power():
    system = tasks.System("drag", 2.0)
    orbits = states_of("drag", 2.0, family="low", points=720)
    energy = np.asarray(kepler.invariants(orbits.states).energy)
    power = np.sum(
        perturbed.drag(orbits.states, system.strength) * orbits.states[..., 3:], -1
    )
    assert (power < 0).all()
    step = orbits.time[:, 1:2]
    central = (energy[:, 2:] - energy[:, :-2]) / (2 * step)
    assert central == pytest.approx(power[:, 1:-1], rel=5e-3)


def test_the_jacobi_constant_is_conserved_to_ten_digits():
    orbits = states_of("three_body", orbits=2)
    constant = np.asarray(threebody.jacobi(orbits.states))
    assert np.abs(constant / constant[:, :1] - 1).max() < 1e-10
    assert (
        threebody.JACOBI[0] <= constant.min() <= constant.max() <= threebody.JACOBI[1]
    )


def test_libration_points_are_equilibria():
    for state in threebody.libration_points().values():
        assert np.abs(threebody.acceleration(state)).max() < 1e-12


def test_the_turning_frame_is_the_inertial_one_turned():
    """A path in the turning frame is the one under both bodies' pull at rest."""
    mu = threebody.MASS_RATIO

    def pull(time: float, state: np.ndarray) -> np.ndarray:
        axis = np.array([np.cos(time), np.sin(time), 0.0])
        gaps = state[:3] + mu * axis, state[:3] - (1 - mu) * axis
        parts = [
            -mass * gap / np.linalg.norm(gap) ** 3
            for mass, gap in zip((1 - mu, mu), gaps, strict=True)
        ]
        return np.concatenate([state[3:], sum(parts)])

    start = np.array([0.5, 0.1, 0.05, 0.1, 0.6, 0.02])
    spin = np.array([0.0, 0.0, 1.0])
    at_rest = np.concatenate([start[:3], start[3:] + np.cross(spin, start[:3])])
    end = 1.3
    tight = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-13}
    inertial = solve_ivp(pull, (0.0, end), at_rest, **tight).y[:3, -1]
    time = np.array([[0.0, end / 2, end]])
    turning = forces.integrate(tasks.System("three_body"), start[None], time)[0, -1]
    cos, sin = np.cos(end), np.sin(end)
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    assert turn @ turning[:3] == pytest.approx(inertial, abs=1e-10)


def test_drift_by_piece_adds_up():
    drift = np.cumsum(np.random.default_rng(0).normal(size=(3, 41)), axis=1)
    pieces = threebody.by_piece(drift)
    assert pieces.shape == (3, 10)
    assert pieces.sum(axis=1) == pytest.approx(drift[:, -1] - drift[:, 0])


# Sets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "strength", "space"),
    [("j2", 15.0, True), ("drag", 1.0, False), ("three_body", 1.0, True)],
)
def test_sets_of_a_system_are_repeatable_and_grow_at_their_end(system, strength, space):
    drawn = states_of(system, strength, space=space, points=60, orbits=3)
    again = states_of(system, strength, space=space, points=60, orbits=3)
    one = states_of(system, strength, space=space, points=60, orbits=1)
    assert np.array_equal(drawn.states, again.states)
    assert np.abs(drawn.states[:1] - one.states).max() < 1e-9
    assert drawn.mask.all()
    assert drawn.planar is not space
    assert drawn.system.keeps(drawn.states).all()
    central = (drawn.states[:, 2:, 3:] - drawn.states[:, :-2, 3:]) / (
        2 * drawn.time[:, 1:2, None]
    )
    truth = drawn.acceleration[:, 1:-1]
    gap = np.linalg.norm(central - truth, axis=-1) / np.linalg.norm(truth, axis=-1)
    assert np.median(gap) < 0.05  # second differences of 60 samples, all of them
    newton = np.linalg.norm(
        central - kepler.gravity(drawn.states[:, 1:-1, :3]), axis=-1
    )
    if system == "three_body":
        assert np.median(newton) > 10 * np.median(
            np.linalg.norm(central - truth, axis=-1)
        )


def test_streams_of_three_bodies_never_meet():
    system = tasks.System("three_body")
    sets = [
        tasks.orbit_set("complex", 2, 1, points=10, stream=stream, system=system)
        for stream in ("train", "validation", "test")
    ]
    firsts = {tuple(orbits.states[0, 0]) for orbits in sets}
    assert len(firsts) == 3


def test_longer_paths_begin_like_shorter_ones():
    orbits = states_of("j2", 15.0, space=True, points=60)
    longer = continued(orbits, 2, 60)
    assert longer.states.shape == (4, 121, 6)
    assert np.abs(longer.states[:, :60] - orbits.states).max() < 1e-9
    assert longer.system == orbits.system


def test_sets_of_different_systems_are_not_joined():
    plain = tasks.orbit_set("complex", 1, 1, points=60)
    with pytest.raises(tasks.TaskError, match="one system"):
        tasks.join([plain, states_of("j2", points=60, orbits=1)])


@pytest.mark.parametrize(
    ("name", "strength", "message"),
    [
        ("moon", 1.0, "is unknown"),
        ("two_body", 2.0, "makes no sense"),
        ("three_body", 0.5, "makes no sense"),
        ("j2", -1.0, "makes no sense"),
    ],
)
def test_a_system_that_does_not_exist_is_refused(name, strength, message):
    with pytest.raises(ValueError, match=message):
        tasks.System(name, strength)


def test_orbits_that_all_burn_up_are_an_error_and_no_endless_search():
    with pytest.raises(tasks.TaskError, match="Hardly any orbit"):
        states_of("drag", 1e4, family="low", orbits=1)
