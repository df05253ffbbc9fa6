"""Two-body orbits in closed form, against textbooks and conservation laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from studies.orbit import kepler
from studies.orbit.kepler import EARTH_RADIUS, SPEED_UNIT, TIME_UNIT

DEGREE = np.pi / 180


def random_elements(count: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    low = [1.1, 0.0, 0.0, 0.0, 0.0, 0.0]
    high = [7.0, 0.9, np.pi, 2 * np.pi, 2 * np.pi, 2 * np.pi]
    return generator.uniform(low, high, (count, 6))


def test_units_make_mu_one():
    mu = kepler.EARTH_MU * TIME_UNIT**2 / EARTH_RADIUS**3
    assert mu == pytest.approx(1.0, abs=1e-15)
    assert pytest.approx(806.81, abs=0.005) == TIME_UNIT  # [s], orbit.md §A1
    assert pytest.approx(7.9054, abs=5e-5) == SPEED_UNIT  # [km/s], the same


def test_kepler_equation_gives_vallados_example_2_1():
    """Vallado, Fundamentals of Astrodynamics: M = 235.4°, e = 0.4, E = 220.512074°."""
    angle = kepler.solve_kepler(np.array(235.4 * DEGREE), np.array(0.4))
    assert angle / DEGREE == pytest.approx(220.512074, abs=5e-6)


def test_propagation_gives_curtis_example_3_2():
    """Curtis, Orbital Mechanics for Engineering Students, examples 3.1 and 3.2.

    Perigee 9600 km, apogee 21000 km, mu = 398600: three hours after perigee the true
    anomaly is 193.2°, and 120° is reached after 4077 s.
    """
    a, e = 15300 / EARTH_RADIUS, 11400 / 30600
    elements = np.array([a, e, 0.0, 0.0, 0.0, 0.0])
    stretch = np.sqrt(398600 / kepler.EARTH_MU)  # his mu is a little smaller
    time = np.array([10800.0, 4077.0]) / TIME_UNIT * stretch
    states = kepler.propagate(elements, time)
    true = np.arctan2(states[:, 1], states[:, 0]) / DEGREE % 360
    assert true == pytest.approx([193.2, 120.0], abs=0.05)


def test_elements_of_a_state_give_vallados_example_2_5():
    """Vallado, example 2-5 (RV2COE)."""
    state = np.array([6524.834, 6862.875, 6448.296, 4.901327, 5.533756, -1.976341])
    state /= np.array([EARTH_RADIUS] * 3 + [SPEED_UNIT] * 3)
    a, e, *angles = kepler.elements_from_states(state)
    assert a * EARTH_RADIUS == pytest.approx(36127.343, abs=0.2)  # [km]
    assert e == pytest.approx(0.832853, abs=1e-6)
    expected = [87.870, 227.898, 53.38, 92.335]
    assert np.array(angles) / DEGREE == pytest.approx(expected, abs=0.01)


def test_propagation_agrees_with_a_numerical_integration():
    elements = random_elements(1)[0]
    span = kepler.period(elements[0])
    times = np.linspace(0, span, 7)
    states = kepler.propagate(elements, times)

    def derivative(_, y):
        return np.concatenate([y[3:], kepler.gravity(y[:3])])

    solution = solve_ivp(
        derivative, (0, span), states[0], t_eval=times, rtol=1e-12, atol=1e-12
    )
    assert solution.y.T == pytest.approx(states, abs=1e-8)


def test_energy_and_angular_momentum_never_change():
    elements = random_elements(200)
    span = np.asarray(kepler.period(elements[:, 0]))[:, None]
    states = kepler.propagate(elements, span * np.linspace(0, 3, 50))
    energy, momentum, vector = kepler.invariants(states)
    a, e = elements[:, :1], elements[:, 1:2]
    size = np.linalg.norm(momentum, axis=-1)
    assert energy == pytest.approx(-0.5 / a * np.ones_like(energy), abs=1e-12)
    assert size == pytest.approx(
        np.sqrt(a * (1 - e**2)) * np.ones_like(size), abs=1e-12
    )
    first = np.broadcast_to(momentum[:, :1], momentum.shape)
    assert momentum == pytest.approx(first, abs=1e-12)
    lengths = np.linalg.norm(vector, axis=-1)
    assert lengths == pytest.approx(e * np.ones_like(lengths), abs=1e-12)


def test_propagation_begins_at_the_true_anomaly_of_the_elements():
    elements = random_elements(20)
    states = kepler.propagate(elements, np.zeros((20, 1)))[:, 0]
    assert states == pytest.approx(kepler.states_from_elements(elements), abs=1e-12)
    flat = elements * np.array([1, 1, 0, 0, 0, 1])
    planar = kepler.propagate(flat, np.zeros((20, 1)))[:, 0]
    ahead = np.arctan2(planar[:, 1], planar[:, 0]) % (2 * np.pi)
    assert ahead == pytest.approx(elements[:, 5], abs=1e-12)


def test_after_one_period_everything_is_where_it_was():
    elements = random_elements(20)
    span = np.asarray(kepler.period(elements[:, 0]))
    states = kepler.propagate(elements, np.stack([0 * span, span], axis=-1))
    assert states[:, 1] == pytest.approx(states[:, 0], abs=1e-11)


angle = st.floats(0.0, 2 * np.pi, exclude_max=True)


@settings(deadline=None)
@given(
    st.tuples(
        st.floats(1.0, 50.0),
        st.one_of(st.just(0.0), st.floats(1e-6, 0.98)),
        st.one_of(st.sampled_from([0.0, np.pi]), st.floats(1e-4, np.pi - 1e-4)),
        angle,
        angle,
        angle,
    )
)
def test_a_state_survives_the_way_through_its_elements(elements):
    state = kepler.states_from_elements(np.array(elements))
    again = kepler.states_from_elements(kepler.elements_from_states(state))
    scale = np.array([elements[0]] * 3 + [1.0] * 3)
    assert again / scale == pytest.approx(state / scale, abs=1e-8)


def test_elements_survive_the_way_through_a_state():
    elements = random_elements(200)
    again = kepler.elements_from_states(kepler.states_from_elements(elements))
    assert again == pytest.approx(elements, abs=1e-8)


@pytest.mark.parametrize("eccentricity", [0.0, 0.5, 0.81, 0.99, 0.9999])
def test_kepler_equation_holds_for_every_anomaly(eccentricity):
    mean = np.linspace(-20, 20, 401)
    angle = kepler.solve_kepler(mean, np.full_like(mean, eccentricity))
    assert angle - eccentricity * np.sin(angle) == pytest.approx(mean, abs=1e-12)


def test_an_open_orbit_is_refused():
    with pytest.raises(kepler.KeplerError, match="eccentricity"):
        kepler.solve_kepler(np.array(0.1), np.array(1.0))
    escaping = np.array([1.0, 0, 0, 0, 1.5, 0])
    with pytest.raises(kepler.KeplerError, match="closed"):
        kepler.elements_from_states(escaping)
