# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How far around a fixed point is the linear approximation valid?
#
# Spectra describe a controller as if it were linear near its fixed points. Two kinds of
# second derivatives tell how good this approximation is. The *speed*
# $q(h)=\frac12\lVert F(h)-h\rVert^2$ has a Hessian whose small eigenvalues belong to
# slow directions. The *flow* $F$, which is one step of the network, is itself curved,
# and its curvature limits the linear approximation. A *context* is an input that tells
# the controller how strong the field may be.
#
# **You will see** the spectrum of the speed's Hessian by context, the distance at which
# it departs from the Jacobian's prediction, the curvature of the flow along the readout
# and along the slow modes, and the radius within which the network acts like a linear
# controller. **Needs** models of `1-train`, with a context or without. **Takes** a few
# seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are analysed
contexts: list[float] = [-2, -1, 0, 1, 2]  # [1] contexts, ascending
grid: int = 5  # [1] in [2, 20]: places in each direction of the workspace
distances: list[float] = [0.001, 0.01, 0.1, 0.3, 1.0]  # [1] distances from fixed points
seed: int = 0  # [1] in [0, 4294967295]: seed of random directions and noise
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, survey
from studies.reach import bending, geometry, grids, steady
from studies.reach.figures import bends, rest
from studies.reach.sources import NOTES
from studies.reach.tables import numbers

# %% [markdown]
# ## What is known
#
# [Laboratory notes](/pages/references.qmd#reach-notes) on this task propose to compute
# Hessians. They ask whether fixed points are minima of the speed and no saddles, and
# whether the curvature changes with the training std (the standard deviation of the
# field strength in training) and with the context.
#
# The first question can be answered without a computation. Where $F(h^*)=h^*$, the
# Hessian of $q$ is $(J-I)^\top(J-I)$, which has no negative eigenvalue, also at a
# saddle of the flow. Its smallest eigenvalue is at most $(1-\lambda)^2$ for any real
# mode λ. Away from the fixed point the term $\sum_i r_i\nabla^2F_i$ with $r=F-h$ is
# added.
#
# ## Prediction
#
# The identity should hold to rounding. A network that responds more strongly to errors
# at a high context does so with a larger gain. After training in fields, the flow along
# the readout should therefore be more curved at a high context. The grid of fixed
# points at different places is an affine image of the workspace. The linear
# approximation should therefore be valid at least over the size of that grid.

# %%
looked = {}


def look(row):
    """Finds the curvatures of a model, keeps them, and gives the numbers of its row."""
    model = steady.open_model(catalogue, row)
    told = {"repeats": 1, "anywhere": 0, "seed": seed}
    resting = grids.Resting.of(model, contexts, grid, **told)
    looked[row["model"]] = it = bending.Bending(resting, grid * grid // 2)
    value, vector = it.slow
    readout, modes = it.through["readout"], it.through["slow modes"]
    slow = vector[it.resting.context(0.0)][:, 0]
    radius = np.min(readout.radius, axis=-1)
    return {
        "told": model.layout.context,
        "perturbed": float(np.ravel(row["field_std"])[0]) > 0,
        "without": int(np.sum(~np.isfinite(value).all(axis=-1))),
        "identity": it.apart,
        "smallest": float(np.nanmin(value)),
        "slow_to_readout": geometry.angle(slow, model.readout),
        "bend_low": float(np.max(readout.spectral[0])),
        "bend_high": float(np.max(readout.spectral[-1])),
        "bend_slow_low": float(np.max(modes.spectral[0])),
        "bend_slow_high": float(np.max(modes.spectral[-1])),
        "radius_low": radius[0],
        "radius_high": radius[-1],
        "size": float(np.nanmax([one.size for one in resting.grids])),
    }


# %%
analysed = survey(catalogue, models, keep=steady.moves_at_once)
analysed = analysed.measured(look, catalogue.progress(len(analysed), "models"))
colours, groups = rest.group_colours(analysed), list(analysed.groups.items())
firsts = rest.first_and_last(analysed, looked)

# %% [markdown]
# ## The speed: slow directions

# %% tags=["figure"]
shown = {
    name: rest.named_contexts(it.contexts, it.slow[0]) for name, it in firsts.items()
}
catalogue.save_figure(
    bends.sorted_values(shown),
    "speed-hessian",
    kind="spectrum of the speed's Hessian",
    caption="Eigenvalues of the Hessian of the speed at the fixed point with the hand "
    "at rest in the middle of the workspace, in ascending order, coloured by context, "
    f"of one model each of {' and of '.join(firsts)}. Small eigenvalues belong to slow "
    "directions.",
)

# %%
meanings = {
    "without": ("number of contexts without a fixed point", "1"),
    "identity": ("relative difference of the Hessian from (J − I)ᵀ(J − I)", "1"),
    "smallest": ("smallest eigenvalue of the speed's Hessian", "1"),
    "slow_to_readout": ("angle between slowest direction and readout", "degrees"),
    "bend_low": ("curvature along the readout, lowest context", "N"),
    "bend_high": ("curvature along the readout, highest context", "N"),
    "bend_slow_low": ("curvature along slow modes, lowest context", "1"),
    "bend_slow_high": ("curvature along slow modes, highest context", "1"),
    "radius_low": ("radius of the linear approximation, lowest context", "1"),
    "radius_high": ("radius of the linear approximation, highest context", "1"),
    "size": ("size of the grid of fixed points", "1"),
}
units = next(iter(looked.values())).points.shape[-1]
middle = geometry.chance(units, 2, 0.5)
untold = (
    ""
    if any(analysed.table["told"])
    else "No model here has a context, so lowest and highest are the same.\n\n"
)
table = numbers(catalogue, analysed, meanings, "at rest in the middle")
Markdown(
    f"{untold}{table}\n\nHalf of all random vectors make an angle above {middle:.0f}° "
    "with the readout."
)

# %% [markdown]
# ## The flow: how far is it linear?
#
# For a vector of weights $w$, for example a row of the readout, the curvature of the
# flow along $w$ is the largest eigenvalue of $\nabla^2\langle w,F\rangle$. The radius
# of the linear approximation is $\lVert w^\top J\rVert$ divided by that curvature. At
# this radius a displacement in the worst direction changes the slope by as much as the
# slope itself. The figure below tests the approximation: it compares the force one step
# after a random displacement with the force that $J$ predicts.

# %%
errors = {
    name: [
        [float(np.nanmedian(looked[row["model"]].linear_error(d))) for d in distances]
        for row in group
    ]
    for name, group in groups
}
terms = {
    name: [
        [looked[row["model"]].away(d, seed=seed) for d in distances] for row in group
    ]
    for name, group in groups
}
panels = {
    "error of the linear force [1]": errors,
    "share of the speed's Hessian beyond J [1]": terms,
}

# %% tags=["figure"]
catalogue.save_figure(
    bends.by_distance(distances, panels, colours),
    "linear-picture",
    kind="error of the linear picture",
    caption="Relative error of the linear approximation of the force one step after a "
    "random displacement of the hidden state (left), and share of the speed's Hessian "
    "that the Jacobian does not give (right), against the length of the displacement, "
    "median and range over the replicates of each setting.",
    models=analysed.table,
)

# %%
quantities = {
    "curvature along the readout [N]": lambda it: it.through["readout"].spectral.max(
        -1
    ),
    "curvature along slow modes [1]": lambda it: it.through["slow modes"].spectral.max(
        -1
    ),
    "radius, linear approximation [1]": lambda it: it.through["readout"].radius.min(-1),
    "smallest eigenvalue, speed [1]": lambda it: it.slow[0][:, 0],
}
drawn = rest.by_setting(analysed, looked, quantities)

# %% tags=["figure"]
catalogue.save_figure(
    rest.by_context(drawn, colours, log=["smallest eigenvalue, speed [1]"]),
    "curvature-by-context",
    kind="curvature by context",
    caption="Largest curvature of the flow along the readout and along the left "
    "eigenvectors of the slowest modes, radius of the linear approximation of the "
    "force, and smallest eigenvalue of the speed's Hessian, with the hand at rest in "
    "the middle of the workspace, against the context, median and range over the "
    "replicates of each setting.",
    models=analysed.table,
)

# %% [markdown]
# ## Verdict
#
# The curvature counts as changed if the medians of two groups differ by more than a
# tenth.

# %% tags=["claims"]
claims, every = Claims(NOTES), analysed.where()
fields, none = (analysed.where(told=True, perturbed=x) for x in (True, False))
claims.target(
    "identity",
    "At a fixed point the speed's Hessian is (J − I)ᵀ(J − I).",
    reference="relative difference at most 1e-8",
    ours=every.text("identity"),
    holds=max(every.values("identity")) <= 1e-8,
)
claims.test(
    "minima",
    "Fixed points are minima of the speed.",
    reference="an open question; true wherever no eigenvalue of J is 1",
    ours=f"smallest eigenvalue {every.text('smallest')}",
    holds=min(every.values("smallest")) > 0,
)
claims.target(
    "linear_grid",
    "The linear approximation of the force is valid beyond the size of the grid.",
    reference="predicted above",
    ours=f"radius {every.text('radius_low')} and {every.text('radius_high')} at lowest "
    f"and highest context, size {every.text('size')}",
    holds=[
        bool(np.all(every.values(name) > every.values("size")))
        for name in ("radius_low", "radius_high")
    ],
)

# %% tags=["claims"]
claims.test(
    "changes_with_context",
    "The curvature changes with the context after training in fields.",
    reference="an open question",
    ours=f"along the readout from {fields.text('bend_low')} to "
    f"{fields.text('bend_high', 'N')}",
    holds=abs(fields.median("bend_high") / fields.median("bend_low") - 1) > 0.1,
    models=[fields],
)
claims.test(
    "changes_with_std",
    "The curvature changes with training in fields.",
    reference="an open question",
    ours=f"along the readout, highest context, {fields.text('bend_high')} with and "
    f"{none.text('bend_high', 'N')} without",
    holds=abs(fields.median("bend_high") / none.median("bend_high") - 1) > 0.1,
    models=[fields, none],
)
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
