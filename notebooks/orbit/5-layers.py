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
# The *prior* of a pair of feature and output layers is the physics that they take for
# granted. *Neutral* layers assume nothing. *Symmetry-informed* layers assume that no
# direction is special or that the pull is attractive. *Law-given* layers contain the
# inverse square itself. Each step builds in more physics: learning becomes easier, and
# success proves less.
#
# **You will see** the best pair of layers of each prior, the error of every model by
# its layers, the sweep in parallel coordinates, and its main effects. **Needs** models
# of `2-train` that differ in their layers. **Takes** a second for each model.

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
# The more physics the layers build in, the smaller the error should be. We compare the
# best pair of layers of each prior and expect a factor of at least three from each
# prior to the next. The features `rtn` and `rtn_norm` contain no direction. A Cartesian
# output layer above them cannot know where to point, so such models should err by 100
# %.

# %%
Markdown(surveys.ranking(table, "prior", "features", "output_layer"))

# %% [markdown]
# ## The best layers of each prior
#
# For each prior this is the pair of layers with the lowest median error.

# %%
best = {}
for prior in PRIORS:
    pairs = surveys.ranked(where(table, prior=prior).table, "features", "output_layer")
    if pairs:
        best[prior] = next(iter(pairs.items()))
        error = best[prior][1].median("mean_100")
        what = f"lowest median error of a pair of layers, {prior}"
        catalogue.record(
            f"best_{prior.replace('-', '_').replace(' ', '_')}", error, "%", what
        )
Markdown(
    "\n".join(
        f"- {prior}: `{pair}` errs by {models_of_pair.text('mean_100', '%')}"
        for prior, (pair, models_of_pair) in best.items()
    )
)

# %% tags=["figure"]
for name, layer in (("strips", "output_layer"), ("strips-features", "features")):
    caption = (
        "Mean acceleration error on 100 unseen orbits of every model by "
        f"{layer.replace('_', ' ')}, coloured by the prior of its layers. Crosses mark "
        "models that did not learn even their training orbits."
    )
    figure = figures.strips(table, layer, "prior")
    about = {"kind": "sweep", "caption": caption, "models": table}
    catalogue.save_figure(figure, name, **about).show()

# %% tags=["figure"]
catalogue.save_figure(
    figures.parallel(table, ["prior", "features", "output_layer"]),
    "parallel",
    kind="parallel coordinates",
    caption="Parallel coordinates of the sweep: every model is a line through the "
    "prior of its layers, its features, its output layer and its mean acceleration "
    "error on 100 unseen orbits.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.effects(table, ["features", "output_layer"]),
    "effects",
    kind="main effects",
    caption="Main effect of each layer: difference that it makes to the mean logarithm "
    "of the mean acceleration error on 100 unseen orbits, over all models that have "
    "it.",
    models=table,
)

# %% [markdown]
# ## Verdict

# %%
medians = {prior: group.median("mean_100") for prior, (_, group) in best.items()}
finite = {prior: error for prior, error in medians.items() if np.isfinite(error)}
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
    "The error of the best layers falls from prior to prior: "
    f"{'; '.join(f'{k}: {x:.3g} times' for k, x in gains.items())}. "
    f"**{'As' if climbs else 'Not as'} predicted**, at least threefold each."
)
one = "A gain needs models of two priors that did not diverge, so none can be told."
Markdown((text if gains else one) + lost)
