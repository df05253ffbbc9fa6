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
# Controllers that were trained under random fields of a given strength, the *training
# std*, make reaches of 0.5 m under fields of fixed strength, the *amplitude*. Nobody
# tells them that there is a field; all they feel is their own hand going astray.
#
# **You will see** reaches in the workspace and in their own frame, profiles of
# velocity, and measures of deviation, error and force over thousands of trials.
# **Needs** models of `1-train`, chosen by their parameters. **Takes** a minute for
# twenty models on two cores.
#
# Fields push to the left of the movement (curl) or of the reach (constant), so a
# deviation to the left is the field's and a force to the right is the correction. All
# models meet the same reaches and the same noise.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are tested
field: Literal["curl", "constant"] = "curl"  # [-] that is switched on
amplitudes: list[float] = [0.0, 4.0]  # [N s/m or N] in [0, inf): of it, ascending
context: float = 0.0  # [1] told to models that have a context input
grid: int = 1  # [1] in [1, 10]: reaches begin at grid × grid places
directions: int = 8  # [1] in [2, 360]: reaches from each place
evaluations: int = 2  # [1] in [1, 1000]: repeats of each reach, with other noise
evaluation_seed: int = 0  # [1] in [0, 4294967295]: of the noise, not of any training
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
# ## The models, and what their evaluation costs
#
# A replicate whose lowest validation loss is more than two standard deviations above
# that of the best of its training std is left out. That is the rule of the notes; where
# replicates agree closely it leaves out some that have learned as well.
#
# Only one chunk of trials is held at a time; what is kept are measures of each trial
# and means over them. The memory is worked out from shapes before anything runs.

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
catalogue.record("memory", memory.held / 1e6, "MB")
Markdown(
    f"{trained}. {many.curl.shape[1]} reaches × {evaluations} repeats "
    f"× {len(amplitudes)} fields each: {memory}."
)

# %% [markdown]
# **Prediction.** Without a field all models should reach alike. Under a field, the
# hand should stray less the stronger the fields of the training were, at every
# amplitude. A controller that cannot know the field can only be robust in advance: it
# should push harder at the beginning of every reach, and answer its senses more
# strongly, also where there is no field at all.

# %%
found = evaluation.evaluate(stacked, loop, many, evaluations, keys[1], reduction)
variants = [{"amplitude": float(amplitude)} for amplitude in amplitudes]
frame = reductions.table(found.measures, trained.members, variants)
repeats = min(evaluations, 5)
shown = [
    evaluation.evaluate(
        stacked, loop, few, repeats, keys[2], reductions.PathReduction(loop, aligned)
    )
    for aligned in (False, True)
]
paths, aligned = shown
weakest, strongest = 0, len(amplitudes) - 1
colours = trained.colours
unit = "N s/m" if field == "curl" else "N"
called = f"{field} field of {amplitudes[-1]:g} {unit}"


# %%
def group(kept, css, *which, **more):
    """Some paths, of one colour."""
    panels, words = reductions.choose(kept, *which, seeds=trained.seeds, **more)
    return figures.Group(panels, css, words)


# %% [markdown]
# ## In the workspace
#
# One replicate of the lowest and one of the highest training std, all repeats, under
# the strongest field; then all replicates, once. Starts are squares, goals are circles.
# Look for paths that leave to the left, and how they come back.


# %%
def workspace(members, evaluations=slice(None)):
    """Groups of paths under the strongest field, one for each direction."""
    angles = 2 * np.pi * np.arange(7) / 7
    return {
        f"{np.degrees(angle):.0f}°": group(
            paths,
            figures.direction_colour(angle),
            members,
            strongest,
            evaluations=evaluations,
            conditions=slice(place, place + 1),
        )
        for place, angle in enumerate(angles)
    }


sets = {
    "low": workspace(trained.of_std(stds[0])[:1]),
    "high": workspace(trained.of_std(stds[-1])[:1]),
    "replicates": workspace(trained.of_std(stds[-1]), slice(0, 1)),
}
edges = figures.limits([one for groups in sets.values() for one in groups.values()])
ends = (np.asarray(few.start[0]), np.asarray(few.goal[0]))

# %% tags=["figure"]
catalogue.save_figure(
    figures.centre_out_set(sets["low"], *ends, edges),
    "centre-out-low-std",
    kind="centre-out set",
    caption=f"One replicate of training std {stds[0]:g}, {called}.",
    models=trained.table.iloc[trained.of_std(stds[0])[:1]],
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.centre_out_set(sets["high"], *ends, edges),
    "centre-out-high-std",
    kind="centre-out set",
    caption=f"One replicate of training std {stds[-1]:g}, {called}.",
    models=trained.table.iloc[trained.of_std(stds[-1])[:1]],
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.centre_out_set(sets["replicates"], *ends, edges),
    "centre-out-replicates",
    kind="centre-out set",
    caption=f"All replicates of training std {stds[-1]:g}, one trial each, {called}.",
    models=trained.table.iloc[trained.of_std(stds[-1])],
)

# %% [markdown]
# ## In the frame of the reach
#
# Turned so that all reaches go to the right, directions can be compared. First trial by
# trial at the lowest training std, then by the field's amplitude at the lowest and the
# highest training std, then by training std without and with the field. All panels of a
# kind have the same limits.

# %%
angles = 2 * np.pi * np.arange(7) / 7
by_direction = {
    f"{np.degrees(angle):.0f}°": group(
        aligned,
        figures.direction_colour(angle),
        trained.of_std(stds[0])[:1],
        strongest,
        conditions=slice(place, place + 1),
    )
    for place, angle in enumerate(angles)
}
by_amplitude = {
    std: {
        f"amplitude {amplitude:g}": group(
            aligned,
            figures.amplitude_colour(amplitude, amplitudes[-1]),
            trained.of_std(std),
            place,
        )
        for place, amplitude in enumerate(amplitudes)
    }
    for std in (stds[0], stds[-1])
}

# %%
by_std = {
    place: {
        f"training std {std:g}": group(
            aligned, colours[std], trained.of_std(std), place
        )
        for std in stds
    }
    for place in (weakest, strongest)
}
every = [by_direction, *by_amplitude.values(), *by_std.values()]
edges = figures.limits([one for groups in every for one in groups.values()])

# %% tags=["figure"]
catalogue.save_figure(
    figures.aligned_paths(by_direction, REACH, edges),
    "aligned-by-direction",
    kind="aligned reaches",
    caption=f"One replicate of training std {stds[0]:g} by direction, {called}.",
    models=trained.table.iloc[trained.of_std(stds[0])[:1]],
)

# %% tags=["figure"]
for std, groups in by_amplitude.items():
    catalogue.save_figure(
        figures.aligned_paths(groups, REACH, edges).update_layout(
            title=f"training std {std:g}"
        ),
        f"aligned-by-amplitude-std-{std:g}",
        kind="aligned reaches",
        caption=f"Training std {std:g} under {field} fields by amplitude.",
        models=trained.table.iloc[trained.of_std(std)],
        parameters={"field_std": std},
    ).show()

# %% tags=["figure"]
for place, groups in by_std.items():
    catalogue.save_figure(
        figures.aligned_paths(groups, REACH, edges).update_layout(
            title=f"amplitude {amplitudes[place]:g} {unit}"
        ),
        f"aligned-by-std-amplitude-{amplitudes[place]:g}",
        kind="aligned reaches",
        caption=f"{field} field of {amplitudes[place]:g} {unit}, by training std.",
        models=trained.table,
        parameters={"amplitude": amplitudes[place]},
    ).show()

# %% [markdown]
# ## Profiles of velocity
#
# Mean ± one standard deviation over directions, repeats and replicates. A stronger
# training should show in a higher early peak forward where there is no field, and in a
# single lateral bump rather than a long sway where there is one.


# %%
def bands(place):
    """Velocity over time at one amplitude, by training std."""
    velocity = np.asarray(found.profile.velocity)[:, place]
    named = {
        f"training std {std:g}": reductions.spread(velocity[trained.of_std(std)])
        for std in stds
    }
    return {"velocity": named}


by_place = {place: bands(place) for place in (weakest, strongest)}
band_edges = figures.profile_limits(list(by_place.values()))
line_colours = {f"training std {std:g}": colours[std] for std in stds}

# %% tags=["figure"]
for place, band in by_place.items():
    catalogue.save_figure(
        figures.profiles(band, line_colours, loop.dt, band_edges).update_layout(
            title=f"amplitude {amplitudes[place]:g} {unit}"
        ),
        f"velocity-amplitude-{amplitudes[place]:g}",
        kind="velocity profiles",
        caption=f"Velocity under a {field} field of {amplitudes[place]:g} {unit}.",
        models=trained.table,
        parameters={"amplitude": amplitudes[place]},
    ).show()

# %% [markdown]
# ## Measures
#
# A number for each trial, averaged over the trials of a replicate; the tables show the
# median over replicates and their range. Distances are in percent of the reach. Sums
# over time are integrals, in units with a second.

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
    name: robustness.summary(frame, name, "amplitude") for name in found.measures
}
for name in TOLD:
    for (std, amplitude), row in summaries[name].iterrows():
        tag = f"{name}_at_{amplitude:g}"
        for column in ("median", "lowest", "highest"):
            said = tag if column == "median" else f"{tag}_{column}"
            own = {"field_std": float(std)}
            catalogue.record(said, float(row[column]), metrics.unit(name), member=own)
means = [
    robustness.by_replicate(frame, name, "amplitude").set_index(
        ["field_std", "seed", "amplitude"]
    )
    for name in found.measures
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
def violins(name):
    """A measure over all trials, by training std and amplitude."""
    scale = {
        amplitude: figures.amplitude_colour(amplitude, amplitudes[-1])
        for amplitude in amplitudes
    }
    fig = figures.measure_violins(
        frame,
        name,
        ("field_std", "training std"),
        ("amplitude", "amplitude"),
        scale,
        f"{metrics.words(name)} [{metrics.unit(name)}]",
    )
    return catalogue.save_figure(
        fig,
        name.replace("_", "-"),
        kind="measure violins",
        caption=f"{metrics.words(name).capitalize()}, by training std and amplitude.",
        models=trained.table,
    )


for name in TOLD:
    violins(name).show()

# %% [markdown]
# ## Replicates, and a summary
#
# Lowest against highest training std for each replicate: the difference should be
# larger than that between replicates.

# %% tags=["figure"]
lateral = "max_orthogonal_distance_left"
strong = frame[frame["amplitude"] == amplitudes[-1]]
catalogue.save_figure(
    figures.split_violins(
        strong,
        lateral,
        (stds[0], stds[-1]),
        colours,
        f"{metrics.words(lateral)} [{metrics.unit(lateral)}]",
    ),
    "replicates",
    kind="replicate violins",
    caption=f"Lowest and highest training std by replicate, {called}.",
    models=trained.table,
)

# %% tags=["figure"]
names = (lateral, "max_parallel_vel_forward", "max_net_force")
catalogue.save_figure(
    figures.low_high_summary(
        frame,
        {name: f"{metrics.words(name)}<br>[{metrics.unit(name)}]" for name in names},
        (amplitudes[0], amplitudes[-1]),
        colours,
    ),
    "low-high",
    kind="low-high summary",
    caption="Low and high training std under the weakest and the strongest field.",
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
catalogue.record("lateral_distance_falls_with_std", bool(falls), "-")
catalogue.record("push_grows_with_std", bool(harder), "-")

# %%
strays = robustness.verdict(
    falls,
    "the hand strays less at every step of the training std, at every amplitude of the "
    "field.",
)
pushes = robustness.verdict(
    harder,
    f"trained controllers push harder forward even under amplitude {amplitudes[0]:g}.",
)
catalogue.record("verdict", f"{strays} {pushes}".replace("**", ""), "-")
Markdown(
    "\n\n".join(
        [
            strays,
            robustness.trend(
                at_strongest, f"the distance to the left ({called})", "% of reach"
            )
            + (
                " The ranges of lowest and highest std do not overlap."
                if apart
                else " The ranges of lowest and highest std overlap."
            ),
            pushes,
            robustness.trend(force, "the largest forward force", "N"),
            robustness.trend(
                errors, "the end error under the weakest field", "% of reach"
            ),
        ]
    )
)
