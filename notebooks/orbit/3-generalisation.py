# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Did the models learn gravity, or only their own orbits?
#
# A model that fits its training orbits may have learned the field or the orbits. Here
# trained models meet orbits that none of them has seen: 1, 10 and 100 drawn ones, seven
# real objects from the space station to a geostationary satellite, and a file of your
# own if you name one.
#
# **You will see** a table of models by test sets, errors of single samples and of whole
# orbits, the spread over seeds, where in size and shape the error sits, and how far a
# model strays when it runs on its own. **Needs** models of `2-train`, chosen by their
# parameters. **Takes** seconds for each model.
#
# The error of an acceleration is the length of its difference to Newton's, in percent
# of Newton's, asked on the true states of the test orbits. Only the rollouts at the end
# let a model live with its own mistakes.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are judged
family: Literal["simple", "complex", "circular", "fixnu0", "fixnu20"] = (
    "complex"
)  # [-] of tests
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit
rollout_periods: int = 3  # [1] in [1, 100]: periods that a model runs on its own
rollout_solver: Literal["fast", "reference"] = "fast"  # [-] how rollouts are integrated
data_file: str = ""  # [file] your own orbits (CSV or Parquet), judged beside the others
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
# What differs between models names them; models that differ only in their seeds, of
# weights or of training orbits, form a group, and only the spread within a group says
# whether a difference between groups means anything. Models that diverged in training
# keep their row, with the step at which it happened, and enter no number. Models of
# perturbed orbits have another truth; `16-beyond-two-bodies` judges them.

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
catalogue.record("models", len(chosen), "1", "models that were chosen")
catalogue.record("diverged", len(diverged), "1", "models whose training diverged")
missing = f" Not trained at all: {'; '.join(map(str, absent))}." if absent else ""
Markdown(
    f"{counted(len(chosen), 'model')} in {counted(len(chosen.groups), 'group')}; "
    f"{len(diverged) or 'none'} diverged.{missing}"
)

# %% [markdown]
# ## The orbits nobody has seen
#
# The drawn test orbits come from the same ranges as training orbits but from a stream
# of random numbers that no training set uses. Models of planar orbits meet planar
# tests; the real objects are then turned into the plane. A model that was trained on
# orbits of your file is not judged on that file.


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
    own = surveys.trained_on(row, data_file)
    known = sets[bool(row["space"])]
    return {x: orbits for x, orbits in known.items() if not (own and x == "own")}


taught = [row["model"] for row in chosen.rows if surveys.trained_on(row, data_file)]
told = ""
if data_file:
    own = next(iter(sets.values()))["own"]
    told = f"{data_file} holds {counted(len(own), 'orbit')}."
    told += trainings.of_velocities(own)
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
# If a model has learned the field, its error should hardly depend on whether it meets
# one, ten or a hundred unseen orbits, and real objects should be as easy as drawn ones.
# The best of each column is bold.

# %%
reported = {
    name: {place: found.row for place, found in judged.get(name, {}).items()}
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
    for place, found in judged.get(row["model"], {}).items():
        for name, statistic in reports.SCRAPS.items():
            value, unit = found.row[statistic], reports.unit_of(statistic)
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
        meaning = f"{what} over models of the mean error on {words}"
        value = float(getattr(span, what))
        catalogue.record(f"{what}_error_{place}", value, "%", meaning)
Markdown(verdicts.verdict(ranks, "100", "100 unseen orbits"))

# %% [markdown]
# ## The whole row
#
# A mean hides much. θ is the angle between the learned and the true pull; radial sign
# counts samples where the model pushes away from the Earth. The four kinds of skewness
# say whether a few samples carry the error: expect long right tails everywhere, because
# few samples lie near periapsis, where errors are large. `sk1` uses the half-sample
# mode.

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
# Two ways to pool: every sample counts once, or every orbit. When the boxes of samples
# reach much higher than those of orbits, the error sits in short stretches of many
# orbits; when they look alike, in a few bad orbits. The median is solid, the mean
# dashed, outliers are red. The models of a group are pooled.

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
    caption="Box plots of the acceleration error of each sample, by test set, the "
    "models of a setting together and in one colour.",
    models=trained,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_boxes(pools["orbit_errors"], "orbit"),
    "boxes-orbits",
    kind="error boxes",
    caption="Box plots of the mean acceleration error of each orbit, by test set, the "
    "models of a setting together and in one colour.",
    models=trained,
)

# %% [markdown]
# ## Seeds
#
# The same training from other random weights ends elsewhere. A ranking of groups is
# only worth something where their violins do not overlap; expect that many do.

# %% tags=["figure"]
spread = scores.rename(columns={"100": "mean_error", "group": "models"})
catalogue.save_figure(
    figures.seed_violins(spread, "models", "mean_error", "%"),
    "seeds",
    kind="seed violins",
    caption="Mean error on 100 unseen orbits by setting; one dot is one model, and "
    "within a violin models differ in their seeds.",
    models=trained,
)

# %%
Markdown(verdicts.overlap(ranks, "100"))

# %% [markdown]
# ## Where in size and shape?
#
# The median error of the best group over semi-major axis and eccentricity, with its
# training orbits as dots. If models learned orbits, the error should be low around the
# dots and high between them; if they learned the field, it should follow the radius
# that an orbit covers.

# %%
best = next(iter(ranks), "")
first = trained[trained["group"] == best].iloc[:1].to_dict("records")
training = surveys.taught(first[0]) if first else None
dots = "" if training is None else ", training orbits as dots,"
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
        caption="Median error over semi-major axis and eccentricity of 100 unseen "
        f"orbits{dots} of the models of {best}.",
        models=trained[trained["group"] == best],
    ).show()

# %% [markdown]
# ## Real objects, one by one
#
# The lowest of them, the space station, flies where hardly a training orbit comes; the
# highest lies at the edge of the training range. Expect the error at these two ends.

# %%
real = {
    group: np.median([judged[name]["real"].orbit_errors for name in names], axis=0)
    for group, names in members.items()
}
objects = pd.DataFrame(real, index=list(real_objects().names)).rename_axis("object")
for name, value in objects.get(best, pd.Series(dtype=float)).items():
    short = name.split(" ")[0].lower().replace("-", "_")
    meaning = f"mean error on the orbit of {name}, best setting"
    catalogue.record(f"error_{short}", float(value), "%", meaning)
objects.map(lambda value: f"{value:.3g} %")

# %%
Markdown(verdicts.of_objects(objects, ranks, "100"))

# %% [markdown]
# ## Left alone
#
# A rollout starts at a true state and follows the learned field. Small errors add up:
# the period comes out wrong first, so the model runs ahead of the truth or lags, and
# the position error grows with every revolution even where the path keeps its shape. A
# field that is no gradient also gains or loses energy.

# %%
lengths = sorted({1, rollout_periods})
columns = [f"{name}_{n}" for n in lengths for name in reports.ROLLOUT_COLUMNS]
rolled = figures.generalisation_table(reported, columns)
shown = [place for place in ("100", "real") if place in rolled]
Markdown(figures.markdown_table(rolled[shown], diverged))

# %%
Markdown(verdicts.of_rollouts(reported, members.get(best, []), lengths))
