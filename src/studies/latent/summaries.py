"""A comparison in words and numbers: its table, its scraps and its sentences."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from studies.latent import metrics, reports, trained
from studies.latent.comparisons import Comparison
from studies.latent.trained import Catalogue

NAMED = 4  # groups that a sentence can list; more stand in the figure
SCRAPS = {
    "window": "voltage²",
    "loss_points": "voltage²",
    "beyond": "voltage²",
    "relative": "1",
    "ratio": "1",
    "to_floor": "1",
    "to_stimulus_only": "1",
    "one_step": "voltage²",
    "from_true_state": "voltage²",
    "fit": "voltage²",
    "fit_window": "voltage²",
    "fit_beyond": "voltage²",
    "divergence": "steps",
    "activity_divergence": "steps",
}
HEADINGS = {  # of the table that every notebook shows
    "validation_loss_points": "loss points",
    "validation_window": "between",
    "validation_ratio": "of interpolation",
    "validation_relative": "of variance",
    "validation_to_floor": "of noise floor",
    "validation_to_stimulus_only": "of stimulus only",
    "validation_from_true_state": "from true states",
    "validation_fit_window": "window of the fit",
    "validation_fit_beyond": "after the fit",
    "validation_beyond": "beyond",
    "validation_divergence": "diverges at",
    "flow_window": "flow: between",
    "flow_ratio": "flow: of interpolation",
    "flow_relative": "flow: of variance",
    "flow_to_stimulus_only": "flow: of stimulus only",
    "flow_divergence": "flow: diverges at",
}
MEANING = {
    "loss points": "mean squared error at the recordings, where training compares",
    "between": "the same at the steps of the training window that no loss ever touched "
    "(of the whole window where every step is a loss point)",
    "of interpolation": "*between* as a share of the error of a straight line through "
    "the true recordings",
    "of variance": "as a share of the variance of what is observed",
    "of noise floor": "as a multiple of the error of the true circuit without noise, "
    "from the true state",
    "of stimulus only": "as a multiple of the error of the model that sees the "
    "stimulus alone",
    "from true states": "*between* from true states, which a model of staggered "
    "recordings never has",
    "window of the fit": "of models with a bank: mean squared error, at all entries, "
    "in the window whose observed entries their initial state was fitted to",
    "after the fit": "the same at all steps after that window, divergence or not",
    "beyond": "mean squared error after the training window, before any divergence",
    "diverges at": "first step at which the worst start exceeds an error of one; the "
    "number of steps means never",
}


# Tables ----------------------------------------------------------------------------


def headings(table: pd.DataFrame) -> dict[str, str]:
    """Columns of the table that every notebook shows, by their headings."""
    return {
        name: words
        for name, words in HEADINGS.items()
        if name in table and np.isfinite(table[name].to_numpy(float)).any()
    }


def legend(table: pd.DataFrame) -> str:
    """What the columns of `numbers` mean, those alone that are shown."""
    shown = [words for words in headings(table).values() if words in MEANING]
    lines = [f"- **{words}**: {MEANING[words]}" for words in shown]
    return "\n".join(
        [
            "Median and range over seeds; **flow** is the family of movies that no "
            "model was trained on.\n",
            *lines,
        ]
    )


def numbers(comparison: Comparison) -> pd.DataFrame:
    """The table that every notebook shows: a row a group, median and range."""
    return reports.summary(comparison.table, headings(comparison.table))


def scraps(
    comparison: Comparison,
) -> Iterator[tuple[str, float, str, dict[str, Any]]]:
    """Name, value, unit and member of every number a reader takes away."""
    for row in comparison.rows():
        member = {name: row[name] for name in comparison.varied}
        yield "stable", bool(row["stable"]), "-", member
        for family in reports.families(comparison.found[str(row["identity"])]):
            for name, unit in SCRAPS.items():
                value = row.get(f"{family}_{name}", np.nan)
                if np.isfinite(value):
                    told = unit.replace("voltage", trained.signal_of(row)[0])
                    yield f"{family}_{name}", float(value), told, member


def record(catalogue: Catalogue, comparison: Comparison) -> None:
    """Leave behind how many models were judged, and the scraps of each."""
    catalogue.record("models", len(comparison.table))
    for name, value, unit, member in scraps(comparison):
        catalogue.record(name, value, unit, member=member)


# Words -----------------------------------------------------------------------------


def overview(comparison: Comparison, models: pd.DataFrame) -> str:
    """How many models were judged, and which of those asked for could not be."""
    table, absent = comparison.table, models.attrs.get("absent", [])
    neurons = {
        own.neurons for data in comparison.data.values() for own in data.values()
    }
    beside = len(models) - len(table)
    text = (
        f"{len(table)} models in {table['group'].nunique()} settings, "
        f"{' and '.join(map(str, sorted(neurons)))} neurons; "
        f"{beside} stimulus-only model{'' if beside == 1 else 's'} beside them."
    )
    lost = [row for row in comparison.rows() if row.get("outcome") == "diverged"]
    if lost:
        text += f" {len(lost)} diverged in training and are judged as they ended."
    if comparison.usual:
        text += f" {comparison.usual}"
    if absent:
        reasons = "; ".join(str(entry.get("reason")) for entry in absent)
        text += f" Not trained at all: {reasons}."
    return text


def sentence(comparison: Comparison) -> str:
    """Which groups stay stable, and where the error between recordings is lowest."""
    table = comparison.table
    by = table.groupby("group", sort=False)
    stable = [str(name) for name, own in by if np.all(own["stable"].to_numpy() > 0)]
    middle = medians(table, "validation_ratio")
    text = f"{len(stable)} of {by.ngroups} settings never diverge"
    some = 0 < len(stable) < by.ngroups and len(stable) <= NAMED
    text += f" ({'; '.join(stable)})." if some else "."
    if middle:
        best = min(middle, key=middle.__getitem__)
        text += (
            f" Between the recordings the error is lowest with {best}: "
            f"{reports.brief(middle[best])} of linear interpolation."
        )
    return f"{text} {beside_stimulus_only(table)}".rstrip()


def beside_stimulus_only(table: pd.DataFrame) -> str:
    """How many groups beat the model that sees the stimulus alone; empty without one.

    That model was shown every row of the recordings and is never rolled out, so a map
    that does no better has found little that the stimulus does not say.
    """
    parts = []
    for family in ("validation", "flow"):
        name = f"{family}_to_stimulus_only"
        middle = medians(table, name) if name in table else {}
        if middle:
            below = sum(value < 1 for value in middle.values())
            low, high = (reports.brief(end(middle.values())) for end in (min, max))
            parts.append(
                f"{below} of {len(middle)} settings on {family} ({low} to {high} of "
                "its error)"
            )
    if not parts:
        return ""
    return (
        "The model of the stimulus alone, which was shown every row, is beaten between "
        f"the recordings by {' and '.join(parts)}."
    )


def best_reduced(table: pd.DataFrame) -> tuple[str, float]:
    """The group with the lowest share of interpolation among reduced stimulus modes."""
    middle = medians(pd.DataFrame(table[table["stimulus_mode"] != "all"]))
    if not middle:
        return "", float("nan")
    best = min(middle, key=middle.__getitem__)
    return best, middle[best]


def medians(table: pd.DataFrame, column: str = "validation_ratio") -> dict[str, float]:
    """Group → median over its models, where it is known."""
    return {
        str(name): float(np.nanmedian(own[column].to_numpy(float)))
        for name, own in table.groupby("group", sort=False)
        if np.isfinite(own[column].to_numpy(float)).any()
    }


def worst_capped(table: pd.DataFrame) -> int:
    """How many models left the range of numbers in a rollout."""
    finals = [name for name in table if str(name).endswith("_final")]
    over = table[finals].to_numpy(float) >= metrics.CAP / 1000
    return int(over.any(axis=1).sum())
