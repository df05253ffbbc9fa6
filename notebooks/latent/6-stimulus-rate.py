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
# The stimulus goes on between two recordings, which are `tu` steps apart. It may be
# known at every step, at the recordings only (held until the next, or interpolated
# between them), or not at all. If a model fails without the full stimulus, it may have
# learned badly, or the information that it needs may be missing.
#
# **You will see** errors by stimulus mode, the error of the best interpolation, and the
# gain of three attempts to do better. **Needs** models of `2-train` and, for the
# baseline, of `13-stimulus-only`. **Takes** twenty seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): length of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): length of an activity rollout
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import NOTHING, Claims, groups, number, where
from studies.latent import comparisons, interpolation, settings, summaries, trained
from studies.latent.figures import panels
from studies.latent.judged import always_diverges, told

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#latent-notes) of the authors of NeuralGraph
# report that training at `tu = 20` fails whenever the stimulus is held, interpolated or
# left out between the recordings. The error within the training window never falls
# below that of linear interpolation, predictions are wrong even at the recordings, and
# rollouts blow up beyond the window.
#
# ## Prediction
#
# Without the stimulus at every step, the error between recordings should never be
# clearly below that of linear interpolation. We compare with a *fitted interpolation*.
# This is a regression that has seen every step in training and is given the voltages
# and the stimulus at both recordings. It should improve little on linear interpolation.
# Given the stimulus at every step, it should improve much. If so, the stimulus between
# the recordings is the missing information, and no training can replace it.

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=activity_steps
)
table = settings.voltage(compared.table)
summaries.record(catalogue, compared)
Markdown(summaries.overview(compared))

# %% [markdown]
# ## The simplest case: a fitted interpolation
#
# The fitted interpolation learns from every step of a training recording. It is tested
# on the same recordings as the models.

# %%
row = compared.models.rows[0]
units = int(compared.table["tu"].max())
training = trained.training_of(row)
limits = {}
for known, words in (("knots", "at both recordings"), ("all", "at every step")):
    fitted = interpolation.fit(training, units, known)
    for family, recording in compared.data[row["identity"]].items():
        line = interpolation.straight_line(recording, units)
        limits[known, family] = float((fitted.errors(recording) / line.mean()).mean())
        if np.isfinite(limits[known, family]):
            catalogue.record(
                f"interpolation_{known}_{family}".replace(" ", "_"),
                limits[known, family],
                "1",
                f"error of the interpolation fitted with the stimulus {words}, over "
                f"that of linear interpolation; {family}",
            )
listed = (f"{known}, {family}: {number(x)}" for (known, family), x in limits.items())
Markdown(f"Share of linear interpolation's error that it leaves: {'; '.join(listed)}.")

# %% [markdown]
# ## Up to the next recordings
#
# A model with a reduced stimulus can at best be as good as one with the full stimulus
# at the first step. After that its error should be larger.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue)

# %% [markdown]
# ## Beyond the window
#
# A model without a stimulus can at best return to the mean. A model with a wrong
# stimulus may do worse than that.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue)

# %%
Markdown(summaries.numbers(compared))

# %% [markdown]
# ## Three attempts at doing better
#
# None of the three attempts needs a voltage between the recordings of a neuron.
# *Staggered* recordings sample each neuron at a phase of its own, so that some neuron
# is compared at every step of the window. A *penalty* on total variation keeps the
# latent state still where the map knows nothing, which should lead towards linear
# interpolation. In a *learned* interpolation a network sees both known values of the
# stimulus, $u_a$ and $u_b$, and the position of a step between them. It starts as the
# straight line between them and learns to bend it:
#
# $$u_{m\,tu + j} = (1 - w)\,u_a + w\,u_b + w (1 - w)\,U([u_a; u_b; w]), \quad
# w = j / tu.$$
#
# With all neurons recorded together, nothing is compared between the known values, so
# the network $U$ learns only what makes the next recording right. With staggered
# recordings it is compared at every step.

# %%
some = compared.table[compared.table["stimulus_mode"] != "all"]
reduced = summaries.medians(groups(some), "validation_ratio")
best, ratio = min(reduced.items(), key=lambda x: x[1], default=("", float("nan")))
meaning = "lowest error between recordings with a reduced stimulus over interpolation's"
catalogue.record("best_reduced_ratio", ratio, "1", meaning)
Markdown(
    f"With a reduced stimulus the best setting is {best or 'none'}: {ratio:.3g} of "
    "linear interpolation's error on validation (median over seeds)."
)

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims = Claims(settings.NOTES)
modes = {
    mode: where(table, tu=20, mode="aligned", stimulus_mode=mode)
    for mode in ("interpolate", "constant", "none")
}
modes = {mode: models for mode, models in modes.items() if models}
ratios = [models.median("validation_ratio") for models in modes.values()]
claims.test(
    "reduced_stimulus_fails",
    "With a stimulus that is interpolated, held or left out between the recordings, no "
    "error is below that of linear interpolation and every rollout diverges.",
    reference="all fail: never below interpolation, blow-up beyond the window",
    ours="; ".join(f"{mode}: {told(models)}" for mode, models in modes.items()),
    holds=[
        min(ratios, default=0) >= 1,
        all(always_diverges(models) for models in modes.values()),
    ],
    models=list(modes.values()) or [NOTHING],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
limit, every = limits["knots", "validation"], limits["all", "validation"]
below, little = ratio < 0.95, limit > 0.8
attempt = (
    f"The best attempt with the stimulus at the recordings only ({ratio:.3g}) is "
    f"**{'below' if below else 'not below'}** linear interpolation. An interpolation "
    f"fitted to every step reaches {limit:.3g} with the stimulus at both recordings: "
    f"{'little more' if little else 'more'} could be known there; with every step of "
    f"it, {every:.3g}."
)
text = f"{claims.sentence()} {attempt} {summaries.sentence(compared)}"
meaning = "how many claims hold, in sentences"
catalogue.record("verdict", text.replace("**", ""), "-", meaning)
Markdown(text)
