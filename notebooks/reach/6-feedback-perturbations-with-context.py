# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does a context change: the answers to the senses, or the command itself?
#
# A controller that is told to be robust could command more force whatever happens, or
# answer its senses more firmly once something happens. A hand that rests on its goal
# shows which: a context that acts on the command moves it, one that acts on the gains
# does not, until the senses report an error.
#
# **You will see** answers to impulses of feedback by context, and what a step of the
# context itself does to the units and to the hand, at rest and during a reach.
# **Needs** models of `1-train` that have a context input, of one method and one kind of
# field. **Takes** two minutes for twenty models on two cores.
#
# Impulses point in a random direction at each of a grid of places and everything is
# turned into the frame of the impulse, as in `3-feedback-perturbations`.

# %% tags=["parameters"]
# fmt: off
models: dict = {  # [-] which models are tested
    "where": {"notebook": "reach/train", "method": "pai-asf", "field": "curl"}
}
contexts: list[float] = [-2.0, -1.0, 0.0, 1.0, 2.0]  # [1] numbers told, ascending
grid: int = 3  # [1] in [1, 20]: the hand rests at grid × grid places
position_impulse: float = 1.8  # [m] in (0, inf): largest impulse of position feedback
velocity_impulse: float = 1.2  # [m/s] in (0, inf): largest impulse of velocity feedback
sizes: int = 3  # [1] in [1, 20]: impulses of each kind, up to the largest
start: int = 20  # [steps] in [0, inf): when an impulse begins
duration: int = 5  # [steps] in [1, inf): how long an impulse lasts
evaluations: int = 2  # [1] in [1, 1000]: repeats of each impulse, with other noise
step: int = 10  # [steps] in [1, inf): when the context steps
new_context: float = 2.0  # [1] context after the step; it is 0 before
directions: int = 3  # [1] in [1, 360]: reaches during which the context steps
curl: float = 2.0  # [N s/m] field of half of these reaches
axes: int = 10  # [1] in [1, inf): principal axes that stand for reaching activity
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
# impulse of velocity feedback of 1.2 m/s: 2.7 N after training without a field, at any
# context; after training at std 1.5 from 2.2 N at context −3 to 5.8 N at context 3.
# The [notes](/pages/references.qmd#reach-notes) say that training against fields raises
# the gain for velocity more than that for position, and that a step of the context at
# rest changes the units but not the hand: its direct effect lies in the output-null
# space.
#
# ## Prediction
#
# The force after an impulse grows with the context at the largest training std and not
# without a field in training; the growth is larger for velocity. A step of the context
# at rest moves the hand by less than 2 % of a reach, and the readout shows less of the
# change of the units than of a change in a random direction.

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
    f"{trained}, told by {method}. {grid * grid} places × {evaluations} repeats × "
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
# Mean ± one standard deviation over places, repeats and replicates; grey is the time of
# the impulse. The push backwards and the rebound should grow with the context, and only
# where there were fields in training.


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
        f"feedback of {velocity_impulse:g} m/s (grey), by context; mean ± one standard "
        f"deviation, training std {std:g}, told by {method}.",
        models=trained.table.iloc[trained.of_std(std)],
        parameters={"field_std": std},
    ).show()

# %% [markdown]
# ## Measures by size and context
#
# The largest net force of each trial, by size of the impulse and by context, at the
# highest training std. Pale grey is the network without a field in training, at all
# contexts.

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
        caption=f"Largest net force by size of an impulse of {variable} feedback and "
        f"by context, training std {stds[-1]:g}, told by {method}; grey: training std "
        "0 at all contexts.",
        models=trained.table,
        parameters={"variable": variable},
    ).show()

# %% [markdown]
# Against the context, for the largest impulse of each kind: median and range of the
# replicates.

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
            own = {"field_std": std, "context": context}
            meaning = f"largest net force after the largest {variable} impulse, median"
            catalogue.record(f"force_{variable}", value, "N", meaning, member=own)
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
    f"training std, told by {method}; median and range of the replicates.",
    models=trained.table,
)

# %% [markdown]
# ## A step of the context
#
# Without noise, each trial is followed with and without a step of the context, at rest
# at each place of the grid and during reaches with and without a field. The difference
# of the hidden states is split into what the readout shows and what it hides. An
# impulse of velocity feedback at the same moment shows what a change that must become
# a force looks like.

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
parts = {"shown": "share that the readout shows [1]"}
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
    caption="Share of the squared change of the hidden state that the readout shows, "
    f"and that lies on {axes} principal axes of reaching, over the time since a step "
    f"of the context from 0 to {new_context:g} or an impulse of velocity feedback, "
    f"hand at rest; training std {stds[-1]:g}, told by {method}, median and range of "
    "the replicates.",
    models=trained.table.iloc[top],
)

# %% [markdown]
# The units of one replicate that change most, and the hand of all replicates.

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
    caption=f"After a step of the context from 0 to {new_context:g}, hand at rest. "
    "Left: the units of one replicate that change most, in the middle of the "
    f"workspace, training std {stds[-1]:g}. Right: largest displacement over the "
    f"places, by training std, median and range of the replicates, told by {method}.",
    models=trained.table,
)

# %% [markdown]
# The same step during reaches: places to the left of the reach, mean over directions,
# with the step and without, in no field and in a curl field, at the highest std.

# %%
lateral = {}
for place, where in enumerate(("no field", f"curl {curl:g}")):
    for course, change in ((on_the_way.before, "stays"), (on_the_way.after, "steps")):
        own = np.asarray(course)[top, place].mean(axis=1)
        lateral[f"{where}, context {change}"] = own[:, step:]
path_colours = dict(zip(lateral, plotting.PALETTE, strict=False))

# %% tags=["figure"]
catalogue.save_figure(
    context_effects.in_time(
        np.arange(loop.steps - step) * loop.dt,
        {"place to the left of the reach [m]": lateral},
        path_colours,
    ),
    "steps-during-reaches",
    kind="reaches with a step of the context",
    caption="Place to the left of the reach over the time since a step of the context "
    f"from 0 to {new_context:g}, and without it, in no field and in a curl field of "
    f"{curl:g} N s/m; mean over directions, median and range of the replicates of "
    f"training std {stds[-1]:g}, told by {method}.",
    models=trained.table.iloc[top],
)

# %%
PERCENT = 100 / tasks.REACH
paths = np.asarray(on_the_way.position).max(axis=-1).mean(axis=-1) * PERCENT
grown = np.sqrt(np.asarray(stepped.hidden)[:, 0, :, -1].mean(axis=-1))
effects = {
    "hand_moved": (drift.max(axis=1) * PERCENT, "% of reach", "displaced at rest"),
    "path_moved": (paths[:, 0], "% of reach", "displaced on the way without a field"),
    "path_moved_in_curl": (paths[:, 1], "% of reach", "displaced on the way in a curl"),
    "units_moved": (
        grown / np.asarray(activity.size),
        "1",
        "change of units at the end",
    ),
    "first_share": (since(stepped, "shown")[:, 0], "1", "share shown at first"),
    "impulse_share": (since(pushed, "shown")[:, 0], "1", "share shown of an impulse"),
    "reaching_share": (
        since(stepped, "reaching")[:, -1],
        "1",
        "share on reaching axes",
    ),
    "explained": (np.asarray(activity.explained), "1", "variance on reaching axes"),
}

# %%
table = told.members_table(trained.members, {k: v[0] for k, v in effects.items()})
for std in stds:
    group = evidence.where(table, field_std=std)
    for name, (_, of_unit, words) in effects.items():
        meaning = f"step of the context: {words}, median over replicates"
        own = {"field_std": std}
        catalogue.record(name, group.median(name), of_unit, meaning, member=own)
columns = {name: f"{words} [{u}]" for name, (_, u, words) in effects.items()}
groups = {f"{std:g}": evidence.where(table, field_std=std) for std in stds}
Markdown(evidence.table_of(groups, columns, corner="training std"))

# %% [markdown]
# ## Verdict
#
# A force ratio counts as the published one within a quarter of it.

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
    "training in fields, and changes by less than a tenth without.",
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
    "A step of the context at rest changes the units, by a tenth of the size of "
    "reaching activity or more, and moves the hand by less than 2 % of a reach.",
    reference="units change, the effector does not",
    ours=f"units {robust.text('units_moved')}, hand {robust.text('hand_moved', '%')}",
    holds=[robust.median("units_moved") >= 0.1, robust.median("hand_moved") < 2],
    models=[robust],
    source=sources.NOTES,
)
shown, of_impulse = robust.median("first_share"), robust.median("impulse_share")
claims.test(
    "step_is_output_null",
    "The readout shows less of the first change after a step of the context than of a "
    "random one, and less than of that after an impulse.",
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
    "in none.",
    reference="changes the path during curl reaches",
    ours=f"{in_curl:.3g} against {without:.3g} % of the reach",
    holds=in_curl > without,
    models=[robust],
    source=sources.NOTES,
)

# %% [markdown]
# The published forces after impulses of velocity; ours are near within 30 % or 0.1 N.

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
Markdown(published.as_table(pairs, near) if pairs else "None is published of these.")

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
catalogue.record("verdict", text, "-", "what became of the claims, in sentences")
Markdown(text)
