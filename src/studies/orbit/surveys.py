"""A survey: every trained model of a comparison judged alike, one row each.

The row of a model is its hyperparameters, its errors on 1, 10 and 100 unseen orbits and
on the orbits it was trained on, and the state it ended in. No row is left out: a model
that diverged has an infinite error, one that is *stuck* counts with the error it has.
A model is stuck when, trained to the end, it errs on its own training orbits by 100 %
or more, which a field of zero would too, or by more than 10 % and three times the
median of its group.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

from studies.orbit import reports, tasks, verdicts
from studies.orbit.metrics import Predictions, predict
from studies.orbit.models import prior_of

SIZES = (1, 10, 100)  # orbits of the unseen sets
ZERO_FIELD = 100.0  # [%] error of a field that is zero everywhere
LISTED = 12  # models that did not end well, beyond which their list is folded
FLOOR, TIMES = 10.0, 3.0  # [%] and [1]: past both, a model of its group is stuck
STUCK = (
    f"*Stuck* models erred by {ZERO_FIELD:g} % on their own orbits (a field of zero "
    f"would too), or by over {FLOOR:g} % and {TIMES:g} times the median of their "
    "group. All stay in every median and range."
)
RANGE = ("median", "low", "high", "models", "stuck", "diverged")

Row = dict[str, Any]
Where = Mapping[str, Any]


def plain(value: Any) -> Any:
    """A parameter as tables compare it: a list of one is its entry, a list is text."""
    if isinstance(value, list | tuple) and len(value) == 1:
        return plain(value[0]) if not isinstance(value[0], list | tuple) else str(value)
    return str(list(value)) if isinstance(value, list | tuple) else value


@lru_cache(maxsize=64)
def training_orbits(
    family: Any,
    orbits: int,
    data_seed: int,
    space: bool,
    points: int,
    system: tasks.System = tasks.TWO_BODY,
) -> tasks.OrbitSet:
    """The orbits a model was trained on, without noise; drawn once."""
    sizes = {"space": space, "points": points, "system": system}
    return tasks.orbit_set(family, orbits, data_seed, **sizes)


@lru_cache(maxsize=8)
def unseen(
    family: Any, space: bool, points: int, system: tasks.System = tasks.TWO_BODY
) -> tasks.OrbitSet:
    """The three unseen sets one after the other, as one set."""
    sizes = {"family": family, "space": space, "points": points, "system": system}
    return tasks.join([tasks.unseen_set(size, **sizes) for size in SIZES])


def survey(
    given: pd.DataFrame,
    load: Callable[[Row], Any],
    *,
    varied: Sequence[str] = (),
    points: int = 360,
    family: str = "complex",
    report: Callable[..., None] | None = None,
) -> pd.DataFrame:
    """One row a model: its parameters, its errors, its group and its state.

    Errors are called `mean_100`, `angle_10` and so on (see `reports.UNITS`);
    `training_error` is the mean on its own orbits [%].

    Args:
        given: models by their hyperparameters, as the catalogue lists them.
        load: from a row to the model.
        varied: the parameters that differ; all but the seeds name the groups.
        points: samples a period of the test orbits [1].
        family: of the test orbits, "own" for that of the training orbits.
        report: told how many are done.
    """
    rows = [dict(row) for row in given.to_dict("records")]
    telling = verdicts.telling(rows, varied)
    judged = []
    for step, row in enumerate(rows, start=1):
        known = {name: plain(value) for name, value in row.items()}
        known |= {
            "model": verdicts.label(row, telling),
            "group": verdicts.group_label(row, telling),
            "prior": prior_of(row["features"], row["output_layer"]),
        }
        if row.get("outcome") == "diverged":
            judged.append(known | nothing())
        else:
            judged.append(known | measured(load(row), known, points, family))
        if report is not None:
            report(step, judged[-1]["mean_100"])
    table = pd.DataFrame(judged)
    table["state"] = states(table)
    return table


def nothing() -> Row:
    """The errors of a model that diverged: infinite."""
    names = [f"mean_{size}" for size in SIZES]
    return dict.fromkeys([*names, "training_error"], float("inf"))


def measured(model: Any, row: Row, points: int, family: str = "complex") -> Row:
    """Errors of a model on the unseen sets and on its own orbits [%], their shape.

    The truth is that of the system whose orbits trained it.
    """
    space = bool(row.get("space", False))
    system = tasks.System(row.get("system", "two_body"), row.get("strength", 1.0))
    test = row.get("family", "complex") if family == "own" else family
    joined = predict(model.acceleration, unseen(test, space, points, system))
    found, start = {}, 0
    for size in SIZES:
        own = reports.table_row(joined.take(slice(start, start + size)))
        found |= {f"{name}_{size}": value for name, value in own.items()}
        start += size
    if row.get("data_file"):
        return found | {"training_error": float("nan")}
    # `points` of the training itself: a model is asked where it was taught
    given = [row.get(name) for name in ("family", "orbits", "data_seed")]
    own = training_orbits(*given, space, row.get("points", points), system)
    return found | {"training_error": mean_error(predict(model.acceleration, own))}


def mean_error(given: Predictions) -> float:
    """Mean acceleration error over all samples [%]."""
    return float(np.mean(given.errors[given.mask]))


def states(table: pd.DataFrame) -> list[str]:
    """ "trained", "stuck" or "diverged" for each model; see the module."""
    error = table["training_error"].to_numpy(float)
    middle = (
        table.groupby("group")["training_error"].transform("median").to_numpy(float)
    )
    stuck = (error >= ZERO_FIELD) | ((error > FLOOR) & (error > TIMES * middle))
    diverged = np.isposinf(table["mean_100"].to_numpy(float))
    return [
        "diverged" if lost else "stuck" if caught else "trained"
        for lost, caught in zip(diverged, stuck, strict=True)
    ]


def chosen(table: pd.DataFrame, where: Where) -> pd.DataFrame:
    """The models with these parameters; a parameter that is not a column has none."""
    keep = np.ones(len(table), bool)
    for name, value in where.items():
        options = value if isinstance(value, tuple) else (value,)
        wanted = [plain(option) for option in options]
        column = table[name] if name in table else [None] * len(table)
        keep &= np.array([entry in wanted for entry in column], bool)
    return pd.DataFrame(table[keep])


def spread_of(table: pd.DataFrame, measure: str = "mean_100") -> Row:
    """Median, lowest and highest of a measure over models, and how they ended."""
    values = table[measure].to_numpy(float) if len(table) else np.array([np.nan])
    ended = [str(state) for state in table["state"]] if len(table) else []
    return {
        "median": float(np.median(values)),
        "low": float(np.min(values)),
        "high": float(np.max(values)),
        "models": len(table),
        "stuck": ended.count("stuck"),
        "diverged": ended.count("diverged"),
    }


def summary(
    table: pd.DataFrame, by: str | list[str] = "group", measure: str = "mean_100"
) -> pd.DataFrame:
    """`spread_of` for each group, best first; columns `RANGE`."""
    groups = {
        name: spread_of(pd.DataFrame(own), measure)
        for name, own in table.groupby(by, sort=False)
    }
    names = by if isinstance(by, list) else [by]
    if not groups:  # an empty index has one level, whatever it is of
        index = pd.MultiIndex.from_arrays([[] for _ in names], names=names)
        return pd.DataFrame(index=index, columns=pd.Index(RANGE))
    found = pd.DataFrame.from_dict(groups, orient="index", columns=pd.Index(RANGE))
    found.index.names = names
    return found.sort_values("median")


def said(span: Mapping[str, Any]) -> str:
    """A median with its range."""
    low, high = written(span["low"]), written(span["high"])
    return f"{written(span['median'])} ({low}–{high}, {span['models']:.0f} models)"


def medians(
    table: pd.DataFrame, by: list[str], measure: str = "mean_100"
) -> pd.DataFrame:
    """The model in the middle of each group: one row of the survey for each."""
    rows = []
    for _, own in table.groupby(by, sort=False):
        order = own[measure].argsort()
        rows.append(own.iloc[int(order.iloc[(len(own) - 1) // 2])])
    return pd.DataFrame(rows)


def written(value: float) -> str:
    """A number as tables show it; ∞ for a model that diverged."""
    if not np.isfinite(value):
        return "∞" if np.isposinf(value) else "–"
    return f"{value:.3g}"


def ended(row: Mapping[str, Any]) -> str:
    """How the models of a group ended, in words; empty when all were trained."""
    parts = [f"{row[name]:.0f} {name}" for name in ("stuck", "diverged") if row[name]]
    return ", ".join(parts)


def markdown(ranks: pd.DataFrame, unit: str = "%") -> str:
    """A summary as a Markdown table: median, range, number and what went wrong."""
    names = ", ".join(map(str, ranks.index.names))
    head = f"| {names} | median [{unit}] | range [{unit}] | models | not well |"
    lines = [head, "|---|---:|---:|---:|---|"]
    for name, row in zip(ranks.index, ranks.to_dict("records"), strict=True):
        label = ", ".join(map(str, name)) if isinstance(name, tuple) else str(name)
        span = f"{written(row['low'])} – {written(row['high'])}"
        lines.append(
            f"| {label} | {written(row['median'])} | {span} | {row['models']:.0f} | "
            f"{ended(row)} |"
        )
    return "\n".join(lines)


def not_well(table: pd.DataFrame) -> str:
    """Every stuck or diverged model with its error on its own orbits, by group.

    A long list is folded: the answer of the page should not begin below it.
    """
    bad = pd.DataFrame(table[table["state"] != "trained"])
    if not len(bad):
        return f"All {len(table)} models were trained to the end and none is stuck."
    said = f"{len(bad)} of {len(table)} models did not end well. {STUCK}"
    lines = []
    for group, own in bad.groupby("group", sort=False):
        each = [
            f"seed {row['seed']} data seed {row['data_seed']} {row['state']} "
            f"({written(row['training_error'])} %)"
            for row in own.to_dict("records")
        ]
        lines.append(f"- {group}: {'; '.join(each)}")
    named = "\n".join(lines)
    if len(bad) > LISTED:
        summary = "<summary>Each of them, by setting</summary>"
        named = f"<details>{summary}\n\n{named}\n\n</details>"
    return f"{said}\n\n{named}"


def no_difference(first: pd.DataFrame, other: pd.DataFrame, measure: str) -> float:
    """How likely so uneven pairs, or more uneven ones, are without a difference [1].

    The two-sided test of Mann and Whitney (1947). Models of one data seed share their
    training orbits in both groups, which makes it cautious. A model that diverged has
    the largest measure of all.
    """
    values = (own[measure].to_numpy(float) for own in (first, other))
    a, b = (np.nan_to_num(own, nan=np.inf) for own in values)
    return float(mannwhitneyu(a, b).pvalue)


def win_share(first: pd.DataFrame, other: pd.DataFrame, measure: str) -> float:
    """Share of pairs in which a model of `first` has the smaller measure [1].

    The statistic of Mann and Whitney (1947) over its largest value; ties count half.
    """
    a, b = first[measure].to_numpy(float), other[measure].to_numpy(float)
    less = a[:, None] < b[None, :]
    return float(np.mean(less + 0.5 * (a[:, None] == b[None, :])))
