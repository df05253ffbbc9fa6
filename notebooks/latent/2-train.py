# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How well does one setting learn the steps that were never recorded?
#
# Voltages are recorded every `tu` steps only, and the stimulus is known at every step.
# An encoder turns the voltages into a latent state. The *map* takes that state one step
# further, $z_{k+1} = z_k + f([z_k; G(s_k)])$, where $G(s_k)$ is the encoded stimulus. A
# decoder turns latent states into voltages again. Training compares these with observed
# voltages only.
#
# **You will see** the loss by component, rollouts on held-out movies of the same family
# and of another, and the error between the samples beside that of linear interpolation.
# **Needs** nothing. **Takes** a minute with the defaults.
#
# Three parameters change what is recorded. With `signal` "calcium", the calcium of the
# neurons is observed in place of the voltage. It is the positive part of the voltage,
# averaged over a time of about `calcium_tau`. With `source` "chaos", the neurons are a
# fixed random readout of a chaotic system. `noise` is then noise of the observation, as
# a share of each neuron's standard deviation, and zero by default. With `source`
# "flyvis", the neurons are those of the fly's visual system, whose trained parameters
# are in `circuit_file` ([how to make one](/pages/latent-flyvis.qmd)).
#
# Each value of `seed` gives a model. All of them train in one program. Models that were
# trained before are not trained again.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
source: Literal["hexeye", "flyvis", "chaos", "file"] = (
    "hexeye"
)  # [-] embedded circuit, trained fly, chaotic system, or your own file
circuit_file: str = ""  # [file] trained parameters (npz), for source "flyvis"
system: Literal["lorenz63", "roessler", "thomas", "lorenz96", "duffing"] = (
    "lorenz63"
)  # [-] chaotic system, for source "chaos"
preset: Literal["tiny", "medium", "default", "hard"] = (
    "medium"
)  # [-] size of the embedded circuit, and length of the recordings
noise: float | None = None  # [raw units] in [0, inf): noise of a step; None: preset's
data_file: str = ""  # [file] a recording (npz or zarr), for source "file"
data_seed: int = 0  # [1] in [0, inf): seed of movies and noise
signal: Literal["voltage", "calcium"] = "voltage"  # [-] quantity that is observed
calcium_tau: float = 0.2  # [s] in [0.02, 100]: time constant of calcium
mode: Literal["all", "aligned", "staggered"] = "aligned"  # [-] order of acquisition
tu: int = 20  # [steps] in [1, 1000]: steps between two samples of a neuron
ems: int = 5  # [1] in [1, 100]: samples ahead in a training window
phase_seed: int = 0  # [1] in [0, inf): seed of the phases of staggered samples
staggered: Literal["naive", "bank", "interpolated"] = (
    "interpolated"
)  # [-] initial state that is made of staggered samples
interpolation: Literal["acausal", "hold"] = "acausal"  # [-] between staggered samples
stimulus_mode: Literal["all", "none", "constant", "interpolate", "learned"] = (
    "all"
)  # [-] steps at which the stimulus is known, and how others are filled
latent: int = 96  # [1] in [1, 4096]: dimensions of the latent state
width: int = 96  # [1] in [1, 4096]: units of a hidden layer of the map
coder_width: int = 0  # [1] in [0, 4096]: units of encoder and decoder; 0 for `width`
stimulus_latent: int = 32  # [1] in [1, 4096]: dimensions of the latent stimulus
activation: Literal["tanh", "relu", "sigmoid", "silu", "gelu"] = (
    "tanh"
)  # [-] activation of the map; encoder and decoder have ReLU
zero_init: bool = True  # [-] whether the map starts as the identity
intermediate_steps: list[int] = []  # [steps] in [1, inf): further compared early steps
tv_weight: float = 0.0  # [1] in [0, inf): weight of the total variation
augmentation_neurons: int = 0  # [1] in [0, inf): neurons probed by the augmentation
augmentation_weight: float = 1.0  # [1] in [0, inf): weight of the augmentation
l1_weight: float = 0.0  # [1] in [0, inf): weight of the parameters' mean size
stimulus_warm_up: int = 0  # [1] in [0, inf): updates of the stimulus auto-encoder
warm_up: int = 1000  # [1] in [0, inf): updates of encoder and decoder before the map
updates: int = 1000  # [1] in [1, inf): updates of the whole model
checkpoints: int = 1  # [1] in [1, inf): models kept during training, the last included
learning_rate: float = 1e-3  # [1] in (0, 1]: learning rate of Adam
schedule: Literal["constant", "cosine"] = "cosine"  # [-] course of the learning rate
clip: float = 0.0  # [1] in [0, inf): largest norm of a gradient, 0 for no limit
batch: int = 32  # [1] in [1, inf): windows in an update
rollout_steps: int = 2000  # [steps] in [1, inf): length of a test rollout
seed: list[int] = [0]  # [1] in [0, 4294967295]: seeds of weights, one a model
# fmt: on

# %%
from functools import partial

import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from fieldnotes.catalogue import parameters, record, save_figure
from studies.evidence import counted
from studies.latent import figures, learning, openings, recipes, reports, sources
from studies.latent.models import read

# %% [markdown]
# ## The recordings
#
# Training uses the observed samples and the stimulus, and nothing else. Validation uses
# the same on other movies of the same family. Movies of the other family, *flow*, serve
# as a test only.

# %%
sets = sources.recordings(
    source,
    preset,
    noise,
    data_seed,
    data_file,
    signal=signal,
    calcium_tau=calcium_tau,
    system=system,
    circuit_file=circuit_file,
)

# %%
recipe = recipes.Recipe.of(**parameters())
seen = float(recipe.observation.mask(sets.train.steps, sets.neurons).mean())
record("observed", 100 * seen, "%", f"share of the {signal} that is observed")
recorded = openings.of_recording(sets.train, sets.stimulated)
Markdown(
    f"{recorded} {sets.train.steps:,} steps are for training; "
    f"{100 * seen:.3g} % of the {signal} is observed. A window is "
    f"{counted(tu * ems, 'step')}."
)

# %% [markdown]
# ## Prediction
#
# Linear interpolation between two samples knows both of them, and a model knows only
# the first. A model that has learned the single step should still have the smaller
# error between the samples. If its map started as the identity and the stimulus is
# known at every step, its error should be below a quarter of that of interpolation, and
# rollouts should stay bounded on both families. With a random init, a reduced stimulus,
# or an initial state put together from staggered samples, the model should be no better
# than interpolation. Calcium is smooth, so interpolation is hard to beat. There the
# error should be at most twice that of interpolation.

# %%
sound = (
    zero_init
    and stimulus_mode == "all"
    and not (mode == "staggered" and staggered != "interpolated")
)
bound = {"voltage": 0.25, "calcium": 2.0}[signal] if sound else 1.0  # of the line's

# %% [markdown]
# ## Training
#
# A training window begins at the samples $x$ and follows the map, $z_0 = E(x)$ and
# $z_{k+1} = z_k + f([z_k; G(s_k)])$. The loss compares decoded states with the samples
# $y_m$ that come $m\,tu$ steps later, as means over windows and neurons:
#
# $$L = \lVert D(z_0) - x\rVert^2 + \sum_{m=1}^{ems} \lVert D(z_{m\,tu}) - y_m\rVert^2
# + \lambda_{TV} \sum_k \langle |f| \rangle + \lambda_1 \langle |p| \rangle
# + \lambda_A A.$$
#
# The first term is the *reconstruction*, the second the *evolution*. The other terms
# are the total variation of the latent state, the mean size of the parameters $p$, and
# the augmentation $A$, which silences neurons that cannot influence the predicted ones.
# Their weights are zero unless set. The function `losses.window_loss` computes the sum.

# %%
every = catalogue.members(together=("seed",))
todo = [member for member in every if member.existing is None]
if todo:
    checkpoint = catalogue.artifact(f"checkpoint-{len(todo)}-{todo[0].identity}.eqx")
    result = learning.fit(
        recipe,
        parameters(),
        sets,
        [member.values["seed"] for member in todo],
        report=catalogue.progress(recipe.total_updates),
        checkpoint=checkpoint,
    )

# %% [markdown]
# Each model is saved with the history of its training. With several checkpoints, the
# models at these checkpoints are saved too. A model whose validation loss is no lower
# than that of the mean of each neuron is *stuck*: it learned nothing.

# %%
for place, member in enumerate(todo):
    outcome, course = result.outcome(place), result.history(place)
    last = float(course["validation"][-1])
    keep = partial(
        catalogue.save_model,
        write=learning.write_model,
        read=read,
        values=member.values,
        outcome=openings.stuck(outcome.state, last, sets, ems),
        diverged_at=outcome.diverged_at,
    )
    keep(result.member(place), history=course)
    keep(result.best(place), kind="best")
    for update, model in learning.on_the_way(recipe, result, place):
        keep(model, kind=f"update-{update}", summary={"update": update})
if todo:
    learning.forget(checkpoint)  # the models are safe: no need to resume
record("trained", len(todo), "1", "models trained in this run")

# %%
models = [catalogue.load_model(member, read) for member in every]
histories = [catalogue.history(member) for member in every]
whole = [len(course["loss"]) == recipe.total_updates for course in histories]
record("diverged", whole.count(False), "1", "number of trainings that diverged")
ends = [
    openings.stuck(
        "trained" if x else "diverged", float(y["validation"][-1]), sets, ems
    )
    for x, y in zip(whole, histories, strict=True)
]
meaning = "number of trainings that ended no better than the mean of each neuron"
record("stuck", ends.count("stuck"), "1", meaning)
for member, course in zip(every, histories, strict=True):
    loss, validation = float(course["loss"][-1]), float(course["validation"][-1])
    unit, last = "raw units²", "training loss at the last update"
    record("final_loss", loss, unit, last, member=member)
    last = "validation loss at the last update: reconstruction plus evolution"
    record("final_validation", validation, unit, last, member=member)

# %% [markdown]
# ## Loss
#
# *Reconstruction* is the error of encoding and decoding, which bounds the error of any
# prediction from below. *Evolution* is summed over the samples of the window. The
# validation loss is the sum of both on held-out windows, without penalties.

# %% tags=["figure"]
save_figure(
    figures.loss_curves(histories[0], tuple(part.name for part in recipe.parts())),
    "loss",
    kind="loss",
    caption="Training loss by component, and validation loss, against the update, of "
    f"the model of seed {every[0].values['seed']}. Shaded bands are phases of the "
    "training.",
    models=[every[0]],
)

# %% [markdown]
# ## Rollouts
#
# In a rollout a model starts from one state and then sees the stimulus only. The first
# figure shows the length of a training window. Dots mark the samples, where training
# compares. Between them nothing was ever compared.

# %%
shortest = min(part.steps for part in sets.judged.values())
longest = shortest - 2 * reports.MARGIN - 10 - 2 * tu
lengths = min(rollout_steps, longest), 10, min(rollout_steps, 500)
plan = reports.Plan(tu, ems, *lengths, stimulus_mode)
if source == "file":  # in units of its own
    limit = reports.limit_of(sets.judged)
    plan = reports.Plan(tu, ems, *lengths, stimulus_mode, limit)
base = reports.baselines(sets.judged, plan)
seen = recipe.observation
judged = [
    reports.judge(model, sets.judged, plan, seen, banked=recipe.banked)
    for model in models
]
rows = [reports.row(errors, base, plan) for errors in judged]
curves = {
    family: {
        f"seed {member.values['seed']}": errors[f"{family}.mse"]
        for member, errors in zip(every, judged, strict=True)
    }
    for family in sets.judged
}
lines = {
    family: {name: base[f"{family}.{name}"] for name in ("constant", "linear")}
    for family in sets.judged
}

# %% tags=["figure"]
save_figure(
    figures.time_aligned(curves, lines, tu, plan.horizon),
    "time-aligned",
    kind="error within the window",
    caption="Mean squared error of rollouts over the steps of the training window, "
    "averaged over starts, a curve a seed. Dots mark the samples, where training "
    "compares. Grey lines are holding the first state and linear interpolation between "
    "samples.",
    models=every,
)

# %% tags=["figure"]
save_figure(
    figures.rollout_errors(curves, lines),
    "rollouts",
    kind="error of rollouts",
    caption="Mean squared error of rollouts against the step, a curve a seed: mean "
    "over starts, with a band from the best to the worst start. Grey lines are holding "
    "the first state and linear interpolation between samples.",
    models=every,
)

# %% [markdown]
# ## Verdict
#
# Numbers are means over ten starts. A notebook that compares models draws other starts,
# from longer recordings, so that the same model may err a tenth more or less there.

# %%
families = list(sets.judged)
measures = {
    "window": ("raw units²", "mean squared error between the samples"),
    "ratio": ("1", "error between the samples of its window over interpolation's"),
    "relative": ("1", "error between the samples, as a share of the variance"),
    "divergence": (
        "steps",
        f"first step at which the worst start's error exceeds {plan.limit:.3g}",
    ),
}
for member, row in zip(every, rows, strict=True):
    for family in families:
        name = family.replace(" ", "_")
        for what, (unit, meaning) in measures.items():
            value, starts = row[f"{family}_{what}"], counted(plan.starts, "start")
            meaning = f"{meaning}; {family}, {starts}"
            if np.isfinite(value):
                record(f"{name}_{what}", value, unit, meaning, member=member)
    stable = bool(row["stable"])
    record("stable", stable, "-", "whether no rollout diverges", member=member)

# %%
said = []
for member, row in zip(every, rows, strict=True):
    ratios = [row[f"{family}_ratio"] for family in families]
    worst, reason = max(ratios), openings.why_not(ratios, tu, sets, source)
    # Where the map was not started as the identity, no better than the line.
    low = worst <= bound if sound else worst >= bound
    expected = f"{'at most' if sound else 'at least'} {bound:g}"
    level = f"{'as' if low else 'NOT as'} predicted, {worst:.2g} of the line's error "
    level += f"at worst ({expected} expected)"
    beside = "" if np.isnan(worst) else f"{worst:.2g} of the line's error at worst, "
    level = f"{beside}not judged, for {reason}" if reason else level
    name = f"seed {member.values['seed']}"
    said.append(f"- {name}: {level}; {openings.end(row, plan.whole)}.")
lost = f"**{ends.count('stuck')} learned nothing**: no better than the mean of each "
lost += "neuron. Try another learning rate or more updates.\n\n"
Markdown(
    (lost if "stuck" in ends else "")
    + f"Error between samples on {' and '.join(families)}; {whole.count(True)} of "
    f"{counted(len(every), 'training')} reached the end:\n\n" + "\n".join(said)
)
