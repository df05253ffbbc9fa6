# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which cheap signal tells when to stop training?
#
# A training can keep improving on movies of its training family while its rollouts on
# other movies get worse, blow up, or recover. In practice there is no other family of
# movies to test on. Here every checkpoint of several trainings is rolled out on the
# other family. We ask whether signals that can be computed without that family predict
# its error.
#
# **You will see** the errors along the trainings, how each signal ranks the
# checkpoints, and the cost of stopping by it. **Needs** models of `2-train` with
# `checkpoints` of two or more. **Takes** ten seconds for each checkpoint.

# %% tags=["parameters"]
# fmt: off
models: dict = {
    "where": {"notebook": "latent/train", "checkpoints": {">": 1}}
}  # [-] which trainings are compared
steps: int = 2000  # [steps] in [1, inf): length of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 500  # [steps] in [1, inf): length of an activity rollout
patience: int = 3  # [1] in [1, inf): checkpoints without improvement before stopping
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import counted, number
from studies.latent import figures, stopping, trained

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#latent-notes) of the authors of NeuralGraph
# describe a training whose rollouts on the other family were stable for 1,000 steps
# after a quarter of the training and unstable later. The training family showed no sign
# of it. Other trainings diverged and recovered. The notes leave open which signal would
# have told. Their stopping rule compared the newest value with a minimum that included
# it, and so it stopped at once.
#
# ## Prediction
#
# The *wanted error* is that of long rollouts on the other family.
#
# 1. Errors at the recordings rank checkpoints hardly better than chance (a rank
#    correlation below 0.5 with the wanted error). They fall until the end, whatever
#    happens between and beyond the recordings.
# 2. Of all signals, long rollouts on the same family rank checkpoints best.
# 3. Of the signals that need no unrecorded voltage, the spectral radius of the map
#    ranks them best.
# 4. A corrected stopping rule stops when the last checkpoints are not a tenth better
#    than the best before. It costs less than a factor of two in the wanted error.

# %%
followed = trained.maps(catalogue, models, circuits=True)
lengths = {"steps": steps, "starts": starts, "activity_steps": activity_steps}
table = stopping.follow(catalogue, models, followed, **lengths)
table.to_csv(catalogue.artifact("checkpoints.csv"))
catalogue.record("trainings", len(followed), "1", "number of trainings compared")
catalogue.record("checkpoints", len(table), "1", "number of checkpoints tested")
Markdown(
    f"{counted(len(table), 'checkpoint')} of "
    f"{counted(table['course'].nunique(), 'training')}, "
    f"{counted(table['group'].nunique(), 'setting')}. {followed.names.usual_values()}"
)

# %% [markdown]
# ## The simplest case: one training
#
# If the wanted error always fell together with the other errors, any of them would be a
# good signal. Where the wanted error is larger at the end than before, stopping earlier
# would have helped.

# %% tags=["figure"]
worst = table.groupby("course")["flow_long"].agg(lambda x: x.iloc[-1] / x.min())
shown = table[table["course"] == worst.idxmax()]
lines = {
    "wanted: long rollouts, other family": shown["flow_long"],
    "long rollouts, same family": shown["same_family"],
    "error at the recordings": shown["loss_points"],
    "largest error before the first recording": shown["max_intervening"],
}
catalogue.save_figure(
    figures.over_training(shown["update"], lines),
    "course",
    kind="errors along a training",
    caption="Mean squared errors against the update at the checkpoints of one "
    f"training. Of {len(followed)} trainings it is the one that ends farthest above "
    f"its best checkpoint: {worst.idxmax()}.",
    models=followed.table,
)

# %% [markdown]
# ## Which signal predicts the wanted error?
#
# The table gives the rank correlation of each signal with the wanted error, over all
# checkpoints and within trainings (median). *Regret* is the wanted error at the
# checkpoint that the signal ranks first, over the lowest wanted error of that training.
# Signals marked *observed only* use recorded samples or the map alone.

# %%
ranking = stopping.ranking(table)
meanings = {
    "overall": "rank correlation with the wanted error over all checkpoints",
    "within": "rank correlation with the wanted error within trainings, median",
    "regret": "wanted error at the checkpoint ranked first, over the lowest, median",
}
for name, words in stopping.SIGNALS.items():
    for column, meaning in meanings.items():
        value = float(ranking.loc[words, column])
        if np.isfinite(value):
            catalogue.record(f"{name}_{column}", value, "1", f"{words}: {meaning}")
ranking

# %% [markdown]
# ## The corrected rule
#
# The rule stops a training when the best of the last checkpoints is not a tenth below
# the best before.

# %%
halted = stopping.stops(table, patience)
rule, end = halted["regret"].median(), halted["regret at the end"].median()
fired = int(halted["fired"].sum())
over_best = "wanted error over that of the best checkpoint, median"
what = "number of trainings that the stopping rule stopped"
catalogue.record("fired", fired, "1", what)
if fired:
    catalogue.record("regret_of_rule", float(rule), "1", f"{over_best}, where it stops")
catalogue.record("regret_at_the_end", float(end), "1", f"{over_best}, at the end")
halted

# %% [markdown]
# ## Verdict
#
# Each of the four predictions is followed by its measured value.

# %%
order = ranking["overall"].dropna()
cheap = order[ranking.loc[order.index, "observed only"].astype(bool)]
best, best_cheap = (next(iter(x.index), "none") for x in (order, cheap))
points = float(ranking.loc[stopping.SIGNALS["loss_points"], "overall"])
predictions = {
    f"errors at the recordings reach a rank correlation of {points:+.2f}": points < 0.5,
    f"the best signal is: {best}": best == stopping.SIGNALS["same_family"],
    f"the best of observed entries is: {best_cheap}": best_cheap
    == stopping.SIGNALS["radius"],
    f"the rule ends {rule:.3g} times above the best checkpoint": rule < 2,
}
known = [np.isfinite(points), len(order) > 1, len(cheap) > 1, fired > 0]
told = [x for x, y in zip(predictions.items(), known, strict=True) if y]
lines = [f"- {x}: **{'held' if y else 'failed'}**" for x, y in told]
unknown = counted(4 - len(told), "prediction")
lines += (
    [f"- {unknown} cannot be judged by so few checkpoints."] if len(told) < 4 else []
)
text = (
    f"Over {counted(len(table), 'checkpoint')} of "
    f"{counted(table['course'].nunique(), 'training')}, "
    f"{'; '.join(x for x, _ in told) or 'no signal can be ranked'}. "
    f"{sum(y for _, y in told)} of {counted(len(told), 'prediction')} that can be "
    f"judged held. The rule fired in {fired} of {counted(len(halted), 'training')}; "
    f"training to the end would have cost a factor of {number(end)} (medians)."
)
catalogue.record("verdict", text, "-", "how many predictions held, in sentences")
Markdown("\n".join([*lines, "", text]))
