# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How much must the layers know of physics?
#
# Feature and output layers differ in what they take for granted: nothing (neutral),
# that no direction is special or that the pull is attractive (symmetry-informed), or
# the inverse square itself (law given). Each step builds in
# more physics: learning becomes easier, and success proves less.
#
# **You will see** a ladder by prior, every pair of layers as dots, the sweep in
# parallel coordinates and its main effects. **Needs** models of `2-train` that differ
# in their layers. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
from itertools import pairwise

import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Group, where
from studies.orbit import figures, surveys
from studies.orbit.models import PRIORS

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group.

# %%
judged = surveys.survey(catalogue, models, points)
surveys.record(catalogue, judged)
table = judged.table
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# The more the layers are given, the smaller the error: at least by a factor of three
# from rung to rung, for the best pair of each. Features without directions (`rtn`,
# `rtn_norm`) under a Cartesian output layer cannot point anywhere and err by a hundred
# percent.

# %%
Markdown(surveys.ranking(table, "prior", "features", "output_layer"))

# %% [markdown]
# ## The ladder
#
# For each rung the pair of layers with the lowest median, and the rung as a whole.

# %%
best = {}
for rung in PRIORS:
    pairs = surveys.ranked(where(table, prior=rung).table, "features", "output_layer")
    if pairs:
        best[rung] = next(iter(pairs.items()))
        error = best[rung][1].median("mean_100")
        what = f"lowest median error of a pair of layers, {rung}"
        catalogue.record(
            f"best_{rung.replace('-', '_').replace(' ', '_')}", error, "%", what
        )
Markdown(
    "\n".join(
        f"- {rung}: `{pair}` errs by {models_of_pair.text('mean_100', '%')}"
        for rung, (pair, models_of_pair) in best.items()
    )
)

# %% tags=["figure"]
for name, layer in (("strips", "output_layer"), ("strips-features", "features")):
    caption = (
        f"Mean error on 100 unseen orbits of every model by {layer.replace('_', ' ')}, "
        "coloured by what its layers take for granted. Crosses mark stuck models."
    )
    figure = figures.strips(table, layer, "prior")
    about = {"kind": "sweep", "caption": caption, "models": table}
    catalogue.save_figure(figure, name, **about).show()

# %% tags=["figure"]
catalogue.save_figure(
    figures.parallel(table, ["prior", "features", "output_layer"]),
    "parallel",
    kind="parallel coordinates",
    caption="Every model as a line through what its layers take for granted, its "
    "features and its output layer to its error on 100 unseen orbits.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.effects(table, ["features", "output_layer"]),
    "effects",
    kind="main effects",
    caption="How far each layer moves the mean logarithm of the error on 100 unseen "
    "orbits, averaged over all models that have it.",
    models=table,
)

# %% [markdown]
# ## Verdict

# %%
medians = {rung: group.median("mean_100") for rung, (_, group) in best.items()}
finite = {rung: error for rung, error in medians.items() if np.isfinite(error)}
gains = {
    f"{lower} → {upper}": finite[lower] / finite[upper]
    for lower, upper in pairwise(finite)
}
climbs = bool(gains) and min(gains.values()) >= 3
if gains:
    what = "whether each step of built-in physics lowers the error at least threefold"
    catalogue.record("each_rung_gains_threefold", climbs, "-", what)
blind = where(table, features=("rtn", "rtn_norm")).table
blind = Group(blind[~blind["output_layer"].str.startswith("rtn")])
lost = "Models that see no directions but must answer in Cartesian coordinates err by "
lost = f" {lost}{blind.text('mean_100', '%')}." if blind else ""
text = (
    "Gain from rung to rung: "
    f"{'; '.join(f'{k}: {x:.3g} times' for k, x in gains.items())}. "
    f"**{'As' if climbs else 'Not as'} predicted**, at least threefold each."
)
alone = "A gain needs models of two rungs that did not diverge, so none can be told."
Markdown((text if gains else alone) + lost)
