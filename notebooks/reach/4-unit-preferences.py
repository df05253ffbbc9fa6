# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which direction does each hidden unit prefer, and does a field turn it?
#
# The activity of a hidden unit during reaches in all directions is fitted as a linear
# function of the force that the network commands, or of the position of the goal. The
# gradient of that function points in the unit's *preferred direction*. A field changes
# the forces that a reach needs, so preferences for the goal may turn although the
# network is the same.
#
# **You will see** histograms of preferred directions around the circle, for force and
# for goal, while speeding up and slowing down, at rest and under a static load. You
# will also see how far a curl field turns them, and whether units prefer the force that
# their readout produces. **Needs** models of `1-train`, chosen by their parameters.
# **Takes** half a minute for twenty models on two cores.
#
# The fit is by least squares, solved exactly from sums over trials and time. *Speeding
# up* is the time until peak speed, and *slowing down* is an equally long time after it.
# The *training std* of a model is the standard deviation of the field strength in
# training.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
curl: float = 4.0  # [N s/m] in (-inf, inf): amplitude of the curl field in the test
load: float = 0.4  # [N] in (0, inf): size of the static load
context: float = 0.0  # [1] context given to models that have a context input
directions: int = 24  # [1] in [3, 360]: directions of reaches and of loads
grid: int = 5  # [1] in [2, 20]: places at rest are grid × grid
evaluations: int = 2  # [1] in [1, 1000]: repeats of each trial, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the noise in the test
# fmt: on

# %%
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import number
from studies.reach import evaluation, figures, preferences
from studies.reach import robustness as robust
from studies.reach.tasks import centre_out, steady_states
from studies.reach.trained import load_trained

# %% [markdown]
# ## The models, and the memory of their evaluation
#
# A replicate is excluded if its lowest validation loss is more than two standard
# deviations above that of the best replicate of its training std. This rule is taken
# from [laboratory notes](/pages/references.qmd#reach-notes) on this task. Where
# replicates agree closely, it also excludes some that have learned well.

# %%
trained = load_trained(catalogue, models)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
keys = jax.random.split(jax.random.key(evaluation_seed), 3)


# %%
def known(trials):
    """Trials with the context that these models are given."""
    return trials._replace(context=trials.context + context)


reaches = evaluation.across_fields(
    known(centre_out(1, directions)), "curl", [0.0, curl]
)
places = jax.tree.map(lambda x: x[None], known(steady_states(grid)))
loads = evaluation.across_loads(known(steady_states(1)), load, directions)
reduction = preferences.reach_moments
memory = evaluation.memory(stacked, loop, reaches, evaluations, reduction)
catalogue.record("memory", memory.held / 1e6, "MB", "memory held during the evaluation")
Markdown(
    f"{trained}. {directions} reaches × {evaluations} repeats "
    f"× 2 fields each: {memory}."
)

# %% [markdown]
# **Prediction.** Preferred directions should cover the circle evenly. On average a unit
# should prefer the force that its readout produces. Goal preferences should reverse
# between speeding up and slowing down, because the force reverses. A unit that is tuned
# to force should keep its preferred force in the curl field, but its preferred goal
# should change. Against a field that pushes to the left, forces point to the right of
# the goal. Preferred goals should therefore turn to the left while speeding up, and
# preferred forces should turn less.

# %%
moments = evaluation.evaluate(stacked, loop, reaches, evaluations, keys[0], reduction)
fits = {
    name: preferences.fit(preferences.total(getattr(moments, name), (2,)))
    for name in moments._fields
}
steady = preferences.steady_moments
rest = evaluation.evaluate(stacked, loop, places, evaluations, keys[1], steady)
held = evaluation.evaluate(stacked, loop, loads, evaluations, keys[2], steady)
at_rest = preferences.fit(preferences.total(rest.position, (1, 2)))
under_load = preferences.fit(preferences.total(held.load, (1, 2)))
pushes = preferences.readout_angles(stacked.readout.weight)
colours = trained.colours
named = {f"training std {std:g}": std for std in stds}
line_colours = {name: colours[std] for name, std in named.items()}


# %%
def by_std(angles):
    """Angles of all units of all replicates, by training std; first axis: models."""
    return {
        name: np.asarray(angles)[trained.of_std(std)] for name, std in named.items()
    }


# %% [markdown]
# ## Preferred directions without a field
#
# The figure pools all replicates of a training std. A circle of radius 1 is an even
# distribution. Two opposite peaks would mean that the network works with units in
# opposition.

# %% tags=["figure"]
titles = {
    "force_speeding": "force, speeding up",
    "force_slowing": "force, slowing down",
    "goal_speeding": "goal, speeding up",
    "goal_slowing": "goal, slowing down",
}
catalogue.save_figure(
    figures.angle_histograms(
        {title: by_std(fits[name].angle[:, 0]) for name, title in titles.items()},
        line_colours,
    ),
    "preferred-directions",
    kind="preference histograms",
    caption="Density of the preferred directions of hidden units around the circle in "
    "reaches without a field, for force and for goal, while speeding up and slowing "
    "down, a curve for each training std.",
    models=trained.table,
)

# %%
lines = ["| fit | explained variance, median over units [1] |", "|---|---:|"]
for name, title in titles.items():
    explained = preferences.middle(fits[name].explained[:, 0])
    meaning = f"variance that the fit of {title} explains, median over units"
    if np.isfinite(explained):
        catalogue.record(f"explained_{name}", explained, "1", meaning)
    lines.append(f"| {title} | {number(explained)} |")
for name, fit in {"position at rest": at_rest, "static load": under_load}.items():
    explained = preferences.middle(fit.explained)
    meaning = f"variance that the fit of {name} explains, median over units"
    if np.isfinite(explained):
        name_of = f"explained_{name.replace(' ', '_')}"
        catalogue.record(name_of, explained, "1", meaning)
    lines.append(f"| {name} | {number(explained)} |")
Markdown("\n".join(lines))

# %% [markdown]
# ## Turns of preferred directions by a field
#
# The figure shows the change of each unit's preferred direction from no field to the
# curl field. Turns to the left (counter-clockwise) are positive. Goal preferences
# should turn and force preferences should stay.

# %% tags=["figure"]
changes = {
    name: preferences.turned(fits[name].angle[:, 0], fits[name].angle[:, 1])
    for name in titles
}
catalogue.save_figure(
    figures.angle_histograms(
        {title: by_std(changes[name]) for name, title in titles.items()}, line_colours
    ),
    "change-by-field",
    kind="preference histograms",
    caption="Density of the change of each unit's preferred direction from no field to "
    f"a curl field of {curl:g} N s/m, positive to the left, a curve for each training "
    "std.",
    models=trained.table,
)

# %%
turns = {}
for name in titles:
    for std in stds:
        member = {"field_std": std}
        meaning = f"mean turn of preferred directions by the field, {titles[name]}"
        turn = np.degrees(preferences.circular_mean(changes[name][trained.of_std(std)]))
        turns[name, std] = turn = float(turn)
        if np.isfinite(turn):
            catalogue.record(f"turn_{name}", turn, "degrees", meaning, member=member)
heads = " | ".join(f"{std:g}" for std in stds)
lines = [
    f"| mean turn [degrees] \\ training std | {heads} |",
    "|---|" + "---:|" * len(stds),
]
for name, title in titles.items():
    values = " | ".join(number(np.round(turns[name, std])) for std in stds)
    lines.append(f"| {title} | {values} |")
Markdown("\n".join(lines))

# %% [markdown]
# ## At rest, and under a static load
#
# If the hand is at rest, a unit may prefer a place of the workspace. If a load pulls at
# the hand, a unit may prefer the force against the load. Both are fitted at the end of
# trials, so we also report how far the hand then is from its target.

# %% tags=["figure"]
catalogue.save_figure(
    figures.angle_histograms(
        {
            "place at rest": by_std(at_rest.angle),
            f"force against a load of {load:g} N": by_std(under_load.angle),
            "direction of the readout": by_std(pushes),
        },
        line_colours,
    ),
    "steady-preferences",
    kind="preference histograms",
    caption="Density around the circle of the places that units prefer at rest, of the "
    "forces that they prefer under a static load, and of the directions of their "
    "readout, a curve for each training std.",
    models=trained.table,
)

# %%
errors = {
    std: [
        1000 * float(np.median(np.asarray(kept.error)[trained.of_std(std)]))
        for kept in (rest, held)
    ]
    for std in stds
}
for std, (free, loaded) in errors.items():
    member, meaning = {"field_std": std}, "median distance of the hand from its target"
    catalogue.record("holding_error", free, "mm", f"{meaning}, free", member=member)
    meaning += ", under a static load"
    catalogue.record("holding_error_loaded", loaded, "mm", meaning, member=member)
parts = [
    f"{a:.3g} and {b:.3g} mm at training std {s:g}" for s, (a, b) in errors.items()
]
Markdown(f"Median distance to the place, free and under load: {'; '.join(parts)}.")

# %% [markdown]
# ## Do units prefer the force that they produce?
#
# We compute the mean cosine between a unit's preferred force and the direction of its
# column of the readout. It is 1 if every unit is active for the force that it produces,
# and 0 if there is no relation. Along the reach the fit is made over directions at each
# time step.

# %%
kinds = {
    "force, speeding up": fits["force_speeding"].angle[:, 0],
    "force, slowing down": fits["force_slowing"].angle[:, 0],
    "static load": under_load.angle,
}
likeness = {
    (title, std): [
        preferences.agreement(preferences.turned(pushes[place], angles[place]))
        for place in trained.of_std(std)
    ]
    for title, angles in kinds.items()
    for std in stds
}
lines = [
    f"| mean cosine [1] \\ training std | {heads} |",
    "|---|" + "---:|" * len(stds),
]
for title in kinds:
    for std in stds:
        value = float(np.median(likeness[title, std]))
        tag = f"agreement_{title.replace(', ', '_').replace(' ', '_')}"
        meaning = (
            f"mean cosine of readout and preferred {title}, median over replicates"
        )
        if np.isfinite(value):  # a force that never slows the hand has no direction
            catalogue.record(tag, value, "1", meaning, member={"field_std": std})
    values = " | ".join(number(float(np.median(likeness[title, x]))) for x in stds)
    lines.append(f"| {title} | {values} |")
Markdown("\n".join(lines))

# %% tags=["figure"]
in_time = fits["force_in_time"].angle[:, 0]
cosines = preferences.agreement_in_time(preferences.turned(pushes[:, None], in_time))
time = np.arange(1, loop.controls) * loop.dt
catalogue.save_figure(
    figures.angles_in_time(time, by_std(cosines[:, 1:]), line_colours),
    "agreement-in-time",
    kind="preferences in time",
    caption="Mean cosine between the preferred force of units and their readout over "
    "time along the reach, median and range over replicates, a curve for each training "
    "std.",
    models=trained.table,
)

# %% [markdown]
# **Verdict.** Numbers are means over units and replicates, at the lowest and the
# highest training std.

# %%
ends = list(dict.fromkeys((stds[0], stds[-1])))
flip = preferences.turned(
    fits["goal_speeding"].angle[:, 0], fits["goal_slowing"].angle[:, 0]
)
flips = {std: preferences.agreement(flip[trained.of_std(std)]) for std in stds}
for std in stds:
    meaning = "mean cosine of preferred goals while speeding up and slowing down"
    if np.isfinite(flips[std]):
        member = {"field_std": std}
        catalogue.record("goal_flip", flips[std], "1", meaning, member=member)
loaded = {std: float(np.median(likeness["static load", std])) for std in stds}
left = all(turns["goal_speeding", std] * np.sign(curl) > 0 for std in stds)
less = all(
    abs(turns["force_speeding", std]) < abs(turns["goal_speeding", std]) for std in stds
)

# %%
claims = [
    robust.verdict(
        all(value < 0 for value in flips.values()),
        "goal preferences reverse between speeding up and slowing down (mean cosine "
        + ", ".join(f"{number(flips[std])} at training std {std:g}" for std in ends)
        + ").",
    ),
    robust.verdict(
        left,
        "the field turns goal preferences to the side to which it pushes, while "
        "speeding up (by "
        + ", ".join(f"{turns['goal_speeding', std]:.0f}°" for std in ends)
        + ").",
    ),
    robust.verdict(
        less, "the field turns force preferences less than goal preferences."
    ),
    robust.verdict(
        all(value > 0 for value in loaded.values()),
        "units prefer the force that their readout produces, under load (mean cosine "
        + ", ".join(f"{number(loaded[std])} at training std {std:g}" for std in ends)
        + ").",
    ),
]
text = " ".join(claims).replace("**", "")
catalogue.record("verdict", text, "-", "whether the predictions hold, in sentences")
Markdown("\n\n".join(claims))
