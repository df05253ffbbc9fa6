"""Reading the law out of a trained network, and judging both where neither has been.

The law is read from the network's own accelerations at its training states; the true
ones are used only to judge. Outside the radii of training, orbits between two radii
drawn at random are the test, for the network and for its law alike. Planar models of
two bodies only.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from studies.evidence import Group, markdown
from studies.orbit import surveys
from studies.orbit.law import Law, PowerLaw, power_law, regress
from studies.orbit.metrics import Predictions, predict
from studies.orbit.tasks import OrbitSet, sample_orbits

FAR = (12.0, 40.0)  # [R_E] beyond every training orbit
NEAR = (0.3, 1.0)  # [R_E] below every training orbit: no such orbit is possible
ORBITS = 40  # that judge at either side
Row = Mapping[str, Any]


class Reading(NamedTuple):
    """What was read from a network at one set of states."""

    laws: dict[float, Law]  # threshold → law
    power: PowerLaw

    @property
    def newton(self) -> dict[float, bool]:
        """Threshold → whether exactly the attracting inverse square is left."""
        return {threshold: law.is_newton for threshold, law in self.laws.items()}


def of_newton(row: Row) -> bool:
    """Whether a trained model is planar, of drawn orbits of two bodies, and lasted."""
    drawn = not row.get("space", False) and not row.get("data_file")
    two_body = row.get("system", "two_body") == "two_body"
    return drawn and two_body and row.get("outcome") != "diverged"


def training_states(row: Row) -> OrbitSet:
    """The orbits that a model was trained on, without noise."""
    names = ("family", "orbits", "data_seed")
    asked = [surveys.alone(row[name]) for name in names]
    return surveys.training_orbits(*asked, False, int(row["points"]))


def planar(
    orbits: OrbitSet, vectors: Float[np.ndarray, "orbit time 3"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position, velocity and a vector at each sample of a planar set, (sample, 2)."""
    keep = orbits.mask
    states = orbits.states[keep]
    return states[:, :2], states[:, 3:5], vectors[keep][:, :2]


def read(field: Any, orbits: OrbitSet, thresholds: Sequence[float]) -> Reading:
    """The law and the power law of a field on the states of a planar set.

    Args:
        field: from a state to an acceleration, evaluated in float32.
        orbits: where it is asked.
        thresholds: smallest share of the mean |a| that keeps a term, one a law [1].

    Raises:
        ValueError: the field points outwards nearly everywhere.
    """
    asked = planar(orbits, predict(field, orbits).predicted)
    laws = {threshold: regress(*asked, threshold) for threshold in thresholds}
    return Reading(laws, power_law(asked[0], asked[2]))


def read_shuffled(field: Any, orbits: OrbitSet, threshold: float, seed: int = 0) -> Law:
    """The law of a field whose accelerations are dealt out to other states: a null."""
    position, velocity, acceleration = planar(orbits, predict(field, orbits).predicted)
    order = np.random.default_rng(seed).permutation(len(position))
    return regress(position, velocity, acceleration[order], threshold)


def orbits_between(
    low: float, high: float, count: int = ORBITS, seed: int = 12, points: int = 90
) -> OrbitSet:
    """Planar orbits whose two apsides are drawn evenly between two radii [R_E]."""
    rng = np.random.default_rng(seed)
    least, most = np.sort(rng.uniform(low, high, (2, count)), axis=0)
    angles = rng.uniform(0, 2 * np.pi, (2, count))
    axis, zero = (least + most) / 2, np.zeros(count)
    columns = [axis, (most - least) / (most + least), zero, zero, *angles]
    names = tuple(f"{low:g} to {high:g} R_E, {row}" for row in range(count))
    elements = np.stack(columns, axis=-1)
    return sample_orbits("apsides", names, elements, points, family="apsides")


def law_error(law: Law, orbits: OrbitSet) -> float:
    """Mean error of a law on the true states of a set [%]."""
    position, velocity, true = planar(orbits, orbits.acceleration)
    return mean_percent(law(position, velocity), true)


def mean_percent(
    guess: Float[np.ndarray, "sample axes"], true: Float[np.ndarray, "sample axes"]
) -> float:
    """Mean of ‖a − â‖/‖a‖ [%]."""
    gap = np.linalg.norm(guess - true, axis=-1)
    return float(100 * np.mean(gap / np.linalg.norm(true, axis=-1)))


def judge(model: Any, row: Row, thresholds: Sequence[float], threshold: float):
    """The numbers of one model: what was read, and errors in four places [%].

    `terms_<threshold in percent>` counts the terms left, `newton_…` says whether they
    are the inverse square alone. `network_…` and `law_…` are mean errors on unseen
    orbits of the family (`inside`), beyond (`far`) and below (`near`) the training
    radii.
    """
    taught = training_states(row)
    found = read(model.acceleration, taught, sorted({*thresholds, threshold}))
    law = found.laws[threshold]
    numbers: dict[str, Any] = {
        "slope": found.power.exponent,
        "slope_gap": abs(found.power.exponent + 2),
        "mu": -float(law.coefficients[0]) if law.is_newton else np.nan,
        "words": law.words,
    }
    numbers["mu_gap"] = 100 * abs(numbers["mu"] - 1)
    for level, one in found.laws.items():
        numbers[column("terms", level)] = len(one.names)
        numbers[column("newton", level)] = one.is_newton
    places = {
        "inside": surveys.unseen(row["family"], False, int(row["points"])),
        "far": orbits_between(*FAR),
        "near": orbits_between(*NEAR),
    }
    for place, orbits in places.items():
        asked = predict(model.acceleration, orbits)
        numbers[f"network_{place}"] = float(np.mean(asked.errors[asked.mask]))
        numbers[f"law_{place}"] = law_error(law, orbits)
        numbers[f"gain_{place}"] = numbers[f"network_{place}"] / max(
            numbers[f"law_{place}"], 1e-12
        )
    return numbers


def column(what: str, threshold: float) -> str:
    """Name of a column that belongs to a threshold, an identifier."""
    return f"{what}_{100 * threshold:g}".replace(".", "_")


def profile(
    field: Callable[..., Any], law: Law, radii: Float[np.ndarray, " radius"]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean error on circles of the network and of its law [%], by radius."""
    zero = np.zeros_like(radii)
    elements = np.stack([radii, zero, zero, zero, zero, zero], axis=-1)
    names = tuple(f"{radius:.3g} R_E" for radius in radii)
    circles = sample_orbits("circles", names, elements, 24, family="circular")
    asked: Predictions = predict(field, circles)
    position, velocity = circles.states[..., :2], circles.states[..., 3:5]
    true = circles.acceleration[..., :2]
    gap = np.linalg.norm(law(position, velocity) - true, axis=-1)
    errors = 100 * gap / np.linalg.norm(true, axis=-1)
    return asked.orbit_errors, errors.mean(axis=-1)


# In words --------------------------------------------------------------------------

RECORDED = (
    ("slope", "1", "exponent of the distance in the learned attraction"),
    ("mu", "1", "coefficient of the inverse square, if only that term remains"),
    ("network_far", "%", "acceleration error of the network between 12 and 40 R_E"),
    ("law_far", "%", "acceleration error of the law between 12 and 40 R_E"),
    ("network_near", "%", "acceleration error of the network between 0.3 and 1 R_E"),
    ("law_near", "%", "acceleration error of the law between 0.3 and 1 R_E"),
)


def counted(groups: Mapping[str, Group], thresholds: Sequence[float]) -> str:
    """How many models of each setting have the inverse square alone as their law."""
    head = ["setting", *(f"threshold {level:g}" for level in thresholds)]
    rows = []
    for name, group in groups.items():
        shares = [group.share(column("newton", level)) for level in thresholds]
        rows.append([name, *(f"{x * len(group):.0f} of {len(group)}" for x in shares)])
    return markdown(head, rows)


def middle(group: Group, measure: str) -> dict[str, Any]:
    """The row of the model in the middle of a group by a measure."""
    order = np.argsort(group.values(measure), kind="stable")
    return list(group)[int(order[(len(order) - 1) // 2])]


def in_words(groups: Mapping[str, Group]) -> str:
    """The law of the model of median error of each setting."""
    lines = [
        f"- {name}: `{middle(group, 'network_inside')['words']}`"
        for name, group in groups.items()
    ]
    return "\n".join(lines)
