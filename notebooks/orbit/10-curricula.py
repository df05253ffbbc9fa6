# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does it help to begin with short segments, or to lower the learning rate in between?
#
# A curriculum is a sequence of phases of training. A phase sets how long the segments
# are, which part of each is shown (its window), and the learning rate. [Laboratory
# notes of December](/pages/references.qmd#orbit-notes) report trainings with ten
# growing windows, with two phases, and with one.
#
# **You will see** errors by curriculum, the loss through the phases, and whether the
# parameters with the lowest validation loss are better than the last ones. **Needs**
# models of `2-train` with different phases. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import number
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
# The number of steps and the last learning rate should matter, and the order of lengths
# should not. The medians of curricula with equally many steps should thus differ by
# less than the ranges over seeds. Ending at a small learning rate should help. Keeping
# the parameters with the lowest validation loss should help where the learning rate
# stays large.

# %%
keys = ["windows", "segment_lengths", "learning_rates", "steps", "schedule"]
told = [name for name in keys if table[name].astype(str).nunique() > 1] or ["steps"]
table["curriculum"] = table[told].astype(str).agg("; ".join, axis=1)
ranks = surveys.ranked(table, "curriculum")
text = surveys.ranking(table, "curriculum")
Markdown(f"A curriculum is: {', '.join(told)}.\n\n{text}")

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "curriculum", "output_layer"),
    "curricula",
    kind="sweep",
    caption="Mean acceleration error on 100 unseen orbits of every model by its "
    "curriculum, coloured by output layer. Crosses mark models that did not learn even "
    "their training orbits.",
    models=table,
)

# %% [markdown]
# ## Through the phases
#
# The figures show the loss of the model of median error, for the best and for the worst
# curriculum. A phase that shows a smaller part of each segment has a smaller loss, so
# losses can be compared within a phase only.

# %%
surveys.some(surveys.middles(ranks))
ends = list(surveys.middles(ranks).values())
shown = {"best": ends[0], "worst": ends[-1]}

# %% tags=["figure"]
for place, row in shown.items():
    history = catalogue.history(row)
    caption = (
        "Training and validation loss against the optimiser step, of the model of "
        f"median error of the {place} curriculum. Shaded bands are phases."
    )
    figure = figures.loss_curves(history, penalties.unit(row["loss"]))
    about = {"kind": "loss", "caption": caption, "models": table}
    catalogue.save_figure(figure, f"loss-{place}", **about).show()

# %% [markdown]
# ## Last or best parameters
#
# Beside its last parameters, each training keeps the parameters with the lowest
# validation loss of its last phase. Losses of different phases are not comparable, so
# only the last phase counts.

# %%
kept = {"where": {**models.get("where", {}), "kind": "best"}}
best = surveys.survey(catalogue, kept, points).table.set_index("identity")
both = table.set_index("identity")["mean_100"].to_frame("last")
both["best"] = best["mean_100"].reindex(both.index)
both = both[np.isfinite(both).all(axis=1)]
gain = float((both["last"] / both["best"]).median())
what = "median ratio of the errors of the last and of the best validated parameters"
if len(both):
    catalogue.record("gain_from_keeping_the_best", gain, "1", what)
kept = (
    f"The last parameters err {gain:.3g} times as much as the best (median)."
    if len(both)
    else "Of no model both the last and the best parameters have an error."
)
Markdown(kept)

# %% [markdown]
# ## Verdict

# %%
spans = [group.summary("mean_100") for group in ranks.values()]
several = len(spans) > 1 and min(x.n for x in spans[:2]) > 1
apart = several and spans[1].lowest > spans[0].highest
overlap = "do not overlap: the order matters, not as predicted" if apart else "overlap"
overlap = overlap if several else "are single models, which say nothing of chance"
factor = spans[-1].median / spans[0].median
what = "median error of the worst curriculum over that of the best"
if len(spans) > 1 and np.isfinite(factor):
    catalogue.record("factor_between_curricula", factor, "1", what)
what = "whether the ranges of the best two curricula do not overlap"
if several:
    catalogue.record("the_best_stands_apart", bool(apart), "-", what)
beside = (
    f"the worst {number(factor)} times as much; ranges of the first two {overlap}."
    if len(spans) > 1
    else "and there is no other to compare it with."
)
Markdown(
    f"The best curriculum ({next(iter(ranks))}) errs by {number(spans[0].median)} %, "
    f"{beside} {kept}"
)
