"""When to stop: models along a training, and which cheap signal says how far they hold.

What is wanted is the error of long rollouts on another family of stimuli, which nobody
has in practice. A *signal* is anything computed from the map itself or from recordings
of the family that trains. It is useful if it ranks checkpoints as the wanted error does
and if the checkpoint it prefers is nearly the best.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float
from scipy.stats import spearmanr

from studies.evidence import Catalogue, Survey
from studies.latent import inside, metrics, reports, trained
from studies.latent.recordings import Recording
from studies.latent.reports import Arrays, Plan

WANTED = "flow_long"
STATES = 12  # rows at which the map is looked at

# Each is a column of the table of checkpoints; low is good in all of them.
SIGNALS = {
    "loss_points": "error at the recordings within the window",
    "beyond": "error at the recordings after the window",
    "max_intervening": "largest error before the first recording",
    "same_family": "long rollouts, same family",
    "activity": "activity rollouts, same family",
    "radius": "spectral radius of the map",
    "latent_step": "mean size of a latent step",
    "reconstruction": "reconstruction error",
}
OBSERVED = ("loss_points", "beyond", "radius", "latent_step", "reconstruction")


def follow(
    catalogue: Catalogue, query: Mapping[str, Any], courses: Survey, **lengths: int
) -> pd.DataFrame:
    """A row a checkpoint: `course`, `group`, `update`, and what `signals` gives.

    A checkpoint that was not kept, or whose training ended before it, has no row.

    Args:
        catalogue: what the notebook lends.
        query: which trainings, as `catalogue.models` takes it.
        courses: the trainings that it finds.
        lengths: `steps`, `starts` and `activity_steps` of rollouts.
    """
    load, data, lines = trained.loader(catalogue), {}, []
    entries = list(_checkpoints(catalogue, query, courses))
    report = catalogue.progress(len(entries), "judging checkpoints")
    for done, (course, row, update) in enumerate(entries, start=1):
        plan, place = trained.plan_of(row, **lengths), trained.data_key(row)
        if place not in data:
            sizes = lengths["steps"], lengths["starts"]
            data[place] = trained.data_of(row, *sizes, catalogue.cached)
        model, seen = load(row), trained.observation_of(row)
        banked = trained.banked(row)
        judged = reports.judge(model, data[place], plan, seen, banked=banked)
        known = signals(model, data[place]["validation"], judged, plan)
        named = {"course": course["model"], "group": course["group"]}
        lines.append({**named, "update": update, **known})
        report(done)
    return pd.DataFrame(lines).sort_values(["course", "update"], ignore_index=True)


def _checkpoints(
    catalogue: Catalogue, query: Mapping[str, Any], courses: Survey
) -> Iterator[tuple[dict[str, Any], dict[str, Any], int]]:
    """Training, row and update of each checkpoint that is there, kind by kind."""
    wanted: dict[str, list[tuple[dict[str, Any], int]]] = {}
    for course in courses.rows:
        for update, kind in kinds(course).items():
            wanted.setdefault(kind, []).append((course, update))
    for kind, members in wanted.items():
        inner = dict(query.get("where", {}))
        asked = query if kind == "final" else {**inner, "kind": kind}
        rows = catalogue.models(asked).to_dict("records")
        known = {row["identity"]: row for row in rows}
        for course, update in members:
            row = known.get(course["identity"])
            if row is not None and isinstance(row["outcome"], str):
                yield course, row, update


def kinds(row: Mapping[str, Any]) -> dict[int, str]:
    """Update → kind of the model kept there, for a training with checkpoints."""
    count, updates = int(row["checkpoints"]), int(row["updates"])
    between = [place * (updates // count) for place in range(1, count)]
    return {update: f"update-{update}" for update in between} | {updates: "final"}


def signals(
    model: Any, recording: Recording, judged: Arrays, plan: Plan
) -> dict[str, float]:
    """The signals of one checkpoint, from the family it trains on, and what is wanted.

    Args:
        model: the checkpoint.
        recording: of the family that trains.
        judged: what `reports.judge` gave of it, with families validation and flow.
        plan: how it was rolled out.
    """
    mse, flow = judged["validation.mse"], judged["flow.mse"]
    units, horizon = plan.time_units, plan.horizon
    rows = np.linspace(0, recording.steps - 2, STATES).astype(int)
    curve = metrics.finite(mse).mean(axis=0)
    recorded = np.arange(horizon + units - 1, len(curve), units)
    return {
        "loss_points": float(curve[metrics.loss_points(units, horizon)].mean()),
        "beyond": float(curve[recorded].mean()) if recorded.size else float("nan"),
        "max_intervening": metrics.max_intervening(mse, units),
        "same_family": float(curve.mean()),
        "activity": float(metrics.finite(judged["validation.activity"]).mean()),
        "radius": radius(model, recording, rows),
        "latent_step": latent_step(model, recording, rows),
        "reconstruction": float(judged["validation.one_step"][0]),
        WANTED: float(metrics.finite(flow).mean()),
        "flow_divergence": float(metrics.divergence_step(flow)),
        "validation_divergence": float(metrics.divergence_step(mse)),
    }


def radius(model: Any, recording: Recording, rows: np.ndarray) -> float:
    """Median over states of the largest eigenvalue of the one-step map [1]."""
    try:
        return float(np.median(np.abs(inside.spectrum(model, recording, rows)[:, 0])))
    except np.linalg.LinAlgError:  # a diverged training has no finite Jacobian
        return metrics.CAP


def latent_step(model: Any, recording: Recording, rows: np.ndarray) -> float:
    """Mean size of a component of a latent step, relative to that of the state [1]."""
    given = jnp.asarray(recording.voltage[rows]), jnp.asarray(recording.stimulus[rows])
    size = float(_latent_step(model, *given))
    return min(size, metrics.CAP) if np.isfinite(size) else metrics.CAP


@eqx.filter_jit
def _latent_step(
    model: Any, voltage: Float[Array, "row n"], stimulus: Float[Array, "row s"]
) -> Array:
    def one(x: Array, s: Array) -> tuple[Array, Array]:
        z = model.encode(x)
        change = model.step(z, model.encode_stimulus(s)) - z
        return jnp.abs(change).mean(), jnp.abs(z).mean()

    change, size = jax.vmap(one)(voltage, stimulus)
    return change.mean() / size.mean()


# What they are worth ---------------------------------------------------------------


def ranking(table: pd.DataFrame) -> pd.DataFrame:
    """Each signal's worth, best first.

    Columns: rank correlation with the wanted error over all checkpoints (`overall`)
    and within trainings (`within`, their median); `regret`, the wanted error at the
    checkpoint where the signal is lowest over the lowest of the training (median).
    """
    rows = {}
    for name in (name for name in SIGNALS if name in table):
        by = [course for _, course in table.groupby("course", sort=False)]
        rows[SIGNALS[name]] = {
            "observed only": name in OBSERVED,
            "overall": correlation(table, name),
            "within": middle([correlation(course, name) for course in by]),
            "regret": middle([regret(course, name) for course in by]),
        }
    ranked = pd.DataFrame.from_dict(rows, orient="index")
    return ranked.sort_values("overall", ascending=False)


def correlation(table: pd.DataFrame, signal: str) -> float:
    """Spearman's rank correlation of a signal with the wanted error.

    NaN where one of them does not vary.
    """
    pair = table[[signal, WANTED]].to_numpy(float)
    pair = pair[np.isfinite(pair).all(axis=1)]
    if len(pair) < 2 or (np.ptp(pair, axis=0) == 0).any():
        return float("nan")
    return float(np.asarray(spearmanr(pair[:, 0], pair[:, 1])).ravel()[0])


def regret(course: pd.DataFrame, signal: str) -> float:
    """Wanted error where the signal is lowest, over the lowest wanted error."""
    values, wanted = (course[name].to_numpy(float) for name in (signal, WANTED))
    if not np.isfinite(values).any():
        return float("nan")
    return float(wanted[np.nanargmin(values)] / wanted.min())


def middle(values: Sequence[float]) -> float:
    """Median of what is known; NaN if nothing is."""
    known = [value for value in values if np.isfinite(value)]
    return float(np.median(known)) if known else float("nan")


def stops(table: pd.DataFrame, patience: int) -> pd.DataFrame:
    """Where the corrected rule stops each training, and what that costs.

    Columns: the update it stops at (the last if never), the wanted error there and at
    the end, both over the lowest of the training.
    """
    rows = {}
    for course, course_rows in table.groupby("course", sort=False):
        place = metrics.stopping_place(list(course_rows["max_intervening"]), patience)
        at = course_rows.iloc[-1 if place is None else place]
        rows[course] = {
            "stops at": int(at["update"]),
            "fired": place is not None,
            "regret": float(at[WANTED] / course_rows[WANTED].min()),
            "regret at the end": float(
                course_rows[WANTED].iloc[-1] / course_rows[WANTED].min()
            ),
        }
    return pd.DataFrame.from_dict(rows, orient="index")
