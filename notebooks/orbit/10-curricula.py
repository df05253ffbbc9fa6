# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does it help to begin with short pieces, or to lower the rate in between?
#
# A curriculum is a sequence of phases: how long the segments are, how much of each is
# shown, how large a step is. The notes tried ten growing windows, two phases, and one.
#
# **You will see** errors by curriculum, the loss through the phases, and whether the
# best parameters of the last phase are better than its last ones. **Needs** models of
# `2-train` with different phases. **Takes** a second for each model.

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
# Total steps and the last rate matter, the order of lengths does not: medians of
# curricula with equally many steps should differ by less than their ranges. Ending at a
# small rate should help. Keeping the best by validation should help where the rate
# stays large.

# %%
keys = ["windows", "segment_lengths", "learning_rates", "steps", "schedule"]
told = [name for name in keys if table[name].nunique() > 1] or ["steps"]
table["curriculum"] = table[told].astype(str).agg("; ".join, axis=1)
ranks = surveys.summary(table, "curriculum")
Markdown(f"A curriculum is: {', '.join(told)}.\n\n" + surveys.markdown(ranks))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "curriculum", "output_layer"),
    "curricula",
    kind="sweep",
    caption="Error by curriculum; crosses are stuck.",
    models=given,
)

# %% [markdown]
# ## Through the phases
#
# The loss of the middle model of the best and of the worst curriculum. A phase that
# shows less of a segment has a smaller loss, so levels compare within a phase only.

# %%
middle = surveys.medians(table[table["state"] != "diverged"], ["curriculum"])
middle = middle.sort_values("mean_100")
ends = middle.to_dict("records")
first, last = (catalogue.history(ends[place]) for place in (0, -1))

# %% tags=["figure"]
for place, history in (("best", first), ("worst", last)):
    caption = f"Loss of the middle model of the {place} curriculum; bands are phases."
    figure = figures.loss_curves(history, name="loss")
    about = {"kind": "loss", "caption": caption, "models": given}
    catalogue.save_figure(figure, f"loss-{place}", **about).show()

# %% [markdown]
# ## Last or best
#
# Beside its last parameters each training keeps those with the lowest validation loss
# of its last phase; the phases differ in what they minimise, so no other phase may
# compete.

# %%
kept = {"where": {**models.get("where", {}), "kind": "best"}}
best = Comparison(catalogue, kept).survey(points).set_index("identity")
both = table.set_index("identity")["mean_100"].to_frame("last")
both["best"] = best["mean_100"].reindex(both.index)
both = both[np.isfinite(both).all(axis=1)]
gain = float((both["last"] / both["best"]).median())
catalogue.record("gain from keeping the best", gain, "1")
Markdown(f"The last parameters err {gain:.3g} times as much as the best (median).")

# %% [markdown]
# ## Verdict

# %%
several = len(ranks) > 1 and ranks["models"].iloc[:2].min() > 1
apart = several and ranks["low"].iloc[1] > ranks["high"].iloc[0]
found = "do not overlap: the order matters, not as predicted" if apart else "overlap"
found = found if several else "are single models, which say nothing of chance"
factor = float(ranks["median"].iloc[-1] / ranks["median"].iloc[0])
catalogue.record("factor between curricula", factor, "1")
catalogue.record("the best stands apart", bool(apart), "-")
Markdown(
    f"The best curriculum ({ranks.index[0]}) errs by {ranks['median'].iloc[0]:.3g} %, "
    f"the worst {factor:.3g} times as much; ranges of the first two "
    f"{found}. "
    f"Keeping the best by validation gains a factor of {gain:.3g}."
)
