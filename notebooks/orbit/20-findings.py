# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What of the notes holds, and how far beyond them can one go?
#
# The notes of December state numbers and rankings from single trainings. This page
# tests each on all models there are, over seeds and training orbits, and sets the
# project's own targets beside them: how small the error gets from ten and from a
# hundred orbits, in what time, and how far the best models stray when left alone.
#
# **You will see** every claim with the notes' value, ours and a verdict; the targets;
# the ladder of neutral layers; rollouts over ten periods. **Needs** models of
# `2-train`, from as many comparisons as there are. **Takes** a second for each, and a
# minute for the clock.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit
clock: bool = True  # [-] train one model of each target again, against the clock
periods: int = 10  # [1] in [1, 100]: how long the best models are left alone

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import december, figures, findings, reports, surveys, tasks
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
# All three targets are reached. Of the published numbers most are inside our ranges; of
# the rankings, fewer than half hold.
#
# ## Targets
#
# Medians over at least five seeds and three sets of training orbits, on 100 unseen
# orbits. The clock trains one model anew, compilation included; it means something on a
# quiet machine only.

# %%
best = {
    target.name: findings.best_recipe(table, target.where)
    for target in findings.TARGETS
}
seconds = {
    name: findings.clocked(given.loc[own.index[0]].to_dict())
    if clock and len(own)
    else np.nan
    for name, own in best.items()
}
targets = pd.DataFrame(
    [findings.reached(table, x, seconds[x.name]) for x in findings.TARGETS]
)
for target, row in zip(findings.TARGETS, targets.to_dict("records"), strict=True):
    if np.isfinite(row["value"]):
        catalogue.record(f"target {target.name}", row["value"], "%")
    if np.isfinite(seconds[target.name]):
        catalogue.record(f"seconds {target.name}", seconds[target.name], "s")
Markdown(findings.markdown(targets))

# %% [markdown]
# ## Is log r neutral?
#
# Neutral means: no rotation, attraction or power law built in. The layer
# `logmag_unit_exp` says a positive size and a direction of its own; the features
# `rinv_vel` are the notes'. `rinv_vel_logra` adds the logarithm of the radius, a scale
# for what 1/r says already: it names no direction and no exponent. But with a
# logarithmic size *any* power law becomes a straight line, which is a hint. So both
# ladders are shown, and the target counts without it.

# %%
ladders = {n: findings.ladder(table, n) for n in sorted(table["orbits"].unique())}
ladders = {n: own for n, own in ladders.items() if len(own)}
neutral = {
    n: own.loc[["neutral"]].iloc[-1]
    for n, own in ladders.items()
    if "neutral" in own.index.get_level_values("prior")
}
for n, row in neutral.items():
    if np.isfinite(row["median"]):
        catalogue.record(f"best neutral from {n}", row["median"], "%")
Markdown(
    "\n\n".join(f"**{n} orbits**\n\n{surveys.markdown(x)}" for n, x in ladders.items())
)

# %% tags=["figure"]
matched = surveys.chosen(table, {"loss": "acceleration_matching"})
names = [matched[name] for name in ("features", "output_layer", "activation")]
rungs = [", ".join(row) for row in zip(*names, strict=True)]
catalogue.save_figure(
    figures.strips(matched.assign(layers=rungs), "layers", "orbits"),
    "ladder",
    kind="sweep",
    caption="Every model trained by matching, orbits in colour; crosses are stuck.",
    models=given,
)

# %% [markdown]
# ## The tables of December

# %%
published = december.compared(table)
published.to_csv(catalogue.artifact("published.csv"), index=False)
for row in published[published["models"] > 0].to_dict("records"):
    catalogue.record(f"ours: {row['setting']}", row["ours_100"], "%")
Markdown(december.markdown(published))

# %% [markdown]
# Of the settings of 10 December the notes tell more than the mean error: the error on
# the training orbits, the angle, the radial sign, and the shape of the distribution.

# %%
further = december.measured(table)
further.to_csv(catalogue.artifact("measures.csv"), index=False)
for row in further[further["value"].notna()].to_dict("records"):
    name = f"ours: {row['setting']}, {row['measure']}"
    catalogue.record(name, row["value"], row["unit"])
Markdown(december.measured_markdown(further))

# %% [markdown]
# ## Rankings and other claims
#
# A ranking is reproduced when 95 % of all pairs of models agree with it, and on average
# when so many would agree by chance with a probability p below 5 % (Mann and Whitney).
# That something is *no* better is reproduced unless it is, on average.

# %%
rankings = december.claims_table(table)
rankings.to_csv(catalogue.artifact("rankings.csv"), index=False)
for row in rankings[rankings["share"].notna()].to_dict("records"):
    catalogue.record(f"pairs that agree: {row['claim']}", row["share"], "1")
Markdown(december.claims_markdown(rankings))

# %%
rest = findings.others(table)
rest.to_csv(catalogue.artifact("others.csv"), index=False)
for row in rest[rest["value"].notna()].to_dict("records"):
    catalogue.record(row["claim"], row["value"], row["unit"])
Markdown(findings.markdown(rest))

# %% [markdown]
# ## Left alone
#
# The middle model of each target's setting follows its own field from the true start of
# each of 100 unseen orbits: medians over orbits.

# %%
unseen = {"100": tasks.unseen_set(100, points=points)}
names = ("final_position", "energy_drift", "momentum_drift", "lost")
columns = [f"{name}_{n}" for n in sorted({1, periods}) for name in names]
strayed = {}
for name, own in best.items():
    if len(own) and (own["state"] != "diverged").any():
        model = compared.load(surveys.medians(own, ["loss"]).iloc[0].to_dict())
        asked = {"points": points, "periods": tuple(sorted({1, periods}))}
        strayed[name] = {"100": reports.judge(model, unseen, **asked)["100"].row}
        for column in columns:
            if np.isfinite(strayed[name]["100"][column]):
                value, unit = strayed[name]["100"][column], reports.unit_of(column)
                catalogue.record(f"{column}, {name}", value, unit)
alone = figures.generalisation_table(strayed, columns) if strayed else None
Markdown("No model." if alone is None else figures.markdown_table(alone))

# %% [markdown]
# ## Verdict

# %%
compared = published[published["models"] > 0]
tested = rankings[rankings["share"].notna()]
counts = findings.counted(tested)
held, average = (counts.get(x, 0) for x in ("reproduced", "reproduced on average"))
inside = int((compared["verdict"] == "reproduced").sum())
reached = int(targets["verdict"].str.startswith("reached").sum())
for name, value in (
    ("targets reached", reached),
    ("published numbers reproduced", inside),
    ("published numbers compared", len(compared)),
    ("rankings reproduced", held),
    ("rankings reproduced on average", average),
    ("rankings tested", len(tested)),
):
    catalogue.record(name, value)
ten = neutral.get(10)
text = ""
if ten is not None:
    text = (
        " From ten orbits the best neutral setting errs by "
        f"**{surveys.said(ten.to_dict())} %**, the notes' best by "
        f"{findings.NOTES_BEST} %."
    )
verdict = (
    f"**{reached} of {len(targets)} targets are reached.** {inside} of {len(compared)} "
    f"published numbers lie in our range; {held} of {len(tested)} rankings hold, "
    f"{average} more on average.{text}"
)
catalogue.record("verdict", verdict.replace("**", ""), "-")
Markdown(verdict)
