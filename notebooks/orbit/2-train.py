# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How well does one setting learn gravity from segments of orbits?
#
# A small network is shown a state through a feature layer, and its outputs become an
# acceleration through an output layer. It learns in one of two ways. It retraces short
# segments of orbits, or it matches accelerations that are estimated from three
# neighbouring samples. Newton's law is not built in, unless a layer is chosen that
# contains it.
#
# **You will see** the loss with its terms, a reference orbit as the model predicts it
# after each phase of training, the inputs and outputs of the network along that orbit,
# and how far the learned field is from Newton's. **Needs** nothing. **Takes** fifteen
# seconds with the defaults.
#
# Each pair of a value of `seed` and a value of `data_seed` gives a model. All of them
# train side by side in one program. Models that were trained before are not trained
# again.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
family: Literal[
    "single", "simple", "complex", "circular", "fixnu0", "fixnu20", "low"
] = "complex"  # [-] ranges that the orbits are drawn from
space: bool = False  # [-] orbits in space; otherwise in one plane
orbits: int = 10  # [1] in [1, 10000]: number of training orbits
data_seed: list[int] = [1]  # [1] in [0, inf): seeds that the training orbits come from
points: int = 360  # [1] in [3, 100000]: samples over one period
position_noise: float = 0.0  # [R_E] in [0, inf): deviation of a position component
velocity_noise: float = 0.0  # [R_E/TU] in [0, inf): deviation of a velocity component
observed: Literal["state", "position"] = "state"  # [-] what the instrument measures
smoothing: Literal["none", "local"] = "none"  # [-] local polynomials against noise
system: Literal["two_body", "j2", "drag", "three_body"] = "two_body"  # [-] true law
strength: float = 1.0  # [1] in [0, inf): factor on the Earth's J2 or the balloon's drag
data_file: str = ""  # [file] your own orbits (CSV or Parquet) instead of drawn ones
features: Literal[
    "cartesian_only", "rinv_vel", "rinv_vinv", "rinv_speed_vhat", "rhat_vhat_speed",
    "rinv_vel_logra", "rinv_vel_harmonics", "rinv_vel_vrvt", "pos", "rtn",
    "rtn_norm", "rinv_vel_loga_energy"
] = "rtn"  # [-] what the network is shown of a state
output_layer: Literal[
    "simple", "hybrid", "signed", "signed_unit", "abs", "scaled", "unit",
    "unit_scaled", "softplus", "unit_softplus", "activation", "activation_sigmoid",
    "logmag_exp", "logmag_unit_exp", "logmag_unit_softplus", "logmag_unit_tanh_exp",
    "logmag_unit_tanh_softplus", "rtn", "rtn_logmag", "hybrid_r2", "signed_r2",
    "signed_unit_r2", "abs_r2", "scaled_r2", "unit_r2", "unit_scaled_r2",
    "softplus_r2", "unit_softplus_r2", "activation_r2", "activation_sigmoid_r2",
    "logmag_exp_r2", "logmag_unit_exp_r2", "logmag_unit_softplus_r2",
    "logmag_unit_tanh_exp_r2", "logmag_unit_tanh_softplus_r2", "rtn_r2",
    "rtn_logmag_r2"
] = "rtn_logmag"  # [-] how the network's raw outputs become an acceleration
scale: float = 1.0  # [R_E/TU²] in (0, inf): unit of magnitude in scaled output layers
activation: Literal[
    "tanh", "leaky_relu", "relu", "elu", "gelu", "silu", "softplus"
] = "silu"  # [-] function of the hidden layers
width: int = 64  # [1] in [1, 4096]: units of a hidden layer
depth: int = 2  # [1] in [0, 64]: hidden layers
loss: Literal[
    "percent_error", "percent_error_plus_nmse", "mean_squared_error",
    "relative_squared_error", "percent_error_weighted", "mse_with_reg",
    "percent_error_with_reg", "percent_error_with_attraction",
    "percent_error_with_energy", "l2_weight_norm", "optimal_transport",
    "jacobian_norm", "multi_step_rollout", "steer_temporal",
    "residual_state_percent_error", "residual_state_nmse",
    "residual_state_percent_error_plus_acceleration_mpe",
    "residual_state_nmse_plus_acceleration_mpe", "acceleration_matching"
] = "acceleration_matching"  # [-] function that training minimises
nmse_weight: float = 1.0  # [1] in [0, inf): weight of the normalised squared error
penalty: float = 1.0  # [1] in [0, inf): factor on the usual weight of the added term
adjoint: Literal[
    "plain", "magnitude", "relative", "absolute"
] = "plain"  # [-] how the gradient of a trajectory is evened out along the orbit
segment_lengths: list[int] = [18]  # [1] in [2, inf): samples of a segment, by phase
windows: list[list[float]] = [[0.0, 1.0]]  # [1] in [0, 1]: part of a segment, by phase
learning_rates: list[float] = [6e-3]  # [1] in (0, inf): largest step, by phase
steps: list[int] = [3000]  # [1] in [1, inf): optimiser steps, by phase
schedule: Literal["constant", "cosine"] = "cosine"  # [-] course of the learning rate
solver: Literal["fast", "reference"] = "fast"  # [-] one step a sample, or adaptive
optimiser: Literal["adabelief", "adam"] = "adabelief"  # [-] method of gradient descent
batch: int = 512  # [1] in [1, inf): segments or labelled states in a step
divergence: float = 1000.0  # [1] in (1, inf]: growth of the loss that ends a training
seed: list[int] = [0]  # [1] in [0, 4294967295]: seeds of weights and order, one a model
# fmt: on

# %%
from functools import partial

import numpy as np
from IPython.display import Markdown

from fieldnotes.catalogue import (
    artifact,
    history,
    load_model,
    members,
    parameters,
    progress,
    record,
    save_figure,
    save_model,
)
from studies.evidence import counted, number
from studies.orbit import (
    batches,
    ensembles,
    figures,
    learning,
    penalties,
    recipes,
    tasks,
    trainings,
)
from studies.orbit.features import feature_labels
from studies.orbit.models import architecture_of, prior_of, read
from studies.training import stack, write_model

# %% [markdown]
# ## Training, validation and reference orbits
#
# Training orbits are drawn from the family. Equally many *validation orbits* decide
# which parameters of a training are best. They are drawn independently, are the same
# for every data seed, and are observed with the same noise. A file of your own is split
# by whole orbits instead. The *reference orbit* has the mean elements of the first
# training set, or is the first training orbit of the file. It is used for figures only.

# %%
drawn = {number: batches.drawn_by(parameters(), number) for number in data_seed}
sets = drawn[data_seed[0]]
reference = tasks.reference_orbit(sets.true, 0 if data_file else None, points)

# %%
recipe = recipes.Recipe.of(**parameters())
prior = prior_of(features, output_layer)
record("training_orbits", len(sets.training), "1", "orbits that a model trains on")
Markdown(
    f"{trainings.of_data(sets, data_file, orbits, space)} Features `{features}` with "
    f"output layer `{output_layer}` are **{prior}**."
)

# %% [markdown]
# ## Prediction
#
# Layers build in more or less physics. *Neutral* layers assume nothing about the field.
# *Symmetry-informed* layers use axes that turn with the orbit. *Law-given* layers
# contain the inverse square of the distance. With neutral layers a network of this size
# should fit its training orbits to a few percent, and with the two other kinds to less
# than one percent. On validation orbits the error should be at least twice as large
# when there are ten training orbits, because validation orbits reach radii and speeds
# that training never saw.

# %%
bound = {"neutral": 5.0, "symmetry-informed": 1.0, "law given": 1.0}[prior]  # [%]

# %% [markdown]
# ## Training
#
# Acceleration matching integrates nothing. Labels $\tilde a$ are estimated from three
# neighbouring samples each. The loss compares them with the network's acceleration
# $a_\theta$, as a mean over samples:
#
# $$L = 100\,\langle \lVert a_\theta(x, v) - \tilde a \rVert / \lVert \tilde a \rVert
# \rangle.$$
#
# A loss of trajectories integrates $\dot x = v$ and $\dot v = a_\theta(x, v)$ from the
# first state of a segment. It compares the states $\hat y$ with the samples $y$ that
# follow. The loss `percent_error` is
#
# $$L = 100\,\langle \lVert \hat y - y \rVert / \lVert y \rVert \rangle.$$
#
# The modules `losses` and `penalties` hold the other losses, with their equations.

# %%
every = members(together=("seed", "data_seed"))
todo = [member for member in every if member.existing is None]


def data_seed_of(member):
    """The data seed of a member's training orbits."""
    return member.values.get("data_seed", data_seed[0])


def on_own_orbits(measure, models, of):
    """A measure of each model on the orbits that it was trained on."""
    values = {number: measure(models, each.true) for number, each in drawn.items()}
    return np.array([values[data_seed_of(x)][place] for place, x in enumerate(of)])


watch = learning.Stopwatch(progress(recipe.total_steps))
if todo:
    checkpoint = artifact(f"checkpoint-{len(todo)}-{todo[0].identity}.eqx")
    result = learning.fit(
        recipe,
        architecture_of(parameters()),
        batches.of_members(drawn, [data_seed_of(member) for member in todo]),
        sets.validation,
        [member.values["seed"] for member in todo],
        report=watch,
        checkpoint=checkpoint,
    )

# %% [markdown]
# Each model is saved with the history of its training. With it goes the reference orbit
# as the model predicts it from the first state (its *rollout*), with the best
# parameters of each phase. A model that errs on its training orbits as much as a field
# of zero would is *stuck*: it learned nothing.

# %%
followed, ends = [], ()
if todo:
    followed = [ensembles.follow(best, reference) for best in result.best_by_phase]
    ends = on_own_orbits(ensembles.acceleration_errors, result.final, todo)
for place, member in enumerate(todo):
    outcome = result.outcome(place)
    phases = followed[: result.last_phase(place) + 1]
    extra = {
        "reference": np.stack([phase.states[place] for phase in phases]),
        "reference_error": np.array([phase.errors[place] for phase in phases]),
    }
    keep = partial(
        save_model,
        write=write_model,
        read=read,
        values=member.values,
        outcome=trainings.outcome(outcome.state, ends[place]),
    )
    keep(
        result.member(place),
        history=result.history(place) | extra,
        diverged_at=outcome.diverged_at,
    )
    keep(result.best(place), kind="best", diverged_at=outcome.diverged_at)

# %%
if todo:
    checkpoint.unlink(missing_ok=True)  # the models are safe: no need to resume
    record("training_seconds", watch.seconds, "s", "time of all optimiser steps")
    if np.isfinite(watch.rate):  # not of a training that broke off at once
        meaning = "time of compiling the step"
        record("compile_seconds", watch.compile_seconds, "s", meaning)
        record("steps_per_second", watch.rate, "1/s", "optimiser steps a second")
record("trained", len(todo), "1", "models trained in this run")

# %%
models = [load_model(member, read) for member in every]
histories = [history(member) for member in every]
ensemble = stack(models)

training_errors = on_own_orbits(ensembles.acceleration_errors, ensemble, every)
held_out_errors = ensembles.acceleration_errors(ensemble, sets.validation)
flips = on_own_orbits(ensembles.output_flips, ensemble, every)
losses = [float(course["loss"][-1]) for course in histories]

# %%
on_training = "mean acceleration error on the model's training orbits"
on_validation = "mean acceleration error on validation orbits"
sign = "training samples at which magnitude and direction both change sign"
for name, values, unit, meaning in (
    ("final_loss", losses, penalties.unit(loss), "training loss at the last step"),
    ("training_error", training_errors, "%", on_training),
    ("held_out_error", held_out_errors, "%", on_validation),
    ("output_flips", flips, "%", sign),
):
    told = sets.independent or name != "held_out_error"
    for member, value in zip(every, values, strict=True) if told else ():
        if not np.isnan(value):  # of a training that diverged
            record(name, float(value), unit, meaning, member=member)

# %% [markdown]
# ## Loss
#
# If the training worked, the loss falls by orders of magnitude and flattens as the
# learning rate goes to zero. The validation loss follows it and ends above it. The
# curve of a training that diverged breaks off. Each phase has its own data and learning
# rate, so losses can be compared within a phase only. The figures show the model whose
# training error is the median of all models of this run, the lower of two in the
# middle.

# %%
shown = int(np.argsort(training_errors)[(len(every) - 1) // 2])
which = ", ".join(f"{name} {value}" for name, value in every[shown].values.items())
known = histories[shown]
ended = [course["loss"] for course in histories]
whole = [bool(len(x) == recipe.total_steps and np.isfinite(x[-1])) for x in ended]
record("diverged", whole.count(False), "1", "number of trainings that diverged")
first, last = known["loss"][0], known["loss"][-1]
to = f"to {last:.3g}" if np.isfinite(last) else "beyond all numbers"
course = f"went from {first:.3g} {to}"
if not whole[shown]:
    course += f" within {len(ended[shown])} steps, and the training was given up"
reached = f"{whole.count(True)} of {counted(len(every), 'training')}"
Markdown(
    f"{reached} reached the last step. The loss of the model shown ({which}) {course}."
)

# %% tags=["figure"]
save_figure(
    figures.loss_curves(known, penalties.unit(loss)),
    "loss",
    kind="loss",
    caption="Training loss, its terms and the validation loss against the optimiser "
    f"step. Shaded bands are phases of the training. Model with {which}."
    + ("" if sets.independent else " Validation uses the training orbit."),
    models=[every[shown]],
)

# %% [markdown]
# ## The reference orbit after each phase
#
# The model predicts the reference orbit from its first state, over one period or as
# long as the file follows it. Small errors of the acceleration add up along the way. If
# the learned field is good, the orbit closes. If it is wrong near periapsis, the
# predicted orbit leaves the true one there.

# %%
orbit = reference.states[0]
time = reference.time[0]
rolled = known["reference"]
stray = np.linalg.norm(rolled[-1, :, :3] - orbit[:, :3], axis=-1)
unit = figures.length_unit(system)
meaning = "distance from the true position at the end of the reference orbit"
along = float(known["reference_error"][-1])
away = f"is {number(stray[-1])} {unit} from the true one"
if np.isfinite(stray[-1]):
    record("reference_stray", float(stray[-1]), unit, meaning, member=every[shown])
else:
    away = "has run away, so that its distance from the truth is not a number"
meaning = "mean acceleration error along the reference orbit"
if np.isfinite(along):
    record("reference_error", along, "%", meaning, member=every[shown])
Markdown(
    f"{trainings.of_reference(reference, data_file)} the predicted position {away}. "
    "Along the true orbit the acceleration of this model is wrong by "
    f"{number(along)} % on average."
)

# %% tags=["figure"]
save_figure(
    figures.reference_phases(
        time,
        orbit,
        [
            figures.ReferencePhase(f"phase {phase + 1}", rolled[phase], float(error))
            for phase, error in enumerate(known["reference_error"])
        ],
        length=unit,
    ),
    "reference",
    kind="reference orbit",
    caption="Rollout of the reference orbit with the best parameters of each phase, "
    "one column a phase: its path, its position and its position error over time. "
    f"Dashed lines are the true orbit. Model with {which}.",
    models=[every[shown]],
)

# %% [markdown]
# ## What goes in, what comes out
#
# The first figure shows the features along the rollout beside those along the true
# orbit. They differ because in a rollout the network is evaluated where its own errors
# have led it. The second figure shows the outputs along the true orbit. The size of the
# acceleration spans a decade or more and peaks at periapsis (dotted line), where
# samples are few. Some output layers multiply a magnitude by a direction. If both
# change sign together, the acceleration is unchanged on the orbit, but between orbits
# the field passes through zero. We count such sign changes as *output flips*.

# %%
outside = ensembles.open_up(models[shown], orbit)
strayed = ensembles.open_up(models[shown], rolled[-1])
labels = feature_labels(features, space=space)
exact = reference.acceleration[0]
size = np.linalg.norm(exact, axis=-1)
closest = float(time[np.argmin(np.linalg.norm(orbit[:, :3], axis=-1))])
fold = size.max() / size.min()
worst = f", and at {number(np.max(flips))} % in the worst of {len(every)} models"
worst = worst if len(every) > 1 else ""
Markdown(
    f"Along the reference orbit the true acceleration varies {fold:.3g}-fold. Outputs "
    f"of the model shown flip at {number(flips[shown])} % of the training samples"
    f"{worst}."
)

# %% tags=["figure"]
save_figure(
    figures.values_over_time(
        time,
        dict(zip(labels, strayed.inputs.T, strict=True)),
        dict(zip(labels, outside.inputs.T, strict=True)),
        periapsis=closest,
    ),
    "features",
    kind="features",
    caption="Features that the network is shown, over time along the rollout of the "
    "reference orbit (solid) and along the true orbit (dashed), with the difference of "
    f"the two below. Model with {which}.",
    models=[every[shown]],
)

# %% tags=["figure"]
save_figure(
    figures.values_over_time(
        time,
        outside.named(3 if space else 2),
        {"|a|": size},
        periapsis=closest,
        unit=f"{unit}/TU²",
    ),
    "outputs",
    kind="outputs",
    caption="Size of the learned acceleration, and the magnitude and direction that "
    "the network puts out, over time along the true reference orbit. The dashed line "
    f"is the true size. Model with {which}.",
    models=[every[shown]],
)

# %% tags=["figure"]
save_figure(
    figures.directions_over_time(
        time,
        orbit[:, :3],
        exact,
        outside.acceleration,
        length=unit,
    ),
    "directions",
    kind="directions",
    caption="Angle between the learned and the true acceleration over time along the "
    "reference orbit, and the radial part of both. Dashed lines are the truth. Model "
    f"with {which}.",
    models=[every[shown]],
)

# %% [markdown]
# ## Verdict

# %%
kept = np.flatnonzero(whole)
on_own, on_others = training_errors[kept], held_out_errors[kept]
told = {"training": (on_own, "training orbits")}
if sets.independent:
    told["held_out"] = (on_others, "validation orbits")
for name, (values, words) in told.items():
    meaning = f"median over undiverged models of the mean acceleration error, {words}"
    if kept.size:
        record(f"{name}_error_median", float(np.median(values)), "%", meaning)
meaning = "trainings that ended no better on their training orbits than a field of zero"
record("stuck", int(sum(map(trainings.stuck, on_own))), "1", meaning)
Markdown(trainings.of_training(on_own, on_others, sets, bound, prior))
