"""Many trained models side by side: the shape that most notebooks of this study share.

`compare` judges every model of a table on recordings of its own circuit, beside the
baselines and the stimulus-only model; the result gives the table of numbers, curves for
figures and one sentence on the targets. What is kept on disk is decided by the caller.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fieldnotes.latent import metrics, reports, rollouts
from fieldnotes.latent.acquisition import Observation
from fieldnotes.latent.models import build, build_stimulus_only
from fieldnotes.latent.recordings import Recording
from fieldnotes.latent.reports import Arrays, Plan, Recordings
from fieldnotes.latent.sources import PRESETS, preset_circuit, recordings

Row = Mapping[str, Any]
Curves = dict[str, dict[str, np.ndarray]]
Load = Callable[[Row], Any]
Keep = Callable[..., Mapping[str, Any]]  # name, parameters, compute, models
DATA = ("source", "preset", "noise", "data_seed", "data_file")


def compute_always(
    name: str, parameters: Row, compute: Callable[[], Any], models: Any = ()
) -> Any:
    """A `keep` that keeps nothing."""
    del name, parameters, models
    return compute()


class Window(NamedTuple):
    """Curves and baselines of models that share their time units."""

    curves: tuple[Curves, Curves]  # family → group, family → baseline
    horizon: int  # the longest training window [steps]


@dataclass
class Comparison:
    """Judged models: numbers by model, curves by group."""

    table: pd.DataFrame  # hyperparameters, `group` and numbers; one row a model
    found: dict[str, Arrays] = field(default_factory=dict)  # by identity
    base: dict[str, Arrays] = field(default_factory=dict)  # by identity
    plans: dict[str, Plan] = field(default_factory=dict)  # by identity
    data: dict[str, Recordings] = field(default_factory=dict)  # by identity

    def rows(self) -> list[dict[str, Any]]:
        return self.table.to_dict("records")

    def groups(self) -> dict[str, list[str]]:
        """Group → identities of its models, in the order of the table."""
        by = self.table.groupby("group", sort=False)["identity"]
        return {str(name): list(own) for name, own in by}

    def curves(self, name: str = "mse", only: Sequence[str] | None = None) -> Curves:
        """Family → group → error curves of all its models, starts below one another."""
        kept: Curves = {}
        for group, identities in self.groups().items():
            if only is not None and group not in only:
                continue
            for family in reports.families(self.found[identities[0]]):
                given = [self.found[i].get(f"{family}.{name}") for i in identities]
                own = [x for x in given if x is not None]
                if own:
                    kept.setdefault(family, {})[group] = np.concatenate(own)
        return kept

    def baselines(self, identity: str | None = None) -> Curves:
        """Family → baseline → error curves, of one model (None: the first)."""
        own = self.base[identity or str(self.table["identity"].iloc[0])]
        kept: Curves = {}
        for key, values in own.items():
            family, _, name = key.partition(".")
            if values.ndim == 2:
                kept.setdefault(family, {})[name] = values
        return kept

    def window(self, time_units: int) -> "Window":
        """What a figure of the training window needs, for models of these time units.

        Baselines are those of the model with the longest window.
        """
        own = pd.DataFrame(self.table[self.table["tu"] == time_units])
        own = own.sort_values(by="ems")
        curves = self.curves(only=[str(name) for name in own["group"].unique()])
        longest = str(own["identity"].iloc[-1])
        horizon = self.plans[longest].horizon
        return Window((curves, self.baselines(longest)), horizon)

    def middle(self, group: str, column: str = "validation_window") -> str:
        """Identity of the model in the middle of its group's ranking."""
        own = pd.DataFrame(self.table[self.table["group"] == group])
        own = own.sort_values(by=column)
        return str(own["identity"].iloc[len(own) // 2])


def compare(
    rows: Sequence[Row],
    load: Load,
    keep: Keep = compute_always,
    *,
    varied: Sequence[str],
    steps: int = 2000,
    starts: int = 10,
    activity_steps: int = 2000,
    report: Callable[..., None] | None = None,
) -> Comparison:
    """Judge trained models; stimulus-only models among them judge the others.

    Args:
        rows: one mapping a model: identity and hyperparameters.
        load: gives the model of a row.
        keep: as `catalogue.cached`; keeps recordings and judgements.
        varied: hyperparameters that tell the groups apart.
        steps: of a latent rollout.
        starts: rollouts a family.
        activity_steps: of an activity rollout.
        report: called with the number of models done.
    """
    learned = [row for row in rows if not is_null(row)]
    nulls = {data_key(row): row for row in rows if is_null(row)}
    result = Comparison(pd.DataFrame())
    numbers, known = [], {}
    for done, own in enumerate(learned, start=1):
        plan = plan_of(own, steps, starts, activity_steps)
        place, name = data_key(own), str(own["identity"])
        if place not in known:
            known[place] = data_of(own, steps, starts, keep)
        data = known[place]
        asked = {"data": str(place), "plan": vars(plan)}
        judge = partial(judged, own, load, data, plan)
        result.found[name] = dict(keep("judgement", asked, judge, own))
        null = nulls.get(place)
        base = partial(compared, own, load, data, plan, null)
        result.base[name] = dict(keep("baselines", asked, base, null))
        result.plans[name], result.data[name] = plan, data
        numbers.append(reports.row(result.found[name], result.base[name], plan))
        if report is not None:
            report(done)
    result.table = table_of(learned, numbers, varied, result.plans)
    return result


def table_of(
    rows: Sequence[Row],
    numbers: Sequence[Row],
    varied: Sequence[str],
    plans: Mapping[str, Plan],
) -> pd.DataFrame:
    """Hyperparameters and numbers, a row a model, with the name of its group."""
    lines = []
    for row, own in zip(rows, numbers, strict=True):
        plan = plans[str(row["identity"])]
        lengths = {"steps": plan.whole, "activity_steps": plan.activity}
        group = reports.label(row, varied)
        told = {"noise": noise_of(row), "group": group}
        lines.append({**row, **own, **lengths, **told})
    return pd.DataFrame(lines)


def is_null(row: Row) -> bool:
    """Whether a model sees the stimulus alone."""
    return str(row.get("notebook", "")).endswith("stimulus-only")


def data_key(row: Row) -> tuple[Any, ...]:
    """What says which recordings a model was trained on."""
    known = {**row, "noise": noise_of(row), "data_seed": int(row.get("data_seed", 0))}
    return tuple(known.get(name) for name in DATA)


def noise_of(row: Row) -> float | None:
    """Noise of the recordings a model was trained on; None for a file's own."""
    given = row.get("noise")
    if given is not None and not np.isnan(given):
        return float(given)
    known = row.get("source", "hexeye") == "hexeye"
    return PRESETS[str(row["preset"])].noise if known else None


def plan_of(row: Row, steps: int, starts: int, activity_steps: int) -> Plan:
    """How a model is rolled out, from how it was trained."""
    return Plan(
        time_units=int(row["tu"]),
        evolve_multiple_steps=int(row["ems"]),
        steps=steps,
        starts=starts,
        activity_steps=activity_steps,
        mode=str(row.get("stimulus_mode", "all")),
    )


def observation_of(row: Row) -> Observation:
    """What a model may see, from how it was trained."""
    return Observation(
        str(row["mode"]),
        int(row["tu"]),
        int(row.get("phase_seed", 0)),
        str(row.get("interpolation", "acausal")),
    )


# What is computed ------------------------------------------------------------------


def data_of(row: Row, steps: int, starts: int, keep: Keep) -> Recordings:
    """Recordings that judge a model: long new ones, or those its file leaves."""
    if row.get("source", "hexeye") == "file":
        return recordings("file", data_file=row["data_file"]).judged
    asked = {
        "preset": row["preset"],
        "noise": noise_of(row),
        "seed": int(row.get("data_seed", 0)),
        "steps": steps,
        "starts": starts,
    }
    made: dict[str, Recording] = {}

    def compute() -> Arrays:
        made.update(reports.judging_recordings(**asked))
        return {
            f"{family}.{name}": getattr(own, name)
            for family, own in made.items()
            for name in ("voltage", "stimulus")
        }

    arrays = keep("judging-recordings", asked, compute)
    return made or reports.restored(dict(arrays), **asked)


def training_of(row: Row) -> Recording:
    """The recording a model was trained on, every row of it."""
    source, preset = str(row["source"]), str(row["preset"])
    own = noise_of(row), int(row.get("data_seed", 0)), str(row.get("data_file", ""))
    return recordings(source, preset, *own).train


def judged(row: Row, load: Load, data: Recordings, plan: Plan) -> Arrays:
    """`reports.judge` of the model of a row."""
    return reports.judge(load(row), data, plan, observation_of(row))


def compared(
    row: Row, load: Load, data: Recordings, plan: Plan, null: Row | None
) -> Arrays:
    """`reports.baselines` of the recordings of a row."""
    known = row.get("source", "hexeye") == "hexeye"
    circuit = preset_circuit(str(row["preset"])) if known else None
    nulls = None
    if null is not None:
        model = load(null)
        nulls = {name: rollouts.null_errors(model, own) for name, own in data.items()}
    return reports.baselines(data, plan, circuit, nulls)


# For notebooks ---------------------------------------------------------------------

SCRAPS = {
    "window": "voltage²",
    "loss_points": "voltage²",
    "beyond": "voltage²",
    "relative": "1",
    "ratio": "1",
    "to_floor": "1",
    "to_null": "1",
    "one_step": "voltage²",
    "from_true_state": "voltage²",
    "divergence": "steps",
    "activity_divergence": "steps",
}


def learned(models: pd.DataFrame) -> pd.DataFrame:
    """The models but for those that see the stimulus alone."""
    keep = [not is_null(row) for row in models.to_dict("records")]
    return models.loc[keep].reset_index(drop=True)


def inner(query: Mapping[str, Any]) -> dict[str, Any]:
    """The conditions within a query for models; none where a stage is asked for."""
    return dict(query.get("where", {}))


def builder(row: Row) -> Callable[..., Any]:
    """What makes the skeleton of the model of a row."""
    return build_stimulus_only if is_null(row) else build


def scraps(
    comparison: Comparison, varied: Sequence[str]
) -> Iterator[tuple[str, float, str, dict[str, Any]]]:
    """Name, value, unit and member of every number a reader takes away."""
    for row in comparison.rows():
        member = {name: row[name] for name in varied}
        yield "stable", bool(row["stable"]), "-", member
        for family in reports.families(comparison.found[str(row["identity"])]):
            for name, unit in SCRAPS.items():
                value = row.get(f"{family}_{name}", np.nan)
                if np.isfinite(value):
                    yield f"{family}_{name}", float(value), unit, member


# Words -----------------------------------------------------------------------------


def headings(table: pd.DataFrame) -> dict[str, str]:
    """Columns of the table that every notebook shows, by their headings."""
    names = {
        "validation_loss_points": "loss points",
        "validation_window": "between",
        "validation_ratio": "of interpolation",
        "validation_relative": "of variance",
        "validation_to_floor": "of noise floor",
        "validation_to_null": "of stimulus only",
        "validation_from_true_state": "from true states",
        "validation_beyond": "beyond",
        "validation_divergence": "diverges at",
        "flow_window": "flow: between",
        "flow_ratio": "flow: of interpolation",
        "flow_relative": "flow: of variance",
        "flow_to_null": "flow: of stimulus only",
        "flow_divergence": "flow: diverges at",
    }
    return {
        name: words
        for name, words in names.items()
        if name in table and np.isfinite(table[name].to_numpy(float)).any()
    }


def overview(comparison: Comparison, models: pd.DataFrame) -> str:
    """How many models were judged, and which of those asked for could not be."""
    table, absent = comparison.table, models.attrs.get("absent", [])
    neurons = {
        own.neurons for data in comparison.data.values() for own in data.values()
    }
    nulls = len(models) - len(table)
    text = (
        f"{len(table)} models in {table['group'].nunique()} settings, "
        f"{' and '.join(map(str, sorted(neurons)))} neurons; "
        f"{nulls} stimulus-only model{'' if nulls == 1 else 's'} beside them."
    )
    lost = [row for row in comparison.rows() if row.get("outcome") == "diverged"]
    if lost:
        text += f" {len(lost)} diverged in training and are judged as they ended."
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
    text += f" ({'; '.join(stable)})." if 0 < len(stable) < by.ngroups else "."
    if not middle:
        return text
    best = min(middle, key=middle.__getitem__)
    return text + (
        f" Between the recordings the error is lowest with {best}: "
        f"{reports.brief(middle[best])} of linear interpolation."
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
