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
from fieldnotes.orbit import figures, planes, surveys
from fieldnotes.orbit.models import build
from fieldnotes.training import read_model

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in seed or draw form a group. A model is *stuck* when, trained to the end, it
# errs by 100 % on its own orbits (a field of zero would too), or by over 10 % and three
# times the median of its group. Stuck and diverged models stay in every median and
# range.


# %%
def load(row):
    """A model of the catalogue from its row."""
    return catalogue.load_model(row, lambda path: read_model(path, build))


given = catalogue.models(models)
varied = catalogue.varying(given)
report = catalogue.progress(len(given), "judging models")
table = surveys.survey(given, load, varied=varied, points=points, report=report)
for row, own in zip(given.to_dict("records"), table.to_dict("records"), strict=True):
    if np.isfinite(own["mean_100"]):
        member = {name: row[name] for name in varied}
        catalogue.record("error_100", own["mean_100"], "%", member=member)
for state in ("trained", "stuck", "diverged"):
    catalogue.record(state, int((table["state"] == state).sum()))
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
rows = {
    row["model"]: row for row in given.assign(model=table["model"]).to_dict("records")
}
fields = {
    own["group"]: planes.over_plane(load(rows[own["model"]]), reach, grid)
    for own in middle.to_dict("records")
}
best = middle.iloc[0]
training = surveys.training_orbits(
    best["family"], int(best["orbits"]), int(best["draw"]), False, points
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.plane_panels(fields[best["group"]], training),
    "plane",
    kind="field over the plane",
    caption="The middle model of the best group; white, its training orbits.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.plane_panels(fields[middle.iloc[-1]["group"]]),
    "plane-other",
    kind="field over the plane",
    caption="The same for the worst of the groups shown.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.arrows(fields[middle.iloc[-1]["group"]]),
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
