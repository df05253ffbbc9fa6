# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Where are a controller's fixed points at rest, and how does a context move them?
#
# If the hand is held still at its goal, the network's input is constant. The hidden
# state $h$ then follows the map $h\mapsto F(h)$ until it settles at a fixed point,
# $F(h^*)=h^*$. We find these points for a grid of places and, for networks with a
# *context* input that tells how strong the field may be, for several contexts.
#
# **You will see** how three methods find fixed points, the grid that the points form,
# how the context moves it, and the force of a settled network against an error.
# **Needs** models of `1-train`, with a context or without. **Takes** a few seconds for
# each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are analysed
contexts: list[float] = [-3, -2, -1, 0, 1, 2, 3]  # [1] contexts, ascending
grid: int = 5  # [1] in [2, 20]: places in each direction of the workspace
repeats: int = 2  # [1] in [1, 100]: searches at each place from ends of trials
anywhere: int = 2  # [1] in [0, 100]: searches at each place from random states
position_errors: list[float] = [0.05, 0.2]  # [m] constant errors of position feedback
velocity_errors: list[float] = [0.2, 0.3, 0.4]  # [m/s] constant errors of velocity
descent_steps: int = 10000  # [1] in [10, inf): steps of Adam that are shown
seed: int = 0  # [1] in [0, 4294967295]: seed of noise and random states
# fmt: on

# %%
from collections import Counter

import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, markdown, survey
from studies.reach import descent, fixed_points, geometry, grids, steady
from studies.reach.figures import rest
from studies.reach.sources import NOTES
from studies.reach.tables import numbers

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#reach-notes) on this task report one fixed
# point for each constant input. The points of a grid of places form a planar grid in
# the first three principal components, and the context moves that grid along a
# direction that is roughly orthogonal to it. The notes ask whether this direction is
# that of the readout, "which would make sense". Fixed points were missing mainly at
# context −2.
#
# ## Prediction
#
# No fixed point can be missing. Hidden states stay in the cube from −1 to 1, which $F$
# maps continuously into itself, so by Brouwer's theorem a fixed point exists for every
# input. A search that finds none has failed.
#
# At rest the force must be zero at every place and every context. The grid and its
# translation must therefore both be orthogonal to the readout, contrary to the guess in
# the notes. The context can change the response to an error. A network that was trained
# in fields should push harder against the same error when its context is high.

# %%
looked = {}


def look(row):
    """Finds a model's fixed points, keeps them, and gives the numbers of its row."""
    model = steady.open_model(catalogue, row)
    told = {"repeats": repeats, "anywhere": anywhere, "seed": seed}
    looked[row["model"]] = it = grids.Resting.of(model, contexts, grid, **told)
    return {
        "told": model.layout.context,
        "perturbed": float(np.ravel(row["field_std"])[0]) > 0,
        "searches": it.steady.search.kind.size,
        "inputs": it.steady.search.found.size,
        "without": int(np.sum(~it.steady.search.found)),
        "residual": float(np.nanmax(it.residual)),
        "most_points": int(it.steady.distinct().max()),
    }


analysed = survey(catalogue, models, keep=steady.moves_at_once)
analysed = analysed.measured(look, catalogue.progress(len(analysed), "models"))
colours = rest.group_colours(analysed)
told = analysed.where(told=True)
fields, none = (analysed.where(told=True, perturbed=x) for x in (True, False))

# %% [markdown]
# ## Which inputs have a fixed point?
#
# Searches start from the last hidden states of trials in which the hand stays at its
# goal, and from random states. Each state is iterated forward, and Newton's method then
# solves $F(h)-h=0$ in float64. The residual $\lVert F(h)-h\rVert$ of each result is
# then computed separately.

# %%
counts = []
for name, group in analysed.groups.items():
    searches = [looked[row["model"]].steady.search for row in group]
    ends = {k: sum(s.counts[k] for s in searches) for k in ("fixed", "slow", "missing")}
    why = {k: sum(s.reasons[k] for s in searches) for k in searches[0].reasons}
    left = ", ".join(f"{n} {k}" for k, n in why.items() if n) or "none"
    most = int(max(group.values("most_points")))
    counts.append([name, *ends.values(), left, most, group.text("residual")])
for name in ("searches", "inputs", "without"):
    meaning = (
        f"number of {name} without a fixed point"
        if name == "without"
        else (f"number of {name} of all models")
    )
    catalogue.record(name, int(analysed.table[name].sum()), "1", meaning)
head = ["setting", "ended fixed", "slow", "missing", "inputs without a point"]
head += ["most points of one input", "largest residual"]
told_words = (
    ""
    if len(told)
    else "No model here has a context, so each has one grid of fixed points, "
    "and the effect of a context cannot be shown. "
)
Markdown(told_words + "\n\n" + markdown(head, counts))

# %% [markdown]
# ## How they are found
#
# The program [fixed-point-finder](/pages/references.qmd#golub-sussillo-2018) and the
# finder of the notes' authors minimise the mean of $(F(h)-h)^2$ over all inputs jointly
# with Adam. We compare this with our two methods. Newton's method should square the
# error in each step, forward iteration should divide it by a constant, and Adam should
# be slow where the map hardly contracts.

# %%
first = next(iter(looked.values()))
inputs, begin = first.steady.inputs, first.begin(seed=seed)
joint = descent.Joint(first.model.controller, inputs, begin)
curves = {"Adam, all inputs jointly": joint.advance(descent_steps)}
short = fixed_points.residuals(first.model.controller, inputs, begin, steps=100)
curves["forward iteration"] = short["forward"]
curves["Newton's method"] = short["newton"][:12]
curves = {name: x.reshape(len(x), -1) for name, x in curves.items()}
left = {name: float(np.nanmax(x[-1])) for name, x in curves.items()}
for name, value in zip(("adam", "forward", "newton"), left.values(), strict=True):
    meaning = f"largest residual after the last step shown of {name}"
    catalogue.record(f"residual_{name}", value, "1", meaning)
Markdown(
    "; ".join(
        f"{k}: at most {v:.1e} after {len(curves[k]):,} steps" for k, v in left.items()
    )
    + "."
)

# %% tags=["figure"]
catalogue.save_figure(
    rest.falls(curves, fixed_points.EXACT),
    "residuals",
    kind="residual by step",
    caption="Residual of the hidden state, its movement in one step of the network, "
    "against the steps of three methods that search for fixed points: median and range "
    f"over all places and contexts of the first model ({next(iter(looked))}).",
)

# %% [markdown]
# ## The grid, and its translation
#
# Each grid of fixed points is compared with an affine image of the workspace. The mean
# displacement of the grid from one context to another is its *translation*.

# %% tags=["figure"]
groups = list(analysed.groups.items())
shown = {}
for name, group in dict([groups[0], groups[-1]]).items():
    it = looked[next(iter(group))["model"]]
    named = {
        f"context {c:g}": points
        for c, points in zip(it.contexts, it.steady.points, strict=True)
    }
    shown[name] = (it.frame, named, it.model.readout)
by_name = {f"context {c:g}": rest.context_colour(c) for c in [0.0, *contexts]}
catalogue.save_figure(
    rest.scenes(shown, by_name),
    "grids",
    kind="fixed points at rest",
    caption="Fixed points of the hidden state with the hand at rest at a grid of "
    "places, in the first three principal components of all of them, coloured by "
    f"context, for one model each of {' and of '.join(shown)}. Grey lines are the "
    "directions of the readout.",
)


# %%
def shape(row):
    """Numbers of one model's grid; its translation is that from context 0 to 1."""
    it = looked[row["model"]]
    now = it.context(0.0)
    grid_now, moved = it.grids[now], it.translation(0.0, 1.0)
    return {
        "planar": grid_now.planar,
        "affine": grid_now.affine,
        "size": grid_now.size,
        "together": it.together[now],
        "length": moved.length / grid_now.size if row["told"] else np.nan,
        "common": moved.common if row["told"] else np.nan,
        "to_plane": geometry.angle(moved.vector, grid_now.axes),
        "to_readout": geometry.angle(moved.vector, it.model.readout),
        "plane_to_readout": min(
            geometry.angle(axis, it.model.readout) for axis in grid_now.axes
        ),
        "difference": max(it.difference(part) for part in it.parts),
    }


analysed = analysed.measured(shape)
told = analysed.where(told=True)
units = first.model.controller.hidden_size
by_chance = [geometry.chance(units, 2, share) for share in (0.05, 0.5)]

# %%
meanings = {
    "planar": ("share of the grid's variance in two principal components", "1"),
    "affine": ("share of the grid's variance that is an image of the workspace", "1"),
    "together": (
        "movement when target and hand shift, over when only target does",
        "1",
    ),
    "length": ("translation from context 0 to 1 over the size of the grid", "1"),
    "common": ("share of the translation that is the same at all places", "1"),
    "to_plane": ("angle between translation and grid", "degrees"),
    "to_readout": ("angle between translation and readout", "degrees"),
    "plane_to_readout": ("smallest angle between grid and readout", "degrees"),
    "difference": ("largest error of implicit derivatives by differences", "1"),
}
Markdown(numbers(catalogue, analysed, meanings, "at context 0"))

# %% [markdown]
# An angle has to be judged by the dimension of the space. In a space of many units a
# random vector is nearly orthogonal to any plane.

# %%
meaning = "median angle between random vectors and a plane"
catalogue.record("chance", by_chance[1], "degrees", meaning)
Markdown(
    f"Among {units} units half of all random vectors make an angle above "
    f"{by_chance[1]:.0f}° with a plane, and 95 % an angle above {by_chance[0]:.0f}°."
)

# %% [markdown]
# ## Force of a settled network against an error
#
# A constant error of the feedback moves the fixed point, and with it the force. The
# *gain* is that force over the size of the error. For a small error it follows from the
# derivative $\partial h^*/\partial u=(I-J)^{-1}\,\partial F/\partial u$. For the errors
# given in the parameters it is computed from fixed points that are searched again.

# %%
titles = {
    grids.FELT: "gain, position feedback [N/m]",
    grids.SPEED: "gain, velocity feedback [N s/m]",
}
quantities = {
    title: lambda it, part=part: it.gain(part) for part, title in titles.items()
}
quantities["force at rest [N]"] = lambda it: it.force
quantities["size of the grid [1]"] = lambda it: [one.size for one in it.grids]
panels = rest.by_setting(analysed, looked, quantities)

# %% tags=["figure"]
catalogue.save_figure(
    rest.by_context(panels, colours, log=[*titles.values(), "force at rest [N]"]),
    "gains",
    kind="gains by context",
    caption="Gains of a settled network for small constant errors of position and "
    "velocity feedback (force over error), its force without an error, and the size of "
    "its grid of fixed points, against the context, median and range over the "
    "replicates of each setting.",
    models=analysed.table,
)


# %%
lost = Counter()


# %%
def push(row):
    """Gains of one model at its lowest and highest context, and under held errors."""
    it = looked[row["model"]]
    position = it.offset(grids.FELT, position_errors)
    velocity = it.offset(grids.SPEED, velocity_errors)
    for one in (position, velocity):
        lost.update(one.reasons)
    low, high = it.gain(grids.SPEED)[[0, -1]]
    return {
        "gain_low": low,
        "gain_high": high,
        "gain_grows": bool(np.all(np.diff(it.gain(grids.SPEED)) > 0)),
        "held_low": velocity.gain[0, -1],
        "held_high": velocity.gain[-1, -1],
        "same_position": position.invariance[it.context(0.0)],
        "same_velocity": velocity.invariance[it.context(0.0)],
        "lost": position.missing + velocity.missing,
    }


analysed = analysed.measured(push)
fields, none = (analysed.where(told=True, perturbed=x) for x in (True, False))

# %%
meanings = {
    "gain_low": ("velocity gain at the lowest context", "N s/m"),
    "gain_high": ("velocity gain at the highest context", "N s/m"),
    "held_low": (
        f"velocity gain for {velocity_errors[-1]:g} m/s at the lowest context",
        "N s/m",
    ),
    "held_high": (
        f"velocity gain for {velocity_errors[-1]:g} m/s at the highest context",
        "N s/m",
    ),
    "same_position": (
        "share of the response to position that is the same at all places",
        "1",
    ),
    "same_velocity": (
        "share of the response to velocity that is the same at all places",
        "1",
    ),
    "lost": ("number of constant errors without a fixed point", "1"),
}

# %%
why = ", ".join(f"{n} {words}" for words, n in lost.items() if n) or "none"
Markdown(
    f"{numbers(catalogue, analysed, meanings, 'held errors')}\n\nHeld errors without a "
    f"fixed point, by what their searches ended at: {why}."
)

# %% [markdown]
# ## Verdict
#
# The first claims concern all models, the others only those with a context. A
# translation counts as orthogonal to the grid if its angle is above that of the median
# random vector. It counts as aligned with the readout if its angle is below that of 95
# % of random vectors.

# %% tags=["claims"]
claims, every = Claims(NOTES), analysed.where()
claims.target(
    "all_found",
    "Every place and context has a fixed point, also at context −2.",
    reference="none missing, residual at most 1e-10",
    ours=f"{analysed.table['without'].sum()} of {analysed.table['inputs'].sum()} "
    f"inputs missing; residual {max(every.values('residual')):.1e}",
    holds=[
        analysed.table["without"].sum() == 0,
        max(every.values("residual")) <= fixed_points.EXACT,
    ],
)
claims.target(
    "derivatives",
    "Implicit derivatives agree with differences of fixed points searched again.",
    reference="relative error at most 1e-6",
    ours=every.text("difference"),
    holds=max(every.values("difference")) <= 1e-6,
)

# %% tags=["claims"]
claims.test(
    "one_point",
    "There is one fixed point for each constant input.",
    reference="one",
    ours=f"at most {max(every.values('most_points')):.0f}",
    holds=max(every.values("most_points")) == 1,
)
claims.test(
    "planar_grid",
    "Fixed points form a planar grid that mirrors the workspace.",
    reference="planar in three principal components",
    ours=f"variance in a plane {every.text('planar')}, an affine image of the "
    f"workspace {every.text('affine')}",
    holds=[min(every.values("planar")) >= 0.95, min(every.values("affine")) >= 0.95],
)

# %% tags=["claims"]
claims.test(
    "not_invariant",
    "Fixed points vary when target and hand are shifted together.",
    reference="they vary",
    ours=f"{every.text('together')} of the movement by the target alone",
    holds=min(every.values("together")) > 0.01,
)
claims.test(
    "translates",
    "The context moves the whole grid, roughly orthogonally to its plane.",
    reference="~ orthogonal",
    ours=f"common to all places {told.text('common')}; angle "
    f"{told.text('to_plane', '°')}, by chance {by_chance[1]:.0f}°",
    holds=[told.median("common") >= 0.9, told.median("to_plane") >= by_chance[1]],
    models=[told],
)

# %% tags=["claims"]
claims.test(
    "along_readout",
    "The context moves the grid along the readout.",
    reference='an open question, "would make sense"',
    ours=f"angle with the readout {told.text('to_readout', '°')}",
    holds=told.median("to_readout") <= by_chance[0],
    models=[told],
)
ratio = [
    group.values("gain_high") / group.values("gain_low") for group in (fields, none)
]
claims.target(
    "gain_on_demand",
    "The velocity gain at rest rises with every step of the context after training in "
    "fields, and by less than half after training without.",
    reference="predicted above",
    ours=f"from {fields.text('gain_low')} to {fields.text('gain_high', 'N s/m')} with, "
    f"from {none.text('gain_low')} to {none.text('gain_high', 'N s/m')} without",
    holds=[fields.share("gain_grows") == 1, *(x < 1.5 for x in ratio[1])],
    models=[fields, none],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
