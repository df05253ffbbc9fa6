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
# The mean error over all neurons is made by the types that vary most. A type that
# hardly varies can be missed altogether at no cost. So each type is asked by itself:
# how much of its variance over a long rollout does a model explain, and how much could
# anyone?
#
# **You will see** total against unexplained variance of every neuron, explained
# variance by type on both families of movies, and traces of the middle model. **Needs**
# models of `2-train`. **Takes** ten seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "latent/train"}}  # [-] which models are looked at
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
worst: int = 5  # [1] in [1, 100]: types named in the verdict
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
# 1. Types that vary little are explained worst: over types, R² rises with variance
#    (rank correlation above 0.5) on the noisy movies.
# 2. That is the noise: on movies without noise nearly every type gains.
# 3. The worst types are the same for every model, because the circuit decides and not
#    the seed (rank correlation between models above 0.5).

# %%
compared = comparisons.compare(
    catalogue, models, steps=steps, starts=starts, activity_steps=min(steps, 2000)
)
group = next(iter(compared.identities()))
middle = compared.middle(group)
data, plan = compared.data[middle], compared.plans[middle]
catalogue.record("models", len(compared.table), "1", "models that were judged")

# %% [markdown]
# ## Neuron by neuron
#
# The middle model of the first setting. On the dotted diagonal nothing is explained;
# above it the model is worse than the mean of the neuron.

# %% tags=["figure"]
family, other = list(data)
noisy = data[family]
kinds, names = noisy.type_index, list(noisy.type_names)
own = cell_types.shares(compared.judged[middle], family)
catalogue.save_figure(
    figures.variance_scatter(own.total, own.unexplained, kinds, names),
    "variance",
    kind="variance scatter",
    caption="Variance of each neuron over time, and how much of it rollouts leave "
    f"unexplained, on {family}, of the middle model of one setting: {group}.",
    models=[middle],
)

# %% [markdown]
# ## Type by type
#
# Each setting's models together (mean over seeds). For the embedded circuit the true
# circuit without noise is rolled out as well: what it misses nobody can predict.

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
        label: np.clip(x, -1, 1) for (own, label), x in explained.items() if own == name
    }
    figure = catalogue.save_figure(
        figures.by_cell_type(shown, names, "explained variance R² [1]"),
        f"types-{name}".replace(" ", "-"),
        kind="explained variance by type",
        caption="Explained variance R² by cell type, mean over seeds, a bar a setting, "
        f"and of the true circuit where it is known, on {name}. Values below -1 are "
        "drawn at -1.",
        models=compared.table,
    )
    figure.show()

# %%
total = cell_types.by_type(own.total, kinds)
r2 = {name: explained[name, group] for name in data}
most = {f"possible on {name}": own for name, own in possible.items()}
ranking = cell_types.table(names, total, r2 | most)
for kind, line in ranking.iterrows():
    for name in data:
        value = float(line[f"R² {name}"])
        if np.isfinite(value):
            tag, member = name.replace(" ", "_"), {"type": kind}
            meaning = f"variance explained, by cell type; {name}"
            catalogue.record(f"r2_{tag}", value, "1", meaning, member=member)
ranking.round(3)

# %% [markdown]
# ## Traces
#
# One neuron of each type, from the first start of the middle model.

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
    cell_types.explained_by_type(cell_types.shares(found, family), kinds)
    for found in compared.judged.values()
]
pairs = [(a, b) for k, a in enumerate(each) for b in each[k + 1 :]]
alike = np.array([cell_types.rank_correlation(a, b) for a, b in pairs])
meaning = "rank correlation of variance and explained variance over cell types"
circuits = trained.is_of_circuit(row)  # of which the other family has no noise
if np.isfinite(by_variance):
    catalogue.record("rank_correlation_variance", by_variance, "1", meaning)
meaning = f"share of cell types explained better on {other}"
if circuits:
    catalogue.record("share_better_without_noise", gain, "1", meaning)
least = list(ranking.index[:worst])
catalogue.record("worst_types", least, "-", "cell types explained worst")

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
catalogue.record("verdict", text, "-", "cell types explained worst, in sentences")
Markdown("\n".join([*said, f"\n{text}"]))
