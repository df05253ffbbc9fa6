# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is the single step found when only every fifth, tenth or twentieth is recorded?
#
# All neurons are recorded together, every tu steps; the stimulus is known throughout.
# The map is unrolled tu steps from one recording to the next, and ems recordings far.
# It could jump from recording to recording and be wrong in between.
#
# **You will see** the error step by step within the training window, whole rollouts,
# and which settings diverge. **Needs** models of `2-train` and, for the null, of
# `13-stimulus-only`. **Takes** ten seconds a model.

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
from fieldnotes.latent import claims, comparisons, figures, reports, verdicts
from fieldnotes.training import read_model

# %% [markdown]
# ## Prediction
#
# Started as the identity, the map is right between the recordings too: at tu = 20 the
# intervening error is below a quarter of that of linear interpolation, and no rollout
# diverges. With the old start (random last layer, ReLU) one window teaches the jump
# alone: low at the loss points, high between them, and unstable. One intermediate loss,
# or more windows, repairs tu = 5.

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
# Solid lines are models, dots the loss points. A map that found the single step runs
# level; one that learned the jump rises between its dots. Linear interpolation touches
# zero at each recording, because it is given the truth there.

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
# Long after the window only a stable map is still near the truth. The other family of
# movies (`flow`) was never trained on.

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
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["F", "G", "H", "I", "J", "M"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
verdicts.findings(found)

# %%
own = verdicts.pick(table, tu=20, ems=5, **claims.ALIGNED)
words = "not trained here"
if own:
    ratio = max(own.median("validation_ratio"), own.median("flow_ratio"))
    catalogue.record("aligned_ratio", ratio)
    held = "met" if ratio <= 0.25 and own.stable else "MISSED"
    words = f"{ratio:.3g}, {own.lasts}: **{held}**"
text = comparisons.sentence(compared)
Markdown(
    f"{text} Target, tu = 20 (at most 0.25 of interpolation on either family, without "
    f"divergence): {words}. {verdicts.sentence(found)}"
)
