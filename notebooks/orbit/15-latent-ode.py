# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does a latent ODE that reconstructs orbits know any gravity?
#
# In a latent ODE an encoder turns the first samples of a segment of an orbit into a
# latent state, a learned drift moves that state, and a linear decoder turns it into
# positions and velocities. Nothing ties the latent motion to a force. We ask which
# acceleration it implies. The *implied acceleration* is the rate of change of the
# decoded velocity.
#
# **You will see** the reconstruction of held-out segments, the implied acceleration
# along a segment beside the true one, and both errors for every seed. **Needs**
# nothing: it trains its own models. **Takes** half a minute with the defaults.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
orbits: int = 10  # [1] in [1, 10000]: number of training orbits
data_seed: int = 1  # [1] in [0, inf): seed of the training and held-out orbits
points: int = 360  # [1] in [12, 100000]: samples over one period
encoder: Literal["first", "prefix", "backward"] = "first"  # [-] what is encoded
prefix: int = 1  # [1] in [1, 100000]: number of samples that the encoder is shown
segment_length: int = 18  # [1] in [3, 100000]: samples of a segment
latent: int = 8  # [1] in [1, 4096]: dimensions of the latent state
width: int = 16  # [1] in [1, 4096]: units of a hidden layer
depth: int = 1  # [1] in [0, 64]: hidden layers of the drift
consistency: float = 0.0  # [1] in [0, inf): weight of the term that ties v to dx/dt
learning_rate: float = 1e-2  # [1] in (0, inf): initial learning rate of a cosine
steps: int = 1000  # [1] in [1, 10000000]: optimiser steps
batch: int = 64  # [1] in [1, 1048576]: segments in a step
seed: list[int] = [0]  # [1] in [0, 4294967295]: seeds of the weights, one a model
# fmt: on

# %%

import equinox as eqx
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import batches, figures, kepler, latent_ode, tasks
from studies.orbit.recipes import PhasePlan
from studies.training import write_model

# %% [markdown]
# ## Segments
#
# Training and held-out orbits are drawn independently and cut into segments. Training
# uses the states only. The true accelerations of the held-out segments serve to judge
# the models.

# %%
plan = PhasePlan((0.0, 1.0), learning_rate, steps, segment_length)
sizes = {"points": points}
training, held_out = (
    latent_ode.seen(
        batches.trajectories_of(
            tasks.orbit_set("complex", orbits, data_seed, stream=stream, **sizes), plan
        )
    )
    for stream in ("train", "validation")
)
architecture = {"encoder": encoder, "latent": latent, "width": width, "depth": depth}
Markdown(f"The training set has {len(training.times)} segments of {segment_length}.")

# %% [markdown]
# ## Prediction
#
# [Laboratory notes of December](/pages/references.qmd#orbit-notes) report good
# reconstructions with a random acceleration. If this is so, the error of the implied
# acceleration should be at least ten times the error of the states. It should be larger
# the less the decoded velocity is tied to the rate of change of the decoded position.

# %%
every = catalogue.members(together=("seed",))
todo = [member for member in every if member.existing is None]
report = catalogue.progress(steps)
if todo:
    result = latent_ode.fit(
        architecture,
        training,
        held_out,
        [member.values["seed"] for member in todo],
        steps=steps,
        learning_rate=learning_rate,
        batch=batch,
        prefix=prefix,
        consistency=consistency,
        report=report,
    )
for place, member in enumerate(todo):
    outcome = result.outcome(place)
    catalogue.save_model(
        result.best(place),
        write=write_model,
        read=latent_ode.read,
        values=member.values,
        history=result.history(place),
        outcome=outcome.state,
        diverged_at=outcome.diverged_at,
    )

# %% [markdown]
# ## Errors on held-out segments


# %%
@eqx.filter_jit
def judge(model, data):
    """Errors [%] of states, velocity against motion, and implied acceleration."""

    def one(times, states):
        latents = model.roll(times, states[:prefix])
        return model.decode(latents), model.implied(latents)

    states, rates = jax.vmap(one)(data.times, data.states)
    position = data.states[..., :2]
    radius = jax.numpy.linalg.norm(position, axis=-1, keepdims=True)
    pull = -position / radius**3  # Newton's, in the plane [R_E/TU²]
    return (
        latent_ode.relative(states, data.states),
        latent_ode.relative(rates[..., :2], data.states[..., 2:]),
        latent_ode.relative(rates[..., 2:], pull),
    )


models = [catalogue.load_model(member, latent_ode.read) for member in every]
errors = np.array([[float(x) for x in judge(model, held_out)] for model in models])
measures = {
    "reconstruction_error": "error of the reconstructed states of held-out segments",
    "motion_error": "error of the decoded position's rate against the true velocity",
    "implied_acceleration_error": "error of the velocity's rate against the true pull",
}
for row, member in zip(errors, every, strict=True):
    for (name, what), value in zip(measures.items(), row, strict=True):
        catalogue.record(name, float(value), "%", what, member=member)

# %% tags=["figure"]
shown = int(np.argsort(errors[:, 0])[len(every) // 2])
history = catalogue.history(every[shown])
catalogue.save_figure(
    figures.loss_curves(history),
    "loss",
    kind="loss",
    caption="Training loss and its terms against the optimiser step, of the model of "
    f"median reconstruction error (seed {every[shown].values['seed']}).",
    models=[every[shown]],
)

# %% [markdown]
# ## Along one segment
#
# The segment nearest to the Earth is the hardest. Solid lines show the model of median
# reconstruction error, dashed lines the truth.

# %%
near = int(np.argmin(np.linalg.norm(held_out.states[..., :2], axis=-1).min(axis=1)))
time, true = held_out.times[near], held_out.states[near]
latents = models[shown].roll(time, true[:prefix])
decoded, implied = (
    np.asarray(x, float)
    for x in (models[shown].decode(latents), models[shown].implied(latents))
)
pull = kepler.gravity(np.pad(np.asarray(true[:, :2], float), ((0, 0), (0, 1))))[:, :2]
said = {"x": decoded[:, 0], "v_x": decoded[:, 2], "a_x": implied[:, 2]}
exact = {"x": true[:, 0], "v_x": true[:, 2], "a_x": pull[:, 0]}

# %% tags=["figure"]
catalogue.save_figure(
    figures.values_over_time(
        np.asarray(time), said, {name: np.asarray(x) for name, x in exact.items()}
    ),
    "piece",
    kind="latent reconstruction",
    caption="Components along x of the decoded position, the decoded velocity and the "
    "implied acceleration over time, on the held-out segment nearest to the Earth, of "
    "the model of median reconstruction error. Dashed lines are the truth.",
    models=[every[shown]],
)

# %% [markdown]
# ## Verdict

# %%
middle = np.median(errors, axis=0)
ratio = middle[2] / middle[0]
what = "median error of the implied acceleration over that of the states"
catalogue.record("acceleration_over_state_error", float(ratio), "1", what)
random = "no better than none at all" if middle[2] >= 100 else "better than none at all"
held = "as predicted" if ratio >= 10 else "against the prediction"
Markdown(
    f"Over {len(every)} models the states of held-out segments are reconstructed to "
    f"**{middle[0]:.3g} %** (median), the decoded position moves with the true "
    f"velocity to {middle[1]:.3g} %, and the implied acceleration is wrong by "
    f"**{middle[2]:.3g} %**: {random} (a field of zero is wrong by 100 %). That is "
    f"{ratio:.2g} times the error of the states, {held}."
)
