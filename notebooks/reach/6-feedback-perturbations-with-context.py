# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does a context change the responses to feedback, or the command itself?
#
# The *context* is an input that tells a controller how strong the field may be. A
# controller with a high context could command more force in any case, or respond more
# strongly to feedback of an error. A hand that rests on its goal tells the two apart. A
# context that acts on the command moves the hand. A context that acts on the gains does
# not, until the feedback reports an error.
#
# **You will see** responses to impulses of feedback by context, and the effect of a
# step of the context on the units and on the hand, at rest and during a reach.
# **Needs** models of `1-train` that have a context input, of one method (the relation
# of context and field) and one kind of field. **Takes** two minutes for twenty models
# on two cores.
#
# Impulses point in a random direction at each place of a grid. All results are rotated
# into the frame of the impulse, as in `3-feedback-perturbations`. The *training std* is
# the standard deviation of the field strength in training.

# %% tags=["parameters"]
# fmt: off
models: dict = {  # [-] which models are tested
    "where": {"notebook": "reach/train", "method": "pai-asf", "field": "curl"}
}
contexts: list[float] = [-2.0, -1.0, 0.0, 1.0, 2.0]  # [1] contexts, ascending
grid: int = 3  # [1] in [1, 20]: places at rest are grid × grid
position_impulse: float = 1.8  # [m] in (0, inf): largest impulse of position feedback
velocity_impulse: float = 1.2  # [m/s] in (0, inf): largest impulse of velocity feedback
sizes: int = 3  # [1] in [1, 20]: number of sizes of each impulse, up to the largest
start: int = 20  # [steps] in [0, inf): time at which an impulse begins
duration: int = 5  # [steps] in [1, inf): duration of an impulse
evaluations: int = 2  # [1] in [1, 1000]: repeats of each impulse, with other noise
step: int = 10  # [steps] in [1, inf): time at which the context steps
new_context: float = 2.0  # [1] context after the step from 0
directions: int = 3  # [1] in [1, 360]: directions of reaches with a step of the context
curl: float = 2.0  # [N s/m] curl field of half of the reaches with a step
axes: int = 10  # [1] in [1, inf): principal axes that describe reaching activity
evaluation_seed: int = 0  # [1] in [0, 4294967295]: seed of noise and directions
# fmt: on

# %%
import jax
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies import evidence, plotting
from studies.reach import (
    context_steps,
    evaluation,
    figures,
    metrics,
    published,
    reductions,
    sources,
    tasks,
)
from studies.reach import contexts as told
from studies.reach.figures import context_effects
from studies.reach.trained import load_trained

# %% [markdown]
# ## What is known
#
# A [poster](/pages/references.qmd#reach-poster) reports the largest force after an
# impulse of velocity feedback of 1.2 m/s. After training without a field it is 2.7 N at
# any context. After training at std 1.5 it rises from 2.2 N at context −3 to 5.8 N at
# context
# 3. [Laboratory notes](/pages/references.qmd#reach-notes) of the same authors add that
# training against fields raises the gain for velocity more than the gain for position.
# A step of the context at rest is said to change the units but not the hand, because
# its direct effect lies in the *output-null* space, in which a change of activity does
# not change the output.
#
# ## Prediction
#
# At the largest training std the force after an impulse should grow with the context,
# and more so for velocity. Without a field in training it should not. A step of the
# context at rest should move the hand by less than 2 % of a reach. The readout should
# transmit a smaller share of the change of the units than of a change in a random
# direction.

# %%
trained = load_trained(catalogue, models)
method = told.listens(trained.rows)
stacked, loop, stds = trained.controllers, trained.loop, trained.stds
evaluation.check_window(loop, start, duration)
keys = jax.random.split(jax.random.key(evaluation_seed), 2)
largest = {"position": position_impulse, "velocity": velocity_impulse}
kinds = [
    {"variable": variable, "size": round(float(most * k / sizes), 6)}
    for variable, most in largest.items()
    for k in range(1, sizes + 1)
]
pairs = [(one["variable"], one["size"]) for one in kinds]
resting = tasks.steady_states(grid)
made = evaluation.impulses(resting, pairs, start, duration, keys[0])
trials, probes = told.impulses_across_contexts(made, contexts)
reduction = reductions.ImpulseReduction(loop, start, duration)
memory = evaluation.memory(stacked, loop, trials, evaluations, reduction, probes)
catalogue.record("memory", memory.held / 1e6, "MB", "memory held at a time")
Markdown(
    f"{trained}, method {method}. {grid * grid} places × {evaluations} repeats × "
    f"{len(kinds)} impulses × {len(contexts)} contexts each: {memory}."
)

# %%
result = evaluation.evaluate(
    stacked, loop, trials, evaluations, keys[1], reduction, probes
)
variants = told.named_variants(kinds, contexts)
frame = reductions.table(result.measures, trained.members, variants)
means = told.model_means(frame, "variable", "size")
context_colours = {f"context {c:g}": figures.context_colour(c) for c in contexts}
during = (start * loop.dt, (start + duration) * loop.dt)
units = {"position": "m", "velocity": "m/s"}


# %% [markdown]
# ## The simplest case: one impulse of velocity
#
# Lines are means and areas one standard deviation over places, repeats and replicates.
# The grey area is the time of the impulse. After training in fields, the push backwards
# and the rebound should grow with the context. After training without a field they
# should not.


# %%
def bands(std, variable, size):
    """Position, velocity and force over time after an impulse, by context."""
    first = kinds.index({"variable": variable, "size": size}) * len(contexts)
    return {
        quantity: {
            name: reductions.spread(
                np.asarray(getattr(result.profile, quantity))[
                    trained.of_std(std), first + k
                ]
            )
            for k, name in enumerate(context_colours)
        }
        for quantity in ("position", "force")
    }


ends = list(dict.fromkeys((stds[0], stds[-1])))
velocity = {std: bands(std, "velocity", velocity_impulse) for std in ends}
band_edges = figures.profile_limits(list(velocity.values()))

# %% tags=["figure"]
for std, band in velocity.items():
    catalogue.save_figure(
        figures.profiles(
            band, context_colours, loop.dt, band_edges, shaded=during
        ).update_layout(title=f"training std {std:g}"),
        f"profiles-velocity-std-{std:g}",
        kind="response profiles by context",
        caption="Position and force over time, along and across an impulse of velocity "
        f"feedback of {velocity_impulse:g} m/s (grey area), by context, mean and one "
        f"standard deviation, training std {std:g}, method {method}.",
        models=trained.table.iloc[trained.of_std(std)],
        parameters={"field_std": std},
    ).show()

# %% [markdown]
# ## Measures by size and context
#
# The figures show the largest net force of each trial, by size of the impulse and by
# context, at the highest training std. Grey violins are networks trained without a
# field, at all contexts.

# %%
FORCE = "max_net_force"


def of(std, variable, size=None, **more):
    """The models of a training std after an impulse, a row for each context."""
    size = largest[variable] if size is None else size
    asked = {"field_std": std, "variable": variable, "size": size}
    return evidence.where(means, **asked, **more)


shades = {f"{c:g}": figures.context_colour(c) for c in contexts}
shades["any (std 0)"] = plotting.GREY
both = frame[frame["field_std"].isin([0.0, stds[-1]])].copy()
written = [f"{c:g}" for c in both["context"]]
both["told"] = np.where(both["field_std"] == 0, "any (std 0)", written)


# %% tags=["figure"]
for variable in largest:
    fig = figures.measure_violins(
        both[both["variable"] == variable],
        FORCE,
        ("size", f"impulse of {variable} feedback [{units[variable]}]"),
        ("told", "context"),
        shades,
        f"{metrics.words(FORCE)} [N]",
    )
    catalogue.save_figure(
        context_effects.in_order(fig, [f"context {name}" for name in shades]),
        f"force-by-size-{variable}",
        kind="measure violins by context",
        caption=f"Largest net force of each trial by size of an impulse of {variable} "
        f"feedback and by context, training std {stds[-1]:g}, method {method}. Grey "
        "violins are training std 0 at all contexts.",
        models=trained.table,
        parameters={"variable": variable},
    ).show()

# %% [markdown]
# The next figure shows the force after the largest impulse of each kind against the
# context.

# %%
named = {f"training std {std:g}": std for std in stds}
panels = {
    f"{metrics.words(FORCE)}<br>{variable} impulse [N]": {
        name: told.curves(of(std, variable), FORCE) for name, std in named.items()
    }
    for variable in largest
}
for variable in largest:
    for std in stds:
        for context, value in told.medians(of(std, variable), FORCE).items():
            member = {"field_std": std, "context": context}
            meaning = f"largest net force after the largest {variable} impulse, median"
            catalogue.record(f"force_{variable}", value, "N", meaning, member=member)
means.to_csv(catalogue.artifact("measures.csv"), index=False)

# %% tags=["figure"]
catalogue.save_figure(
    context_effects.against_context(
        contexts, panels, {name: trained.colours[std] for name, std in named.items()}
    ),
    "force-against-context",
    kind="force against context",
    caption=f"Largest net force after an impulse of {position_impulse:g} m of position "
    f"and of {velocity_impulse:g} m/s of velocity feedback, against the context, by "
    f"training std, method {method}, median and range over replicates.",
    models=trained.table,
)

# %% [markdown]
# ## A step of the context
#
# Each trial is simulated without noise, with and without a step of the context, at rest
# at each place of the grid and during reaches with and without a field. The difference
# of the hidden states is split into the part that the readout transmits to the output
# and the part that it does not. For comparison we use an impulse of velocity feedback
# at the same time, which must become a force.

# %%
quiet = context_steps.quiet(loop)
reaches = tasks.centre_out(grid=1, directions=directions)
activity = context_steps.reaching_activity(stacked, quiet, reaches, axes)
rest = evaluation.across_fields(resting, "curl", [0.0])
moving = evaluation.across_fields(reaches, "curl", [0.0, curl])


def follow(trials, probes):
    """What the probes change in these trials, of every model."""
    return context_steps.responses(stacked, quiet, trials, probes, activity.axes)


stepped = follow(rest, context_steps.context_switches(rest, [new_context], step))
pushed = follow(
    *evaluation.impulses(
        tasks.steady_states(grid), [("velocity", velocity_impulse)], step, 1, keys[0]
    )
)
on_the_way = follow(
    moving, context_steps.context_switches(moving, [new_context] * 2, step)
)


# %%
def since(response, part):
    """A share of the squared change over time since it began, a row a model."""
    return context_steps.share(getattr(response, part), response.hidden)[:, 0, step:]


CHANCE = context_steps.OUTPUTS / stacked.readout.weight.shape[-1]
top = trained.of_std(stds[-1])
events = {"step of the context": stepped, "impulse of velocity": pushed}
parts = {"shown": "share transmitted by the readout [1]"}
parts["reaching"] = f"share on {axes} axes of reaching [1]"
shares = {
    words: {name: since(one, part)[top] for name, one in events.items()}
    for part, words in parts.items()
}
time = np.arange(loop.controls - step) * loop.dt
event_colours = dict(zip(events, plotting.PALETTE, strict=False))

# %% tags=["figure"]
catalogue.save_figure(
    context_effects.in_time(
        time, shares, event_colours, {"random direction, readout": CHANCE}
    ),
    "shares-in-time",
    kind="shares of a change",
    caption="Share of the squared change of the hidden state that the readout "
    f"transmits, and share that lies on {axes} principal axes of reaching activity, "
    f"over the time since a step of the context from 0 to {new_context:g} or an "
    f"impulse of velocity feedback, with the hand at rest. Training std {stds[-1]:g}, "
    f"method {method}, median and range over replicates.",
    models=trained.table.iloc[top],
)

# %% [markdown]
# The next figure shows the units of one replicate that change most, and the
# displacement of the hand of all replicates.

# %%
changes = np.asarray(stepped.units)[top[0], 0, grid * grid // 2, step:]
chosen = np.argsort(-np.abs(changes).max(axis=0))[: len(plotting.PALETTE)]
drift = np.asarray(stepped.position)[:, 0, :, step + 1 :].max(axis=1)  # over places
traces = {
    "change of a unit [1]": {f"unit {k}": changes[None, :, k] for k in chosen},
    "change of place [m]": {
        name: drift[trained.of_std(std)] for name, std in named.items()
    },
}
line_colours = dict(zip(traces["change of a unit [1]"], plotting.PALETTE, strict=False))
line_colours |= {name: trained.colours[std] for name, std in named.items()}

# %% tags=["figure"]
catalogue.save_figure(
    context_effects.in_time(time, traces, line_colours),
    "units-and-hand",
    kind="units after a step of the context",
    caption=f"Changes over time after a step of the context from 0 to {new_context:g} "
    f"with the hand at rest, method {method}. Left: activity of the units of one "
    "replicate that change most, in the middle of the workspace, training std "
    f"{stds[-1]:g}. Right: largest displacement of the hand over places, by training "
    "std, median and range over replicates.",
    models=trained.table,
)

# %% [markdown]
# The next figure shows the same step during reaches at the highest training std: the
# lateral position with and without the step, without a field and in a curl field.

# %%
lateral = {}
for place, where in enumerate(("no field", f"curl {curl:g}")):
    for course, change in ((on_the_way.before, "stays"), (on_the_way.after, "steps")):
        means_of_step = np.asarray(course)[top, place].mean(axis=1)
        lateral[f"{where}, context {change}"] = means_of_step[:, step:]
path_colours = dict(zip(lateral, plotting.PALETTE, strict=False))

# %% tags=["figure"]
catalogue.save_figure(
    context_effects.in_time(
        np.arange(loop.steps - step) * loop.dt,
        {"position to the left of the reach [m]": lateral},
        path_colours,
    ),
    "steps-during-reaches",
    kind="reaches with a step of the context",
    caption="Position to the left of the reach over the time since a step of the "
    f"context from 0 to {new_context:g}, and without a step, without a field and in a "
    f"curl field of {curl:g} N s/m. Mean over directions, then median and range over "
    f"the replicates of training std {stds[-1]:g}, method {method}.",
    models=trained.table.iloc[top],
)

# %%
PERCENT = 100 / tasks.REACH
paths = np.asarray(on_the_way.position).max(axis=-1).mean(axis=-1) * PERCENT
grown = np.sqrt(np.asarray(stepped.hidden)[:, 0, :, -1].mean(axis=-1))

# %%
effects = {
    "hand_moved": (drift.max(axis=1) * PERCENT, "% of reach", "displacement at rest"),
    "path_moved": (paths[:, 0], "% of reach", "displacement in reaches, no field"),
    "path_moved_in_curl": (paths[:, 1], "% of reach", "displacement in reaches, curl"),
    "units_moved": (
        grown / np.asarray(activity.size),
        "1",
        "change of units at the end, over reaching activity",
    ),
    "first_share": (
        since(stepped, "shown")[:, 0],
        "1",
        "transmitted share of the first change",
    ),
    "impulse_share": (
        since(pushed, "shown")[:, 0],
        "1",
        "transmitted share of the first change, impulse",
    ),
    "reaching_share": (
        since(stepped, "reaching")[:, -1],
        "1",
        "share of the change on reaching axes",
    ),
    "explained": (
        np.asarray(activity.explained),
        "1",
        "share of reaching variance on reaching axes",
    ),
}

# %%
table = told.members_table(trained.members, {k: v[0] for k, v in effects.items()})
for std in stds:
    group = evidence.where(table, field_std=std)
    for name, (_, of_unit, words) in effects.items():
        meaning = f"step of the context: {words}, median over replicates"
        member = {"field_std": std}
        catalogue.record(name, group.median(name), of_unit, meaning, member=member)
columns = {name: f"{words} [{u}]" for name, (_, u, words) in effects.items()}
groups = {f"{std:g}": evidence.where(table, field_std=std) for std in stds}
Markdown(evidence.table_of(groups, columns, corner="training std"))

# %% [markdown]
# ## Verdict
#
# A force ratio counts as equal to the published ratio if it is within a quarter of it.

# %% tags=["claims"]
claims = evidence.Claims(sources.POSTER)
none = groups.get("0", evidence.NOTHING)
robust = groups[f"{stds[-1]:g}"] if stds[-1] > 0 else evidence.NOTHING
forces = {v: told.medians(of(stds[-1], v), FORCE) for v in largest}
idle = {v: told.medians(of(0.0, v), FORCE) for v in largest}
low, high = min(contexts), max(contexts)
ratio = forces["velocity"][high] / idle["velocity"].get(high, np.nan)
claims.test(
    "impulse_force_ratio",
    f"After the largest velocity impulse the force of training std {stds[-1]:g} at the "
    "highest context is about 2.1 times that of std 0.",
    reference="5.8/2.7 = 2.1 at 1.2 m/s, std 1.5, context 3",
    ours=f"{ratio:.3g} at {velocity_impulse:g} m/s, context {high:g}",
    holds=abs(ratio / 2.1 - 1) <= 0.25,
    models=[robust, none],
)
rising = told.falls({c: -x for c, x in forces["velocity"].items()}, low, high)
flat = told.change(idle["velocity"], low, high)
claims.test(
    "force_rises_with_context",
    "The force after a velocity impulse rises with every step of the context after "
    "training in fields, and changes by less than a tenth after training without.",
    reference="2.2 to 5.8 N at std 1.5, 2.7 N at std 0",
    ours=f"{told.said(forces['velocity'], 'N')}; at std 0 {100 * flat:.2g} %",
    holds=[rising, flat < 0.1],
    models=[robust, none],
)

# %% tags=["claims"]
usual = min(contexts, key=lambda context: abs(context - 1))  # of a strong field
raised = {v: forces[v][usual] / idle[v].get(usual, np.nan) for v in largest}
claims.test(
    "velocity_gain_grows_more",
    "Training in fields raises the gain for velocity more than that for position, at "
    f"context {usual:g}.",
    reference="velocity more than position",
    ours=f"{raised['velocity']:.3g}-fold and {raised['position']:.3g}-fold",
    holds=raised["velocity"] > raised["position"],
    models=[robust, none],
    source=sources.NOTES,
)

# %% tags=["claims"]
claims.test(
    "step_moves_units_not_hand",
    "A step of the context at rest changes the units by at least a tenth of the size "
    "of reaching activity, and moves the hand by less than 2 % of a reach.",
    reference="units change, the effector does not",
    ours=f"units {robust.text('units_moved')}, hand {robust.text('hand_moved', '%')}",
    holds=[robust.median("units_moved") >= 0.1, robust.median("hand_moved") < 2],
    models=[robust],
    source=sources.NOTES,
)
shown, of_impulse = robust.median("first_share"), robust.median("impulse_share")
claims.test(
    "step_is_output_null",
    "The readout transmits a smaller share of the first change after a step of the "
    "context than of a random change, and than of the change after an impulse.",
    reference="the direct effect is output-null",
    ours=f"{shown:.2g}, random {CHANCE:.2g}, impulse {of_impulse:.2g}",
    holds=[shown < CHANCE, shown < of_impulse],
    models=[robust],
    source=sources.NOTES,
)

# %% tags=["claims"]
in_curl, without = (robust.median(x) for x in ("path_moved_in_curl", "path_moved"))
claims.test(
    "step_changes_paths_in_fields",
    "During reaches a step of the context changes the path more in a curl field than "
    "without a field.",
    reference="changes the path during curl reaches",
    ours=f"{in_curl:.3g} against {without:.3g} % of the reach",
    holds=in_curl > without,
    models=[robust],
    source=sources.NOTES,
)

# %% [markdown]
# We also compare with the published forces after impulses of velocity. One of our
# numbers counts as near if it is within 30 % or 0.1 N of the published one.

# %% tags=["claims"]
alike = method == "pai-asf" and published.comparable(loop)
pairs = published.beside(means, published.IMPULSES if alike else [])
near = [
    abs(pair.ours.median - pair.reference.value) <= max(0.3 * pair.reference.value, 0.1)
    for pair in pairs
]
if pairs:
    claims.test(
        "numbers_force_after_impulse",
        "The published forces after impulses of velocity come out.",
        reference=f"{len(pairs)} numbers of {method}",
        ours=f"{sum(near)} of them",
        holds=near,
    )
nothing = "Of these settings no number is published."
Markdown(published.as_table(pairs, near) if pairs else nothing)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
growth = {v: forces[v][high] / forces[v][low] for v in largest}
for variable, times in growth.items():
    meaning = f"force after a {variable} impulse, highest context over lowest"
    catalogue.record(f"growth_{variable}", times, "1", meaning)
as_said = "as" if growth["velocity"] > growth["position"] else "not as"
text = (
    f"{claims.sentence()} From context {low:g} to {high:g} the force grows "
    f"{growth['velocity']:.3g}-fold for velocity and {growth['position']:.3g}-fold for "
    f"position, {as_said} predicted more for velocity."
)
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
