"""A survey: every trained model of a comparison judged alike, one row each.

The row of a model is its hyperparameters, its errors on 1, 10 and 100 unseen orbits and
on the orbits it was trained on, and the state it ended in. No row is left out: a model
that diverged has an infinite error, one that is *stuck* counts with the error it has.
A model is stuck when, trained to the end, it errs on its own training orbits by 100 %
or more, which a field of zero would too, or by more than 10 % and three times the
median of its group.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from studies import evidence
from studies.evidence import (
    Catalogue,
    Group,
    Survey,
    counted,
    groups,
    number,
    table_of,
)
from studies.orbit import reports, tasks
from studies.orbit.ephemeris import locate
from studies.orbit.metrics import Predictions, predict
from studies.orbit.models import build, prior_of
from studies.orbit.tables import EphemerisError
from studies.orbit.trainings import ZERO_FIELD
from studies.training import read_model

SIZES = (1, 10, 100)  # orbits of the unseen sets
LISTED = 12  # models that did not end well, beyond which their list is folded
FLOOR, TIMES = 10.0, 3.0  # [%] and [1]: past both, a model of its group is stuck
STUCK = (
    "A model is *stuck* if it did not learn even its training orbits: it errs there by "
    f"at least {ZERO_FIELD:g} %, as a field of zero would, or by over {FLOOR:g} % and "
    f"{TIMES:g} times the median of its group. All models enter medians and ranges."
)
STATES = {
    "trained": "number of models that were trained to the end and are not stuck",
    "stuck": "number of models that did not learn even their training orbits",
    "diverged": "number of models whose training diverged",
}
NEWTON = (
    "This notebook asks for Newton's field: choose models of `system` two_body, or "
    "judge these with 16-beyond-two-bodies."
)
DRAWN = (
    "This notebook compares training orbits, which it knows of drawn orbits alone: "
    "choose models without a `data_file`, or judge these with 3-generalisation."
)
LAYERS = ("features", "output_layer")  # names of settings begin with them
ERROR = {"mean_100": "mean acceleration error on 100 unseen orbits"}
SCRAPS = {"mean_100": "error_100"}  # column → scrap, where they differ
HEADING = {"mean_100": "error on 100 unseen orbits [%]"}

Row = Mapping[str, Any]


def survey(
    catalogue: Catalogue,
    query: Mapping[str, Any],
    points: int,
    *,
    family: str = "complex",
    newton: bool = False,
    drawn: bool = False,
) -> Survey:
    """The models that a query finds, judged on unseen orbits.

    Errors are columns such as `mean_100` and `angle_10` (see `reports.UNITS`);
    `training_error` is the mean on a model's training orbits [%], `prior` what its
    layers take for granted and `state` how it ended.

    Args:
        catalogue: what the notebook lends.
        query: as `catalogue.models` takes it.
        points: samples a period of the test orbits [1].
        family: of the test orbits, "own" for that of the training orbits.
        newton: only models of two bodies; those of another truth are left out.
        drawn: only models of drawn orbits; what those of a user's own file were trained
            on is not known here.

    Raises:
        ValueError: with `newton` or `drawn`, when no model is of use.
    """
    asked = [is_of_two_bodies] * newton + [is_of_drawn_orbits] * drawn
    left: list[Row] = []

    def keep(row: Row) -> bool:
        left.extend([] if (kept := all(x(row) for x in asked)) else [row])
        return kept

    remedies = [NEWTON] * newton + [DRAWN] * drawn
    models = evidence.survey(
        catalogue,
        query,
        keep=keep if asked else None,
        remedy=" ".join(remedies),
        first=LAYERS,
    )
    load = loader(catalogue)

    def judge(row: Row) -> dict[str, Any]:
        known = {name: alone(value) for name, value in row.items()}
        known |= {"prior": prior_of(row["features"], row["output_layer"])}
        if row.get("outcome") == "diverged":
            return known | nothing()
        return known | measured(load(row), known, points, family)

    report = catalogue.progress(len(models), "judging models")
    models = models.measured(judge, report)
    table = models.table.assign(state=states(models.table))
    table.attrs["left_out"] = len(left)
    return replace(models, table=table)


def is_of_drawn_orbits(row: Row) -> bool:
    """Whether a model was trained on drawn orbits, and on no file of a user's."""
    return not isinstance(row.get("data_file"), str) or not row["data_file"]


def trained_on(row: Row, data_file: str) -> bool:
    """Whether a model was trained on orbits of this file of a user's."""
    if not data_file or is_of_drawn_orbits(row):
        return False
    try:
        return locate(row["data_file"]).samefile(locate(data_file))
    except EphemerisError:  # the model's file is gone
        return False


def taught(row: Row) -> tasks.OrbitSet | None:
    """The orbits a model was trained on, without noise; None of a user's own file."""
    if not is_of_drawn_orbits(row):
        return None
    drawn = [alone(row[name]) for name in ("family", "orbits", "data_seed")]
    system = tasks.System(row.get("system", "two_body"), row.get("strength", 1.0))
    points = int(row.get("points", tasks.POINTS))
    return training_orbits(*drawn, bool(row.get("space", False)), points, system)


def is_of_two_bodies(row: Row) -> bool:
    """Whether a model was trained on Newton's field alone."""
    return row.get("system", tasks.TWO_BODY.name) == tasks.TWO_BODY.name


def loader(catalogue: Catalogue) -> Callable[[Row], Any]:
    """The function that reads the model of a row from its file."""
    return lambda row: catalogue.load_model(row, lambda path: read_model(path, build))


def record(
    catalogue: Catalogue, models: Survey, measures: Mapping[str, str] = ERROR
) -> None:
    """Leave the errors of each model behind, and how many ended in which state.

    Args:
        catalogue: what the notebook lends.
        models: as `survey` gives them.
        measures: column [%] → its meaning; a model without a finite value leaves none.
    """
    for member, row in models.members():
        for column, meaning in measures.items():
            if np.isfinite(row[column]):
                name = SCRAPS.get(column, column)
                catalogue.record(name, row[column], "%", meaning, member=member)
    for state, meaning in STATES.items():
        count = list(models.table["state"]).count(state)
        catalogue.record(state, count, "1", meaning)


# Judging one model -------------------------------------------------------------------


def alone(value: Any) -> Any:
    """A hyperparameter; a list of one is its entry, unless that is a list as well."""
    if isinstance(value, list | tuple) and len(value) == 1:
        return value if isinstance(value[0], list | tuple) else value[0]
    return value


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


def nothing() -> dict[str, Any]:
    """The errors of a model that diverged: infinite."""
    names = [f"mean_{size}" for size in SIZES]
    return dict.fromkeys([*names, "training_error"], float("inf"))


def measured(
    model: Any, row: Row, points: int, family: str = "complex"
) -> dict[str, Any]:
    """Errors of a model on the unseen sets and on its training orbits [%], their shape.

    The truth is that of the system whose orbits trained it.
    """
    space = bool(row.get("space", False))
    system = tasks.System(row.get("system", "two_body"), row.get("strength", 1.0))
    test = row.get("family", "complex") if family == "own" else family
    joined = predict(model.acceleration, unseen(test, space, points, system))
    errors, start = {}, 0
    for size in SIZES:
        part = reports.table_row(joined.take(slice(start, start + size)))
        errors |= {f"{name}_{size}": value for name, value in part.items()}
        start += size
    # `points` of the training itself: a model is asked where it was taught
    own = taught({"points": points, **row})
    if own is None:
        return errors | {"training_error": float("nan")}
    return errors | {"training_error": mean_error(predict(model.acceleration, own))}


def mean_error(predictions: Predictions) -> float:
    """Mean acceleration error over all samples [%]."""
    return float(np.mean(predictions.errors[predictions.mask]))


def states(table: pd.DataFrame) -> list[str]:
    """ "trained", "stuck" or "diverged" for each model; see the module."""
    error = table["training_error"].to_numpy(float)
    middle = (
        table.groupby("group")["training_error"].transform("median").to_numpy(float)
    )
    stuck = (error >= ZERO_FIELD) | ((error > FLOOR) & (error > TIMES * middle))
    if "outcome" in table:  # of a user's own file the error is not known here
        stuck |= (table["outcome"] == "stuck").to_numpy(bool)
    diverged = np.isposinf(table["mean_100"].to_numpy(float))
    return [
        "diverged" if lost else "stuck" if caught else "trained"
        for lost, caught in zip(diverged, stuck, strict=True)
    ]


# Many models -------------------------------------------------------------------------


def ranked(
    table: pd.DataFrame, *by: str, measure: str = "mean_100"
) -> dict[str, Group]:
    """Groups of models that are alike in some columns, lowest median first.

    A group is named by its values, with commas between them.
    """
    named = {
        ", ".join(map(str, name)): group
        for name, group in groups(table, list(by)).items()
    }
    median = {name: group.median(measure) for name, group in named.items()}
    order = sorted(named, key=lambda name: np.nan_to_num(median[name], nan=np.inf))
    return {name: named[name] for name in order}


def ranking(table: pd.DataFrame, *by: str) -> str:
    """The groups of `ranked` with their errors as a Markdown table."""
    corner = ", ".join(by).replace("_", " ")
    return table_of(ranked(table, *by), HEADING, corner)


def some(rows: Collection[Any]) -> None:
    """Refuses to go on where nothing is left to open.

    Raises:
        ValueError: there is no middle model of any setting.
    """
    if not rows:
        msg = (
            "Every training diverged, so there is no model to open. Train with a lower "
            "learning rate, or choose other `models`."
        )
        raise ValueError(msg)


def middle(models: Group, measure: str = "mean_100") -> dict[str, Any] | None:
    """The model in the middle of a group's ranking; None where all diverged."""
    rows = pd.DataFrame(models.table[models.table["state"] != "diverged"])
    rows = rows.sort_values(by=measure)
    return rows.iloc[(len(rows) - 1) // 2].to_dict() if len(rows) else None


def middles(
    models: Mapping[str, Group], measure: str = "mean_100"
) -> dict[str, dict[str, Any]]:
    """The model of median error of each group that has one."""
    rows = {name: middle(group, measure) for name, group in models.items()}
    return {name: row for name, row in rows.items() if row is not None}


def not_well(table: pd.DataFrame) -> str:
    """Every stuck or diverged model with its error on its training orbits, by group.

    A long list is folded: the answer of the page should not begin below it.
    """
    bad = pd.DataFrame(table[table["state"] != "trained"])
    count = table.attrs.get("left_out", 0)
    others = f" Left out: {counted(count, 'other model')}." if count else ""
    if not len(bad):
        who = f"All {len(table)} models were" if len(table) > 1 else "The model was"
        none = "none is stuck" if len(table) > 1 else "is not stuck"
        return f"{who} trained to the end and {none}.{others}"
    whole = counted(len(table), "model")
    said = f"{len(bad)} of {whole} did not end well. {STUCK}{others}"
    lines = []
    for name, group in groups(bad).items():
        each = [
            f"seed {row['seed']} data seed {row['data_seed']} {row['state']} "
            f"({number(row['training_error'])} %)"
            for row in group
        ]
        lines.append(f"- {name}: {'; '.join(each)}")
    named = "\n".join(lines)
    if len(bad) > LISTED:
        summary = "<summary>These models, by setting</summary>"
        named = f"<details>{summary}\n\n{named}\n\n</details>"
    return f"{said}\n\n{named}"
