# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does the definition of the context decide whether a training runs away?
#
# The *context* tells a network how strong the field may be on a trial. It is the scale
# of a random amplitude. [Laboratory notes](/pages/references.qmd#reach-notes) of one
# month define that scale in three similar ways. With the first definition the loss
# exploded in the first batches of training.
#
# **You will see** the distributions of context and field under each definition, how
# strong a field Euler's method can integrate, and the loss of the first batches.
# **Needs** nothing. **Takes** a minute with the defaults, most of it for compiling.
#
# With $N_1, N_2$ standard normal and $U$ uniform on $[0, 1]$, context $c$ and amplitude
# $b$ of the curl field are: first $c=\sigma|N_1|$, $b=c\,N_2$; second $c=|N_1|$,
# $b=\sigma c\,N_2$; third $c=U$, $b=\sigma c\,N_2$. First and second have the same
# fields and tell the network different numbers.

# %% tags=["parameters"]
field_std: float = 1.6  # [N s/m] in (0, inf): standard deviation σ of the field
batch: int = 250  # [1] in [1, inf): trials in a batch
batches: int = 20  # [1] in [2, inf): batches of each training
learning_rate: float = 0.01  # [1] in (0, inf): constant learning rate
clip: float = 0.0  # [1] in [0, inf): largest norm of a gradient; 0 for none
hidden: int = 50  # [1] in [1, inf): hidden units
steps: int = 100  # [1] in [11, inf): states of a trial, the first included
dt: float = 0.05  # [s] in (0, inf): time step
replicates: int = 3  # [1] in [1, 100]: trainings of each definition, one a seed
drawn: int = 200  # [1] in [1, inf): batches drawn for the distributions

# %%
import jax
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes.catalogue import progress, record, save_figure
from studies.reach import instability
from studies.reach.figures import contexts
from studies.reach.loop import Loop

# %% [markdown]
# ## Prediction
#
# A curl field does no work, so in continuous time no amplitude makes the hand faster. A
# step of Euler's method multiplies the speed of a free hand by $\sqrt{1+b^2\Delta
# t^2}$, and a trial of $K$ control steps by $(1+b^2\Delta t^2)^{K/2}$. The loss grows
# with the square of the speed. The product of two normals has heavy tails, so one trial
# can dominate the loss of its batch. A training *runs away* if its loss exceeds 10⁶ or
# is not a number. The first and the second definition should run away, and the third
# should not.

# %%
loop = Loop(steps=steps, dt=dt)
names = instability.DEFINITIONS
tenfold, thousandfold = (
    instability.curl_that_grows(factor, dt, loop.controls) for factor in (10, 1000)
)
meaning = "curl amplitude at which a free hand's speed grows in a trial"
record("curl_that_grows_tenfold", tenfold, "N s/m", f"{meaning} tenfold")
record("curl_that_grows_thousandfold", thousandfold, "N s/m", f"{meaning} 1000-fold")
Markdown(
    f"With {loop.controls} steps of {dt:g} s a free hand is ten times as fast at the "
    f"end of a trial where b = {tenfold:.3g} N s/m, and a thousand times where "
    f"b = {thousandfold:.3g} N s/m."
)

# %% [markdown]
# ## Distributions of context and field

# %%
samples = {
    method: instability.draw(method, field_std, drawn, batch, jax.random.key(0))
    for method in names
}
rows = {}
for method, words in names.items():
    drawn_trials = samples[method]
    largest = np.max(np.abs(drawn_trials.curl), axis=1)
    faster = instability.growth(largest, dt, loop.controls)
    highest = np.max(drawn_trials.context, axis=1)
    rows[words] = {
        "mean context": float(np.mean(drawn_trials.context)),
        "largest context in a batch": float(np.median(highest)),
        "largest |b| in a batch [N s/m]": float(np.median(largest)),
        "its growth of speed": float(np.median(faster)),
    }
    member = {"method": method}
    for name, column, unit, meaning in (
        ("context", "largest context in a batch", "1", "context"),
        ("growth", "its growth of speed", "1", "growth of a free hand's speed"),
        ("curl", "largest |b| in a batch [N s/m]", "N s/m", "curl amplitude"),
    ):
        meaning = f"largest {meaning} in a batch, median over batches"
        record(f"largest_{name}", rows[words][column], unit, meaning, member=member)
distributions = pd.DataFrame(rows).T
distributions.map(lambda value: f"{value:.3g}")

# %% [markdown]
# Under the first definition the context grows with σ. Under the second it does not, but
# the fields are the same. Values "in a batch" are medians over batches.

# %% tags=["figure"]
save_figure(
    contexts.exceedance(
        {
            words: (samples[method].context, samples[method].curl)
            for method, words in names.items()
        },
        ("context [1]", "size of the curl amplitude [N s/m]"),
        {2: (thousandfold, "speed × 1000")},
    ),
    "distributions",
    kind="distributions",
    caption="Share of trials whose context (left) or curl amplitude (right) exceeds "
    "the value on the axis, a curve for each definition of the context.",
)

# %% [markdown]
# ## The first batches of training
#
# Trainings use the same seeds under each definition, and thus the same weights, starts,
# goals and normal numbers. A training is stopped only if its loss or a parameter is not
# a number.

# %%
losses = instability.early_losses(
    list(names),
    field_std,
    range(replicates),
    loop=loop,
    hidden=hidden,
    batch=batch,
    batches=batches,
    learning_rate=learning_rate,
    clip=clip,
    report=progress(batches),
)
away = dict(zip(names, instability.ran_away(losses), strict=True))

# %%
table = {}
for method, loss in zip(names, losses, strict=True):
    first, late = loss[:, 0], loss[:, -max(1, batches // 5) :]
    largest = np.max(np.where(np.isfinite(loss), loss, -np.inf), axis=1)
    end = float(np.median(np.median(late, axis=1)))  # NaN where any has none
    member, meaning = {"method": method}, "share of trainings that ran away"
    record("ran_away", float(np.mean(away[method])), "1", meaning, member=member)
    value, meaning = (
        float(np.median(first)),
        "loss of the first batch, median over seeds",
    )
    record("first_loss", value, "1", meaning, member=member)
    table[names[method]] = {
        "loss on the first batch": f"{np.median(first):.3g}",
        "largest finite loss": f"{np.median(largest):.3g}",
        "loss at the end": f"{end:.3g}",
        "ran away": f"{away[method].sum()} of {replicates}",
    }
pd.DataFrame(table).T

# %% tags=["figure"]
save_figure(
    contexts.early_loss(dict(zip(names.values(), losses, strict=True)), 1e6),
    "early_loss",
    kind="early loss",
    caption="Loss against the batch of short trainings, a line a seed, coloured by the "
    "definition of the context. Crosses mark losses that are not a number.",
)

# %% [markdown]
# ## Verdict

# %%
always = {method: bool(np.all(each)) for method, each in away.items()}
never = {method: not np.any(each) for method, each in away.items()}
counts = "; ".join(f"{w.split(':')[0]} {row['ran away']}" for w, row in table.items())
original, middle, uniform = names
holds = always[original] and never[uniform]
meaning = "whether the original definition always runs away and the uniform one never"
record("original_runs_away_and_uniform_does_not", holds, "-", meaning)
alike = always[original] == always[middle]
lesson = "decides" if alike else "does not decide alone: the second ends otherwise"
gradients = f"clipped at {clip:g}" if clip else "not clipped"
text = (
    f"**{'As' if holds and always[middle] else 'Not as'} predicted.** At "
    f"σ = {field_std:g}, rate {learning_rate:g} and gradients {gradients}, trainings "
    f"that ran away were: {counts}. That the original definition always does and the "
    f"uniform one never is **{'' if holds else 'not '}reproduced**. The second has the "
    "fields of the first and a context that does not grow with σ, so the tail of the "
    f"field {lesson}."
)
plain, meaning = text.replace("**", ""), "which trainings ran away, in sentences"
record("verdict", plain, "-", meaning)
Markdown(text)
