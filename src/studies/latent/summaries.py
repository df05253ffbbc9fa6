"""A comparison in words and numbers: its table, its scraps and its sentences."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from studies.evidence import Catalogue, Group, Summary, counted, number, table_of
from studies.latent import reports, trained
from studies.latent.comparisons import Comparison
from studies.latent.judged import FAMILIES, never_diverges

NAMED = 4  # groups that a sentence can list; more stand in the figure
SQUARED = "raw units²"


class Quantity(NamedTuple):
    """One number of a judged model and family of movies."""

    name: str  # of the column and the scrap, behind the family and an underscore
    heading: str  # in the table that every notebook shows
    unit: str
    meaning: str
    families: tuple[str, ...] = FAMILIES  # that have a column in the table


QUANTITIES = (
    Quantity(
        "loss_points",
        "at the recordings",
        SQUARED,
        "mean squared error at the recordings, where training compares",
        ("validation",),
    ),
    Quantity(
        "window",
        "between",
        SQUARED,
        "mean squared error at the steps between the recordings, within the training "
        "window (at all its steps if every step is recorded)",
    ),
    Quantity(
        "ratio",
        "between, over interpolation",
        "1",
        "error between the recordings over that of linear interpolation",
    ),
    Quantity(
        "relative",
        "between, over variance",
        "1",
        "error between the recordings over the variance of the observed signal",
    ),
    Quantity(
        "to_floor",
        "between, over noise floor",
        "1",
        "error between the recordings over that of the true circuit, simulated without "
        "noise from the true state",
        ("validation",),
    ),
    Quantity(
        "to_stimulus_only",
        "between, over stimulus-only",
        "1",
        "error between the recordings over that of the stimulus-only model",
    ),
    Quantity(
        "from_true_state",
        "from true states",
        SQUARED,
        "error between the recordings when rollouts start from true states, which "
        "staggered recordings do not contain",
        ("validation",),
    ),
    Quantity(
        "fit",
        "at the fitted samples",
        SQUARED,
        "error at the samples that the initial state was fitted to",
        (),
    ),
    Quantity(
        "fit_window",
        "within the fitted window",
        SQUARED,
        "error at all steps of the window that the initial state was fitted to",
        ("validation",),
    ),
    Quantity(
        "fit_beyond",
        "after the fitted window",
        SQUARED,
        "error at all steps after the window that the initial state was fitted to",
        ("validation",),
    ),
    Quantity(
        "one_step",
        "one step",
        SQUARED,
        "mean squared error of one step from true states",
        (),
    ),
    Quantity(
        "beyond",
        "beyond the window",
        SQUARED,
        "mean squared error after the training window, before any divergence",
        ("validation",),
    ),
    Quantity(
        "divergence",
        "diverges at",
        "steps",
        "first step at which the error of a rollout's worst start exceeds one (on a "
        "user's recording, four times its variance), or the number of steps if none "
        "does",
    ),
    Quantity(
        "activity_divergence",
        "activity rollout diverges at",
        "steps",
        "first step at which the worst start's error exceeds one in an activity "
        "rollout, which decodes and encodes again at every step",
        (),
    ),
)


# Tables ----------------------------------------------------------------------------


def columns(compared: Comparison) -> dict[str, str]:
    """Columns of the table that every notebook shows, by their headings."""
    headings = {}
    for family in FAMILIES:
        for quantity in QUANTITIES:
            if family in quantity.families and _known(
                compared, f"{family}_{quantity.name}"
            ):
                headings[f"{family}_{quantity.name}"] = (
                    f"{family}: {quantity.heading} [{quantity.unit}]"
                )
    return headings


def numbers(compared: Comparison) -> str:
    """The table that every notebook shows, with what its columns mean folded below."""
    shown = columns(compared)
    named = {name.partition("_")[2] for name in shown}
    lines = [f"- **{x.heading}**: {x.meaning}." for x in QUANTITIES if x.name in named]
    text = table_of(compared.models.groups, shown)
    folded = "\n".join(["<summary>What the columns mean</summary>", "", *lines])
    return (
        f"{text}\n\nMedian (lowest to highest) over seeds. No model was trained on "
        f"movies of the family *flow*.\n\n<details>{folded}\n\n</details>"
    )


def _known(compared: Comparison, name: str) -> bool:
    return name in compared.table and bool(Summary.of(compared.table[name]).n)


def record(catalogue: Catalogue, compared: Comparison) -> None:
    """Leave behind how many models were judged, and the numbers of each."""
    count = len(compared.models)
    catalogue.record("models", count, "1", "models that were judged")
    for member, row in compared.models.members():
        stable, meaning = bool(row["stable"]), "whether no rollout diverges"
        catalogue.record("stable", stable, "-", meaning, member=member)
        for family in reports.families(compared.judged[str(row["identity"])]):
            for quantity in QUANTITIES:
                value = float(row.get(f"{family}_{quantity.name}", np.nan))
                if np.isfinite(value):
                    catalogue.record(
                        f"{family}_{quantity.name}".replace(" ", "_"),
                        value,
                        quantity.unit,
                        f"{quantity.meaning}; {family}",
                        member=member,
                    )


# Words -----------------------------------------------------------------------------


def overview(compared: Comparison) -> str:
    """How many models were judged, and which of those asked for could not be."""
    table, absent = compared.table, compared.shown.attrs.get("absent", [])
    neurons = {x.neurons for data in compared.data.values() for x in data.values()}
    beside = len(compared.shown) - len(table)
    text = (
        f"{counted(len(table), 'model')} in "
        f"{counted(len(compared.models.groups), 'setting')}, "
        f"{' and '.join(map(str, sorted(neurons)))} neurons each; "
        f"{beside} stimulus-only model{'' if beside == 1 else 's'} beside them."
    )
    lost = [row for row in compared.models.rows if row.get("outcome") == "diverged"]
    if lost:
        text += f" {len(lost)} diverged in training and are judged as they ended."
    if compared.models.names.usual:
        text += f" {compared.models.names.usual_values()}"
    other = len(table) - sum(trained.is_of_circuit(row) for row in compared.models.rows)
    if other:
        text += (
            f" Claims are about circuits: {counted(other, 'model')} of other "
            "recordings in tables and figures only."
        )
    if absent:
        reasons = "; ".join(str(entry.get("reason")) for entry in absent)
        text += f" Not trained at all: {reasons}."
    return text


def sentence(compared: Comparison) -> str:
    """Which settings stay stable, and where the error between recordings is lowest."""
    groups = compared.models.groups
    stable = [name for name, group in groups.items() if never_diverges(group)]
    middle = medians(groups, "validation_ratio")
    text = f"{len(stable)} of {len(groups)} settings never diverge"
    some = 0 < len(stable) < len(groups) and len(stable) <= NAMED
    text += f" ({'; '.join(stable)})." if some else "."
    if len(groups) == 1:
        text = f"The only setting {'never diverges' if stable else 'diverges'}."
    if len(middle) == 1:
        (only,) = middle.values()
        text += (
            f" Between the recordings its error is {number(only)} of linear "
            "interpolation's."
        )
    elif middle:
        best = min(middle, key=middle.__getitem__)
        text += (
            f" Between the recordings the error is lowest with {best}: "
            f"{number(middle[best])} of linear interpolation's."
        )
    return f"{text} {beside_stimulus_only(groups)}".rstrip()


def beside_stimulus_only(groups: dict[str, Group]) -> str:
    """How many settings beat the model that sees the stimulus alone; empty without one.

    That model was shown every row of the recordings and is never rolled out, so a map
    that does no better has found little that the stimulus does not say.
    """
    parts = []
    for family in FAMILIES:
        middle = Summary.of(medians(groups, f"{family}_to_stimulus_only").values())
        if middle.n:
            below = _below_one(medians(groups, f"{family}_to_stimulus_only").values())
            low, high = number(middle.lowest), number(middle.highest)
            parts.append(
                f"{below} of {middle.n} settings on {family} ({low} to {high} of its "
                "error)"
            )
    if not parts:
        return ""
    return (
        "The model of the stimulus alone, which was shown every row, is beaten between "
        f"the recordings by {' and '.join(parts)}."
    )


def _below_one(values: Iterable[float]) -> int:
    return sum(value < 1 for value in values)


def medians(groups: dict[str, Group], column: str) -> dict[str, float]:
    """Group → median over its models, where it is known."""
    medians_of = {name: group.median(column) for name, group in groups.items()}
    return {name: value for name, value in medians_of.items() if np.isfinite(value)}
