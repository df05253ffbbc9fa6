# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How small can a one-step model be, and does one good step make a stable rollout?
#
# When every step is recorded, one step is all there is to learn. What still can go
# wrong: an encoder too narrow, a latent too small, noise in the data, and a map that is
# good for one step and explodes over a hundred.
#
# **You will see** one-step errors by size, rollouts of both kinds, and steps to
# divergence. **Needs** models of `2-train` and, for the null, of `13-stimulus-only`.
# **Takes** ten seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
from functools import partial

import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from fieldnotes.latent import claims, comparisons, figures, reports, verdicts
from fieldnotes.training import read_model

# %% [markdown]
# ## Prediction
#
# The error of one step is dominated by what encoder and decoder lose, so it grows as
# either shrinks. The full size is stable over whole rollouts, latent and through the
# voltages; the narrowest encoder and the smallest latent are not. Augmentation, which
# silences neurons that cannot matter, costs little. Training noise costs little on
# movies without noise.

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
# ## Beyond it
#
# The latent rollout encodes once; the activity rollout goes through the voltages at
# every step, so that it pays the reconstruction again and again, but cannot leave the
# range of the encoder as easily.

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
    figures.rollout_errors(compared.curves("activity"), compared.baselines()),
    "activity",
    kind="error of activity rollouts",
    caption="Activity rollouts: decoded and encoded again at every step.",
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
# ## One step
#
# The error of one step has two parts: what is lost by encoding and decoding, and what
# the map adds. If reconstruction dominates, the dots lie together.

# %% tags=["figure"]
catalogue.save_figure(
    figures.settings(
        table,
        {
            "validation_one_step": "one step",
            "validation_reconstruction": "reconstruction",
            "validation_constant_one_step": "held constant",
        },
        lines={"noise": float(np.nanmedian(table["validation_floor"]))},
    ),
    "one-step",
    kind="one-step error",
    caption="Error of one step, of reconstruction alone, and of no change; validation.",
    models=given,
)

# %%
lost = table["validation_reconstruction"] / table["validation_one_step"]
catalogue.record("reconstruction_share", float(lost.median()))
Markdown(
    f"Reconstruction alone is {lost.median():.0%} of the error of one step (median of "
    f"{len(table)} models); noise is part of both."
)

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["A", "B", "C", "D", "E", "U"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
verdicts.findings(found)

# %%
text = comparisons.sentence(compared)
Markdown(f"{text} {verdicts.sentence(found)}")
