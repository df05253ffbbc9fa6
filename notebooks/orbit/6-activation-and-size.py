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
# The notes found leaky_relu far better than tanh, and later that the architecture
# hardly matters. Both were seen with one pair of layers.
#
# **You will see** activations under several layers, and a map of the error over width
# and depth. **Needs** models of `2-train` that differ in activation, width, depth or
# batch. **Takes** a second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import figures, surveys
from studies.orbit.comparisons import Comparison

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
# leaky_relu should beat tanh with the notes' layers. Where the answer is smooth in what
# the network is shown (logarithms of radius and magnitude), smooth activations should
# win. The size should matter little: less than a factor of two between the best and the
# worst.

# %%
table["layers"] = table["features"] + ", " + table["output_layer"]
table["size"] = table["width"].astype(str) + "×" + table["depth"].astype(str)
usual = table[table["size"] == table["size"].mode()[0]]
activations = surveys.summary(usual, ["layers", "activation"])
Markdown(surveys.markdown(activations))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(usual, "activation", "layers"),
    "activations",
    kind="sweep",
    caption="Error by activation, layers in colour; crosses are stuck.",
    models=given,
)

# %% [markdown]
# ## Size
#
# Median error over width and depth, with the most frequent activation and layers.

# %%
same = usual[["layers", "activation"]].mode().iloc[0]
sized = surveys.chosen(table, dict(same))
sizes = surveys.summary(sized, ["size", "batch"])
Markdown(surveys.markdown(sizes))

# %% tags=["figure"]
catalogue.save_figure(
    figures.heat_maps(sized, "width", "depth", "batch"),
    "sizes",
    kind="error by size",
    caption="Median error over width and depth, a panel for each batch size.",
    models=given,
)

# %% [markdown]
# ## Verdict

# %%
said = []
for layers, own in usual.groupby("layers", sort=False):
    kinds = dict(list(own.groupby("activation")))
    best = surveys.summary(own, "activation").index[0]
    catalogue.record(f"best activation, {layers}", best, "-")
    text = f"with {layers} **{best}** is best of {len(kinds)}"
    if {"tanh", "leaky_relu"} <= set(kinds):
        share = surveys.win_share(kinds["leaky_relu"], kinds["tanh"], "mean_100")
        catalogue.record(f"leaky_relu beats tanh, {layers}", share, "1")
        text += f", and leaky_relu beats tanh in {share:.0%} of pairs"
    said.append(text)
factor = float(sizes["median"].max() / sizes["median"].min())
catalogue.record("size factor", factor, "1")
little = (
    "matters little, as predicted" if factor < 2 else "matters, against the prediction"
)
size = f"Over {len(sizes)} sizes medians differ {factor:.3g}-fold: size {little}."
Markdown("; ".join(said).capitalize() + ". " + (size if len(sizes) > 1 else ""))
