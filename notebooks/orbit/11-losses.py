# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which loss teaches the field best?
#
# All losses compare retraced segments with the truth; they differ in what they weigh
# and in what they add: physics (attraction, energy), smoothness (Jacobian, transport),
# small weights, restarts, random end times. Acceleration matching integrates nothing.
#
# **You will see** errors by loss, what each buys and costs in direction and sign, and
# the terms through the training. **Needs** models of `2-train` that differ in their
# loss. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from fieldnotes.orbit import figures, surveys
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
# No added term should beat the plain percent error beyond the spread of seeds.
# Attraction constrains a sign that trained models have right anyway. Squared errors
# weigh the fast and far and should be worse. Matching should be at least as good as any
# of them.

# %%
ranks = surveys.summary(table, ["loss", "penalty"])
Markdown(surveys.markdown(ranks))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "loss", "penalty"),
    "losses",
    kind="sweep",
    caption="Error by loss, weight of the further term in colour; crosses are stuck.",
    models=given,
)

# %% [markdown]
# ## Trade-offs
#
# Medians of other measures: the angle to the true pull, the share of samples that are
# pushed outwards, the fall-off, and the skewness of the error.

# %%
names = ["mean_100", "angle_100", "radial_sign_100", "slope_100", "skewness_100"]
trade = table.groupby(["loss", "penalty"])[names].median()
trade.columns = [
    "error [%]",
    "angle [deg]",
    "outwards [%]",
    "slope [1]",
    "skewness [1]",
]
trade.sort_values("error [%]").map("{:.3g}".format)

# %% [markdown]
# ## The terms together
#
# The middle model of each loss that has more than one term, of the best such loss.

# %%
rows = {
    row["model"]: row for row in given.assign(model=table["model"]).to_dict("records")
}
middle = surveys.medians(table[table["state"] != "diverged"], ["loss", "penalty"])
records = {
    own["loss"]: catalogue.history(rows[own["model"]])
    for own in middle.to_dict("records")
}
parts = {
    name: sum(key.startswith("loss.") for key in own) for name, own in records.items()
}
shown = max(parts, key=lambda name: parts[name])
Markdown(f"Shown: {shown}, with {parts[shown]} terms.")

# %% tags=["figure"]
catalogue.save_figure(
    figures.loss_curves(records[shown], name="loss"),
    "terms",
    kind="loss",
    caption="Loss and its terms over the steps, the middle model of one loss.",
    models=given,
)

# %% [markdown]
# ## Verdict

# %%
plain = table[table["loss"] == "percent_error"]
beaten = []
for (name, weight), own in table.groupby(["loss", "penalty"]):
    share = surveys.win_share(own, plain, "mean_100") if len(plain) else np.nan
    catalogue.record(f"beats percent error, {name} × {weight:g}", share, "1")
    if share >= 0.95 and name != "percent_error":
        beaten.append(f"{name} × {weight:g}")
integrated = [name for name in beaten if not name.startswith("acceleration")]
as_said = "as predicted, no" if not integrated else "against the prediction, some"
Markdown(
    f"**{as_said} retraced loss** beats the plain percent error in 95 % of pairs"
    f"{': ' + ', '.join(integrated) if integrated else ''}. Best of all is "
    f"{ranks.index[0][0]} with {ranks['median'].iloc[0]:.3g} %, against "
    f"{plain['mean_100'].median():.3g} %."
)
