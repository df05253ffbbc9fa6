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
# Errors on test orbits tell how good a learned field is where orbits pass. But the
# field is defined everywhere. It may depend on the velocity, which the true field does
# not, and it may have sources, sinks and fast rates that Newton's field does not have.
#
# **You will see** four measures over the plane: the residual (the acceleration error),
# the divergence, the sensitivity to velocity, and the fastest rate of the linearised
# motion. You will also see the directions of the field as arrows, and all eigenvalues.
# At each point of the grid the model is evaluated at the speed of a circular orbit.
# **Needs** models of `2-train`. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit
reach: float = 12.0  # [R_E] in [1.5, 100]: half width of the evaluated square
grid: int = 41  # [1] in [3, 401]: points along each side of the evaluated square

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
# The residual should be low along the training orbits. It should grow inside the lowest
# and outside the highest of them. The divergence and the sensitivity to velocity should
# be smaller in models with a smaller error.

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
over = (
    "Residual, divergence, sensitivity to velocity and fastest rate over the plane, of "
    "the model of median error of "
)
over_best = f"{over}the best setting. White lines are its training orbits."
over_worst = f"{over}the worst of up to six settings."
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
    caption="Directions of the learned and the true pull over the plane, of the model "
    "of median error of the worst of up to six settings.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.rate_histogram(fields),
    "rates",
    kind="eigenvalues",
    caption="Histogram of the real parts of the eigenvalues of the learned field's "
    "Jacobian at the points of the plane, of the model of median error of up to six "
    "settings.",
    models=table,
)

# %% [markdown]
# ## In numbers
#
# The table gives medians over the plane for the model of median error of each group.
# The spread of rates is the 95th percentile of |Re λ| over the 5th.

# %%
numbers = pd.DataFrame(
    {name: planes.numbers(plane) for name, plane in fields.items()}
).T
numbers.insert(0, "error [%]", [row["mean_100"] for row in middle.values()])
for name, row in numbers.iterrows():
    for what in ("divergence", "velocity sensitivity"):
        value, scrap = row[f"{what} [1/TU]"], what.replace(" ", "_")
        meaning = f"median {what} of the learned field over the plane"
        member = {"setting": name}
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
what = "median acceleration error at radii that training orbits reach, best setting"
if np.isfinite(inside):
    catalogue.record("residual_where_orbits_are", inside, "%", what)
what = "median acceleration error at radii that no training orbit reaches, best setting"
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
