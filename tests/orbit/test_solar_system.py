"""Planets by DE421, against constants that no one here measured."""

import numpy as np
import pytest

from studies.orbit import extras, planet_laws, readings, solar_system
from studies.orbit.law import regress
from studies.orbit.systems import TwoBody

MISSING = extras.absent("jplephem", "skyfield_data")
planets_at_hand = pytest.mark.skipif(
    bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (extra ephemerides)"
)


@planets_at_hand
def test_the_motion_of_the_inner_planets_is_newtons_to_a_hundredth_of_a_percent():
    orbits = solar_system.planets()
    assert orbits.planar
    assert orbits.estimated is not None
    for row in range(len(orbits)):
        keep = orbits.mask[row]
        gap = np.linalg.norm(
            (orbits.estimated - orbits.acceleration)[row, keep], axis=-1
        )
        size = np.linalg.norm(orbits.acceleration[row, keep], axis=-1)
        assert np.mean(gap / size) < 1e-4


@planets_at_hand
def test_jupiter_misses_the_suns_law_by_its_own_mass():
    seen = planet_laws.sky(points=120)
    assert seen.inner.estimated is not None
    law = regress(*readings.planar(seen.inner, seen.inner.estimated), 0.05)
    assert law.is_newton
    assert law.coefficients[0] == pytest.approx(-1, abs=1e-4)
    error = planet_laws.measured_error(
        planet_laws.law_on(law, seen.jupiter), seen.jupiter
    )
    assert error == pytest.approx(100 / solar_system.SUN_OVER_JUPITER, rel=0.05)


@planets_at_hand
def test_the_true_field_in_place_of_a_network_is_judged_the_same():
    seen = planet_laws.sky(points=120)
    found = planet_laws.judge(TwoBody(), seen, 0.05)
    assert found["newton"]
    assert found["network_jupiter"] == pytest.approx(found["law_jupiter"], abs=1e-3)


@planets_at_hand
def test_bodies_and_times_that_de421_does_not_have_are_refused():
    with pytest.raises(ValueError, match="Body 'Vulcan' is unknown; choose from Sun"):
        solar_system.positions("Vulcan", np.zeros(1))
    with pytest.raises(ValueError, match="DE421 reaches from -36680 to"):
        solar_system.positions("Mars", np.array([-40_000.0]))


def test_without_the_extra_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(
        extras.MissingExtraError, match=r"`jplephem` is not installed.*'.\[ephemerides"
    ):
        solar_system.kernel()
    assert extras.absent() == list(extras.PACKAGES)
    assert "are not installed" in extras.left_out(["sgp4", "jplephem"])
    assert "ask for none" in extras.left_out([])
