# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do the numbers and rankings of December survive other seeds and training orbits?
#
# The notes of December compare settings by one training each, all from one seed. Here
# each setting is trained from several seeds and several sets of its orbits, and every
# published number is put beside the range that chance alone gives.
#
# **You will see** the published tables with ours beside them, a verdict per row, and
# the rankings that the notes state, tested on all pairs of models. **Needs** models of
# `2-train` in the settings of December. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import december, figures, findings, surveys
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
# The spread over seeds is wider than most differences of the tables. So the published
# numbers should mostly lie inside our ranges, while of the rankings only those with a
# large factor should hold: activation, number of orbits. The order of output layers
# should not.

# %% [markdown]
# ## The tables
#
# A number is reproduced when it lies between the lowest and the highest of ours on 100
# orbits. The notes' own conference table is missing: it divided by the length of the
# whole derivative, velocity included, and cannot be compared.

# %%
rows = december.compared(table)
rows.to_csv(catalogue.artifact("december.csv"), index=False)
trained = rows[rows["models"] > 0]
Markdown(december.markdown(rows))

# %% tags=["figure"]
catalogue.save_figure(
    figures.beside_notes(rows),
    "beside-notes",
    kind="published beside ours",
    caption="Error on 100 unseen orbits: published and ours (median, range).",
    models=given,
)

# %% [markdown]
# ## Chance alone
#
# One dot is one model; what differs within a violin is the seed of the weights and the
# seed of the training orbits.

# %% tags=["figure"]
catalogue.save_figure(
    figures.seed_violins(table, "group", "mean_100", "%"),
    "seeds",
    kind="seed violins",
    caption="Mean error on 100 unseen orbits; one dot is one model.",
    models=given,
)

# %%
ranks = surveys.summary(table)
sure = ranks[np.isfinite(ranks["high"]) & (ranks["models"] > 1)]
spread = float((sure["high"] / sure["low"]).median()) if len(sure) else np.nan
catalogue.record("seed_spread", spread, "1")
Markdown(
    f"Within a setting the worst model errs {spread:.3g} times as much as the best "
    "(median over settings)."
)

# %% [markdown]
# ## The rankings
#
# Of all pairs of a model of the first kind and one of the second, the share in which
# the first errs less. At 95 % a ranking is reproduced, at 5 % reversed. Between, it may
# still hold on average, where so many pairs would come about by chance with a
# probability p below 5 % (Mann and Whitney); but one model of each, as the notes had,
# can show the opposite. That something is *no* better holds unless it is, on average.

# %%
claims = december.claims_table(table)
claims.to_csv(catalogue.artifact("claims.csv"), index=False)
Markdown(december.claims_markdown(claims))

# %% [markdown]
# ## Verdict

# %%
right = int((trained["verdict"] == "reproduced").sum())
tested = claims[claims["share"].notna()]
counts = findings.counted(tested)
held, average = (counts.get(x, 0) for x in ("reproduced", "reproduced on average"))
turned = int(tested["verdict"].str.contains("other way round").sum())
catalogue.record("rows reproduced", right)
catalogue.record("rows compared", len(trained))
catalogue.record("claims reproduced", held)
catalogue.record("claims reproduced on average", average)
catalogue.record("claims reversed", turned)
catalogue.record("claims tested", len(tested))
order = (
    f"**{held} of {len(tested)}** rankings hold, {average} more on average; {turned} "
    "are the other way round, at least on average."
    if len(tested)
    else "These models test no ranking."
)
Markdown(
    f"**{right} of {len(trained)}** published numbers lie inside our range. {order} "
    f"The typical spread over seeds and training orbits is a factor of {spread:.3g}."
)
