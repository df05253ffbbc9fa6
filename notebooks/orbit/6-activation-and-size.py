# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do activation, depth and width matter?
#
# [Laboratory notes of December](/pages/references.qmd#orbit-notes) report that
# leaky_relu errs far less than tanh. [Later
# remarks](/pages/references.qmd#orbit-january) say that the architecture hardly
# matters. Both observations were made with one pair of feature and output layers. Here
# they are tested with several.
#
# **You will see** the error by activation for several pairs of layers, and a map of the
# error over width and depth of the network. **Needs** models of `2-train` that differ
# in activation, width, depth or batch. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import (
    NOTHING,
    Claims,
    groups,
    probability_of_superiority,
    where,
)
from studies.orbit import figures, published, surveys

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
# With the layers of the notes, leaky_relu should err less than tanh. With layers that
# use logarithms of radius and magnitude, the answer is a smooth function of the
# features, and smooth activations should err least. The size of the network should
# matter little: the medians of all sizes should differ by less than a factor of two.

# %%
table["layers"] = table["features"] + ", " + table["output_layer"]
table["size"] = table["width"].astype(str) + "×" + table["depth"].astype(str)
usual = table[table["size"] == table["size"].mode()[0]]
Markdown(surveys.ranking(usual, "layers", "activation"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(usual, "activation", "layers"),
    "activations",
    kind="sweep",
    caption="Mean acceleration error on 100 unseen orbits of every model of the most "
    "frequent size by its activation, coloured by its layers. Crosses mark models that "
    "did not learn even their training orbits.",
    models=table,
)

# %% [markdown]
# ## Size
#
# The figure shows the median error over width and depth, for models with the most
# frequent activation and layers.

# %%
same = usual[["layers", "activation"]].mode().iloc[0]
sized = where(table, **same).table
sizes = surveys.ranked(sized, "size", "batch")
Markdown(surveys.ranking(sized, "size", "batch"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.heat_maps(sized, "width", "depth", "batch"),
    "sizes",
    kind="error by size",
    caption="Mean acceleration error on 100 unseen orbits, median over models, by "
    "width and depth of the network, a panel for each batch size. Models have the most "
    "frequent activation and layers.",
    models=table,
)

# %% [markdown]
# ## Verdict

# %%
said = []
for layers, models_of_layers in groups(usual, "layers").items():
    kinds = surveys.ranked(models_of_layers.table, "activation")
    best, member = next(iter(kinds)), {"layers": layers}
    what = "activation with the lowest median error"
    text = f"with {layers} only {best} was trained"
    if len(kinds) > 1:
        catalogue.record("best_activation", best, "-", what, member=member)
        text = f"with {layers} **{best}** is best of {len(kinds)}"
    if {"tanh", "leaky_relu"} <= set(kinds):
        pair = kinds["leaky_relu"], kinds["tanh"]
        share = probability_of_superiority(*pair, "mean_100")
        what = "share of pairs in which leaky_relu errs less than tanh"
        catalogue.record("leaky_relu_beats_tanh", share, "1", what, member=member)
        text += f", and leaky_relu beats tanh in {share:.0%} of pairs"
    said.append(text)

# %% [markdown]
# We say that the architecture *hardly matters* if, in a setting with at least four
# sizes of network, the highest median error is less than twice the lowest.

# %% tags=["claims"]
alike = ["features", "output_layer", "activation", "loss", "orbits", "steps"]
alike += ["data_file"] if "data_file" in table else []
settings = groups(table.assign(steps=table["steps"].astype(str)), alike).values()
sized = [groups(one.table, ["width", "depth"]) for one in settings]
medians = max(([g.median("mean_100") for g in one.values()] for one in sized), key=len)
with np.errstate(invalid="ignore"):
    fold = float(np.divide(max(medians), min(medians)))
claims = Claims(published.TALK)
claims.test(
    "architecture_hardly_matters",
    "Width and depth of the network hardly matter.",
    reference="no numbers",
    ours=f"medians of {len(medians)} sizes differ {fold:.3g}-fold",
    holds=fold < 2,
    models=[] if len(medians) >= 4 else [NOTHING],
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
medians = [group.median("mean_100") for group in sizes.values()]
with np.errstate(invalid="ignore"):  # infinite where models diverged
    factor = float(np.divide(max(medians), min(medians)))
what = "highest over lowest median error of all widths, depths and batch sizes"
known = len(sizes) > 1 and np.isfinite(factor)
if known:
    catalogue.record("size_factor", factor, "1", what)
little = (
    "matters little, as predicted" if factor < 2 else "matters, against the prediction"
)
size = f"Over {len(sizes)} sizes medians differ {factor:.3g}-fold: size {little}."
alone = "Whether size matters cannot be told: that needs two that did not diverge."
Markdown("; ".join(said).capitalize() + ". " + (size if known else alone))
