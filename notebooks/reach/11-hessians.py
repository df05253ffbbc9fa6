# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How far around a fixed point does the linear picture hold?
#
# Spectra describe a controller as if it were linear near its fixed points. Two kinds of
# second derivatives say how good that is, and they are kept apart here. The *speed*
# $q(h)=\frac12\lVert F(h)-h\rVert^2$ has a Hessian whose small eigenvalues are slow
# directions. The *flow* $F$ itself is curved, and its curvature bounds the linear
# picture.
#
# **You will see** the spectrum of the speed's Hessian by context, how soon it stops
# being what the Jacobian says, the curvature of the flow seen through the readout and
# through the slow modes, and the radius within which a linear controller would do the
# same. **Needs** models of `1-train`, with a context or without. **Takes** a few
# seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are opened
contexts: list[float] = [-2, -1, 0, 1, 2]  # [1] contexts told, ascending
grid: int = 5  # [1] in [2, 20]: places in each direction; the middle one is opened
distances: list[float] = [0.001, 0.01, 0.1, 0.3, 1.0]  # [1] from the fixed point
seed: int = 0  # [1] in [0, 4294967295]: of random directions and the trials' noise
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
# The [notes](/pages/references.qmd#reach-notes) want Hessians and have none. They ask
# whether fixed points are minima and no saddles (is the Hessian positive definite?) and
# whether the curvature changes with the training std and with the context.
#
# The first question answers itself for the speed. Where $F(h^*)=h^*$, the Hessian of
# $q$ is $(J-I)^\top(J-I)$, which has no negative eigenvalue, also at a saddle of the
# flow. Its smallest one is at most $(1-\lambda)^2$ for a real mode λ. Away from the
# fixed point $\sum_i r_i\nabla^2F_i$ with $r=F-h$ is added.
#
# ## Prediction
#
# The identity holds to rounding. A network that answers harder to errors at a high
# context does so with a larger gain, so after training in fields the flow seen through
# the readout should be more curved there. The grid of fixed points is an affine image
# of the workspace, so the linear picture must hold at least over its size.

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
found = survey(catalogue, models, keep=steady.moves_at_once)
found = found.measured(look, catalogue.progress(len(found), "models"))
colours, groups = rest.group_colours(found), list(found.groups.items())
firsts = rest.first_and_last(found, looked)

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
    "at rest in the middle of the workspace, in ascending order, coloured by context; "
    f"one model each of {' and of '.join(firsts)}. Small ones are slow directions.",
)

# %%
meanings = {
    "without": ("contexts without a fixed point", "1"),
    "identity": ("largest relative difference from (J − I)ᵀ(J − I)", "1"),
    "smallest": ("smallest eigenvalue of the speed's Hessian", "1"),
    "slow_to_readout": ("angle between slowest direction and readout", "degrees"),
    "bend_low": ("curvature through the readout, lowest context", "N"),
    "bend_high": ("curvature through the readout, highest context", "N"),
    "bend_slow_low": ("curvature through slow modes, lowest context", "1"),
    "bend_slow_high": ("curvature through slow modes, highest context", "1"),
    "radius_low": ("radius of the linear picture, lowest context", "1"),
    "radius_high": ("radius of the linear picture, highest context", "1"),
    "size": ("size of the grid of fixed points", "1"),
}
units = next(iter(looked.values())).points.shape[-1]
middle = geometry.chance(units, 2, 0.5)
untold = (
    ""
    if any(found.table["told"])
    else "None of these models is told a context: lowest and highest are the same.\n\n"
)
table = numbers(catalogue, found, meanings, "at rest in the middle")
Markdown(
    f"{untold}{table}\n\nHalf of all random vectors make an angle above {middle:.0f}° "
    "with the readout."
)

# %% [markdown]
# ## The flow: how far is it linear?
#
# Through a vector of weights $w$ the curvature is the largest eigenvalue of
# $\nabla^2\langle w,F\rangle$, and the radius of the linear picture is
# $\lVert w^\top J\rVert$ over it: there a step in the worst direction changes the
# slope by as much as the slope itself. Below it is tried: the force one step after a
# random displacement, against what $J$ says.

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
    caption="Relative error of the force one step after a random displacement of the "
    "hidden state if the network were linear (left), and the relative part of the "
    "speed's Hessian that its Jacobian does not give (right), over the length of the "
    "displacement: median and range of the replicates of each setting.",
    models=found.table,
)

# %% tags=["figure"]
quantities = {
    "curvature through the readout [N]": lambda it: it.through["readout"].spectral.max(
        -1
    ),
    "curvature through slow modes [1]": lambda it: it.through[
        "slow modes"
    ].spectral.max(-1),
    "radius of the linear picture [1]": lambda it: it.through["readout"].radius.min(-1),
    "smallest eigenvalue, speed [1]": lambda it: it.slow[0][:, 0],
}
drawn = rest.by_setting(found, looked, quantities)
catalogue.save_figure(
    rest.by_context(drawn, colours, log=["smallest eigenvalue, speed [1]"]),
    "curvature-by-context",
    kind="curvature by context",
    caption="Largest curvature of the flow through the readout and through the left "
    "eigenvectors of the slowest modes, radius of the linear picture of the force, and "
    "smallest eigenvalue of the speed's Hessian, with the hand at rest in the middle, "
    "over the context: median and range of the replicates of each setting.",
    models=found.table,
)

# %% [markdown]
# ## Verdict
#
# The curvature counts as changed if the medians of two groups differ by a tenth.

# %% tags=["claims"]
claims, every = Claims(NOTES), found.where()
fields, none = (found.where(told=True, perturbed=x) for x in (True, False))
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
    reference="asked; true wherever no eigenvalue of J is 1",
    ours=f"smallest eigenvalue {every.text('smallest')}",
    holds=min(every.values("smallest")) > 0,
)
claims.target(
    "linear_grid",
    "The linear picture of the force holds beyond the size of the grid.",
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
    reference="asked",
    ours=f"through the readout from {fields.text('bend_low')} to "
    f"{fields.text('bend_high', 'N')}",
    holds=abs(fields.median("bend_high") / fields.median("bend_low") - 1) > 0.1,
    models=[fields],
)
claims.test(
    "changes_with_std",
    "The curvature changes with training in fields.",
    reference="asked",
    ours=f"through the readout, highest context, {fields.text('bend_high')} with and "
    f"{none.text('bend_high', 'N')} without",
    holds=abs(fields.median("bend_high") / none.median("bend_high") - 1) > 0.1,
    models=[fields, none],
)
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "what became of the claims, in sentences")
Markdown(text)
