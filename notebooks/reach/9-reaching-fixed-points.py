# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does the hidden state follow the fixed points of its inputs during a reach?
#
# When a target appears, the input of the network changes at once, and its hidden state
# moves towards a new fixed point. As the hand moves, the input changes and so does the
# fixed point. We find it at the beginning and end of reaches in all directions, and at
# every step in between.
#
# **You will see** the ring of fixed points before and after the reach, how both rings
# change with the context, and how far the hidden state is from its moving fixed point.
# **Needs** models of `1-train`, with a context or without. **Takes** some ten seconds
# for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are analysed
contexts: list[float] = [-2, -1, 0, 1, 2]  # [1] contexts, ascending
directions: int = 24  # [1] in [5, 360]: directions of the rings of fixed points
followed: int = 4  # [1] in [2, 360]: directions of reaches analysed at every step
curls: list[float] = [0, 2]  # [N s/m] fields of reaches analysed at every step
every: int = 1  # [1] in [1, 20]: control steps from one fixed point to the next
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, survey
from studies.reach import geometry, reaching, steady
from studies.reach.figures import rest
from studies.reach.sources import NOTES
from studies.reach.tables import numbers

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#reach-notes) on this task name two
# situations. In *inits-goals* the goal is shown and the hand is at its start. In
# *goals-goals* the hand has arrived. The notes report a ring of goals-goals fixed
# points, and ask how both rings change with the context. Along a reach the sequence of
# fixed points had *dislocations*, breaks between one step and the next, which were bad
# at context −2 only.
#
# ## Prediction
#
# Both rings should be images of the circle of goals. At a goals-goals fixed point the
# network should produce no force. At an inits-goals fixed point it should push towards
# the goal, and the harder the higher its context if it was trained in fields. The
# network is faster than the hand, so its hidden state should follow the fixed point
# closely. Each step should go towards the fixed point and nearly reach it at the end. A
# dislocation would be a failure of the search, so there should be none.

# %%
ends, paths = {}, {}


# %%
def look(row):
    """Finds the fixed points of a model's reaches, and gives the numbers of its row."""
    model = steady.open_model(catalogue, row)
    ends[row["model"]] = ring = reaching.rings(model, contexts, directions)
    told = {"every": every}
    paths[row["model"]] = course = [
        reaching.along(model, contexts, followed, curl=curl, **told) for curl in curls
    ]
    broken = [one.dislocations() for one in course]
    wide = ring.radius(ring.begun) / ring.radius(ring.settled)
    return {
        "told": model.layout.context,
        "perturbed": float(np.ravel(row["field_std"])[0]) > 0,
        "inputs": sum(one.search.found.size for one in course)
        + ring.begun.found.size
        + ring.settled.found.size,
        "without": sum(int(np.sum(~one.search.found)) for one in course) + ring.without,
        "steps": sum(x.size for x in broken),
        "dislocated": sum(int(x.sum()) for x in broken),
        "dislocated_lowest": sum(int(x[0].sum()) for x in broken),
        "affine_begun": float(np.min(ring.affine(ring.begun))),
        "affine_settled": float(np.min(ring.affine(ring.settled))),
        "wide_low": wide[0],
        "wide_high": wide[-1],
        "push_low": ring.push[0],
        "push_high": ring.push[-1],
    }


# %%
analysed = survey(catalogue, models, keep=steady.moves_at_once)
analysed = analysed.measured(look, catalogue.progress(len(analysed), "models"))
colours = rest.group_colours(analysed)
groups = list(analysed.groups.items())

# %% [markdown]
# ## The two rings

# %% tags=["figure"]
name, group = groups[-1]
first = next(iter(group))["model"]
ring = ends[first]
frame = geometry.frame(np.concatenate([ring.begun.best, ring.settled.best], axis=1))
places = range(len(ring.contexts))
named = {f"context {ring.contexts[k]:g}": ring.begun.best[k] for k in places}
settled = {f"context {ring.contexts[k]:g}": ring.settled.best[k] for k in places}
by_name = {f"context {c:g}": rest.context_colour(c) for c in [0.0, *contexts]}
shown = {
    "goal shown, hand at the start": (frame, named, ring.model.readout),
    "goal shown, hand at the goal": (frame, settled, ring.model.readout),
}
catalogue.save_figure(
    rest.scenes(shown, by_name),
    "rings",
    kind="rings of fixed points",
    caption=f"Fixed points of {directions} reaches from the middle of the workspace, "
    "when the goal has just been shown (left) and when the hand has arrived (right), "
    f"in the same three principal components, coloured by context, of model {first}. "
    "Grey lines are the directions of the readout.",
)

# %%
meanings = {
    "inputs": ("number of inputs that were searched", "1"),
    "without": ("number of inputs without a fixed point", "1"),
    "affine_begun": ("least share of inits-goals that is an image of the goals", "1"),
    "affine_settled": ("least share of goals-goals that is an image of the goals", "1"),
    "wide_low": ("radius of inits-goals over goals-goals, lowest context", "1"),
    "wide_high": ("radius of inits-goals over goals-goals, highest context", "1"),
    "push_low": ("force towards the goal at inits-goals, lowest context", "N"),
    "push_high": ("force towards the goal at inits-goals, highest context", "N"),
}
untold = (
    ""
    if any(analysed.table["told"])
    else "No model here has a context, so lowest and highest are the same.\n\n"
)
Markdown(untold + numbers(catalogue, analysed, meanings, "both ends"))

# %% tags=["figure"]
panels = {
    "force towards the goal at inits-goals [N]": lambda ring: ring.push,
    "radius of inits-goals [1]": lambda ring: ring.radius(ring.begun),
    "radius of goals-goals [1]": lambda ring: ring.radius(ring.settled),
}
drawn = rest.by_setting(analysed, ends, panels)
catalogue.save_figure(
    rest.by_context(drawn, colours, columns=3),
    "rings-by-context",
    kind="rings by context",
    caption="Force towards the goal of a network that settles while the hand stays at "
    "its start (inits-goals), and radii of the rings of fixed points before "
    "(inits-goals) and after the reach (goals-goals), against the context, median and "
    "range over the replicates of each setting.",
    models=analysed.table,
)

# %% [markdown]
# ## Along the reach
#
# At every step of a reach without noise, the input is held constant, and its fixed
# point is searched from the hidden state of that step.

# %% tags=["figure"]
course = paths[first][0]
now = int(np.argmin(np.abs(course.contexts)))
frame = geometry.frame(np.concatenate([course.hidden[now], course.points[now]], axis=1))
compass = {
    f"to {np.degrees(a):.0f}°": a for a in np.arange(followed) * 2 * np.pi / followed
}
sides = {
    "hidden states": course.hidden[now],
    "fixed points of their inputs": course.points[now],
}
shown = {
    title: (frame, dict(zip(compass, points, strict=True)), course.model.readout)
    for title, points in sides.items()
}
catalogue.save_figure(
    rest.scenes(
        shown,
        {name: rest.direction_colour(angle) for name, angle in compass.items()},
        mode="lines+markers",
    ),
    "along-a-reach",
    kind="fixed points along a reach",
    caption="Hidden states of reaches without noise (left) and the fixed points of "
    "the inputs at the same steps (right), in the same three principal components, "
    f"coloured by direction, of model {first} at context {course.contexts[now]:g}, "
    "without a field.",
)


# %%
def follow(row):
    """How closely the hidden states of a model follow their fixed points."""
    still, field = paths[row["model"]][0], paths[row["model"]][-1]
    behind, ring = still.behind, ends[row["model"]]
    arrived = np.linalg.norm(still.points[:, :, -1] - still.hidden[:, :, -1], axis=-1)
    size = ring.radius(ring.begun)[:, None]
    return {
        "towards": float(np.nanmedian(still.towards)),
        "towards_field": float(np.nanmedian(field.towards)),
        "behind_first": float(np.nanmedian(behind[:, :, 0] / size)),
        "behind_last": float(np.nanmedian(arrived / size)),
        "behind_last_field": float(np.nanmedian(field.behind[:, :, -1] / size)),
        "dislocated_share": row["dislocated"] / row["steps"],
    }


analysed = analysed.measured(follow)
last = f"curl {curls[-1]:g} N s/m"
meanings = {
    "towards": ("cosine between a step and the direction to the fixed point", "1"),
    "towards_field": (f"cosine of step and direction to the fixed point, {last}", "1"),
    "behind_first": (
        "first distance from the fixed point, over the ring's radius",
        "1",
    ),
    "behind_last": ("last distance from the fixed point, over the ring's radius", "1"),
    "behind_last_field": (f"last distance over the ring's radius, {last}", "1"),
    "dislocated_share": ("share of steps at which fixed points break off", "1"),
}
Markdown(numbers(catalogue, analysed, meanings, "along the reach"))

# %% tags=["figure"]
time = {
    name: [
        np.nanmedian(paths[row["model"]][0].behind, axis=(0, 1))
        / np.nanmedian(ends[row["model"]].radius(ends[row["model"]].begun))
        for row in group
    ]
    for name, group in groups
}
dt = course.model.loop.dt * every
catalogue.save_figure(
    rest.over_time(
        time, colours, dt, "distance from the fixed point over the ring [1]"
    ),
    "behind",
    kind="distance from the fixed point",
    caption="Distance of the hidden state from the fixed point of its input, divided "
    "by the radius of the ring before the reach, over time along reaches without noise "
    "or field: median over contexts and directions, then median and range over the "
    "replicates of each setting.",
    models=analysed.table,
)

# %% [markdown]
# ## Verdict

# %% tags=["claims"]
claims, all_models = Claims(NOTES), analysed.where()
fields, none = (analysed.where(told=True, perturbed=x) for x in (True, False))
claims.target(
    "all_found",
    "Every input along a reach has a fixed point.",
    reference="none missing",
    ours=f"{analysed.table['without'].sum()} of {analysed.table['inputs'].sum()} "
    "missing",
    holds=analysed.table["without"].sum() == 0,
)
broken = int(analysed.table["dislocated"].sum())
lowest = int(analysed.table["dislocated_lowest"].sum())
claims.test(
    "dislocations",
    "Sequences of fixed points along a reach break mainly at the lowest context.",
    reference="bad at context −2 only",
    ours=f"{broken} of {analysed.table['steps'].sum()} steps broken, {lowest} of them "
    "at the lowest context",
    holds=broken > 0 and lowest > 0.5 * broken,
    reason="" if broken else "none is broken at all",
)
claims.test(
    "ring",
    "Fixed points of all directions form a ring when the hand has arrived.",
    reference="a ring",
    ours=f"share that is an affine image of the goals "
    f"{all_models.text('affine_settled')}",
    holds=min(all_models.values("affine_settled")) >= 0.9,
)

# %% tags=["claims"]
claims.target(
    "follows",
    "The hidden state moves towards its moving fixed point and has nearly reached it "
    "at the end.",
    reference="predicted above: cosine above 0.5, distance below a tenth of the ring",
    ours=f"cosine {all_models.text('towards')}, distance "
    f"{all_models.text('behind_last')}",
    holds=[all_models.median("towards") > 0.5, all_models.median("behind_last") < 0.1],
)
claims.target(
    "push_on_demand",
    "The force at inits-goals fixed points grows with the context after training in "
    "fields, and by less than half after training without.",
    reference="predicted above",
    ours=f"from {fields.text('push_low')} to {fields.text('push_high', 'N')} with, "
    f"from {none.text('push_low')} to {none.text('push_high', 'N')} without",
    holds=[
        bool(np.all(fields.values("push_high") > fields.values("push_low"))),
        bool(np.all(none.values("push_high") < 1.5 * none.values("push_low"))),
    ],
    models=[fields, none],
)
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
