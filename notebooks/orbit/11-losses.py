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
from studies.orbit import figures, surveys
from studies.orbit.comparisons import Comparison

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group.

# %%
compared = Comparison(catalogue, models)
given, table = compared.given, compared.survey(points)
compared.record(table)
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
middle = surveys.medians(table[table["state"] != "diverged"], ["loss", "penalty"])
records = {own["loss"]: catalogue.history(own) for own in middle.to_dict("records")}
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
as_said = "As predicted, no" if not integrated else "Against the prediction, some"
told = (
    f"**{as_said} retraced loss** beats the plain percent error "
    f"({plain['mean_100'].median():.3g} %) in 95 % of pairs"
    f"{': ' + ', '.join(integrated) if integrated else ''}."
    if len(plain)
    else "The plain percent error was not trained, so no loss is compared with it."
)
Markdown(
    f"{told} Best of all is {ranks.index[0][0]} with {ranks['median'].iloc[0]:.3g} %."
)
