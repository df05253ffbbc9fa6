# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which cell types does a rollout explain, and which does it miss?
#
# Cell types that vary most dominate the mean error over all neurons. A type that hardly
# varies can be predicted badly and change the mean error little. So we ask of each type
# how much of its variance over a long rollout a model explains, and how much is
# explainable at all.
#
# **You will see** total against unexplained variance of every neuron, explained
# variance by type on both families of movies, and predicted voltages of one model.
# **Needs** models of `2-train`. **Takes** ten seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "latent/train"}}  # [-] which models are compared
steps: int = 2000  # [steps] in [1, inf): length of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
worst: int = 5  # [1] in [1, 100]: number of cell types named in the verdict
# fmt: on

# %%
import jax.numpy as jnp
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.latent import cell_types, comparisons, figures, rollouts, trained

# %% [markdown]
# ## Prediction
#
# 1. Types that vary little are explained worst. On the noisy movies, the explained
#    variance R² of a type rises with its variance (rank correlation above 0.5).
# 2. The cause is noise. On movies without noise nearly every type is explained better.
# 3. The worst types are the same for every model, because they depend on the circuit
#    and not on the seed (rank correlation between models above 0.5).

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=min(steps, 2000)
)
group = next(iter(compared.identities()))
middle = compared.middle(group)
data, plan = compared.data[middle], compared.plans[middle]
catalogue.record("models", len(compared.table), "1", "number of models compared")

# %% [markdown]
# ## Neuron by neuron
#
# The figure shows the model of median error of the first setting. On the dotted
# diagonal nothing is explained. Above it the model is worse than the mean of the
# neuron.

# %% tags=["figure"]
family, other = list(data)
noisy = data[family]
kinds, names = noisy.type_index, list(noisy.type_names)
variances = cell_types.shares(compared.judged[middle], family)
catalogue.save_figure(
    figures.variance_scatter(variances.total, variances.unexplained, kinds, names),
    "variance",
    kind="variance scatter",
    caption="Variance of each neuron that rollouts leave unexplained, against its "
    f"variance over time, on {family}, of the model of median error of one setting: "
    f"{group}. On the dotted diagonal nothing is explained.",
    models=[middle],
)

# %% [markdown]
# ## Type by type
#
# The figures show each setting as a mean over seeds. For the embedded circuit, the true
# circuit without noise is rolled out as well. The variance that it leaves unexplained
# cannot be predicted by any model.

# %%
explained = {}
for name in data:
    for label, identities in compared.identities().items():
        values = [
            cell_types.explained_by_type(
                cell_types.shares(compared.judged[i], name), kinds
            )
            for i in identities
        ]
        explained[name, label] = np.mean(values, axis=0)
row = next(x for x in compared.models.rows if x["identity"] == middle)
possible = {}
circuit = trained.circuit_of(row)
if circuit is not None:
    for name, recording in data.items():
        truth = cell_types.of_noise(
            circuit, recording, plan.starts_of(recording), plan.whole
        )
        possible[name] = cell_types.explained_by_type(truth, kinds)
        explained[name, "the true circuit"] = possible[name]

# %% tags=["figure"]
for name in data:
    shown = {
        label: np.clip(x, -1, 1)
        for (movies, label), x in explained.items()
        if movies == name
    }
    figure = catalogue.save_figure(
        figures.by_cell_type(shown, names, "explained variance R² [1]"),
        f"types-{name}".replace(" ", "-"),
        kind="explained variance by type",
        caption="Explained variance R² of rollouts by cell type, mean over seeds, a "
        "bar for each setting and one for the true circuit without noise where it is "
        f"known, on {name}. Values below −1 are drawn at −1.",
        models=compared.table,
    )
    figure.show()

# %%
total = cell_types.by_type(variances.total, kinds)
r2 = {name: explained[name, group] for name in data}
most = {f"possible on {name}": share for name, share in possible.items()}
ranking = cell_types.table(names, total, r2 | most)
for kind, line in ranking.iterrows():
    for name in data:
        value = float(line[f"R² {name}"])
        if np.isfinite(value):
            tag, member = name.replace(" ", "_"), {"type": kind}
            meaning = f"explained variance R² of rollouts, by cell type; {name}"
            catalogue.record(f"r2_{tag}", value, "1", meaning, member=member)
ranking.round(3)

# %% [markdown]
# ## Traces
#
# The figure shows one neuron of each type, along the first rollout of the same model.

# %% tags=["figure"]
start = int(plan.starts_of(noisy)[0])
length = min(plan.whole, 10 * plan.horizon) // plan.time_units * plan.time_units
predicted = rollouts.latent_rollout(
    trained.loader(catalogue)(row),
    jnp.asarray(noisy.voltage[start]),
    jnp.asarray(noisy.stimulus[start : start + length + 1]),
    plan.mode,
    plan.time_units,
)
true = noisy.voltage[start + 1 : start + 1 + length]
catalogue.save_figure(
    figures.traces(true, np.asarray(predicted), kinds, names, noisy.dt),
    "traces",
    kind="traces by type",
    caption="Recorded (grey) and predicted voltages of one neuron of each cell type "
    f"along one rollout on {family}, of one model: {group}.",
    models=[middle],
)

# %% [markdown]
# ## Verdict

# %%
by_variance = cell_types.rank_correlation(total, r2[family])
gain = float(np.nanmean(r2[other] > r2[family]))
each = [
    cell_types.explained_by_type(cell_types.shares(errors, family), kinds)
    for errors in compared.judged.values()
]
pairs = [(a, b) for k, a in enumerate(each) for b in each[k + 1 :]]
alike = np.array([cell_types.rank_correlation(a, b) for a, b in pairs])
meaning = "rank correlation over cell types of variance and explained variance"
circuits = trained.is_of_circuit(row)  # of which the other family has no noise
if np.isfinite(by_variance):
    catalogue.record("rank_correlation_variance", by_variance, "1", meaning)
meaning = f"share of cell types that are explained better on {other}"
if circuits:
    catalogue.record("share_better_without_noise", gain, "1", meaning)
least = list(ranking.index[:worst])
catalogue.record("worst_types", least, "-", "cell types that are explained worst")

# %%
lines, few = {}, "It needs three cell types at least to rank them."
if np.isfinite(by_variance):
    words = f"R² rises with variance (rank correlation {by_variance:.2f})"
    lines[words] = by_variance > 0.5
if circuits:
    lines[f"{gain:.0%} of types are explained better on {other}"] = gain > 0.9
if np.isfinite(alike).any():
    agreement = float(np.nanmedian(alike))
    meaning = "rank correlation of explained variance between models, median"
    catalogue.record("rank_correlation_models", agreement, "1", meaning)
    words = f"models agree on the order of types (rank correlation {agreement:.2f})"
    lines[words] = agreement > 0.5
said = [f"- {text}: **{'held' if ok else 'failed'}**" for text, ok in lines.items()]
said += [] if np.isfinite(by_variance) else [f"- No order can be judged. {few}"]
worse = ", ".join(f"{kind} ({r2[family][names.index(kind)]:.2f})" for kind in least)
text = f"Worst explained types of {group}, {family}: {worse}."
if possible:
    missed = possible[family] - r2[family]  # what a perfect map would have explained
    order = np.argsort(-missed)[:worst]
    far = ", ".join(f"{names[k]} ({missed[k]:.2f})" for k in order)
    meaning = "variance that the true circuit explains and the model does not, median"
    catalogue.record("missed_median", float(np.nanmedian(missed)), "1", meaning)
    text += (
        f" Beside the true circuit without noise {np.nanmedian(missed):.2f} of the "
        f"variance is missed (median over types); most of {far}."
    )
catalogue.record("verdict", text, "-", "cell types explained worst, as a sentence")
Markdown("\n".join([*said, f"\n{text}"]))
