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
# and which settings diverge. **Needs** models of `2-train` and, for the baseline, of
# `13-stimulus-only`. **Takes** ten seconds a model.

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
from studies.latent import claims, comparisons, summaries, verdicts
from studies.latent.figures import panels

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
# Solid lines are models, dots the loss points. A map that found the single step runs
# level; one that learned the jump rises between its dots. Linear interpolation touches
# zero at each recording, because it is given the truth there.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue, given)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue, given)

# %% [markdown]
# ## Beyond it
#
# Long after the window only a stable map is still near the truth. The other family of
# movies (`flow`) was never trained on.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue, given)

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["F", "G", "H", "I", "J", "M"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
Markdown(verdicts.markdown(found))

# %%
own = verdicts.pick(table, tu=20, ems=5, **claims.ALIGNED)
words = "not trained here"
if own:
    ratio = max(own.median("validation_ratio"), own.median("flow_ratio"))
    catalogue.record("aligned_ratio", ratio)
    held = "met" if ratio <= 0.25 and own.stable else "MISSED"
    words = f"{ratio:.3g}, {own.lasts}: **{held}**"
text = (
    f"{summaries.sentence(compared)} Target, tu = 20 (at most 0.25 of interpolation on "
    f"either family, without divergence): {words}. {verdicts.sentence(found)}"
)
catalogue.record("verdict", text.replace("**", ""), "-")
Markdown(text)
