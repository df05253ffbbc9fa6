# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How well do networks learn to reach while random fields push the hand?
#
# A recurrent network moves a hand, modelled as a point mass, between places of a
# square. It knows the position and velocity of the hand only through noisy feedback.
# During training a force field pushes the hand. The network cannot observe the field,
# and its strength changes from trial to trial. The standard deviation of that strength
# is the *training std*. The notebooks that follow compare networks with different
# training stds. Some networks are also given a number that says something about the
# field, the *context*.
#
# **You will see** the loss by term over the batches, the batch at which each replicate
# was best, and how replicates differ. **Needs** nothing. **Takes** half a minute with
# the defaults.
#
# Each pair of values of `field_std` and `seed` gives a model, and all of them train in
# one program. Models of one seed, its *replicates*, begin with the same weights and see
# the same trials, in stronger or weaker fields.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
task: Literal["simple", "delayed"] = "simple"  # [-] reach at once, or after a go cue
catch_probability: float = 0.0  # [1] in [0, 1): share of delayed trials without go cue
field: Literal["none", "curl", "constant", "gusts"] = "curl"  # [-] kind of field
method: Literal[
    "none", "bcs", "dai", "pai-asf", "pai-n", "std-2024-11", "std-half-normal",
    "std-uniform"
] = "none"  # [-] how the context is related to the field; none for no context
field_std: list[float] = [0.0, 1.5]  # [N s/m] in [0, inf): std of field strength
perturbed_probability: float = 1.0  # [1] in [0, 1]: share of trials with a field
mask_context: bool = True  # [-] whether the context is 0 on trials without a field
context_noise: float = 0.25  # [1] in [0, inf): std of the context's error in pai-n
steps: int = 100  # [1] in [11, inf): states of a trial, the first included
dt: float = 0.05  # [s] in (0, inf): time step
drag: float = 0.0  # [N s/m] in [0, inf): friction of the hand
force_filter: float = 0.0  # [s] time constant of the muscle, at least dt; 0 for none
delay: int = 0  # [1] in [0, inf): delay of the feedback in steps
sensory_noise: float = 0.01  # [m and m/s] in [0, inf): std of each feedback component
motor_noise: float = 0.01  # [1 and N] in [0, inf): std of the noise of the command
cell: Literal["gru", "leaky-rnn"] = "gru"  # [-] recurrent cell
leak: float = 0.5  # [1] in (0, 1]: time step over time constant of the leaky cell
hidden: int = 50  # [1] in [1, inf): hidden units
position_weight: float = 1.0  # [1] weight of the distance from the goal
velocity_weight: float = 1.0  # [1] weight of the last velocity
control_weight: float = 1e-5  # [1] weight of the command
hidden_weight: float = 1e-5  # [1] weight of the hidden activity
fixation_weight: float = 1.0  # [1] weight of moving too early in a delayed reach
control_scale: float = 1.0  # [1] multiplies the weight of the command
readout_norm_weight: float = 0.0  # [1] weight of the deviation of the readout's norm
batch: int = 50  # [1] in [1, inf): trials in a batch
batches: int = 300  # [1] in [1, inf): batches of training with the field
learning_rate: float = 0.01  # [1] in (0, inf): initial learning rate
schedule: Literal["constant", "cosine"] = "cosine"  # [-] course of the learning rate
constant_batches: int = 0  # [1] in [0, inf): batches before the cosine begins
final_rate: float = 0.0  # [1] in [0, 1]: final learning rate as a share of the initial
clip: float = 1.0  # [1] in [0, inf): largest norm of a gradient; 0 for none
baseline_batches: int = 0  # [1] in [0, inf): batches of training without a field
scale_up_batches: int = 0  # [1] in [0, inf): batches over which the field grows
resets: list[int] = []  # [1] batches at which the optimiser is reset
trained: list[Literal["all", "cell", "readout"]] = ["all"]  # [-] parts that are trained
trained_from: list[int] = [0]  # [1] first batch of each entry of `trained`
divergence: float = 1000.0  # [1] in (1, inf]: growth of the loss that ends a training
seed: list[int] = [0]  # [1] in [0, 4294967295]: seeds of weights, one a replicate
evaluation_seed: int = 1  # [1] in [0, 4294967295]: seed of the validation trials
# fmt: on

# %%
from functools import partial
from time import perf_counter

import numpy as np
from IPython.display import Markdown

from fieldnotes.catalogue import (
    artifact,
    history,
    members,
    parameters,
    progress,
    record,
    save_figure,
    save_model,
)
from studies.evidence import counted, number
from studies.reach import figures, learning, replicates
from studies.reach.models import read
from studies.training import write_model

# %% [markdown]
# ## What is trained, and on what
#
# The loss of a trial sums four terms: the squared distance from the goal, with a weight
# that grows towards the end, the squared velocity at the end, and the squares of the
# command and of the hidden activity. The validation loss is computed on reaches from
# four starts in 24 directions, with fields drawn as in training. Those trials are the
# same for every model and are never used for training.

# %%
loop = learning.Loop(
    steps=steps,
    dt=dt,
    drag=drag,
    force_filter=force_filter,
    delay=delay,
    sensory_noise=sensory_noise,
    motor_noise=motor_noise,
)
distribution = learning.Disturbance(
    field=field,
    method=method,
    probability=perturbed_probability,
    mask_context=mask_context,
    context_noise=context_noise,
)
setting = learning.Setting(loop, distribution, task, catch_probability)

# %%
recipe = learning.Recipe.of(**parameters())
parts = [
    f"{part.steps:,} batches {'under the field' if part.disturbed else 'without one'}"
    f" ({part.trained} trained)"
    for part in recipe.stretches()
]
Markdown(
    f"A training has {recipe.total:,} batches of {batch}: {', then '.join(parts)}."
)

# %% [markdown]
# ## Prediction
#
# A network of this size can learn to reach. After training without a field, the
# distance from the goal at the end of a trial should be within one percent of the
# reach. Networks cannot foresee the field, so the validation loss should grow with the
# training std (`field_std`). No replicate should be excluded by the rule below.

# %%
bound = 1.0  # [%] end error without a field

# %% [markdown]
# ## Training

# %%
every = members(together=("field_std", "seed"))
todo = [member for member in every if member.existing is None]
began = perf_counter()
if todo:
    checkpoint = artifact(f"checkpoint-{len(todo)}-{todo[0].identity}.eqx")
    result = learning.fit(
        recipe,
        {"cell": cell, "hidden": hidden, "leak": leak},
        setting,
        [member.values["field_std"] for member in todo],
        [member.values["seed"] for member in todo],
        evaluation_seed=evaluation_seed,
        report=progress(recipe.total),
        checkpoint=checkpoint,
    )
    spent = perf_counter() - began
    record("training_seconds", spent, "s", "time of the whole training and compilation")
record("trained", len(todo), "1", "models trained in this run")

# %% [markdown]
# Each model is saved with its last parameters and, as kind "best", with the parameters
# at which its validation loss was lowest in the last phase of the training. A model
# whose hand ends as far from its goal as one that rests is *stuck*: it learned nothing.

# %%
for place, member in enumerate(todo):
    outcome = result.outcome(place)
    kept = result.history(place) | learning.summary(result, place)
    keep = partial(
        save_model,
        write=write_model,
        read=read,
        values=member.values,
        outcome=replicates.outcome(outcome.state, kept["end_error"][-1]),
        diverged_at=outcome.diverged_at,
    )
    keep(result.member(place), history=kept)
    keep(result.best(place), kind="best")
if todo:
    checkpoint.unlink(missing_ok=True)  # the models are safe: no need to resume

# %% [markdown]
# ## Which replicates count
#
# A replicate counts by its loss if its lowest validation loss is below that of the best
# replicate of its training std plus two standard deviations over replicates. The same
# rule is applied to the end error of its best parameters.

# %%
histories = [history(member) for member in every]
stds = np.array([member.values["field_std"] for member in every])
names = ("best_loss", "final_loss", "best_step", "end_error", "readout_norm")
table = {name: np.array([kept[name][-1] for kept in histories]) for name in names}
by_loss, by_error = np.zeros((2, len(every)), bool)
for std in np.unique(stds):
    same = stds == std
    by_loss[same] = replicates.included(table["best_loss"][same])
    by_error[same] = replicates.included(table["end_error"][same])
meanings = {
    "best_loss": "lowest validation loss",
    "final_loss": "validation loss at the end of training",
    "best_step": "batch at which the validation loss is lowest",
    "end_error": "distance from the goal at the end, as a share of the reach",
    "readout_norm": "norm of the readout weights",
}
for place, member in enumerate(every):
    for name, meaning in meanings.items():
        value, unit = float(table[name][place]), "%" if name == "end_error" else "1"
        if not np.isnan(value):  # of a training that diverged
            record(name, value, unit, meaning, member=member)
    for name, counts in (("loss", by_loss), ("error", by_error)):
        meaning, value = f"whether the replicate counts by its {name}", counts[place]
        record(f"included_by_{name}", bool(value), "-", meaning, member=member)

# %% [markdown]
# ## Loss by term
#
# At first the distance from the goal dominates the loss. Once the hand arrives, the
# hidden activity and the command remain, and the loss flattens. Spikes are batches with
# exceptionally strong fields.

# %%
groups = {
    float(std): [kept for kept, at in zip(histories, stds, strict=True) if at == std]
    for std in np.unique(stds)
}
first = np.array([kept["loss"][0] for kept in histories])
fall = float(np.nanmedian(first / table["best_loss"]))
meaning = "loss of the first batch over the lowest validation loss"
if np.isfinite(fall):
    record("fall", fall, "1", meaning)
Markdown(
    f"From its first batch to its best validation the loss of the median model fell "
    f"{number(fall)}-fold, and was lowest after {np.median(table['best_step']):,.0f} "
    f"of {recipe.total:,} batches."
    if np.isfinite(fall)
    else "Every training diverged before its first validation."
)

# %% tags=["figure"]
save_figure(
    figures.loss_history(groups),
    "loss_history",
    kind="loss history",
    caption="Training loss by term against the batch, mean and range over the "
    "replicates of each training std. A star marks the lowest validation loss of a "
    "replicate.",
)

# %% [markdown]
# ## Replicates
#
# In the figure points are replicates. A replicate with a loss far above the others has
# not learned. A replicate whose readout norm is far from the others has learned a
# different solution.

# %% tags=["figure"]
measures = {
    "best validation loss [1]": table["best_loss"],
    "final validation loss [1]": table["final_loss"],
    "norm of the readout [1]": table["readout_norm"],
}
logarithmic = list(measures)[:2]
save_figure(
    figures.replicate_spread(stds.tolist(), measures, field, logarithmic),
    "replicates",
    kind="replicates",
    caption="Lowest and last validation loss and norm of the readout of every "
    "replicate by its training std, the standard deviation of the fields in training.",
)

# %% [markdown]
# ## Verdict

# %%
middle = {
    std: [float(np.nanmedian(table[name][stds == std])) for name in names]
    for std in groups
}
losses = [values[0] for values in middle.values()]
errors = {std: values[3] for std, values in middle.items()}
grows = bool(np.all(np.diff(losses) > 0))
both = int(np.sum(by_loss & by_error))
failed = int(np.sum(~np.isfinite(table["best_loss"])))
record("diverged", failed, "1", "number of trainings that diverged")
record("counted", both, "1", "number of models that count by loss and by error")
loss_words = (
    "As predicted, the loss grows" if grows else "The loss does not always grow"
)
stuck = [not np.isnan(x) and replicates.stuck(x) for x in table["end_error"]]
meaning = (
    "number of trainings whose hand ends no nearer to its goal than one that rests"
)
record("stuck", stuck.count(True), "1", meaning)

# %%
lines = [f"{both} of {counted(len(every), 'model')} count by both measures; {failed} "]
lines[0] += f"diverged, {stuck.count(True)} learned nothing."
if any(stuck):
    lines.append("Try another learning rate or more batches.")
if len(losses) > 1 and np.isfinite(losses).all():
    shown = ", ".join(f"{x:.2g} at {s:g}" for s, x in zip(groups, losses, strict=True))
    lines.append(f"{loss_words} with the std of the field: medians {shown}.")
if np.isfinite(errors.get(0.0, np.nan)):
    met = (
        "as predicted below" if errors[0.0] < bound else "against the prediction above"
    )
    lines.append(
        f"Without a field the end error is **{errors[0.0]:.2g} %**, {met} one."
    )
Markdown(" ".join(lines))
