# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Must the stimulus be known at every step?
#
# Between two recordings the stimulus goes on. It may be known at every step, at the
# recordings only (held, or on a straight line between their codes), or not at all. The
# source finds that all reduced modes fail. Is that the model's fault, or is the
# knowledge simply not there?
#
# **You will see** errors by stimulus mode, the limit of a fitted interpolation, and
# what three honest attempts at doing better gain. **Needs** models of `2-train` and,
# for the baseline, of `13-stimulus-only`. **Takes** twenty seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.latent import (
    claims,
    comparisons,
    interpolation,
    summaries,
    trained,
    verdicts,
)
from studies.latent.figures import panels

# %% [markdown]
# ## Prediction
#
# Without the stimulus at every step the error between recordings is never clearly below
# linear interpolation, which is given both ends. A regression that has seen every step
# in training, and is given both ends and the stimulus there (a *fitted interpolation*),
# will gain little on the straight line either; given the stimulus at every step it
# gains much. If so, the stimulus between the recordings is what is missing, and no
# training can replace it.

# %%
given = catalogue.models(models)
compared = comparisons.of_models(
    catalogue, given, steps=steps, starts=starts, activity_steps=activity_steps
)
table = compared.table
Markdown(summaries.overview(compared, given))

# %% [markdown]
# ## In numbers

# %%
Markdown(summaries.legend(table))

# %%
summaries.record(catalogue, compared)
summaries.numbers(compared)

# %% [markdown]
# ## Within the window
#
# Reduced modes share the curve of the full mode at the first step at best, then leave
# it.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue, given)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue, given)

# %% [markdown]
# ## Beyond it
#
# A model without a stimulus can only fall to the mean; one with a wrong stimulus may do
# worse than that.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue, given)

# %% [markdown]
# ## What could be known at all?
#
# The fitted interpolation, fitted on a training recording seen whole, is judged on the
# recordings that judge the models. Its error is shown as a share of the straight
# line's: with the stimulus at both ends, and with the stimulus at every step.

# %%
row = compared.rows()[0]
units = int(table["tu"].max())
training = trained.training_of(row)
limits = {}
for known in ("knots", "all"):
    fitted = interpolation.fit(training, units, known)
    for family, own in compared.data[row["identity"]].items():
        line = interpolation.straight_line(own, units)
        limits[known, family] = float((fitted.errors(own) / line.mean()).mean())
        catalogue.record(f"interpolation_{known}_{family}", limits[known, family])
told = [f"{k}, {f}: {x:.3g}" for (k, f), x in limits.items()]
Markdown(
    f"Error of the fitted interpolation over the straight line's: {'; '.join(told)}."
)

# %% [markdown]
# ## Attempts at doing better
#
# Three attempts need no voltage between the recordings of a neuron. *Staggered*: with
# each neuron sampled at its own phase, some neuron is compared at every step of the
# window, so the map is told what to expect between the knots of the stimulus, on
# average. *Penalised*: total variation keeps the latent state still where the map knows
# nothing, which should lead towards the straight line from above. *Learned*: a network
# sees both knots and how far between them a step lies, and bends the straight line,
# which it is before training:
#
# $$u_{m\,tu + j} = (1 - w)\,u_a + w\,u_b + w (1 - w)\,U([u_a; u_b; w]), \quad
# w = j / tu.$$
#
# In step, nothing between the knots is ever compared, so $U$ learns only what makes the
# next recording right; staggered, it is compared at every step.

# %%
name, ratio = summaries.best_reduced(table)
catalogue.record("best_reduced_ratio", ratio)
Markdown(
    f"The best setting with a reduced stimulus is {name or 'none'}: {ratio:.3g} of "
    f"linear interpolation on validation (median over seeds)."
)

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["Q"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
Markdown(verdicts.markdown(found))

# %%
limit = limits["knots", "validation"]
missing = limits["all", "validation"]
better = "below" if ratio < 0.95 else "not below"
blame = "little more" if limit > 0.8 else "more"
attempt = (
    f"The best attempt with the stimulus at the recordings only ({ratio:.3g}) is "
    f"**{better}** linear interpolation. A fitted interpolation that saw every step "
    f"reaches {limit:.3g} with the stimulus at both ends: {blame} could be known "
    f"there; with every step of it, {missing:.3g}."
)
text = f"{verdicts.sentence(found)} {attempt}"
catalogue.record("verdict", text.replace("**", ""), "-")
Markdown(f"{summaries.sentence(compared)} {text}")
