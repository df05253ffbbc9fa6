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
# Networks with a context are told how strong the field may be on a trial: it scales a
# random amplitude. In one month that scale was defined in three ways. They sound alike,
# and the first made the loss of a training explode on its first batches.
#
# **You will see** what each definition draws, how strong a field Euler's method can
# bear, and the loss of the first batches under each. **Needs** nothing. **Takes** a
# minute with the defaults, of which most is compiling.
#
# With $N_1, N_2$ standard normal and $U$ uniform on $[0, 1]$, context $c$ and amplitude
# $b$ of the curl field are: first $c=\sigma|N_1|$, $b=c\,N_2$; second $c=|N_1|$,
# $b=\sigma c\,N_2$; third $c=U$, $b=\sigma c\,N_2$. First and second have the same
# fields and tell the network different numbers.

# %% tags=["parameters"]
field_std: float = 1.6  # [N s/m] in (0, inf): std of the field, σ
batch: int = 250  # [1] in [1, inf): trials in a batch
batches: int = 20  # [1] in [2, inf): of each training
learning_rate: float = 0.01  # [1] in (0, inf): constant
clip: float = 0.0  # [1] in [0, inf): largest norm of a gradient; 0 for none
hidden: int = 50  # [1] in [1, inf): hidden units
steps: int = 100  # [1] in [11, inf): states of a trial, the first included
dt: float = 0.05  # [s] in (0, inf): time step
replicates: int = 3  # [1] in [1, 100]: trainings of each definition, of seeds 0, 1, …
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
# A curl field does no work, so in continuous time no amplitude makes the hand faster.
# A step of Euler's method multiplies a free hand's speed by $\sqrt{1+b^2\Delta t^2}$: a
# trial of $K$ control steps by $(1+b^2\Delta t^2)^{K/2}$. The loss grows with its
# square. A product of two normals has heavy tails, so one trial in a batch can carry
# the whole loss. So the first and the second definition should both run away (a loss
# over 10⁶, or none at all), and the third should not.

# %%
loop = Loop(steps=steps, dt=dt)
names = instability.DEFINITIONS
tenfold, thousandfold = (
    instability.curl_that_grows(factor, dt, loop.controls) for factor in (10, 1000)
)
meaning = "curl amplitude under which a free hand grows faster in a trial,"
record("curl_that_grows_tenfold", tenfold, "N s/m", f"{meaning} tenfold")
record("curl_that_grows_thousandfold", thousandfold, "N s/m", f"{meaning} 1000-fold")
Markdown(
    f"With {loop.controls} steps of {dt:g} s a free hand is ten times as fast at the "
    f"end of a trial where b = {tenfold:.3g} N s/m, and a thousand times where "
    f"b = {thousandfold:.3g} N s/m."
)

# %% [markdown]
# ## What is drawn

# %%
samples = {
    method: instability.draw(method, field_std, drawn, batch, jax.random.key(0))
    for method in names
}
rows = {}
for method, words in names.items():
    own = samples[method]
    largest = np.max(np.abs(own.curl), axis=1)
    faster = instability.growth(largest, dt, loop.controls)
    rows[words] = {
        "mean context": float(np.mean(own.context)),
        "largest context in a batch": float(np.median(np.max(own.context, axis=1))),
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
# The first definition tells numbers that grow with σ; the second leaves the context
# alone, but not the fields. "In a batch" is the median over the batches drawn.

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
    caption="Share of trials whose context (left) or curl amplitude (right) is above a "
    "size, a curve for each definition of the context.",
)

# %% [markdown]
# ## What training makes of it
#
# The same seeds, hence the same weights, starts, goals and normals under each
# definition. Nothing stops a training but a loss or a parameter that is not a number.

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
table = {}
for method, own in zip(names, losses, strict=True):
    first, late = own[:, 0], own[:, -max(1, batches // 5) :]
    largest = np.max(np.where(np.isfinite(own), own, -np.inf), axis=1)
    end = float(np.median(np.median(late, axis=1)))  # NaN where any has none
    member, meaning = {"method": method}, "share of trainings that ran away"
    record("ran_away", float(np.mean(away[method])), "1", meaning, member=member)
    value, meaning = float(np.median(first)), "loss of the first batch, median training"
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
    caption="Loss over the batches of short trainings, a line a seed, by the "
    "definition of the context; a cross where it is no number.",
)

# %% [markdown]
# ## Verdict

# %%
always = {method: bool(np.all(own)) for method, own in away.items()}
never = {method: not np.any(own) for method, own in away.items()}
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
plain, meaning = text.replace("**", ""), "which definitions ran away, in sentences"
record("verdict", plain, "-", meaning)
Markdown(text)
