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
# In a log-log plot Newton's pull is a straight line of slope −2. The notes saw learned
# fields bend towards −1 beyond about four radii of the Earth, where training orbits are
# slow and their pulls small.
#
# **You will see** |a| against r for each group of models, its local slope, and the
# radius beyond which the slope is wrong. **Needs** models of `2-train`. **Takes** a
# second each.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import figures, metrics, planes, surveys, tasks
from studies.orbit.comparisons import Comparison

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group. Models of another truth than Newton's are left out;
# `16-beyond-two-bodies` judges them.

# %%
compared = Comparison(catalogue, models, newton=True)
given, table = compared.given, compared.survey(points)
compared.record(table)
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# The slope over all samples should be within 0.1 of −2 for every group that errs by
# less than 10 %. Where it fails it fails outside: beyond the largest training orbit.

# %%
slopes = surveys.summary(table, "group", "slope_100")
Markdown(surveys.markdown(slopes, "1"))

# %%
middle = surveys.medians(table[table["state"] != "diverged"], ["group"])
unseen = tasks.unseen_set(100, points=points)
curves = {}
for own in middle.to_dict("records")[:12]:
    asked = metrics.predict(compared.load(own).acceleration, unseen)
    radius, size = (
        np.linalg.norm(x, axis=-1) for x in (asked.position, asked.predicted)
    )
    curves[own["group"]] = planes.fall_off(radius, size)
axes = tasks.orbit_set("complex", int(table["orbits"].iloc[0]), 1).elements[:, 0]

# %% tags=["figure"]
catalogue.save_figure(
    figures.slopes(curves, float(axes.max())),
    "slopes",
    kind="fall-off",
    caption="Learned pull and its local slope; dashed, the largest training orbit.",
    models=given,
)

# %% [markdown]
# ## Critical radius
#
# The smallest radius beyond which the local slope is more than 0.5 from −2, or the
# field points outwards, to the end of the data. Infinite when the outermost window is
# right.

# %%
critical = surveys.summary(table, "group", "critical_radius_100")
Markdown(surveys.markdown(critical, "R_E"))

# %% [markdown]
# ## Verdict

# %%
good = table[table["mean_100"] < 10]
off = (good["slope_100"] + 2).abs()
share = float((off < 0.1).mean()) if len(good) else np.nan
finite = table[np.isfinite(table["critical_radius_100"])]
if len(good):
    catalogue.record("slopes within 0.1", 100 * share, "%")
catalogue.record("models with a critical radius", len(finite))
if len(finite):
    catalogue.record(
        "median critical radius", finite["critical_radius_100"].median(), "R_E"
    )
held = "as predicted, all" if share == 1 else "not all, against the prediction"
first = (
    f"Of {len(good)} models below 10 % error, **{share:.0%}** have a slope within 0.1 "
    f"of −2: {held}."
)
if not len(good):
    first = "No model errs by less than 10 %, so the prediction is not tested."
where = (
    f"{len(finite)} of {len(table)} models have a critical radius, "
    f"in the median {finite['critical_radius_100'].median():.3g} R_E (notes: about 4)."
    if len(finite)
    else f"None of {len(table)} models has a critical radius."
)
Markdown(f"{first} {where}")
