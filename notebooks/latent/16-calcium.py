# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can the map be learned from calcium instead of voltage?
#
# Most recordings of many neurons are of calcium, which follows the positive part of the
# voltage slowly. Calcium is smooth, so its next value is nearly its present value. It
# does not contain the voltage that drives it.
#
# **You will see** errors of one and of three steps, errors of models that were trained
# on recordings at every twentieth step, and rollouts. **Needs** models of `2-train`
# with `signal` "calcium" and, for the baseline, of `13-stimulus-only`. **Takes** ten
# seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): length of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): length of an activity rollout
# fmt: on

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, where
from studies.latent import comparisons, settings, summaries
from studies.latent.figures import panels
from studies.latent.judged import always_diverges, between, lasting

# %% [markdown]
# ## What is known
#
# The [experiment logs of NeuralGraph](/pages/references.qmd#latent-logs) report, for
# recordings of every step, an error of 0.0002 at one step, where holding the last state
# errs by 0.00005. From the third step on the model was better than holding the last
# state. Rollouts blew up after some 300 steps. With `tu = 20` steps between recordings,
# aligned or staggered, training "just worked": the error was below that of holding the
# last state and near that of linear interpolation.
#
# ## Prediction
#
# We expect the same here. Calcium changes little in one step and does not contain the
# voltage, so holding the last state is hard to beat at first.

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=activity_steps
)
table = settings.calcium(compared.table)
summaries.record(catalogue, compared)
Markdown(summaries.overview(compared))

# %% [markdown]
# ## The simplest case: one step
#
# The error of holding the last state is small, because calcium is smooth.

# %% tags=["figure"]
panels.one_step(compared).save(catalogue)

# %% [markdown]
# ## Up to the next recordings, and beyond

# %% tags=["figure"]
panels.within_window(compared).save(catalogue)

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue)

# %%
Markdown(summaries.numbers(compared))

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims, plain = Claims(settings.LOGS), settings.ZERO_INIT | settings.PLAIN
every = where(table, tu=1, **plain)
first, third = (
    every.median(f"validation_{step}") / every.median(f"validation_constant_{step}")
    for step in ("one_step", "third_step")
)
sparse = {
    "aligned": where(table, tu=20, mode="aligned", **plain),
    "staggered": where(table, tu=20, mode="staggered", staggered="interpolated"),
}
sparse = {name: models for name, models in sparse.items() if models}
works = [
    models.median("validation_to_constant") < 1
    and models.median("validation_ratio") < 2
    for models in sparse.values()
]
listed = "".join(f"; {name}: {between(models)}" for name, models in sparse.items())

# %% tags=["claims"]
claims.test(
    "calcium",
    "The error of one step is above that of no change and the error of three steps "
    "below it, and rollouts blow up. At tu = 20 the error between recordings is below "
    "that of no change and within twice that of interpolation.",
    reference="0.0002 against 0.00005 at one step; blows up after some 300 steps",
    ours=f"of no change, {first:.3g} at one step and {third:.3g} at three; "
    f"{lasting(every)}{listed}",
    holds=[first > 1, third < 1, always_diverges(every), *works],
    models=[every],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = f"{claims.sentence()} {summaries.sentence(compared)}"
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
