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
# Most losses here compare retraced segments with the samples. They differ in how they
# weigh errors and in the term that they add. Added terms ask for physics (attraction,
# constant energy), for smoothness (a small Jacobian, little transport) or for small
# weights, and others restart a segment at later samples or end it at a random time.
# Acceleration matching compares accelerations and integrates nothing.
#
# **You will see** errors by loss, the effect of each loss on direction and sign of the
# pull, and the terms of a loss over the training. **Needs** models of `2-train` that
# differ in their loss. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import counted, probability_of_superiority, table_of, where
from studies.orbit import figures, penalties, surveys

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group.

# %%
judged = surveys.survey(catalogue, models, points)
surveys.record(catalogue, judged)
table = judged.table
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# No added term should lower the error of the plain percent error by more than the
# spread over seeds. The term of attraction constrains a sign that trained models get
# right anyway. Squared errors give most weight to samples that are fast or far away,
# and should be worse. Acceleration matching should be at least as good as any other
# loss.

# %%
ranks = surveys.ranked(table, "loss", "penalty")
Markdown(surveys.ranking(table, "loss", "penalty"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "loss", "penalty"),
    "losses",
    kind="sweep",
    caption="Mean acceleration error on 100 unseen orbits of every model by its loss, "
    "coloured by the weight of the added term. Crosses mark models that did not learn "
    "even their training orbits.",
    models=table,
)

# %% [markdown]
# ## Trade-offs
#
# The table gives medians of other measures: the angle to the true pull, the share of
# samples at which the model pushes outwards, the slope of the pull over the distance in
# a log-log plot (−2 is right), and the skewness of the error.

# %%
columns = {
    "mean_100": "error [%]",
    "angle_100": "angle [deg]",
    "radial_sign_100": "outwards [%]",
    "slope_100": "slope [1]",
    "skewness_100": "skewness [1]",
}
Markdown(table_of(ranks, columns, "loss, penalty"))

# %% [markdown]
# ## The terms of a loss
#
# The figure shows the loss with most terms, for its model of median error.

# %%
middle = surveys.middles(ranks)
surveys.some(middle)
records = {row["loss"]: catalogue.history(row) for row in middle.values()}
parts = {
    name: sum(key.startswith("loss.") for key in history)
    for name, history in records.items()
}
shown = max(parts, key=lambda name: parts[name])
Markdown(f"Shown: {shown}, with {counted(parts[shown], 'term')}.")

# %% tags=["figure"]
catalogue.save_figure(
    figures.loss_curves(records[shown], penalties.unit(shown)),
    "terms",
    kind="loss",
    caption="Training loss and its terms against the optimiser step, of the model of "
    f"median error of the loss {shown}.",
    models=table,
)

# %% [markdown]
# ## Verdict

# %%
plain = where(table, loss="percent_error")
beaten = []
for name, group in ranks.items() if plain else ():
    share = probability_of_superiority(group, plain, "mean_100")
    what = "share of pairs in which a loss errs less than the plain percent error"
    catalogue.record("beats_percent_error", share, "1", what, member={"loss": name})
    if share >= 0.95:
        beaten.append(name)
integrated = [name for name in beaten if not name.startswith("acceleration")]
retraced = table[table["loss"] != "acceleration_matching"]
others = where(retraced[retraced["loss"] != "percent_error"])
single = min(len(plain), *(len(group) for group in ranks.values())) < 2
chance = " A single model of a loss says nothing of chance." if single else ""
as_said = "As predicted, no" if not integrated else "Against the prediction, some"
told = (
    f"**{as_said} retraced loss** beats the plain percent error "
    f"({plain.text('mean_100', '%')}) in 95 % of pairs"
    f"{': ' + '; '.join(integrated) if integrated else ''}."
    if plain and others
    else "The prediction cannot be judged: it needs the plain percent error and one "
    "other loss that retraces."
)
best, group = next(iter(ranks.items()))
what = "Best of all" if len(ranks) > 1 else "The only loss"
Markdown(f"{told}{chance} {what} is {best} with {group.text('mean_100', '%')}.")
