# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What makes the map stable: its start, its activation, its warm-up, a penalty?
#
# Three changes came together when training at tu = 20 began to work: the map's last
# layer starts at zero, so that the map is the identity; its activation became tanh; and
# encoder and decoder are warmed up first. Here each is switched by itself, over several
# seeds. A penalty on the size of the latent steps (total variation) is tried on the old
# start.
#
# **You will see** errors and steps to divergence for each combination. **Needs** models
# of `2-train` and, for the baseline, of `13-stimulus-only`. **Takes** ten seconds a
# model.

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
from studies.latent import (
    claims,
    comparisons,
    old_start,
    roundtrips,
    settings,
    summaries,
    verdicts,
)
from studies.latent.figures import panels

# %% [markdown]
# ## Prediction
#
# The start decides: with the last layer at zero every combination is stable, without it
# none is. Activation and warm-up matter little; warm-up lowers the error between the
# recordings. The penalty pulls the blow-up between recordings down to the level of
# interpolation, and does not make long rollouts stable.

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
# Combinations without the zero start should rise between the dots.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue, given)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue, given)

# %% [markdown]
# ## Beyond it
#
# Most unstable maps leave within the first fifty steps.

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue, given)

# %% [markdown]
# ## Through the voltages
#
# A latent rollout encodes once. An activity rollout decodes and encodes again at every
# step: the true circuit would not notice, and a model that is stable in the latent may
# leave within a few steps. Two hypotheses. *The round trip alone* loses the state:
# then it does so when repeated without any step. Or *a step with its round trip*
# expands where the step alone contracts, because no loss ever encodes what the map has
# made: then the largest eigenvalue of their Jacobian is above one, and that of the step
# is not.

# %%
round_trips = roundtrips.of_comparison(catalogue, compared)
for name, value in round_trips.counts.items():
    catalogue.record(f"round_trips_{name}", value)
round_trips.summary()

# %% tags=["figure"]
panels.both_rollouts(round_trips.table).save(catalogue, given)

# %% tags=["figure"]
panels.gains(round_trips.table).save(catalogue, given)

# %%
Markdown(round_trips.sentence())

# %% [markdown]
# ## Which switch decides?
#
# The share of stable models with a switch on, less the share with it off, over
# everything else at the rate and for the updates that most models have: 1 if the switch
# alone decides, 0 if it does not matter.

# %%
effects = settings.switches(table)
for name, value in effects.items():
    catalogue.record(f"effect_{name}", value)
listed = settings.gained_said(effects) or "no switch was varied"
change = f"Change of the stable share: {listed}."
Markdown(change)

# %% [markdown]
# A start that is not the identity should fail on its own. Where it does not, another
# switch keeps the map from growing: then the largest eigenvalue of a step is below one
# with that switch, and above without.

# %%
own = settings.turned(table)
old = own[~own["zero_init"].astype(bool)]
told = [
    f"{part['stable'].sum():.0f} of {len(part)} with {activation}"
    for activation, part in old.groupby("activation")
]
switch = settings.decides(effects)
why = "No switch decides alone."
if switch:
    on, off = (
        round_trips.gain(own.loc[own[switch] == state, "identity"])
        for state in (True, False)
    )
    why = (
        f"**{switch.replace('_', ' ')}** decides most: a step's largest eigenvalue is "
        f"{on} with it and {off} without (median over states, then over models and "
        "families)."
    )
Markdown(
    "Models without the zero start that stay stable: "
    f"{', '.join(told) or 'none was trained'}. {why}"
)

# %% [markdown]
# ## Or the learning rate, or the length of training?
#
# The source trains with a far lower rate, and on a circuit with many more neurons. If
# the old start fails only where training is short or slow, it is not the start alone
# that decides; if it fails at a high rate alone, a lower one mends it.

# %%
trainings = old_start.by_training(table)
for one in trainings:
    tag = f"{one.rate:g}_{one.updates}"
    catalogue.record(f"stable_old_{tag}", one.old.share_stable)
    catalogue.record(f"stable_new_{tag}", one.new.share_stable)
    catalogue.record(f"old_to_new_{tag}", one.fold)
Markdown(old_start.said(trainings))

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(settings.at_the_usual_rate(table), ["K", "L"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
Markdown(verdicts.markdown(found))

# %%
text = verdicts.sentence(found)
catalogue.record("verdict", f"{change} {text}", "-")
Markdown(f"{summaries.sentence(compared)} {text}")
