# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What of the published robustness of reaching comes out here?
#
# A poster shows how far curl fields push the hand aside, by the strength of the fields
# in training, with peak velocities and forces. Notes add claims around it. This page
# sets all of them beside our models, those without a context.
#
# **You will see** every published number beside ours, the claims that are no numbers,
# and a verdict for each. **Needs** models of `1-train` of simple reaches in curl
# fields, without a context, at training stds 0, 0.5, 1 and 1.5. **Takes** seconds for
# each model, and a minute for the short trainings.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are compared
grid: int = 2  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 24  # [1] in [2, 360]: reaches from each place
evaluations: int = 5  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: of the noise, not of any training
batches: int = 20  # [1] in [0, 10000]: of the short trainings; 0: none
batch: int = 250  # [1] in [1, inf): trials in a batch of theirs
replicates: int = 5  # [1] in [1, 100]: short trainings of each definition

# %%
import jax
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.reach import evaluation, findings, instability, metrics, reductions
from studies.reach.figures.comparisons import against_published
from studies.reach.models import from_parameters
from studies.reach.tasks import centre_out
from studies.training import read_model

# %% [markdown]
# ## The models
#
# A number of ours is the mean over the trials of a replicate, then the median over the
# replicates of a training std, with their range. Diverged models enter no number.

# %%
given = catalogue.models(models)
asked = {"task": "simple", "field": "curl", "method": "none"}
fits = pd.Series(True, index=given.index)
for name, value in asked.items():
    fits &= given[name] == value
trained = given[fits & (given["outcome"] != "diverged")].reset_index(drop=True)
rows = trained.to_dict("records")
members = [evaluation.who(row) for row in rows]
controllers = [
    catalogue.load_model(row, lambda path: read_model(path, from_parameters))
    for row in rows
]
loop = evaluation.common_loop(rows)
why_not = findings.other_loop(loop)
counts = pd.Series([own["field_std"] for own in members]).value_counts()
catalogue.record("models", len(rows))
catalogue.record("diverged", int((given[fits]["outcome"] == "diverged").sum()))
catalogue.record("fewest_replicates", int(counts.min()))
few = "" if counts.min() >= findings.FEWEST else ", fewer than a median should have"
Markdown(
    f"{len(rows)} models, at least {counts.min()} of each training std{few}. "
    + (f"**Their loop is another one: {why_not}.**" if why_not else "")
)

# %% [markdown]
# ## Prediction
#
# Most entries of the table lie within 20 % or 1.5 percentage points of the published
# ones, velocities within 0.05 m/s and forces within 0.2 N. Every ordering by training
# std holds.

# %%
reaches = evaluation.across_fields(
    centre_out(grid, directions), "curl", findings.AMPLITUDES
)
found = evaluation.evaluate(
    evaluation.stack(controllers),
    loop,
    reaches,
    evaluations,
    jax.random.key(evaluation_seed),
    reductions.ReachReduction(loop),
)
variants = [{"amplitude": amplitude} for amplitude in findings.AMPLITUDES]
frame = reductions.table(found.measures, members, variants)

# %% [markdown]
# ## The poster's numbers
#
# Published / ours, with the range over replicates; ✓ where ours is within the
# tolerance.

# %%
table = findings.compared(frame, why_not)
table.to_csv(catalogue.artifact("published.csv"), index=False)
for row in table[table["median"].notna()].to_dict("records"):
    tag = f"{row['measure']}_at_{row['amplitude']:g}"
    unit, own = metrics.unit(row["measure"]), {"field_std": row["std"]}
    catalogue.record(tag, row["median"], unit, member=own)
    catalogue.record(f"published_{tag}", row["value"], unit, member=own)
    catalogue.record(f"verdict_{tag}", row["verdict"], "-", member=own)
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
    caption="Ours against the published numbers; bars are the range over replicates.",
    models=trained,
)

# %% [markdown]
# ## Claims
#
# The last claim is tested here by short trainings at σ = 1.6, rate 0.01 and without
# clipping; `7-context-and-instability` shows them.

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
claims = findings.claims(frame, away, why_not)
claims.to_csv(catalogue.artifact("claims.csv"), index=False)
for row in claims[claims["value"].notna()].to_dict("records"):
    catalogue.record(row["claim"], row["value"], row["unit"])
    catalogue.record(f"verdict: {row['claim']}", row["verdict"], "-")
Markdown(findings.as_list(claims))

# %% [markdown]
# ## Verdict

# %%
numbers, rest = findings.counted(table["verdict"]), findings.counted(claims["verdict"])
for name in numbers:
    catalogue.record(f"numbers {name}", numbers[name])
    catalogue.record(f"claims {name}", rest[name])
tested = numbers["reproduced"] + numbers["not reproduced"]
told = rest["reproduced"] + rest["not reproduced"]
missed = table[table["verdict"] == findings.NOT]
where = "; ".join(
    f"{metrics.words(row['measure'])} at curl {row['amplitude']:g} and training std "
    f"{row['std']:g} (published {row['value']:g}, ours {row['median']:.3g})"
    for row in missed.to_dict("records")
)
verdict = (
    f"**{numbers['reproduced']} of {tested} published numbers** that can be compared "
    f"are reproduced ({len(table)} are published), and {rest['reproduced']} of {told} "
    f"claims ({len(claims)} are made)."
)
catalogue.record("verdict", verdict.replace("**", ""), "-")
Markdown(verdict + (f" Not reproduced: {where}." if where else ""))
