# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which published results on robust reaching are reproduced?
#
# A [poster](/pages/references.qmd#reach-poster) reports how far curl fields push the
# hand aside, with peak velocities and forces, by *training std*, the standard deviation
# of the field strength in training. [Laboratory
# notes](/pages/references.qmd#reach-notes) of the same authors add further claims. This
# notebook compares them with our models without a context input.
#
# **You will see** every published number beside ours, the claims without numbers, and a
# verdict for each. **Needs** models of `1-train` of simple reaches in curl fields,
# without a context, at training stds 0, 0.5, 1 and 1.5. **Takes** seconds for each
# model, and a minute for some short trainings.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are compared
grid: int = 2  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 24  # [1] in [2, 360]: reaches from each place
evaluations: int = 5  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the noise in the test
batches: int = 20  # [1] in [0, 10000]: batches of the short trainings, 0 for none
batch: int = 250  # [1] in [1, inf): trials in a batch of the short trainings
replicates: int = 5  # [1] in [1, 100]: short trainings of each definition

# %%
import jax
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, counted, number, where
from studies.reach import (
    evaluation,
    findings,
    instability,
    metrics,
    reductions,
    robustness,
)
from studies.reach.figures.comparisons import against_published
from studies.reach.models import from_parameters
from studies.reach.tasks import centre_out
from studies.training import read_model

# %% [markdown]
# ## The models
#
# Each of our numbers is a mean over the trials of a replicate, and then the median over
# the replicates of a training std, with their range. Models whose training diverged are
# left out.

# %%
chosen = catalogue.models(models)
asked = {"task": "simple", "field": "curl", "method": "none"}
fits = pd.Series(True, index=chosen.index)
for name, value in asked.items():
    fits &= chosen[name] == value
trained = chosen[fits & (chosen["outcome"] != "diverged")].reset_index(drop=True)
rows = trained.to_dict("records")
members = [evaluation.who(row) for row in rows]
controllers = [
    catalogue.load_model(row, lambda path: read_model(path, from_parameters))
    for row in rows
]
loop = evaluation.common_loop(rows)
why_not = findings.other_loop(loop)
counts = pd.Series([member["field_std"] for member in members]).value_counts()
catalogue.record("models", len(rows), "1", "number of models compared")
lost = int((chosen[fits]["outcome"] == "diverged").sum())
catalogue.record("diverged", lost, "1", "number of trainings that diverged")
fewest = int(counts.min())
meaning = "smallest number of replicates of a training std"
catalogue.record("fewest_replicates", fewest, "1", meaning)
few = "" if counts.min() >= findings.FEWEST else ", fewer than a median should have"
Markdown(
    f"{counted(len(rows), 'model')}, at least {counts.min()} of each training "
    f"std{few}. "
    + (f"**They differ from the published setting**: {why_not}." if why_not else "")
)

# %% [markdown]
# ## Prediction
#
# Most distances and errors should lie within 20 % or 1.5 percentage points of the
# published ones, velocities within 0.05 m/s and forces within 0.2 N. Every order by
# training std should hold.

# %%
reaches = evaluation.across_fields(
    centre_out(grid, directions), "curl", findings.AMPLITUDES
)
evaluated = evaluation.evaluate(
    evaluation.stack(controllers),
    loop,
    reaches,
    evaluations,
    jax.random.key(evaluation_seed),
    reductions.ReachReduction(loop),
)
variants = [{"amplitude": amplitude} for amplitude in findings.AMPLITUDES]
frame = reductions.table(evaluated.measures, members, variants)

# %% [markdown]
# ## The poster's numbers
#
# The tables give the published number, a stroke, and our number with the range over
# replicates. A ✓ marks our numbers that lie within the tolerance.

# %%
table = findings.compared(frame, why_not)
table.to_csv(catalogue.artifact("published.csv"), index=False)
for row in table[table["median"].notna()].to_dict("records"):
    tag = robustness.scrap(row["measure"], row["amplitude"])
    unit, member = metrics.unit(row["measure"]), {"field_std": row["std"]}
    what = f"{metrics.words(row['measure'])} at curl {row['amplitude']:g}"
    for name, value, of, meaning in (
        (tag, row["median"], unit, f"{what}, median over replicates"),
        (f"published_{tag}", row["value"], unit, f"{what}, as published"),
        (f"verdict_{tag}", row["verdict"], "-", f"{what}, whether it is reproduced"),
    ):
        catalogue.record(name, value, of, meaning, member=member)
Markdown(findings.as_tables(table))

# %% tags=["figure"]
titles = {
    name: (metrics.words(name), metrics.unit(name))
    for name in table["measure"].unique()
}
catalogue.save_figure(
    against_published(table, titles),
    "against_published",
    kind="comparison",
    caption="Our number against the published number, a panel for each measure, a dot "
    "for each training std and amplitude of the curl field. Bars are the range over "
    "replicates.",
    models=trained,
)

# %% [markdown]
# ## Claims
#
# The last claim concerns the definition of the context. It is tested by short trainings
# at σ = 1.6, with a learning rate of 0.01 and without clipping, which
# `7-context-and-instability` shows in detail.

# %%
away = {}
if batches:
    methods = ["std-2024-11", "std-uniform"]
    losses = instability.early_losses(
        methods,
        1.6,
        range(replicates),
        loop=findings.TRAINED_IN,
        hidden=50,
        batch=batch,
        batches=batches,
        learning_rate=0.01,
        clip=0.0,
        report=catalogue.progress(batches),
    )
    away = dict(zip(methods, instability.ran_away(losses), strict=True))

# %% tags=["claims"]
claims, means = Claims(findings.POSTER), findings.by_replicate(frame)
free = where(means, field_std=0.0, amplitude=0.0)
claims.test(
    "end_error_is_small",
    "Without a field in training or test the end error is below 1 %.",
    reference="below 1 %",
    ours=free.text(findings.END, "%"),
    holds=free.median(findings.END) < 1,
    models=[free],
)
for amplitude in findings.AMPLITUDES[2:]:
    groups = [where(means, field_std=s, amplitude=amplitude) for s in findings.STDS]
    medians = [group.median(findings.LATERAL) for group in groups]
    claims.test(
        f"distance_falls_at_curl_{amplitude:g}",
        f"At curl {amplitude:g} the lateral distance falls with the training std.",
        reference="falls from each training std to the next",
        ours=", ".join(map(number, medians)) + " % of the reach",
        holds=all(a > b for a, b in zip(medians, medians[1:], strict=False)),
        models=groups,
    )

# %% tags=["claims"]
for std in findings.STDS:
    pair = [where(means, field_std=std, amplitude=a) for a in (0.0, 4.0)]
    weak, strong = (group.median(findings.FORCE) for group in pair)
    claims.test(
        f"force_is_steady_at_std_{std:g}".replace(".", "p"),
        f"At training std {std:g} the largest forward force is as large at curl 4 as "
        "without a field.",
        reference="the same within 10 %",
        ours=f"{strong / weak:.3g} times as large",
        holds=abs(strong / weak - 1) < 0.1,
        models=pair,
    )
findings.not_comparable(claims, why_not)
words = "Training always runs away with the original context, never with a uniform one."
told = {"reference": "runs away at σ = 1.6", "source": findings.NOTES}
if away:
    first, uniform = away["std-2024-11"], away["std-uniform"]
    claims.test(
        "original_context_runs_away",
        words,
        ours=f"{sum(first)} of {len(first)}, {sum(uniform)} of {len(uniform)}",
        holds=[all(first), not any(uniform)],
        **told,
    )
else:
    reason = "no short training was run"
    claims.leave("original_context_runs_away", words, reason=reason, **told)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %% [markdown]
# ## Verdict

# %%
numbers = findings.counted(table["verdict"])
for name, count in numbers.items():
    what = f"number of published numbers that are {name}"
    catalogue.record(f"numbers_{name.replace(' ', '_')}", count, "1", what)
tested = numbers[findings.REPRODUCED] + numbers[findings.NOT]
missed = table[table["verdict"] == findings.NOT]
listed = "; ".join(
    f"{metrics.words(row['measure'])} at curl {row['amplitude']:g} and training std "
    f"{row['std']:g} (published {row['value']:g}, ours {row['median']:.3g})"
    for row in missed.to_dict("records")
)
text = (
    f"{numbers[findings.REPRODUCED]} of {tested} published numbers that can be "
    f"compared are reproduced ({len(table)} are published). {claims.sentence()}"
)
what = "how many numbers and claims are reproduced, in sentences"
catalogue.record("verdict", text, "-", what)
Markdown(text + (f" Not reproduced: {listed}." if listed else ""))
