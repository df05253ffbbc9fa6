# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is gravity harder to learn in space, and does it matter where an orbit starts?
#
# In space an orbit has an inclination and a node besides its size and shape, so ten
# orbits cover less of what there is. A field that turns with the orbit should not
# notice. Notes from October found a start at periapsis (true anomaly zero) worse than
# one at 20°, in space. Our orbits are sampled over one whole period, so the start only
# says where the samples and segments lie; a rollout's fate may well depend on it.
#
# **You will see** errors in the plane and in space, of models trained on orbits that
# all start at periapsis, at 20° or anywhere, on two kinds of unseen orbits; the error
# by true anomaly; and the position error after one period by where a rollout starts.
# **Needs** models of `2-train` that differ in `space` and `family`. **Takes** a few
# seconds for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import figures, space, surveys, tasks
from studies.orbit.comparisons import Comparison

# %% [markdown]
# ## The models
#
# Each is judged twice: on 100 unseen orbits that start anywhere, and on 100 that start
# at periapsis; in space if it was trained there.

# %%
compared = Comparison(catalogue, models)
given, table = compared.given, compared.survey(points)
table["fixnu0_100"] = compared.survey(points, family="fixnu0")["mean_100"]
table["place"] = np.where(table["space"].astype(bool), "space", "plane")
compared.record(table, {"error_100": "mean_100", "error_fixnu0": "fixnu0_100"})
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# Layers that turn with the orbit should err as little in space as in the plane, within
# a factor of two; neutral layers should be several times worse in space. Where orbits
# start should not matter to the field, whatever it is tested on: a whole period is
# sampled either way.

# %%
by = ["features", "output_layer", "place", "family"]
ranks = {
    "start anywhere": surveys.summary(table, by),
    "start at periapsis": surveys.summary(table, by, "fixnu0_100"),
}
Markdown(
    "\n\n".join(
        f"**Unseen orbits that {name}**\n\n{surveys.markdown(own)}"
        for name, own in ranks.items()
    )
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "group", "place"),
    "space",
    kind="sweep",
    caption="Error on 100 unseen orbits by layers and training family; crosses: stuck.",
    models=given,
)

# %% [markdown]
# ## Where on the orbit
#
# The error of the acceleration by true anomaly, medians over samples, for each group;
# periapsis is at 0°. Few samples lie there, and the pull is strongest.

# %%
trained = table[table["state"] != "diverged"]
sets = {
    place: tasks.unseen_set(100, space=place == "space", points=points)
    for place in trained["place"].unique()
}
found = {}
for own in trained.to_dict("records"):
    name = (own["group"], own["place"])
    judged = space.by_anomaly(compared.load(own), sets[own["place"]], points)
    found.setdefault(name, []).append(judged)
errors = {name: np.array([own.error for own in each]) for name, each in found.items()}
strays = {
    name: np.median([own.stray for own in each], axis=0) for name, each in found.items()
}

# %% tags=["figure"]
catalogue.save_figure(
    figures.anomaly_bands(
        space.centres(),
        {name[0]: runs for name, runs in errors.items()},
        "acceleration error [%]",
    ),
    "by-anomaly",
    kind="error by anomaly",
    caption="Acceleration error by true anomaly, median and range over the models.",
    models=given,
)

# %% [markdown]
# ## Where a rollout starts
#
# The relative position error after one period, median over the models of a group, one
# dot for each of 100 unseen orbits.

# %% tags=["figure"]
first = next(iter(sets))
shown = {name[0]: each for name, each in strays.items() if name[1] == first}
catalogue.save_figure(
    figures.start_scatter(
        np.degrees(sets[first].elements[:, 5]),
        shown,
        "position error after one period [%]",
    ),
    "by-start",
    kind="rollout by start",
    caption=f"Position error after one period by initial true anomaly, {first}.",
    models=given,
)

# %%
lines = []
for (name, place), each in found.items():
    rho, chance = space.rank_correlation(each)
    catalogue.record(f"rank correlation, {name}, {place}", rho, "1")
    words = "nothing to do with" if chance > 0.01 else "something to do with"
    lines.append(
        f"- {name} ({place}): the stray has {words} how far from periapsis the start "
        f"is (Spearman's ρ {rho:+.2f}, p = {chance:.1g})."
    )
Markdown("\n".join(lines))

# %% [markdown]
# ## Verdict

# %%
text = []
for (features, output), own in table.groupby(["features", "output_layer"]):
    parts = {name: part["mean_100"].median() for name, part in own.groupby("place")}
    starts = {name: pd.DataFrame(part) for name, part in own.groupby("family")}
    label, prior = f"{features} + {output}", own["prior"].iloc[0]
    if len(parts) == 2:
        ratio = parts["space"] / parts["plane"]
        catalogue.record(f"space over plane, {label}", ratio, "1")
        text.append(space.said_of_space(label, prior, ratio))
    for other, beside in (("fixnu20", "at 20°"), ("complex", "anywhere")):
        if {other, "fixnu0"} <= set(starts):
            pair = starts["fixnu0"], starts[other]
            share = {
                "anywhere": surveys.win_share(*pair, "mean_100"),
                "periapsis": surveys.win_share(*pair, "fixnu0_100"),
            }
            catalogue.record(f"fixnu0 beats {other}, {label}", share["anywhere"], "1")
            text.append(space.said_of_starts(label, beside, share))
Markdown("\n\n".join(text) or "There is nothing to compare.")
