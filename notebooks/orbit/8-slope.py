# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does a learned pull fall off with the square of the distance?
#
# In a log-log plot against the distance, Newton's pull is a straight line of slope −2.
# [Earlier laboratory notes](/pages/references.qmd#orbit-october) report that the slope
# of learned fields rises towards −1 beyond about four radii of the Earth, where
# training orbits are slow and the pull is small.
#
# **You will see** the learned pull against the distance for each group of models, its
# local slope, and the radius beyond which the slope is wrong. **Needs** models of
# `2-train`. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import counted, table_of
from studies.orbit import figures, metrics, planes, surveys, tasks

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group. Models of another truth than Newton's are left out;
# `16-beyond-two-bodies` judges them.

# %%
judged = surveys.survey(catalogue, models, points, newton=True, drawn=True)
load = surveys.loader(catalogue)
surveys.record(catalogue, judged)
table = judged.table
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# The slope over all samples should be within 0.1 of −2 for every group that errs by
# less than 10 %. Where the slope is wrong, it should be wrong beyond the largest
# training orbit.

# %%
Markdown(table_of(judged.groups, {"slope_100": "slope [1]"}))

# %%
middle = surveys.middles(judged.groups)
unseen = tasks.unseen_set(100, points=points)
curves = {}
for name, row in list(middle.items())[:12]:
    asked = metrics.predict(load(row).acceleration, unseen)
    radius, size = (
        np.linalg.norm(x, axis=-1) for x in (asked.position, asked.predicted)
    )
    curves[name] = planes.fall_off(radius, size)
surveys.some(curves)
shown = next(iter(curves))
axes = surveys.taught(middle[shown]).elements[:, 0]

# %% tags=["figure"]
catalogue.save_figure(
    figures.slopes(curves, float(axes.max())),
    "slopes",
    kind="fall-off",
    caption="Size of the learned pull and its local slope in a log-log plot against "
    "the distance from the centre, over the samples of 100 unseen orbits, of the model "
    "of median error of up to twelve settings. The dashed line is the semi-major axis "
    f"of the largest training orbit of {shown}.",
    models=table,
)

# %% [markdown]
# ## Critical radius
#
# The *critical radius* of a model is the smallest radius from which, up to the end of
# the data, the local slope is more than 0.5 away from −2 or the field points outwards.
# It is infinite if the slope is right in the outermost window.

# %%
Markdown(table_of(judged.groups, {"critical_radius_100": "critical radius [R_E]"}))

# %% [markdown]
# ## Verdict

# %%
good = table[table["mean_100"] < 10]
off = (good["slope_100"] + 2).abs()
share = float((off < 0.1).mean()) if len(good) else np.nan
finite = table[np.isfinite(table["critical_radius_100"])]
if len(good):
    what = "share of models below 10 % error whose slope is within 0.1 of −2"
    catalogue.record("slopes_within_0p1", 100 * share, "%", what)
what = "number of models whose slope is wrong from some radius on"
catalogue.record("with_critical_radius", len(finite), "1", what)
radius = finite["critical_radius_100"].median()
if len(finite):
    what = "median radius from which the slope is wrong, where there is one"
    catalogue.record("median_critical_radius", radius, "R_E", what)
held = "as predicted, all" if share == 1 else "not all, against the prediction"
first = (
    f"Of {counted(len(good), 'model')} below 10 % error, **{share:.0%}** have a slope "
    f"within 0.1 of −2: {held}."
)
if not len(good):
    first = "No model errs by less than 10 %, so the prediction is not tested."
where = (
    f"{len(finite)} of {counted(len(table), 'model')} have a critical radius, "
    f"in the median {radius:.3g} R_E (about 4 R_E in the earlier notes)."
    if len(finite)
    else f"No model of {len(table)} has a critical radius."
)
Markdown(f"{first} {where}")
