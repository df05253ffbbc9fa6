# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How far does a field push a controller that was trained against it?
#
# Controllers were trained under fields of random strength, whose standard deviation is
# the *training std*. Here they make reaches of 0.5 m under fields of fixed strength,
# the *amplitude*. They receive no information about the field except that their
# feedback reports the deviation of the hand.
#
# **You will see** reaches in the workspace and in the frame of the reach, profiles of
# velocity, and measures of deviation, error and force over thousands of trials.
# **Needs** models of `1-train`, chosen by their parameters. **Takes** a minute for
# twenty models on two cores.
#
# A curl field pushes to the left of the movement and a constant field to the left of
# the reach. A deviation to the left is therefore caused by the field, and a force to
# the right corrects it. All models meet the same reaches and the same noise.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
field: Literal["curl", "constant"] = "curl"  # [-] kind of field in the test
amplitudes: list[float] = [0.0, 4.0]  # [N s/m] in [0, inf): ascending; in N if constant
context: float = 0.0  # [1] context given to models that have a context input
grid: int = 1  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 8  # [1] in [2, 360]: reaches from each place
evaluations: int = 2  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of the noise in the test
# fmt: on

# %%
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.reach import evaluation, figures, metrics, reductions, robustness
from studies.reach.tasks import REACH, centre_out
from studies.reach.trained import load_trained

# %% [markdown]
# ## The models, and the memory of their evaluation
#
# A replicate is excluded if its lowest validation loss is more than two standard
# deviations above that of the best replicate of its training std. This rule is taken
# from [laboratory notes](/pages/references.qmd#reach-notes) on this task. Where
# replicates agree closely, it also excludes some that have learned well.
#
# Trials are evaluated in chunks. Only measures of each trial and means over trials are
# kept. The memory is computed from array shapes before anything runs.

# %%
trained = load_trained(catalogue, models)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
keys = jax.random.split(jax.random.key(evaluation_seed), 3)


# %%
def under_fields(reaches):
    """These reaches under each amplitude of the field, as the models know reaches."""
    told = reaches._replace(context=reaches.context + context)
    known = evaluation.as_trained(told, trained.rows, keys[0])
    return evaluation.across_fields(known, field, amplitudes)


many = under_fields(centre_out(grid, directions))
few = under_fields(centre_out(grid=1, directions=7))
reduction = reductions.ReachReduction(loop)
memory = evaluation.memory(stacked, loop, many, evaluations, reduction)
catalogue.record("memory", memory.held / 1e6, "MB", "memory held during the evaluation")
Markdown(
    f"{trained}. {many.curl.shape[1]} reaches × {evaluations} repeats "
    f"× {len(amplitudes)} fields each: {memory}."
)

# %% [markdown]
# **Prediction.** Without a field all models should reach alike. Under a field of any
# amplitude, the hand should deviate less the larger the training std. A controller that
# cannot know the field has to be robust in advance. It should push harder at the
# beginning of every reach and respond more strongly to its feedback, also without a
# field.

# %%
evaluated = evaluation.evaluate(stacked, loop, many, evaluations, keys[1], reduction)
variants = [{"amplitude": float(amplitude)} for amplitude in amplitudes]
frame = reductions.table(evaluated.measures, trained.members, variants)
repeats = min(evaluations, 5)
shown = [
    evaluation.evaluate(
        stacked, loop, few, repeats, keys[2], reductions.PathReduction(loop, aligned)
    )
    for aligned in (False, True)
]
workspace, aligned = (figures.Shown(paths, trained) for paths in shown)
weakest, strongest = 0, len(amplitudes) - 1
low, high = trained.of_std(stds[0]), trained.of_std(stds[-1])
unit = "N s/m" if field == "curl" else "N"
under = [f"under a {field} field of {amplitude:g} {unit}" for amplitude in amplitudes]

# %% [markdown]
# ## In the workspace
#
# The first two figures show one replicate of the lowest and one of the highest training
# std under the strongest field, with all repeats. The third shows all replicates with
# one trial each. Starts are squares, goals are circles. Paths should deviate to the
# left and return.


# %%
sets = {
    "low-std": (
        f"one replicate of training std {stds[0]:g}, all repeats",
        low[:1],
        workspace.by_direction(low[:1], strongest),
    ),
    "high-std": (
        f"one replicate of training std {stds[-1]:g}, all repeats",
        high[:1],
        workspace.by_direction(high[:1], strongest),
    ),
    "replicates": (
        f"all replicates of training std {stds[-1]:g}, one trial each",
        high,
        workspace.by_direction(high, strongest, slice(0, 1)),
    ),
}
edges = figures.limits_of(groups for _, _, groups in sets.values())
ends = (np.asarray(few.start[0]), np.asarray(few.goal[0]))

# %% tags=["figure"]
for name, (who, members, groups) in sets.items():
    catalogue.save_figure(
        figures.centre_out_set(groups, *ends, edges),
        f"centre-out-{name}",
        kind="centre-out set",
        caption="Position, velocity and force in the workspace during reaches in seven "
        f"directions {under[strongest]}, coloured by direction, of {who}.",
        models=trained.table.iloc[members],
    ).show()

# %% [markdown]
# ## In the frame of the reach
#
# Here all reaches are rotated to go to the right, so that directions can be compared.
# The first figure shows single trials at the lowest training std. The next figures
# compare amplitudes of the field at the lowest and the highest training std. The last
# compare training stds under the weakest and the strongest field. All panels of a kind
# have the same limits.

# %%
by_direction = aligned.by_direction(low[:1], strongest)
ends_of_std = dict.fromkeys((stds[0], stds[-1]))
by_amplitude = {std: aligned.by_amplitude(std, amplitudes) for std in ends_of_std}
by_std = {place: aligned.by_std(place) for place in (weakest, strongest)}
every = [by_direction, *by_amplitude.values(), *by_std.values()]
edges = figures.limits_of(every)
turned = "Position, velocity and force in the frame of the reach"

# %% tags=["figure"]
catalogue.save_figure(
    figures.aligned_paths(by_direction, REACH, edges),
    "aligned-by-direction",
    kind="aligned reaches",
    caption=f"{turned} {under[strongest]}, coloured by direction, of one replicate of "
    f"training std {stds[0]:g}.",
    models=trained.table.iloc[low[:1]],
)

# %% tags=["figure"]
for std, groups in by_amplitude.items():
    title = figures.std_name(std)
    catalogue.save_figure(
        figures.aligned_paths(groups, REACH, edges).update_layout(title=title),
        f"aligned-by-amplitude-std-{std:g}",
        kind="aligned reaches",
        caption=f"{turned} under {field} fields, coloured by amplitude of the field, "
        f"of all replicates of {title}.",
        models=trained.table.iloc[trained.of_std(std)],
        parameters={"field_std": std},
    ).show()

# %% tags=["figure"]
for place, groups in by_std.items():
    title = f"amplitude {amplitudes[place]:g} {unit}"
    catalogue.save_figure(
        figures.aligned_paths(groups, REACH, edges).update_layout(title=title),
        f"aligned-by-std-amplitude-{amplitudes[place]:g}",
        kind="aligned reaches",
        caption=f"{turned} {under[place]}, of all replicates, coloured by training "
        "std.",
        models=trained.table,
        parameters={"amplitude": amplitudes[place]},
    ).show()

# %% [markdown]
# ## Profiles of velocity
#
# Lines are means and areas are one standard deviation over directions, repeats and
# replicates. With a larger training std, the forward velocity should have a higher
# early peak without a field. With a field, the lateral velocity should have a single
# peak in place of a long oscillation.


# %%
by_place = {
    place: figures.bands_by_std(trained, evaluated.profile, place, ["velocity"])
    for place in (weakest, strongest)
}
band_edges = figures.profile_limits(list(by_place.values()))
line_colours = figures.std_colours(trained)

# %% tags=["figure"]
for place, band in by_place.items():
    title = f"amplitude {amplitudes[place]:g} {unit}"
    catalogue.save_figure(
        figures.profiles(band, line_colours, loop.dt, band_edges).update_layout(
            title=title
        ),
        f"velocity-amplitude-{amplitudes[place]:g}",
        kind="velocity profiles",
        caption=f"Velocity forward and to the left over time {under[place]}, mean and "
        "standard deviation over trials and replicates, by training std.",
        models=trained.table,
        parameters={"amplitude": amplitudes[place]},
    ).show()

# %% [markdown]
# ## Measures
#
# Each measure is computed for every trial and averaged over the trials of a replicate.
# The tables show the median and the range over replicates. Distances are in percent of
# the reach. Sums over time are integrals, so their units contain a second.

# %%
TOLD = (
    "max_orthogonal_distance_left",
    "end_position_error",
    "max_parallel_vel_forward",
    "max_parallel_force_forward",
    "max_net_force",
    "output_correlation",
)
summaries = {
    name: robustness.summary(frame, name, "amplitude") for name in evaluated.measures
}
robustness.record(catalogue, summaries, TOLD, "amplitude")
means = [
    robustness.by_replicate(frame, name, "amplitude").set_index(
        ["field_std", "seed", "amplitude"]
    )
    for name in evaluated.measures
]
means[0].join(means[1:]).to_csv(catalogue.artifact("measures.csv"))

# %%
text = [
    f"**{metrics.words(name).capitalize()} [{metrics.unit(name)}]**\n\n"
    + robustness.markdown(robustness.grid(summaries[name]), "amplitude \\ training std")
    for name in TOLD
]
Markdown("\n\n".join(text))


# %% tags=["figure"]
scale = {x: figures.amplitude_colour(x, amplitudes[-1]) for x in amplitudes}
groups = ("field_std", "training std"), ("amplitude", "amplitude")
for name in TOLD:
    title = f"{metrics.words(name)} [{metrics.unit(name)}]"
    catalogue.save_figure(
        figures.measure_violins(frame, name, *groups, scale, title),
        name.replace("_", "-"),
        kind="measure violins",
        caption=f"{metrics.words(name).capitalize()} of each trial by training std, "
        f"coloured by the amplitude of the {field} field.",
        models=trained.table,
    ).show()

# %% [markdown]
# ## Replicates, and a summary
#
# The first figure compares the lowest with the highest training std for each replicate.
# The difference between them should be larger than that between replicates.

# %% tags=["figure"]
lateral = "max_orthogonal_distance_left"
strong = frame[frame["amplitude"] == amplitudes[-1]]
catalogue.save_figure(
    figures.split_violins(
        strong,
        lateral,
        (stds[0], stds[-1]),
        trained.colours,
        f"{metrics.words(lateral)} [{metrics.unit(lateral)}]",
    ),
    "replicates",
    kind="replicate violins",
    caption=f"{metrics.words(lateral).capitalize()} of each trial {under[strongest]}, "
    "a violin for each replicate: lowest training std on the left, highest on the "
    "right.",
    models=trained.table,
)

# %% tags=["figure"]
names = (lateral, "max_parallel_vel_forward", "max_net_force")
catalogue.save_figure(
    figures.low_high_summary(
        frame,
        {name: f"{metrics.words(name)}<br>[{metrics.unit(name)}]" for name in names},
        (amplitudes[0], amplitudes[-1]),
        trained.colours,
    ),
    "low-high",
    kind="low-high summary",
    caption="Three measures under the weakest and the strongest "
    f"{field} field, mean and standard deviation over trials, of models of the lowest "
    "and the highest training std.",
    models=trained.table,
)

# %% [markdown]
# **Verdict.** Computed from the medians over replicates.

# %%
at_strongest = robustness.at(summaries[lateral], amplitudes[-1])
force = robustness.at(summaries["max_parallel_force_forward"], amplitudes[0])
errors = robustness.at(summaries["end_position_error"], amplitudes[0])
falls = all(
    robustness.direction(robustness.at(summaries[lateral], amplitude)) == -1
    for amplitude in amplitudes
    if amplitude > 0
)
apart = robustness.separated(summaries[lateral], amplitudes[-1])
harder = robustness.growth(force) > 1
meaning = "whether the distance to the left falls with training std at every amplitude"
several = len(stds) > 1
if several:
    catalogue.record("lateral_distance_falls_with_std", bool(falls), "-", meaning)
meaning = "whether the forward force under the weakest field grows with training std"
if several:
    catalogue.record("push_grows_with_std", bool(harder), "-", meaning)

# %%
strays = robustness.verdict(
    falls,
    "the hand deviates less at every step of the training std, at every amplitude of "
    "the field.",
    judged=several,
)
pushes = robustness.verdict(
    harder,
    f"trained controllers push harder forward even under amplitude {amplitudes[0]:g}.",
    judged=several,
)
text = f"{strays} {pushes}".replace("**", "")
catalogue.record("verdict", text, "-", "whether the predictions hold, in sentences")
sideways = f"the distance to the left ({under[strongest]})"
overlap = "do not overlap" if apart else "overlap"
trends = [
    robustness.trend(at_strongest, sideways, "% of reach")
    + (f" The ranges of lowest and highest std {overlap}." if several else ""),
    robustness.trend(force, "the largest forward force", "N"),
    robustness.trend(errors, "the end error under the weakest field", "% of reach"),
]
Markdown("\n\n".join([strays, trends[0], pushes, *trends[1:]]))
