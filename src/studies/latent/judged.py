"""What judged models do: the questions that the tests of claims ask, and words for it.

A model *diverges* when the worst start of its rollouts, on either family of movies,
exceeds a mean squared error of one; `stable` is 1 where none does.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from studies.evidence import Catalogue, Group, Survey, number

FAMILIES = ("validation", "flow")


class Quantity(NamedTuple):
    """One number of a model, as tables and scraps name it."""

    name: str
    unit: str
    meaning: str

    @property
    def words(self) -> str:
        """The name as prose writes it."""
        return self.name.replace("_", " ")

    @property
    def heading(self) -> str:
        """The name and the unit, as a table writes them."""
        return f"{self.words} [{self.unit}]"


def record_quantities(
    catalogue: Catalogue, models: Survey, quantities: Sequence[Quantity]
) -> None:
    """Leave the numbers of every model behind; one without a number has no scrap."""
    for member, row in models.members():
        for x in quantities:
            value = float(row.get(x.name, np.nan))
            if np.isfinite(value):
                catalogue.record(x.name, value, x.unit, x.meaning, member=member)


def never_diverges(models: Group) -> bool:
    """No model diverges, on either family; false where there is no model."""
    return models.share("stable") == 1


def always_diverges(models: Group) -> bool:
    """Every model diverges, on one of the families; false where there is no model."""
    return models.share("stable") == 0


def activity_lasts(models: Group) -> bool:
    """Rollouts through the voltages stay to the end on validation, by median."""
    last = models.median("validation_activity_divergence")
    return last >= models.median("activity_steps")


def seeds_agree(models: Group, column: str, times: float) -> list[bool]:
    """Whether the worst seed's error is at most so many times the best seed's.

    One part of a claim; none of it where there is one seed only. A seed without a
    number agrees with none.
    """
    values = models.values(column)
    if len(values) < 2:
        return []
    return [bool(np.max(values) <= times * np.min(values))]


def share_of_line(models: Group, families: Sequence[str] = FAMILIES) -> float:
    """Error between recordings over linear interpolation's, on the worst family [1]."""
    return float(np.max([models.median(f"{family}_ratio") for family in families]))


def over(models: Group, others: Group, column: str) -> float:
    """Median of some models over that of others [1]."""
    return models.median(column) / others.median(column)


# Words -----------------------------------------------------------------------------


def lasting(models: Group) -> str:
    """How many models diverge, and when."""
    if not models:
        return "–"
    steps = number(float(models.values("steps").max()))
    lost = Group(models.table[models.values("stable") == 0])
    if not lost:
        return f"no divergence in {steps} steps"
    first, last = (number(end(lost.values("divergence"))) for end in (np.min, np.max))
    at = f"step {first}" if first == last else f"steps {first} to {last}"
    alone = len(models) == 1
    who = "the model" if alone else f"{len(lost)} of {len(models)} models"
    return f"{who} diverge{'s' if alone or len(lost) == 1 else ''} at {at} of {steps}"


def between(models: Group) -> str:
    """The error between recordings as a share of linear interpolation's."""
    return (
        f"error between recordings over interpolation's: "
        f"{models.text('validation_ratio')}, on flow {models.text('flow_ratio')}"
    )


def told(models: Group) -> str:
    """The error between recordings, and how many models diverge."""
    return f"{between(models)}; {lasting(models)}{_through_voltages(models)}"


def _through_voltages(models: Group) -> str:
    """At which step rollouts that go through the voltages end, where they do."""
    if not models or "activity_steps" not in models.table or activity_lasts(models):
        return ""
    last = number(models.median("validation_activity_divergence"))
    return f", but through the voltages at step {last}"


def limit(
    gaps: Mapping[int, Group], bound: float, families: Sequence[str] = FAMILIES
) -> str:
    """At which gaps the best settings stay within a share of interpolation, in words.

    The share is no steady function of the gap: over a short one the line itself errs
    little, and noise, which no model foresees, is most of what both leave.
    """
    within = [tu for tu, x in gaps.items() if share_of_line(x, families) <= bound]
    beyond = [tu for tu in gaps if tu not in within]
    if not within:
        return f"beyond {bound:g} at every gap tried"
    longer = [tu for tu in beyond if tu > max(within)]
    shorter = [str(tu) for tu in beyond if tu < max(within)]
    reach = f"within {bound:g} up to {max(within)} steps"
    reach += f", beyond it at {longer[0]}" if longer else ", the longest gap tried"
    return reach + (f", and at {' and '.join(shorter)}" if shorter else "")


def noise_floor(models: Group, families: Sequence[str] = FAMILIES) -> float:
    """The least share of interpolation's error that noise allows; NaN without noise."""
    floors = [
        models.median(f"{family}_ratio") / models.median(f"{family}_to_floor")
        for family in families
    ]
    known = [value for value in floors if np.isfinite(value)]
    return max(known, default=float("nan"))
