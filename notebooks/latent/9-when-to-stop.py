# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which cheap signal says when to stop?
#
# A training can go on getting better on movies like its own while its rollouts on other
# movies get worse, or blow up, or recover. In practice there is no other family to look
# at. Here every checkpoint of several trainings is rolled out on the other family, and
# signals that anybody could compute are asked whether they knew.
#
# **You will see** the errors along the trainings, how each signal ranks the
# checkpoints, and what stopping by it costs. **Needs** models of `2-train` with
# `checkpoints` of two or more. **Takes** ten seconds a checkpoint.

# %% tags=["parameters"]
# fmt: off
models: dict = {
    "where": {"notebook": "latent/train", "checkpoints": {">": 1}}
}  # [-] which trainings are followed
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 500  # [steps] in [1, inf): of a rollout through the voltages
patience: int = 3  # [1] in [1, inf): checkpoints without improvement before stopping
# fmt: on

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.latent import figures, groups, reports, stopping, trained

# %% [markdown]
# ## Prediction
#
# Errors at the recordings rank checkpoints hardly better than chance: they fall to the
# end, whatever happens between and beyond. Long rollouts on the same family rank them
# best; of the signals that need no unrecorded voltage, the spectral radius of the map
# does. The corrected stopping rule (stop when the last checkpoints are not a tenth
# better than the best before) waits while the error falls, and costs less than a factor
# of two.

# %%
given = trained.learned(catalogue.models(models))
varied = catalogue.varying(given)
finals = given.to_dict("records")
common = groups.usual(finals, varied)
load = trained.loader(catalogue)
kept = {}
for row in finals:
    for update, kind in stopping.kinds(row).items():
        kept.setdefault(kind, []).append((row["identity"], update))
entries = []
for kind, wanted in kept.items():
    ask = models if kind == "final" else {**trained.inner(models), "kind": kind}
    table = catalogue.models(ask)
    known = {row["identity"]: row for row in table.to_dict("records")}
    entries += [(known[name], update) for name, update in wanted if name in known]
entries = [entry for entry in entries if isinstance(entry[0]["outcome"], str)]
catalogue.record("trainings", len(finals))
catalogue.record("checkpoints", len(entries))

# %%
lines, report = [], catalogue.progress(len(entries), "judging checkpoints")
data = {}
for done, (row, update) in enumerate(entries, start=1):
    plan = trained.plan_of(row, steps, starts, activity_steps)
    place = trained.data_key(row)
    if place not in data:
        data[place] = trained.data_of(row, steps, starts, catalogue.cached)
    model, seen = load(row), trained.observation_of(row)
    bank = trained.banked(row)
    found = reports.judge(model, data[place], plan, seen, banked=bank)
    signal = stopping.signals(model, data[place]["validation"], found, plan)
    group = groups.named(row, varied, common)
    course = f"{group}, seed {row['seed']}"
    lines.append({"course": course, "group": group, "update": update, **signal})
    report(done)
table = pd.DataFrame(lines).sort_values(["course", "update"], ignore_index=True)
table.to_csv(catalogue.artifact("checkpoints.csv"))
Markdown(
    f"{len(table)} checkpoints of {table['course'].nunique()} trainings, "
    f"{table['group'].nunique()} settings. {groups.said(common)}"
)

# %% [markdown]
# ## Along the trainings
#
# If the wanted error (other family, long rollouts) fell with the others, any of them
# would do. Where a training ends worse than it was, stopping earlier would have helped.

# %% tags=["figure"]
first = table["course"].iloc[0]
worst = table.groupby("course")["flow_long"].agg(lambda x: x.iloc[-1] / x.min())
shown = table[table["course"] == worst.idxmax()]
catalogue.save_figure(
    figures.over_training(
        shown["update"],
        {
            "wanted: long rollouts, other family": shown["flow_long"],
            "long rollouts, same family": shown["same_family"],
            "error at the loss points": shown["loss_points"],
            "largest error before the first": shown["max_intervening"],
        },
    ),
    "course",
    kind="errors along a training",
    caption=f"The training that ends farthest from its best: {worst.idxmax()}.",
    models=given,
)

# %% [markdown]
# ## Which signal knew?
#
# Rank correlation with the wanted error over all checkpoints, and within trainings;
# regret is the wanted error at the checkpoint that the signal likes best, over the
# lowest of that training. Signals that use recorded entries or the map alone are
# marked.

# %%
ranking = stopping.ranking(table)
for name, words in stopping.SIGNALS.items():
    for column in ("overall", "within", "regret"):
        value = float(ranking.loc[words, column])
        if np.isfinite(value):
            catalogue.record(f"{name}_{column}", value)
ranking

# %% [markdown]
# ## The corrected rule
#
# As stored, the rule compared the newest value with a minimum that included it, and
# fired at once. Corrected, it fires when the best of the last checkpoints is not a
# tenth below the best before.

# %%
halted = stopping.stops(table, patience)
catalogue.record("fired", int(halted["fired"].sum()))
catalogue.record("regret_of_rule", float(halted["regret"].median()))
catalogue.record("regret_at_the_end", float(halted["regret at the end"].median()))
halted

# %% [markdown]
# ## Verdict

# %%
order = ranking["overall"].dropna()
cheap = order[ranking.loc[order.index, "observed only"].astype(bool)]
best = f"{order.index[0]} ({order.iloc[0]:+.2f})" if len(order) else "none"
own = f"{cheap.index[0]} ({cheap.iloc[0]:+.2f})" if len(cheap) else "none"
points = ranking.loc[stopping.SIGNALS["loss_points"], "overall"]
rule, end = halted["regret"].median(), halted["regret at the end"].median()
better = "less than" if rule < end else "no less than"
text = (
    f"Over {len(table)} checkpoints of {table['course'].nunique()} trainings the best "
    f"ranking of the wanted error is by **{best}**; of signals that need no unrecorded "
    f"voltage, by **{own}**; the error at the loss points reaches {points:+.2f}. The "
    f"corrected rule fired in {int(halted['fired'].sum())} of {len(halted)} trainings "
    f"and ends {rule:.3g} times above the best checkpoint, {better} training to the "
    f"end ({end:.3g} times; medians)."
)
catalogue.record("verdict", text.replace("**", ""), "-")
Markdown(text)
