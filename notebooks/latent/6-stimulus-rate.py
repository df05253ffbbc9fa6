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
# **You will see** errors by stimulus mode, the limit of a linear bridge, and what two
# honest attempts at doing better gain. **Needs** models of `2-train` and, for the null,
# of `13-stimulus-only`. **Takes** twenty seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
from functools import partial

from IPython.display import Markdown

from fieldnotes import catalogue
from fieldnotes.latent import bridges, claims, comparisons, figures, reports, verdicts
from fieldnotes.training import read_model

# %% [markdown]
# ## Prediction
#
# Without the stimulus at every step the error between recordings is never clearly below
# linear interpolation, which is given both ends. A regression that has seen every step
# in training, and is given both ends and the stimulus there (a *linear bridge*), will
# gain little on the straight line either; given the stimulus at every step it gains
# much. If so, the stimulus between the recordings is what is missing, and no training
# can replace it.

# %%
given = catalogue.models(models)
varied = catalogue.varying(comparisons.learned(given))
compared = comparisons.compare(
    given.to_dict("records"),
    lambda row: catalogue.load_model(
        row, partial(read_model, build=comparisons.builder(row))
    ),
    catalogue.cached,
    varied=varied,
    steps=steps,
    starts=starts,
    activity_steps=activity_steps,
    report=catalogue.progress(len(given), "judging models"),
)
table = compared.table
catalogue.record("models", len(table))
Markdown(comparisons.overview(compared, given))

# %% [markdown]
# ## In numbers
#
# Median and range over seeds. *Between* is the mean squared error at the steps of the
# training window that no loss ever touched; beside it, the same as a share of linear
# interpolation (a straight line through the true recordings), of the variance of the
# voltages, of the noise floor (the true circuit without noise, from the true state) and
# of the stimulus-only model. Where every step is a loss point it is the mean over the
# window. A rollout diverges where its worst start first exceeds an error of one; the
# number of steps means never.

# %%
shown = reports.summary(table, comparisons.headings(table))
for name, value, unit, member in comparisons.scraps(compared, varied):
    catalogue.record(name, value, unit, member=member)
shown

# %% [markdown]
# ## Within the window
#
# Reduced modes share the curve of the full mode at the first step at best, then leave
# it.

# %% tags=["figure"]
units = int(table["tu"].max())
view = compared.window(units)
catalogue.save_figure(
    figures.time_aligned(*view.curves, units, view.horizon),
    "time-aligned",
    kind="error within the window",
    caption=f"Error in the first {view.horizon} steps; dots are loss points.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.settings(
        table,
        {"validation_ratio": "validation", "flow_ratio": "flow"},
        quantity="error between recordings, share of interpolation [1]",
        lines={"interpolation": 1.0},
    ),
    "settings",
    kind="error by setting",
    caption="Error at intervening steps over that of linear interpolation.",
    models=given,
)

# %% [markdown]
# ## Beyond it
#
# A model without a stimulus can only fall to the mean; one with a wrong stimulus may do
# worse than that.

# %% tags=["figure"]
catalogue.save_figure(
    figures.rollout_errors(compared.curves(), compared.baselines()),
    "rollouts",
    kind="error of rollouts",
    caption="Latent rollouts: mean over starts, band from best to worst start.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.divergence(table, int(table["steps"].max())),
    "divergence",
    kind="steps to divergence",
    caption="First step at which the worst start exceeds an error of one.",
    models=given,
)

# %% [markdown]
# ## What could be known at all?
#
# The linear bridge, fitted on a training recording seen whole, is judged on the
# recordings that judge the models. Its error is shown as a share of the straight
# line's: with the stimulus at both ends, and with the stimulus at every step.

# %%
row = compared.rows()[0]
units = int(table["tu"].max())
training = comparisons.training_of(row)
limits = {}
for known in ("knots", "all"):
    bridge = bridges.fit(training, units, known)
    for family, own in compared.data[row["identity"]].items():
        line = bridges.straight_line(own, units)
        limits[known, family] = float((bridge.errors(own) / line.mean()).mean())
        catalogue.record(f"bridge_{known}_{family}", limits[known, family])
told = [f"{k}, {f}: {x:.3g}" for (k, f), x in limits.items()]
Markdown(f"Error of the bridge over that of the straight line: {'; '.join(told)}.")

# %% [markdown]
# ## Attempts at doing better
#
# Two attempts need no voltage between the recordings of a neuron. *Staggered*: with
# each neuron sampled at its own phase, some neuron is compared at every step of the
# window, so the map is told what to expect between the knots of the stimulus, on
# average. *Penalised*: total variation keeps the latent state still where the map knows
# nothing, which should lead towards the straight line from above.

# %%
name, ratio = comparisons.best_reduced(table)
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
verdicts.findings(found)

# %%
limit = limits["knots", "validation"]
missing = limits["all", "validation"]
better = "below" if ratio < 0.95 else "not below"
blame = "little more" if limit > 0.8 else "more"
text = comparisons.sentence(compared)
Markdown(
    f"{text} {verdicts.sentence(found)} The best attempt with the stimulus at the "
    f"recordings only ({ratio:.3g}) is **{better}** linear interpolation. A linear "
    f"bridge that saw every step reaches {limit:.3g} with the stimulus at both ends: "
    f"{blame} could be known there; with every step of it, {missing:.3g}."
)
