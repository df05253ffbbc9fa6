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
from studies.orbit import figures, planes, surveys
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
# The residual is low along the training orbits and grows inside the lowest and outside
# the highest of them. A better model is closer to zero in what should be zero: its
# divergence and its sensitivity to velocity fall with its error.

# %%
fine = table[table["state"] != "diverged"]
middle = surveys.medians(fine, ["group"]).sort_values("mean_100").head(6)
fields = {
    own["group"]: planes.over_plane(compared.load(own), reach, grid)
    for own in middle.to_dict("records")
}
best, worst = middle.iloc[0], middle.iloc[-1]
drawn = (int(best["orbits"]), int(best["data_seed"]), bool(best["space"]))
training = surveys.training_orbits(best["family"], *drawn, points)

# %% tags=["figure"]
over_best = "The middle model of the best group; white, its training orbits."
over_worst = "The same for the worst of the groups shown."
for name, field, orbits, caption in (
    ("plane", fields[best["group"]], training, over_best),
    ("plane-other", fields[worst["group"]], None, over_worst),
):
    figure = figures.plane_panels(field, orbits)
    about = {"kind": "field over the plane", "caption": caption, "models": given}
    catalogue.save_figure(figure, name, **about).show()

# %% tags=["figure"]
catalogue.save_figure(
    figures.arrows(fields[worst["group"]]),
    "arrows",
    kind="directions over the plane",
    caption="Directions of the learned and the true pull, worst of the groups shown.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.rate_histogram(fields),
    "rates",
    kind="eigenvalues",
    caption="Real parts of the eigenvalues of the learned Jacobian over the plane.",
    models=given,
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
numbers.insert(0, "error [%]", middle["mean_100"].to_numpy())
for name, row in numbers.iterrows():
    catalogue.record(f"divergence, {name}", row["divergence [1/TU]"], "1/TU")
    catalogue.record(f"sensitivity, {name}", row["velocity sensitivity [1/TU]"], "1/TU")
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
inside, outside = planes.in_and_out(fields[best["group"]], training)
catalogue.record("residual where orbits are", inside, "%")
catalogue.record("residual elsewhere", outside, "%")
ranks = "; ".join(f"{name} {value:.2g}" for name, value in agree.items())
text = f"Rank correlation with the error: {ranks}. " if several else ""
Markdown(
    f"{text}The best group errs by {inside:.3g} % (median) at radii its orbits reach "
    f"and by {outside:.3g} % elsewhere: **{'as' if outside > inside else 'not as'} "
    "predicted**, worse where no orbit goes."
)
