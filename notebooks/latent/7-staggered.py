# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can the map be learned when neurons are never recorded at the same moment?
#
# Many microscopes record one neuron after the other. Each neuron is then sampled every
# `tu` steps at a phase of its own (*staggered* recordings). A state that is put
# together from the latest samples mixes different moments. There are three ways to
# obtain an initial state. *Naive* takes the mixed state as it is. *Bank* learns a table
# of initial states. *Interpolated* interpolates each neuron between its samples, and
# compares predictions with real samples only. The interpolation either uses the next
# sample too (acausal) or holds the last one.
#
# **You will see** errors of models that start from the initial states which each method
# can make, and errors from true states, which no method has. **Needs** models of
# `2-train` and, for the baseline, of `13-stimulus-only`. **Takes** fifteen seconds for
# each model.

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
from studies.latent import comparisons, roundtrips, settings, summaries
from studies.latent.figures import panels
from studies.latent.judged import lasting, never_diverges, over, told

# %% [markdown]
# ## What is known
#
# The [experiment logs of NeuralGraph](/pages/references.qmd#latent-logs) report that
# the naive method fails altogether at `tu = 20`, because mixed moments break the
# assumption of a first-order differential equation. The bank fails too, also with a
# warm-up and two consistency losses. The interpolated method works; the logs give no
# numbers.
#
# ## Prediction
#
# Naive and bank should be no better than linear interpolation between the samples. The
# error of the interpolated method should be at most 1.25 times that of aligned
# recordings, although it starts from interpolated states. Holding the last sample
# should be worse at the start of the window and equal later.

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=activity_steps
)
table = settings.voltage(compared.table)
summaries.record(catalogue, compared)
Markdown(summaries.overview(compared))

# %% [markdown]
# ## The simplest case: up to the next recordings
#
# Every staggered model starts from an initial state made of staggered samples. A model
# with a bank has no entry for a new recording. It starts from the latent state that
# fits the samples of the window best. Within the window it is thus fitted, and it
# predicts only beyond it. The curve of linear interpolation is that of aligned
# recordings. An interpolated start is slightly wrong, so its curves should begin high
# and fall within the first steps, as the stimulus takes over.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue)

# %% [markdown]
# ## Beyond the window

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue)

# %%
Markdown(summaries.numbers(compared))

# %% [markdown]
# ## Through the voltages
#
# In training the encoder of a staggered model sees interpolated states only. In an
# *activity rollout*, which decodes and encodes again at every step, it sees decoded
# states, in which all neurons belong to the same moment. If the encoder cannot process
# such states, the round trip of decoding and encoding diverges even without steps of
# the map. If it can and rollouts still diverge, the largest eigenvalue of a step with
# its round trip must be above one.

# %%
round_trips = roundtrips.of_comparison(catalogue, compared)
round_trips.record(catalogue)
Markdown(f"{round_trips.sentence()}\n\n{round_trips.summary()}")

# %% tags=["figure"]
panels.both_rollouts(round_trips).save(catalogue)

# %% tags=["figure"]
panels.gains(round_trips).save(catalogue)

# %% [markdown]
# ## Verdict
#
# All claims are about `tu = 20`. The *error between* is the mean squared error over the
# steps of the training window at which aligned recordings would record nothing.

# %% tags=["claims"]
claims, staggered = Claims(settings.LOGS), where(table, **settings.STAGGERED)
naive = staggered.where(staggered="naive")
claims.test(
    "naive_fails",
    "From states that mix the latest samples, nothing useful is learned in between.",
    reference="total failure",
    ours=told(naive),
    holds=naive.median("validation_ratio") > 0.8,
    models=[naive],
)
bank = staggered.where(staggered="bank")
claims.test(
    "bank_fails",
    "With a learned table of initial states, nothing useful is learned in between.",
    reference="fails with every variant",
    ours=f"{told(bank)}; error within the fitted window "
    f"{bank.text('validation_fit_window')}, after it "
    f"{bank.text('validation_fit_beyond')}",
    holds=bank.median("validation_ratio") > 0.8,
    models=[bank],
)

# %% tags=["claims"]
interpolated = staggered.where(staggered="interpolated")
aligned = where(table, tu=20, ems=5, **settings.ALIGNED)
fold = over(interpolated, aligned, "validation_window")
on_flow = over(interpolated, aligned, "flow_window")
claims.test(
    "interpolated_works",
    "From interpolated states the error between is at most 1.25 times that of aligned "
    "recordings, and rollouts stay.",
    reference="works (no numbers)",
    ours=f"{fold:.3g} times the aligned error; {lasting(interpolated)}",
    holds=[fold <= 1.25, never_diverges(interpolated)],
    models=[interpolated, aligned],
)
claims.target(
    "staggered",
    "From interpolated states the error between is at most 1.25 times that of aligned "
    "recordings on both families.",
    reference="at most 1.25",
    ours=f"{fold:.3g} on validation, {on_flow:.3g} on flow",
    holds=max(fold, on_flow) <= 1.25,
    models=[interpolated, aligned],
)

# %% [markdown]
# Part of this error comes from the interpolated start. From true states, which a
# staggered recording does not contain, the same models should err less.

# %%
true = interpolated.median("validation_from_true_state")
shares = {
    "own samples": fold,
    "true states": true / aligned.median("validation_window"),
}
for start, value in shares.items():
    name = start.replace(" ", "_")
    meaning = f"error between samples, staggered from {start}, over that of aligned"
    catalogue.record(f"staggered_to_aligned_from_{name}", value, "1", meaning)
Markdown("; ".join(f"from {start} {x:.3g}" for start, x in shares.items()))

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = f"{claims.sentence()} {summaries.sentence(compared)}"
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
