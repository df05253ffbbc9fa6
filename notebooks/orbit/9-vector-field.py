# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How does a learned field fail between the orbits?
#
# Errors on orbits say how well a model does where orbits go. The field is defined
# everywhere, depends on a velocity that the truth ignores, and may have sources, sinks
# and fast rates that Newton's has not.
#
# **You will see** residual, divergence, sensitivity to velocity and fastest rate over
# the plane, directions as arrows, and all eigenvalues. **Needs** models of `2-train`; a
# grid point is given the speed of a circular orbit. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit
reach: float = 12.0  # [R_E] in [1.5, 100]: half width of the plane that is asked
grid: int = 41  # [1] in [3, 401]: points along each side of it

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import number
from studies.orbit import figures, planes, surveys

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
# The residual is low along the training orbits and grows inside the lowest and outside
# the highest of them. A better model is closer to zero in what should be zero: its
# divergence and its sensitivity to velocity fall with its error.

# %%
middle = surveys.middles(surveys.ranked(table, "group"))
middle = dict(list(middle.items())[:6])
surveys.some(middle)
fields = {
    name: planes.over_plane(load(row), reach, grid) for name, row in middle.items()
}
best, worst = next(iter(middle)), list(middle)[-1]
training = surveys.taught(middle[best])

# %% tags=["figure"]
over = "Residual, divergence, sensitivity to velocity and fastest rate over the plane: "
over_best = f"{over}the middle model of the best setting; white, its training orbits."
over_worst = f"{over}the middle model of the worst of up to six settings."
for name, field, orbits, caption in (
    ("plane", fields[best], training, over_best),
    ("plane-other", fields[worst], None, over_worst),
):
    figure = figures.plane_panels(field, orbits)
    about = {"kind": "field over the plane", "caption": caption, "models": table}
    catalogue.save_figure(figure, name, **about).show()

# %% tags=["figure"]
catalogue.save_figure(
    figures.arrows(fields[worst]),
    "arrows",
    kind="directions over the plane",
    caption="Directions of the learned and the true pull over the plane, of the middle "
    "model of the worst of up to six settings.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.rate_histogram(fields),
    "rates",
    kind="eigenvalues",
    caption="Real parts of the eigenvalues of the learned Jacobian at the points of "
    "the plane, of the middle model of up to six settings.",
    models=table,
)

# %% [markdown]
# ## In numbers
#
# Medians over the plane, for the middle model of each group; the spread of rates is the
# 95th over the 5th percentile of |Re λ|.

# %%
numbers = pd.DataFrame(
    {name: planes.numbers(plane) for name, plane in fields.items()}
).T
numbers.insert(0, "error [%]", [row["mean_100"] for row in middle.values()])
for name, row in numbers.iterrows():
    for what in ("divergence", "velocity sensitivity"):
        value, scrap = row[f"{what} [1/TU]"], what.replace(" ", "_")
        meaning, member = f"median {what} over the plane", {"setting": name}
        catalogue.record(scrap, value, "1/TU", meaning, member=member)
numbers.map("{:.3g}".format)

# %% [markdown]
# ## Verdict

# %%
ordered = numbers.astype(float).rank()
several = len(numbers) > 2
agree = {
    name: float(ordered["error [%]"].corr(ordered[name])) if several else np.nan
    for name in ("divergence [1/TU]", "velocity sensitivity [1/TU]")
}
inside, outside = planes.in_and_out(fields[best], training)
what = "median residual at radii that training orbits reach, best setting"
if np.isfinite(inside):
    catalogue.record("residual_where_orbits_are", inside, "%", what)
what = "median residual at radii that no training orbit reaches, best setting"
if np.isfinite(outside):
    catalogue.record("residual_elsewhere", outside, "%", what)
ranks = "; ".join(f"{name} {number(value)}" for name, value in agree.items())
text = f"Rank correlation with the error: {ranks}. " if several else ""
both = np.isfinite([inside, outside]).all()
Markdown(
    f"{text}The best group errs by {number(inside)} % (median) at radii its orbits "
    f"reach and by {number(outside)} % elsewhere"
    + (
        f": **{'as' if outside > inside else 'not as'} predicted**, worse where no "
        "orbit goes."
        if both
        else ". The prediction cannot be judged: all radii are of one kind."
    )
)
