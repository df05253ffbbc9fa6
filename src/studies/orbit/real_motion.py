"""Real motion put together for its notebook: who learns from whom, and the tables.

Where the extra `ephemerides` is absent every list here is empty, so that the claims
about real motion come out as not tested.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from studies.evidence import Group, markdown
from studies.orbit import beyond_newton, extras, read_off, satellites, solar_system
from studies.orbit.beyond_newton import Split, residual
from studies.orbit.metrics import predict
from studies.orbit.readings import mean_percent

KINDS = {
    "near-circular and low": satellites.LOW,
    "e < 0.05": satellites.NEARLY_CIRCULAR,
    "e > 0.1": satellites.ECCENTRIC,
}
INFORMED = {"features": "rtn", "output_layer": "rtn_logmag"}
NEUTRAL = {"features": "rinv_vel_logra", "output_layer": "logmag_unit_exp"}
BLIND = {"features": "pos", "output_layer": "logmag_unit_exp"}  # to the velocity
SEEING = {"features": "rinv_vel", "output_layer": "logmag_unit_exp"}
LOW_TEST = (28057,)  # the highest inclination and the highest of the low ones
Row = dict[str, Any]
Report = Callable[..., None] | None


def earth(points: int = 360, order: int = 6) -> list[Row]:
    """mu and J2 of the Earth by least squares from each kind of orbit [%].

    Gaps are from WGS 72, whose constants SGP4 uses.
    """
    if extras.absent("sgp4"):
        return []
    rows = []
    for kind, numbers in KINDS.items():
        orbits = satellites.satellites(numbers, points=points, order=order)
        constants = read_off.mu_and_j2(orbits)
        rows.append(
            {
                "kind": kind,
                "satellites": len(numbers),
                "mu_gap": 100 * (constants.mu - 1),
                "j2_gap": 100 * (constants.j2 / satellites.J2 - 1),
            }
        )
    return rows


def sun(points: int = 360, order: int = 6) -> list[Row]:
    """GM of the Sun over that of DE421, less one, from each inner planet [%]."""
    if extras.absent("jplephem", "skyfield_data"):
        return []
    return [
        {
            "planet": name,
            "gap": 100
            * (
                read_off.mu_alone(
                    solar_system.planets((name,), points=points, order=order)
                )
                - 1
            ),
        }
        for name in solar_system.INNER
    ]


def beyond_kepler(points: int = 360, order: int = 6) -> list[Row]:
    """What two bodies leave of each satellite's acceleration, with its orbit."""
    if extras.absent("sgp4"):
        return []
    numbers = satellites.NEARLY_CIRCULAR + satellites.ECCENTRIC
    orbits = satellites.satellites(numbers, points=points, order=order)
    rows = []
    for place, name in enumerate(orbits.names):
        one = orbits.take(np.array([place]))
        a, e, tilt = one.elements[0, :3]
        share = read_off.beyond_kepler(one)
        rows.append({"name": name, "a": a, "e": e, "i": np.degrees(tilt)})
        rows[-1]["share"] = share
    return rows


# Networks ----------------------------------------------------------------------------


def everything(points: int = 360, order: int = 6) -> Split:
    """All satellites but one of each kind, the same a revolution later, and those."""
    numbers = satellites.NEARLY_CIRCULAR + satellites.ECCENTRIC
    rest, test = satellites.held_out(numbers, satellites.HELD_OUT)
    return _split(rest, test, points, order)


def low(points: int = 360, order: int = 6) -> Split:
    """Four low satellites and a fifth, labelled with what Newton's field leaves."""
    rest, test = satellites.held_out(satellites.LOW, LOW_TEST)
    return Split(*map(residual, _split(rest, test, points, order)))


def from_generated(orbits: int, points: int = 360, order: int = 6) -> Split:
    """Generated orbits about an oblate Earth, and the five real low satellites."""
    test = satellites.satellites(satellites.LOW, points=points, order=order)
    drawn = [beyond_newton.generated(orbits, k, points=points) for k in (1, 2)]
    return Split(*map(residual, (*drawn, test)))


def _split(rest: Sequence[int], test: Sequence[int], points: int, order: int) -> Split:
    asked = {"points": points, "order": order}
    return Split(
        satellites.satellites(rest, **asked),
        satellites.satellites(rest, start=1.0, **asked),
        satellites.satellites(test, **asked),
    )


def learn_total(
    split: Split, layers: Row, seeds: Sequence[int], steps: int, report: Report = None
) -> list[Row]:
    """Networks of the whole acceleration: error on the held-out satellites [%]."""
    models = beyond_newton.learn(split, layers, seeds, steps, report)
    test, rows = split.test, []
    assert test.estimated is not None
    for seed, model in zip(seeds, models, strict=True):
        guess = predict(model.acceleration, test).predicted[test.mask]
        error = mean_percent(guess, test.estimated[test.mask])
        rows.append({**layers, "seed": seed, "error": error})
    return rows


def learn_residual(
    split: Split, layers: Row, seeds: Sequence[int], steps: int, report: Report = None
) -> list[Row]:
    """Networks of the residual, judged on satellites and on their training orbits.

    The pattern is read on the training orbits, where the network has been taught.
    """
    models = beyond_newton.learn(split, layers, seeds, steps, report)
    rows = []
    for seed, model in zip(seeds, models, strict=True):
        tested = beyond_newton.judge(model, split.test, satellites.J2)
        taught = beyond_newton.judge(model, split.training, satellites.J2)
        named = {f"taught_{name}": value for name, value in taught.items()}
        rows.append({**layers, "seed": seed, **tested, **named, "model": model})
    return rows


# Tables ------------------------------------------------------------------------------


def constants_table(rows: Sequence[Row], planets: Sequence[Row]) -> str:
    """What the motion itself gives, against the constants it was made with."""
    lines = [[x["kind"], x["satellites"], x["mu_gap"], x["j2_gap"]] for x in rows]
    head = ["satellites", "number", "mu off by [%]", "J2 off by [%]"]
    earth = markdown(head, lines)
    lines = [[x["planet"], x["gap"]] for x in planets]
    return f"{earth}\n\n{markdown(['planet', 'GM of the Sun off by [%]'], lines)}"


def network_table(groups: dict[str, Group]) -> str:
    """Networks of the residual: what they leave, and J2 read off them."""
    head = ["learned from, shown", "left of the residual [%]", "J2 off by [%]", "n"]
    lines = [
        [name, group.text("left"), group.text("j2_gap"), len(group)]
        for name, group in groups.items()
    ]
    return markdown(head, lines)


def pattern_table(group: Group) -> str:
    """The pattern in words that each network learned, on its training orbits."""
    head = ["seed", "pattern, in units of 3/2 J2", "coefficients off by [%]"]
    lines = [
        [x["seed"], f"`{x['taught_words']}`", x["taught_pattern_gap"]] for x in group
    ]
    return markdown(head, lines, text=2)
