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
# divergence. **Needs** models of `2-train` and, for the baseline, of
# `13-stimulus-only`. **Takes** ten seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.latent import claims, comparisons, settings, summaries, verdicts
from studies.latent.figures import panels

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
# ## Beyond it
#
# The latent rollout encodes once; the activity rollout goes through the voltages at
# every step, so that it pays the reconstruction again and again, but cannot leave the
# range of the encoder as easily.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.activity_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue, given)

# %% [markdown]
# ## One step
#
# The error of one step has two parts: what is lost by encoding and decoding, and what
# the map adds. If reconstruction dominates, the dots lie together.

# %% tags=["figure"]
panels.one_step(compared).save(catalogue, given)

# %%
lost = table["validation_reconstruction"] / table["validation_one_step"]
catalogue.record("reconstruction_share", float(lost.median()))
Markdown(
    f"Reconstruction alone is {lost.median():.0%} of the error of one step (median of "
    f"{len(table)} models); noise is part of both."
)

# %% [markdown]
# ## Or the learning rate?
#
# The source trains with a far lower rate and many more updates. If rollouts of the full
# size diverge for the rate alone, a lower one mends them.

# %%
told = []
for rate, own in table.groupby("learning_rate"):
    group = settings.full_size(pd.DataFrame(own))
    if group:
        error = group.spread("validation_one_step")
        told.append(f"- a rate of {rate:g}: one step {error}; {group.lasts}")
        catalogue.record(f"stable_{rate:g}", group.share_stable)
Markdown("\n".join(told) or "No model of full size was trained with noise.")

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here, at the rate that most
# models have.

# %%
found = claims.outcomes(
    settings.at_the_usual_rate(table), ["A", "B", "C", "D", "E", "U"]
)
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
Markdown(verdicts.markdown(found))

# %%
text = f"{summaries.sentence(compared)} {verdicts.sentence(found)}"
catalogue.record("verdict", text.replace("**", ""), "-")
Markdown(text)
