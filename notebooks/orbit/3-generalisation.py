# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Did the models learn gravity, or only their training orbits?
#
# A model that fits its training orbits may have learned the field or only the orbits.
# Here trained models meet orbits that none of them has seen: sets of 1, 10 and 100
# drawn orbits, seven real objects from the space station to a geostationary satellite,
# and the orbits of your own file if you name one.
#
# **You will see** a table of models by test sets, errors of single samples and of whole
# orbits, the spread over seeds, the sizes and shapes of orbits at which errors are
# large, and how far a predicted orbit strays from the true one. **Needs** models of
# `2-train`, chosen by their parameters. **Takes** seconds for each model.
#
# The *acceleration error* is the length of the difference between the learned and
# Newton's acceleration, in percent of Newton's. It is computed at the true states of
# the test orbits. The *mean acceleration error* averages it over all samples of a test
# set. Only in the rollouts at the end do a model's own errors accumulate.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are judged
family: Literal["simple", "complex", "circular", "fixnu0", "fixnu20"] = (
    "complex"
)  # [-] ranges that the test orbits are drawn from
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit
rollout_periods: int = 3  # [1] in [1, 100]: periods of the longest rollout
rollout_solver: Literal["fast", "reference"] = "fast"  # [-] how rollouts are integrated
data_file: str = ""  # [file] your own orbits (CSV or Parquet) as a further test set
# fmt: on

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Group, counted, survey
from studies.orbit import figures, reports, surveys, tasks, trainings, verdicts
from studies.orbit.ephemeris import read_ephemeris
from studies.orbit.real import real_objects

# %% [markdown]
# ## The models
#
# Models are named by the parameters in which they differ. Models that differ only in
# the seed of their weights or of their training orbits form a group. Only the spread
# within groups tells whether a difference between groups means anything. A model whose
# training diverged keeps its row, with the step at which that happened, and enters no
# statistic. Models of perturbed orbits obey another law and are judged in
# `16-beyond-two-bodies`.

# %%
chosen = survey(catalogue, models, keep=surveys.is_of_two_bodies, first=surveys.LAYERS)
load, table = surveys.loader(catalogue), chosen.table
diverged = {
    row["model"]: f"diverged at step {row['diverged_at']:.0f}"
    for row in chosen.rows
    if row["outcome"] == "diverged"
}
trained = table[~table["model"].isin(list(diverged))]
absent = [entry.get("reason") for entry in table.attrs.get("absent", [])]
catalogue.record("models", len(chosen), "1", "number of models judged")
catalogue.record("diverged", len(diverged), "1", "number of trainings that diverged")
missing = f" Not trained at all: {'; '.join(map(str, absent))}." if absent else ""
Markdown(
    f"{counted(len(chosen), 'model')} in {counted(len(chosen.groups), 'group')}; "
    f"{len(diverged) or 'none'} diverged.{missing}"
)

# %% [markdown]
# ## The test orbits
#
# The drawn test orbits come from the same ranges as training orbits, but from a stream
# of random numbers that no training set uses. Models of planar orbits are tested on
# planar orbits, and the real objects are turned into the plane for them. A model that
# was trained on orbits of your file is not tested on that file.


# %%
def test_sets(space):
    """Name → orbits, for models in space or in the plane."""
    sizes = tasks.TEST_SEEDS
    sets = {
        str(size): tasks.unseen_set(size, family=family, space=space, points=points)
        for size in sizes
    }
    sets["real"] = real_objects(space=space, points=points)
    if data_file:
        read = read_ephemeris(data_file, points=points)
        sets["own"] = read if space else tasks.into_plane(read)
    return sets


sets = {bool(space): test_sets(bool(space)) for space in table["space"].unique()}


# %%
def unseen_by(row):
    """The test sets that hold no orbit which a model was trained on."""
    seen = surveys.trained_on(row, data_file)
    known = sets[bool(row["space"])]
    return {x: orbits for x, orbits in known.items() if not (seen and x == "own")}


taught = [row["model"] for row in chosen.rows if surveys.trained_on(row, data_file)]
told = ""
if data_file:
    read = next(iter(sets.values()))["own"]
    told = f"{data_file} holds {counted(len(read), 'orbit')}."
    told += trainings.of_velocities(read)
if taught:
    told += (
        f" {len(taught)} of {counted(len(chosen), 'model')} learned from that file, so "
        "that it cannot judge them."
    )
Markdown(told or "No file of your own is named.")

# %%
report = catalogue.progress(len(trained), "judging models")
judged = {}
for step, row in enumerate(trained.to_dict("records"), start=1):
    judged[row["model"]] = reports.judge(
        load(row),
        unseen_by(row),
        points=points,
        periods=tuple(sorted({1, rollout_periods})),
        solver=rollout_solver,
    )
    report(step, judged[row["model"]]["100"].row["mean"])

# %% [markdown]
# ## Mean errors
#
# If a model has learned the field, its mean acceleration error should hardly depend on
# whether it meets one, ten or a hundred unseen orbits, and real objects should be as
# easy as drawn orbits. The lowest value of each column is bold.

# %%
reported = {
    name: {place: report_of.row for place, report_of in judged.get(name, {}).items()}
    for name in table["model"]
}
statistics = figures.generalisation_table(reported, reports.STATISTICS)
whole = figures.generalisation_table(reported, list(reports.UNITS))
whole.to_csv(catalogue.artifact("generalisation.csv"))
means = statistics.loc[:, statistics.columns.get_level_values(1) == "mean"]
Markdown(figures.markdown_table(means, diverged))

# %%
places = {"1": "one unseen orbit", "real": "real objects", "own": "your own orbits"}
places = {x: places.get(x, f"{x} unseen orbits") for x in next(iter(sets.values()))}
for member, row in chosen.members():
    for place, report_of in judged.get(row["model"], {}).items():
        for name, statistic in reports.SCRAPS.items():
            value, unit = report_of.row[statistic], reports.unit_of(statistic)
            meaning = f"{name.replace('_', ' ')} on {places[place]}"
            catalogue.record(f"{name}_{place}", value, unit, meaning, member=member)
    if row["model"] in diverged:
        value, meaning = row["diverged_at"], "step at which the training diverged"
        catalogue.record("diverged_at", value, "1", meaning, member=member)

# %%
scores = trained.assign(
    **{
        place: [
            judged[name][place].row["mean"] if place in judged[name] else np.nan
            for name in trained["model"]
        ]
        for place in places
    }
)
ranks = surveys.ranked(scores, "group", measure="100")
for place, words in places.items():
    span = Group(scores).summary(place)
    for what in ("median", "lowest", "highest") if span.n else ():
        meaning = f"{what} over models of the mean acceleration error on {words}"
        value = float(getattr(span, what))
        catalogue.record(f"{what}_of_models_{place}", value, "%", meaning)
Markdown(verdicts.verdict(ranks, "100", "100 unseen orbits"))

# %% [markdown]
# ## Other measures
#
# The mean hides how errors are distributed. θ is the angle between the learned and the
# true acceleration. The radial sign error is the share of samples at which the learned
# field pushes away from the Earth. Four kinds of skewness tell whether a few samples
# carry most of the error; `sk1` is based on the half-sample mode. We expect long right
# tails everywhere, because few samples lie near periapsis, where errors are large.

# %%
text = [
    f"**{places[place].capitalize()}**\n\n"
    + figures.markdown_table(statistics[[place]], diverged)
    for place in statistics.columns.get_level_values(0).unique()
]
Markdown("\n\n".join(text) or verdicts.NOTHING)

# %% [markdown]
# ## Samples and orbits
#
# Errors can be pooled in two ways: every sample counts once, or every orbit counts once
# with its mean. If the boxes of samples reach much higher than those of orbits, the
# large errors lie in short stretches of many orbits. If both look alike, they lie in a
# few bad orbits. The models of a group are pooled.

# %%
members = {name: list(group.table["model"]) for name, group in ranks.items()}
pools = {
    kind: {
        group: reports.pooled(judged, names, kind) for group, names in members.items()
    }
    for kind in ("errors", "orbit_errors")
}

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_boxes(pools["errors"], "sample"),
    "boxes-samples",
    kind="error boxes",
    caption="Box plots of the acceleration error of single samples, by test set. The "
    "models of a setting are pooled and share a colour. Solid lines are medians, "
    "dashed lines means, red dots outliers.",
    models=trained,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_boxes(pools["orbit_errors"], "orbit"),
    "boxes-orbits",
    kind="error boxes",
    caption="Box plots of the mean acceleration error of whole orbits, by test set. "
    "The models of a setting are pooled and share a colour. Solid lines are medians, "
    "dashed lines means, red dots outliers.",
    models=trained,
)

# %% [markdown]
# ## Seeds
#
# The same training ends with another error when it starts from other random weights. A
# ranking of two groups is reliable only where their violins do not overlap. We expect
# that many overlap.

# %% tags=["figure"]
spread = scores.rename(columns={"100": "mean_error", "group": "models"})
catalogue.save_figure(
    figures.seed_violins(spread, "models", "mean_error", "%"),
    "seeds",
    kind="seed violins",
    caption="Mean acceleration error on 100 unseen orbits by setting. A dot is a "
    "model; the models of a violin differ in their seeds only.",
    models=trained,
)

# %%
Markdown(verdicts.overlap(ranks, "100"))

# %% [markdown]
# ## Where in size and shape?
#
# The figure shows the median error of the best group over semi-major axis and
# eccentricity, with its training orbits as dots. If the models have learned their
# orbits, the error is low around the dots and high between them. If they have learned
# the field, the error depends on the radii that an orbit covers.

# %%
best = next(iter(ranks), "")
first = trained[trained["group"] == best].iloc[:1].to_dict("records")
training = surveys.taught(first[0]) if first else None
dots = "" if training is None else " Dots are training orbits."
by_orbit = [judged[name]["100"].orbit_errors for name in members.get(best, [])]
unseen = sets[bool(first[0]["space"])]["100"] if first else None

# %% tags=["figure"]
if unseen is not None:
    fig = figures.shape_heat_map(
        unseen.elements,
        np.median(by_orbit, axis=0),
        None if training is None else training.elements,
    )
    catalogue.save_figure(
        fig,
        "size-and-shape",
        kind="error by size and shape",
        caption="Mean acceleration error of each of 100 unseen orbits, median over the "
        f"models of {best}, by semi-major axis and eccentricity.{dots}",
        models=trained[trained["group"] == best],
    ).show()

# %% [markdown]
# ## Real objects, one by one
#
# The lowest object, the space station, flies where hardly any training orbit passes.
# The highest lies at the edge of the training range. We expect the largest errors at
# these two ends.

# %%
real = {
    group: np.median([judged[name]["real"].orbit_errors for name in names], axis=0)
    for group, names in members.items()
}
objects = pd.DataFrame(real, index=list(real_objects().names)).rename_axis("object")
for name, value in objects.get(best, pd.Series(dtype=float)).items():
    short = name.split(" ")[0].lower().replace("-", "_")
    meaning = f"mean acceleration error on the orbit of {name}, best setting"
    catalogue.record(f"error_{short}", float(value), "%", meaning)
objects.map(lambda value: f"{value:.3g} %")

# %%
Markdown(verdicts.of_objects(objects, ranks, "100"))

# %% [markdown]
# ## Rollouts
#
# A rollout starts at a true state and follows the learned field, without further data.
# Small errors add up. The period comes out wrong first, so that the predicted body runs
# ahead of the true one or lags behind it. The position error then grows with every
# revolution, even where the path keeps its shape. Where the learned field is not the
# gradient of a potential, the energy drifts as well.

# %%
lengths = sorted({1, rollout_periods})
columns = [f"{name}_{n}" for n in lengths for name in reports.ROLLOUT_COLUMNS]
rolled = figures.generalisation_table(reported, columns)
shown = [place for place in ("100", "real") if place in rolled]
Markdown(figures.markdown_table(rolled[shown], diverged))

# %%
Markdown(verdicts.of_rollouts(reported, members.get(best, []), lengths))
