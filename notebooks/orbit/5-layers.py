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
# the inverse square itself (law given). Each rung makes learning easier, and each says
# less.
#
# **You will see** a ladder by prior, every pair of layers as dots, the sweep in
# parallel coordinates and its main effects. **Needs** models of `2-train` that differ
# in their layers. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import figures, surveys
from studies.orbit.comparisons import Comparison
from studies.orbit.models import PRIORS

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group.

# %%
compared = Comparison(catalogue, models)
given, table = compared.given, compared.survey(points)
compared.record(table)
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# The more the layers are given, the smaller the error: at least by a factor of three
# from rung to rung, for the best pair of each. Features without directions (`rtn`,
# `rtn_norm`) under a Cartesian output layer cannot point anywhere and err by a hundred
# percent.

# %%
ranks = surveys.summary(table, ["prior", "features", "output_layer"])
Markdown(surveys.markdown(ranks))

# %% [markdown]
# ## The ladder
#
# For each rung the pair of layers with the lowest median, and the rung as a whole.

# %%
rungs = [name for name in PRIORS if name in ranks.index.get_level_values(0)]
best = {rung: ranks.xs(rung).iloc[0] for rung in rungs}
pairs = {rung: ", ".join(ranks.xs(rung).index[0]) for rung in rungs}
for rung, row in best.items():
    catalogue.record(f"best {rung}", row["median"], "%")
Markdown(
    "\n".join(
        f"- {rung}: `{pairs[rung]}` errs by {surveys.said(row.to_dict())}"
        for rung, row in best.items()
    )
)

# %% tags=["figure"]
for name, layer in (("strips", "output_layer"), ("strips-features", "features")):
    caption = f"Error of every model by {layer.replace('_', ' ')}; crosses are stuck."
    figure = figures.strips(table, layer, "prior")
    about = {"kind": "sweep", "caption": caption, "models": given}
    catalogue.save_figure(figure, name, **about).show()

# %% tags=["figure"]
catalogue.save_figure(
    figures.parallel(table, ["prior", "features", "output_layer"]),
    "parallel",
    kind="parallel coordinates",
    caption="Every model as a line through its layers to its error.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.effects(table, ["features", "output_layer"]),
    "effects",
    kind="main effects",
    caption="Change of the mean log error with each layer; it ranks averages.",
    models=given,
)

# %% [markdown]
# ## Verdict

# %%
factors = [
    best[lower]["median"] / best[upper]["median"]
    for lower, upper in zip(rungs, rungs[1:], strict=False)
]
steps = [
    f"{a} → {b}: {f:.3g} times"
    for a, b, f in zip(rungs, rungs[1:], factors, strict=False)
]
climbs = bool(factors) and min(factors) >= 3
if factors:
    catalogue.record("each rung gains threefold", climbs, "-")
blind = table[
    table["features"].isin(["rtn", "rtn_norm"])
    & ~table["output_layer"].str.startswith("rtn")
]
lost = f" Blind pairs err by {blind['mean_100'].median():.3g} %." if len(blind) else ""
gains = (
    f"Gain from rung to rung: {'; '.join(steps)}. "
    f"**{'As' if climbs else 'Not as'} predicted**, at least threefold each."
)
Markdown((gains if factors else "Of one rung alone no gain can be told.") + lost)
