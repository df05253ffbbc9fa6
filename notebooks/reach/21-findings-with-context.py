# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which published results on networks with a context are reproduced?
#
# A *context* is an input that tells a network how strong the field may be. A
# [poster](/pages/references.qmd#reach-poster),
# [figures](/pages/references.qmd#reach-methods) and [laboratory
# notes](/pages/references.qmd#reach-notes) of the same authors report how the context
# changes the lateral distance and the responses to feedback, what happens at contexts
# outside the trained range, and how fast the activity settles. Most claims were tested
# in other notebooks, which show the tests. This notebook gathers their verdicts. It
# also tests the remaining claims, about states at rest.
#
# **You will see** every claim with the reported value, our value and the verdict.
# **Needs** runs of `5-plant-perturbations-with-context`,
# `6-feedback-perturbations-with-context` and `14-variations`, and models of `1-train`
# that have a context input and were trained in curl fields. **Takes** a minute.

# %% tags=["parameters"]
# fmt: off
models: dict = {  # [-] which models are tested at rest
    "where": {"notebook": "reach/train", "method": "pai-asf", "field": "curl"}
}
notebooks: list[str] = [  # [-] notebooks whose claims are gathered, in this order
    "reach/plant-perturbations-with-context",
    "reach/feedback-perturbations-with-context",
    "reach/variations",
]
contexts: list[float] = [-2.0, 0.0, 2.0]  # [1] contexts, ascending
grid: int = 5  # [1] in [1, 20]: places at rest are grid × grid
# fmt: on

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies import evidence
from studies.reach import contexts as told
from studies.reach import relaxation, sources, tasks
from studies.reach.figures import context_effects
from studies.reach.trained import load_trained

# %% [markdown]
# ## Prediction
#
# The trends of the poster should be reproduced. Distances should fall and forces grow
# with the context, after training in fields only. Most of the poster's numbers should
# be near ours, although our networks are smaller and their training shorter. At rest
# every network should settle. After training in fields it should settle faster the
# higher the context.
#
# ## States at rest
#
# Each network receives the input of a hand that rests on its goal for a thousand steps.
# If its last step is below 1e-5 it is at rest. The eigenvalues of the map of one
# further step tell how fast it settles: eigenvalues near one are slow. The poster
# reports the median of their real parts over places and units.

# %%
trained = load_trained(catalogue, models)
told.listens(trained.rows)
stds = trained.stds
at_rest = relaxation.relaxed(
    trained.controllers, tasks.grid_points(grid), np.array(contexts, float)
)
rows = [
    member
    | {
        "context": context,
        "median_real": float(np.median(at_rest.eigenvalues[m, c].real)),
        "largest_imaginary": float(np.abs(at_rest.eigenvalues[m, c].imag).max()),
        "radius": float(at_rest.radius[m, c].max()),
        "resting": float(at_rest.resting[m, c].mean()),
    }
    for m, member in enumerate(trained.members)
    for c, context in enumerate(contexts)
]
table = pd.DataFrame(rows)
columns = {
    "median_real": "median real part of the eigenvalues",
    "largest_imaginary": "largest imaginary part of the eigenvalues",
    "radius": "largest spectral radius over the places",
    "resting": "share of the places at which the network is at rest",
}

# %%
for std in stds:
    for context in contexts:
        group = evidence.where(table, field_std=std, context=context)
        member = {"field_std": std, "context": context}
        for name, words in columns.items():
            meaning = f"{words}, median over replicates"
            catalogue.record(name, group.median(name), "1", meaning, member=member)
groups = {
    f"std {std:g}, context {context:g}": evidence.where(
        table, field_std=std, context=context
    )
    for std in dict.fromkeys((stds[0], stds[-1]))
    for context in contexts
}
Markdown(evidence.table_of(groups, {k: f"{v} [1]" for k, v in columns.items()}))

# %% tags=["figure"]
by_std = {f"training std {std:g}": evidence.where(table, field_std=std) for std in stds}
catalogue.save_figure(
    context_effects.against_context(
        contexts,
        {
            f"{columns[name]}<br>[1]": {
                std: told.curves(group, name) for std, group in by_std.items()
            }
            for name in ("median_real", "largest_imaginary")
        },
        {f"training std {std:g}": trained.colours[std] for std in stds},
    ),
    "eigenvalues-against-context",
    kind="eigenvalues against context",
    caption="Median real part and largest imaginary part of the eigenvalues of one "
    f"step of the network at rest, over {grid * grid} places, against the context, by "
    "training std, median and range over replicates.",
    models=trained.table,
)

# %% tags=["claims"]
claims = evidence.Claims(sources.POSTER)
low, high = min(contexts), max(contexts)
robust = by_std[f"training std {stds[-1]:g}"] if stds[-1] > 0 else evidence.NOTHING
idle = by_std.get("training std 0", evidence.NOTHING)
claims.test(
    "all_settle",
    "At every place and context every network comes to rest, with all eigenvalues "
    "within the unit circle.",
    reference="all inside the unit circle",
    ours=f"{100 * table['resting'].mean():.4g} % at rest, largest radius "
    f"{table['radius'].max():.4g}",
    holds=[bool((table["resting"] == 1).all()), bool((table["radius"] < 1).all())],
)
real, idle_real = (told.medians(group, "median_real") for group in (robust, idle))
claims.test(
    "settles_faster_with_context",
    "The median real part of the eigenvalues falls with the context after training in "
    "fields only.",
    reference="0.76 to 0.40 at std 1.5, 0.50 to 0.54 at std 0, contexts −3 to 3",
    ours=f"{told.said(real, '1')}; at std 0 {told.said(idle_real, '1')}",
    holds=[
        told.falls(real, low, high),
        idle_real.get(high, np.nan) >= 0.95 * idle_real.get(low, np.nan),
    ],
    models=[robust, idle],
)

# %% tags=["claims"]
wings, idle_wings = (told.medians(x, "largest_imaginary") for x in (robust, idle))
grown, idle_grown = (
    x.get(high, np.nan) - x.get(low, np.nan) for x in (wings, idle_wings)
)
claims.test(
    "wings_grow_with_context",
    "The largest imaginary part of the eigenvalues grows with the context with and "
    "without fields in training, and more with them.",
    reference="0.17 to 0.43 at std 1.5, 0.2 to 0.37 at std 0",
    ours=f"by {grown:.2g} and {idle_grown:.2g}",
    holds=[grown > 0, idle_grown > 0, grown > idle_grown],
    models=[robust, idle],
)
claims.leave(
    "no_speed_modulation",
    "In delayed reaches with gusts, the context changes accuracy by a tenth and peak "
    "speed by less than 2 %.",
    reference="−1.2 to 0.6 % speed, 11 % accuracy",
    reason="no delayed reaches with a context are trained in the small spreads",
    source=sources.NOTES,
)
claims.record(catalogue)
Markdown(claims.table())

# %% [markdown]
# ## Claim by claim
#
# Here are the claims that the other notebooks tested, with their models.

# %%
gathered = catalogue.scraps("claims", notebooks)
tables = [
    f"### {run.title}\n\n{evidence.read([value]).table()}" for run, value in gathered
]
Markdown("\n\n".join(tables))

# %% [markdown]
# ## Verdict

# %%
every = evidence.read([*(value for _, value in gathered)])
every.tested += claims.tested
counts = pd.Series([str(claim.verdict) for claim in every]).value_counts()
for verdict in evidence.Verdict:
    name, count = verdict.name.lower(), int(counts.get(verdict, 0))
    what = f"number of claims with the verdict: {verdict}"
    catalogue.record(f"claims_{name}", count, "1", what)
written = [vars(claim) for claim in every]
pd.DataFrame(written).to_csv(catalogue.artifact("findings.csv"), index=False)
fewest = int(pd.Series([m["field_std"] for m in trained.members]).value_counts().min())
meaning = "smallest number of replicates of a training std"
catalogue.record("fewest_replicates", fewest, "1", meaning)
text = every.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(f"{text} The states at rest are of at least {fewest} replicates.")
