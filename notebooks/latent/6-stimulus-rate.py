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
# recordings only (held until the next, or interpolated between them), or not at all. If
# a model fails without it, is that the model's fault, or is the knowledge not there?
#
# **You will see** errors by stimulus mode, how much any interpolation could know, and
# what three attempts at doing better gain. **Needs** models of `2-train` and, for the
# baseline, of `13-stimulus-only`. **Takes** twenty seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): length of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): the same through the voltages
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
# The [notes](/pages/references.qmd#latent-notes) report that a stimulus which is held,
# interpolated or left out between the recordings (`tu = 20`) fails in every case: the
# error within the training window never falls below linear interpolation's, it is wrong
# even at the recordings, and rollouts blow up beyond the window.
#
# ## Prediction
#
# Without the stimulus at every step the error between recordings is never clearly below
# linear interpolation's. A regression that has seen every step in training, and is
# given the voltages and the stimulus at both recordings (a *fitted interpolation*),
# gains little on linear interpolation either; given the stimulus at every step it gains
# much. If so, the stimulus between the recordings is what is missing, and no training
# can replace it.

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=activity_steps
)
table = settings.voltage(compared.table)
summaries.record(catalogue, compared)
Markdown(summaries.overview(compared))

# %% [markdown]
# ## The simplest case: what could be known at all?
#
# The fitted interpolation learns from a training recording that is seen whole, and is
# judged on the recordings that judge the models.

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
                f"error of the interpolation fitted with the stimulus {words}, as a "
                f"share of linear interpolation's; {family}",
            )
listed = (f"{known}, {family}: {number(x)}" for (known, family), x in limits.items())
Markdown(f"Share of linear interpolation's error that it leaves: {'; '.join(listed)}.")

# %% [markdown]
# ## Up to the next recordings
#
# Models with a reduced stimulus share the curve of the full one at the first step at
# best, then leave it.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue)

# %% [markdown]
# ## Beyond the window
#
# A model without a stimulus can only fall back to the mean; one with a wrong stimulus
# may do worse than that.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue)

# %%
Markdown(summaries.numbers(compared))

# %% [markdown]
# ## Three attempts at doing better
#
# None of the three needs a voltage between the recordings of a neuron. *Staggered*:
# each neuron is sampled at its own phase, so that some neuron is compared at every step
# of the window. *Penalised*: total variation keeps the latent state still where the map
# knows nothing, which should lead towards linear interpolation. *Learned*: a network
# sees both knots of the stimulus, $u_a$ and $u_b$, and how far between them a step
# lies. It starts as the straight line between them and learns to bend it:
#
# $$u_{m\,tu + j} = (1 - w)\,u_a + w\,u_b + w (1 - w)\,U([u_a; u_b; w]), \quad
# w = j / tu.$$
#
# With all neurons recorded together nothing is compared between the knots, so $U$
# learns only what makes the next recording right. Staggered, it is compared at every
# step.

# %%
some = compared.table[compared.table["stimulus_mode"] != "all"]
reduced = summaries.medians(groups(some), "validation_ratio")
best, ratio = min(reduced.items(), key=lambda x: x[1], default=("", float("nan")))
meaning = "lowest error between recordings with a reduced stimulus, of interpolation's"
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
    "error is below interpolation's and every rollout diverges.",
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
meaning = "what became of the claims, in sentences"
catalogue.record("verdict", text.replace("**", ""), "-", meaning)
Markdown(text)
