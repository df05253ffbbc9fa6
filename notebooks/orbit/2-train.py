# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How well does one setting learn gravity from pieces of orbits?
#
# A small network is shown a state (through a feature layer) and says an acceleration
# (through an output layer). It learns either by retracing short segments of orbits, or
# by matching accelerations that three neighbouring samples give away. Nobody tells it
# Newton's law, unless a layer is chosen that does.
#
# **You will see** the loss with its terms, the reference orbit after each phase, what
# goes into and comes out of the network along it, and how far the field is from
# Newton's. **Needs** nothing. **Takes** fifteen seconds with the defaults.
#
# Every seed of `seed` is a model of its own, and so is every one of `data_seed`; all of
# them train side by side as one program. Those that were trained before are not trained
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
data_seed: list[int] = [1]  # [1] in [0, inf): seeds of the sets of training orbits
points: int = 360  # [1] in [3, 100000]: samples over one period
position_noise: float = 0.0  # [R_E] in [0, inf): deviation (three_body: distance)
velocity_noise: float = 0.0  # [R_E/TU] in [0, inf): the same of the velocity
observed: Literal["state", "position"] = "state"  # [-] what of it the instrument sees
smoothing: Literal["none", "local"] = "none"  # [-] polynomials over many samples
system: Literal["two_body", "j2", "drag", "three_body"] = "two_body"  # [-] the truth
strength: float = 1.0  # [1] in [0, inf): times the Earth's J2 or the balloon's drag
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
] = "rtn_logmag"  # [-] how its raw numbers become an acceleration
scale: float = 1.0  # [R_E/TU²] in (0, inf): magnitude of the scaled output layers
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
] = "acceleration_matching"  # [-] what is minimised
nmse_weight: float = 1.0  # [1] in [0, inf): weight of the normalised error
penalty: float = 1.0  # [1] in [0, inf): times the usual weight of the further term
adjoint: Literal[
    "plain", "magnitude", "relative", "absolute"
] = "plain"  # [-] how the gradient of a trajectory is evened out along the orbit
segment_lengths: list[int] = [18]  # [1] in [2, inf): points of a segment, by phase
windows: list[list[float]] = [[0.0, 1.0]]  # [1] in [0, 1]: share kept of it, by phase
learning_rates: list[float] = [6e-3]  # [1] in (0, inf): largest step, by phase
steps: list[int] = [3000]  # [1] in [1, inf): optimiser steps, by phase
schedule: Literal["constant", "cosine"] = "cosine"  # [-] of the rate within a phase
solver: Literal["fast", "reference"] = "fast"  # [-] one step a sample, or adaptive
optimiser: Literal["adabelief", "adam"] = "adabelief"  # [-] begins anew in each phase
batch: int = 512  # [1] in [1, inf): segments or labelled states in a step
divergence: float = 1000.0  # [1] in (1, inf]: growth of the loss that ends a training
seed: list[int] = [0]  # [1] in [0, 4294967295]: of weights and order, one a model
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
from studies.orbit import batches, ensembles, figures, learning, recipes, tasks
from studies.orbit.features import feature_labels
from studies.orbit.models import architecture_of, build, prior_of
from studies.training import read_model, stack, write_model

# %% [markdown]
# ## What is learned from
#
# Training orbits are drawn from the family. The orbits that judge which parameters are
# best are drawn independently, as many again, the same for every data seed, and are
# observed with the same noise. The reference orbit has the mean elements of the first
# training set; it is only looked at.

# %%
drawn = {number: batches.drawn_by(parameters(), number) for number in data_seed}
sets = drawn[data_seed[0]]
reference = tasks.reference_orbit(sets.true, 0 if data_file else None, points)

# %%
recipe = recipes.Recipe.of(**parameters())
prior = prior_of(features, output_layer)
Markdown(
    f"{len(sets.training)} orbits with {int(sets.training.mask.sum())} samples train, "
    f"{len(sets.validation)} others judge. Features `{features}` with output layer "
    f"`{output_layer}` are **{prior}**."
)

# %% [markdown]
# ## Prediction
#
# With neutral layers a network of this size fits its training orbits to a few percent.
# Where the layers turn with the orbit (symmetry-informed) or hold the inverse square
# (law given), the training error should fall below one percent. Held-out orbits should
# be worse than training orbits, by a factor of two or more from ten orbits: they reach
# radii and speeds that training never saw.

# %%
bound = {"neutral": 5.0, "symmetry-informed": 1.0, "law given": 1.0}[prior]  # [%]

# %% [markdown]
# ## Training
#
# Acceleration matching integrates nothing. Labels $\tilde a$ are made from three
# neighbouring samples, and what is made small is the mean over samples of
#
# $$L = 100\,\langle \lVert a_\theta(x, v) - \tilde a \rVert / \lVert \tilde a \rVert
# \rangle.$$
#
# A loss of trajectories integrates $\dot x = v$ and $\dot v = a_\theta(x, v)$ from the
# first state of a segment and compares the states $\hat y$ with the samples $y$ behind
# it; `percent_error` is
#
# $$L = 100\,\langle \lVert \hat y - y \rVert / \lVert y \rVert \rangle.$$
#
# `losses` and `penalties` hold the others, with their equations.

# %%
every = members(together=("seed", "data_seed"))
todo = [member for member in every if member.existing is None]


def data_seed_of(member):
    """The data seed of a member's training orbits."""
    return member.values.get("data_seed", data_seed[0])


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
# Each model is kept with the history of its training, and with the reference orbit as
# it rolled it out with the best parameters of each phase.

# %%
followed = []
if todo:
    followed = [ensembles.follow(best, reference) for best in result.best_by_phase]
for place, member in enumerate(todo):
    outcome = result.outcome(place)
    phases = followed[: result.last_phase(place) + 1]
    extra = {
        "reference": np.stack([phase.states[place] for phase in phases]),
        "reference_error": np.array([phase.errors[place] for phase in phases]),
    }
    keep = partial(
        save_model, write=write_model, values=member.values, outcome=outcome.state
    )
    keep(
        result.member(place),
        history=result.history(place) | extra,
        diverged_at=outcome.diverged_at,
    )
    keep(result.best(place), kind="best", diverged_at=outcome.diverged_at)
if todo:
    checkpoint.unlink(missing_ok=True)  # the models are safe: no need to resume
    record("training_seconds", watch.seconds, "s", "time of the steps")
    record("compile_seconds", watch.compile_seconds, "s", "time of the compilation")
    record("steps_per_second", watch.rate, "1/s", "optimiser steps a second")
record("trained", len(todo), "1", "models trained in this run")

# %%
models = [load_model(member, partial(read_model, build=build)) for member in every]
histories = [history(member) for member in every]
ensemble = stack(models)


def on_own_orbits(measure):
    """A measure of each member on the orbits that it was trained on."""
    values = {number: measure(ensemble, each.true) for number, each in drawn.items()}
    return np.array([values[data_seed_of(x)][place] for place, x in enumerate(every)])


training_errors = on_own_orbits(ensembles.acceleration_errors)
held_out_errors = ensembles.acceleration_errors(ensemble, sets.validation)
flips = on_own_orbits(ensembles.output_flips)
losses = [float(course["loss"][-1]) for course in histories]
for name, values, unit, meaning in (
    ("final_loss", losses, "1", "loss of the last step"),
    ("training_error", training_errors, "%", "mean error on a model's own orbits"),
    ("held_out_error", held_out_errors, "%", "mean error on orbits that judge"),
    (
        "output_flips",
        flips,
        "%",
        "training samples at which outputs turn to their twin",
    ),
):
    for member, value in zip(every, values, strict=True):
        record(name, float(value), unit, meaning, member=member)

# %% [markdown]
# ## Loss
#
# If the training worked, the loss falls by orders of magnitude and flattens as the rate
# goes to zero; validation follows it and ends above it. A training that diverged breaks
# off. Each phase has its own data and rate, so only levels within a phase compare. We
# look at the model in the middle of the ranking.

# %%
shown = int(np.argsort(training_errors)[len(every) // 2])
which = ", ".join(f"{name} {value}" for name, value in every[shown].values.items())
known = histories[shown]
ended = [course["loss"] for course in histories]
whole = [bool(len(x) == recipe.total_steps and np.isfinite(x[-1])) for x in ended]
record("diverged", whole.count(False), "1", "trainings that diverged")
first, last = known["loss"][0], known["loss"][-1]
course = f"went from {first:.3g} to {last:.3g}"
if not whole[shown]:
    course += f" within {len(ended[shown])} steps, and the training was given up"
Markdown(
    f"{whole.count(True)} of {len(every)} reached their last step. The loss of the "
    f"model shown ({which}) {course}."
)

# %% tags=["figure"]
save_figure(
    figures.loss_curves(known, name="loss"),
    "loss",
    kind="loss",
    caption="Loss, its terms and the validation loss over the steps of a training, "
    f"{which}; shaded bands are its phases.",
    models=[every[shown]],
)

# %% [markdown]
# ## The reference orbit after each phase
#
# Rolled out for one period from its first state, the reference orbit shows what a small
# error of the acceleration does: it adds up. A good field closes the orbit; a field
# that is wrong near periapsis leaves it there.

# %%
orbit = reference.states[0]
time = reference.time[0]
rolled = known["reference"]
stray = np.linalg.norm(rolled[-1, :, :3] - orbit[:, :3], axis=-1)
unit = figures.length_unit(system)
meaning = "distance from the truth after a period of the reference orbit"
record("reference_stray", float(stray[-1]), unit, meaning)
meaning = "mean error of the acceleration along the reference orbit"
record("reference_error", float(known["reference_error"][-1]), "%", meaning)
Markdown(
    f"After a period the model shown is {stray[-1]:.3g} {unit} from where it should "
    f"be; along the true orbit its acceleration is wrong by "
    f"{known['reference_error'][-1]:.3g} % on average."
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
    caption="The reference orbit as the model rolls it out with the best parameters of "
    "each phase (a column each): path, position and its error over time; dashed, the "
    f"true orbit; {which}.",
    models=[every[shown]],
)

# %% [markdown]
# ## What goes in, what comes out
#
# Features along the rolled-out orbit beside those along the true one: the network is
# asked where its own errors have led it. Below, the output along the true orbit: the
# size of the acceleration spans a decade or more and peaks at periapsis (dotted), where
# samples are few. A magnitude that changes sign together with its direction is the twin
# failure; it costs nothing here and everything between the orbits.

# %%
outside = ensembles.open_up(models[shown], orbit)
strayed = ensembles.open_up(models[shown], rolled[-1])
labels = feature_labels(features, space=space)
exact = reference.acceleration[0]
size = np.linalg.norm(exact, axis=-1)
closest = float(time[np.argmin(np.linalg.norm(orbit[:, :3], axis=-1))])
fold = size.max() / size.min()
Markdown(
    f"Along the reference orbit the true acceleration varies {fold:.3g}-fold. Outputs "
    f"turn to their twin at {flips[shown]:.3g} % of the training samples (at worst, in "
    f"{len(every)}, {np.max(flips):.3g} %)."
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
    caption="Features over time along the rolled-out reference orbit (solid) and along "
    f"the true one (dashed), and below their difference; {which}.",
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
    caption="Size of the acceleration, and magnitude and direction that the network "
    "says, over time along the true reference orbit; dashed, the true size; "
    f"{which}.",
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
    f"reference orbit, and the radial part of both; dashed, the truth; {which}.",
    models=[every[shown]],
)

# %% [markdown]
# ## Verdict

# %%
kept = np.flatnonzero(whole)
middle = float(np.median(training_errors[kept])) if kept.size else np.nan
other = float(np.median(held_out_errors[kept])) if kept.size else np.nan
meaning = "median over models that reached their last step, own orbits"
record("training_error_median", middle, "%", meaning)
meaning = "median over models that reached their last step, orbits that judge"
record("held_out_error_median", other, "%", meaning)
held = "as predicted, below" if middle <= bound else "against the prediction, above"
gap = other / middle
twice = "at least the" if gap >= 2 else "against the prediction less than the"
number = f"{len(kept)} trained model{'s' if len(kept) > 1 else ''}"
verdict = (
    f"Over {number} the median acceleration error on the training orbits is "
    f"**{middle:.3g} %**: {held} the {bound:g} % expected of such layers ({prior}). On "
    f"orbits drawn independently it is **{other:.3g} %**, {gap:.2g} times as large: "
    f"{twice} expected factor of two."
)
if not kept.size:
    verdict = "**Every training diverged**: this setting learns nothing."
Markdown(verdict)
