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
# When every step is recorded, a model only has to learn a single step. Four things can
# still go wrong. The encoder may be too narrow, the latent state too small, or the data
# too noisy. And a map with a small error in one step may explode over a hundred steps.
#
# **You will see** one-step errors by the size of the model, rollouts of two kinds, and
# the steps at which they diverge. **Needs** models of `2-train` and, for the baseline,
# of `13-stimulus-only`. **Takes** ten seconds for each model.

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
from studies.evidence import Claims, counted, where
from studies.latent import comparisons, settings, summaries
from studies.latent.figures import panels
from studies.latent.judged import (
    activity_lasts,
    always_diverges,
    lasting,
    never_diverges,
    over,
    seeds_agree,
)

# %% [markdown]
# ## What is known
#
# The [experiment logs of NeuralGraph](/pages/references.qmd#latent-logs) report
# trainings on a circuit of 13,741 neurons, with a latent state of 256 dimensions. There
# the mean squared error of one step was 0.0137, that of encoding and decoding alone
# 0.0132, and that of holding the last state 0.0355. Rollouts of 2,000 steps did not
# diverge. With an encoder and decoder a quarter as wide, the latent rollout exploded
# after a few steps. With an eighth of the latent dimensions every rollout exploded.
#
# ## Prediction
#
# Encoding and decoding should lose more than the map adds, so that the error of one
# step grows as the encoder or the latent state shrinks. Models of full size should be
# stable over whole rollouts. Models with the narrowest encoder or the smallest latent
# state should not. Augmentation, which silences neurons that cannot influence the
# predicted ones, should change the error of one step little, and so should noise in
# training.

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=activity_steps
)
table = settings.voltage(compared.table)
summaries.record(catalogue, compared)
Markdown(summaries.overview(compared))

# %% [markdown]
# ## The simplest case: one step
#
# The error of one step has two parts, the loss of encoding and decoding, and the error
# that the map adds. If the first part dominates, the two dots of a model lie together.

# %% tags=["figure"]
panels.one_step(compared).save(catalogue)

# %%
lost = (
    compared.table["validation_reconstruction"] / compared.table["validation_one_step"]
)
share = float(lost.median())
meaning = "error of encoding and decoding over that of one step, median over models"
catalogue.record("reconstruction_share", share, "1", meaning)
Markdown(
    f"Encoding and decoding alone make {share:.0%} of the error of one step (median of "
    f"{counted(len(lost), 'model')}). Noise is part of both."
)

# %% [markdown]
# ## Many steps
#
# A *latent rollout* encodes once and then follows the map. An *activity rollout*
# decodes to voltages and encodes again at every step. It repeats the error of encoding
# and decoding, but it cannot leave the range of the encoder as easily.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue)

# %% tags=["figure"]
panels.activity_rollouts(compared).save(catalogue)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue)

# %%
Markdown(summaries.numbers(compared))

# %% [markdown]
# ## Or the learning rate?
#
# The reported models of the larger circuit were trained at a far lower learning rate,
# with many more updates. If rollouts of full-size models diverge only because of the
# rate, a lower rate makes them stable.

# %%
lines = []
for rate in sorted(set(table.get("learning_rate", ()))):
    full = settings.full_size(where(table, learning_rate=rate).table)
    if full:
        share = full.share("stable")
        meaning = f"share of full-size models trained at {rate:g} that never diverge"
        catalogue.record(f"stable_{rate:g}".replace("-", "_"), share, "1", meaning)
        error = full.text("validation_one_step")
        lines.append(f"- rate {rate:g}: error of one step {error}; {lasting(full)}")
Markdown("\n".join(lines) or "No model of full size was trained with noise.")

# %% [markdown]
# ## Verdict
#
# Models are compared at the learning rate that most of them have. *Full size* means the
# largest encoder, decoder and latent state. A rollout *stays* if it does not diverge,
# and it diverges at the step at which the error of its worst start exceeds one.

# %% tags=["claims"]
usual = settings.at_the_usual_rate(table)
full, claims = settings.full_size(usual), Claims(settings.LOGS)
activity = "stay" if activity_lasts(full) else "diverge"
alike = seeds_agree(full, "validation_one_step", times=1.1)  # nothing of a single seed
claims.test(
    "full_size_is_stable",
    "At full size one step errs less than holding the last state and rollouts stay"
    + (", and seeds agree." if alike else " (of one seed)."),
    reference="0.0137 against 0.0355; 2,000 steps; seeds agree",
    ours=f"{full.text('flow_one_step')} against "
    f"{full.text('flow_constant_one_step')} on flow; {lasting(full)}; activity "
    f"rollouts {activity}",
    holds=[
        full.median("flow_one_step") < full.median("flow_constant_one_step"),
        never_diverges(full),
        activity_lasts(full),
        *alike,
    ],
    models=[full],
)

# %% tags=["claims"]
narrow = settings.narrow_coders(usual)
narrowest = settings.smallest(narrow, "coders")
claims.test(
    "narrow_coders_explode",
    "With a narrow encoder and decoder the error of one step is larger and the latent "
    "rollout explodes, while the activity rollout stays.",
    reference="0.019 against 0.014; explodes after a few steps",
    ours=f"{narrowest.text('validation_one_step')} against "
    f"{full.text('validation_one_step')}; {lasting(narrowest)}",
    holds=[
        over(narrowest, full, "validation_one_step") > 1,
        always_diverges(narrowest),
        activity_lasts(narrowest),
    ],
    models=[narrowest, full],
)

# %% tags=["claims"]
whole = settings.largest(usual, "latent")
wide = settings.every_step(usual, latent=whole)
least = settings.smallest(settings.smaller(usual, "latent"), "latent")
half = settings.every_step(usual, latent=whole / 2) if least else least
claims.test(
    "small_latent_explodes",
    "With the smallest latent state the error of one step is larger and rollouts "
    "explode; with half of the full size they stay.",
    reference="an eighth explodes, half is stable and slightly worse",
    ours=f"{least.text('validation_one_step')} against "
    f"{wide.text('validation_one_step')}; smallest: {lasting(least)}; half: "
    f"{lasting(half)}",
    holds=[
        over(least, wide, "validation_one_step") > 1,
        always_diverges(least),
        *([never_diverges(half)] if half else []),
    ],
    models=[least, wide],
)

# %% tags=["claims"]
sigmoid = where(usual, tu=1, zero_init=True, activation="sigmoid", **settings.PLAIN)
fold = over(sigmoid, full, "validation_one_step")
claims.test(
    "sigmoid_changes_nothing",
    "Sigmoid units in place of tanh change nothing.",
    reference="no change",
    ours=f"{fold:.3g} times the error of one step; {lasting(sigmoid)}",
    holds=[0.8 < fold < 1.25, never_diverges(sigmoid) == never_diverges(full)],
    models=[sigmoid, full],
)

# %% tags=["claims"]
augmented = where(usual[usual["augmentation_neurons"] > 0], tu=1)
fold = over(augmented, full, "validation_one_step")
claims.test(
    "augmentation_steadies",
    "With augmentation rollouts stay, and the error of one step does not fall.",
    reference="stable beyond 1,500 steps, where the plain model blows up",
    ours=f"{fold:.3g} times the error of one step; {lasting(augmented)}; without, "
    f"{lasting(full)}",
    holds=[never_diverges(augmented), fold > 0.9],
    models=[augmented, full],
)

# %% tags=["claims"]
quiet = settings.full_size(usual, noise=0.0)
fold = over(full, quiet, "flow_one_step")
claims.test(
    "training_noise_costs_little",
    "Noise in training costs little on movies without noise.",
    reference="costs little (no number)",
    ours=f"{fold:.3g} times the error of one step; trained without, {lasting(quiet)}",
    holds=fold < 1.5,
    models=[full, quiet],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = f"{claims.sentence()} {summaries.sentence(compared)}"
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
