# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does a trained map look like inside?
#
# A model that predicts well may still be no model of the circuit. Opened, it shows
# three things: how many dimensions its latent states fill and whether other movies lead
# it elsewhere; how fast its one-step map forgets, direction by direction, beside the
# time constants of the true circuit; and whether its prediction of a neuron listens to
# the neurons that the connectome allows.
#
# **You will see** latent states of two families, spectra of the one-step maps, and the
# connectivity probe. **Needs** models of `2-train`. **Takes** ten seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "latent/train"}}  # [-] which models are opened
steps: int = 2000  # [steps] in [1, inf): of the recordings that are looked at
jacobians: int = 20  # [1] in [1, 10000]: rows at which the map is linearised
probed: int = 100  # [1] in [1, inf): neurons whose prediction is asked for
seed: int = 0  # [1] in [0, inf): of the rows and neurons drawn
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Summary, counted, number
from studies.latent import figures, inside, statistics, trained
from studies.latent.recordings import parents

# %% [markdown]
# ## Prediction
#
# The latent states need about as many dimensions as the voltages. The spectrum lies
# within the unit circle where rollouts are stable, with time scales no longer than the
# slowest cells'. The connectome is *not* found: neurons of a column are so correlated
# that an encoder can read one off another, so silencing non-parents changes predictions
# more than silencing parents. Augmentation should lower that.

# %%
maps = trained.maps(catalogue, models)
load = trained.loader(catalogue)
data, opened, drawn = {}, {}, {}
for row in maps.rows:
    place = trained.data_key(row)
    if place not in data:
        data[place] = trained.data_of(row, steps, 10, catalogue.cached)
    name = row["model"]
    opened[name] = (row, load(row), data[place])
    drawn.setdefault(row["group"], name)  # one of each setting is drawn, all counted
catalogue.record("models", len(opened), "1", "models that were opened")
Markdown(
    f"{counted(len(opened), 'model')} of {counted(len(drawn), 'setting')}; figures "
    f"show the first of each. {maps.names.usual_values()}"
)

# %% [markdown]
# ## Latent states
#
# Movies of the other family should lead through the same region, or predictions there
# are extrapolations.

# %%
shapes = {}
for name, (_, model, own) in opened.items():
    for family, recording in own.items():
        states = inside.latent_states(model, recording, every=2)
        shapes[name, family] = inside.geometry(states)
        size = shapes[name, family].dimension
        meaning = f"dimensions that the latent states fill; {family}"
        member, tag = {"model": name}, family.replace(" ", "_")
        catalogue.record(f"{tag}_dimension", size, "1", meaning, member=member)
first = next(iter(opened))
recording = opened[first][2]["validation"]
residual = statistics.pca_residual(recording.voltage[::2])
true_size = inside.participation(-np.diff(residual))
meaning = "dimensions that the voltages fill; validation"
catalogue.record("voltage_dimension", true_size, "1", meaning)
Markdown(
    f"On validation the voltages fill {true_size:.3g} dimensions (participation "
    f"ratio), the latent states of {first} {shapes[first, 'validation'].dimension:.3g}."
)

# %% tags=["figure"]
states = {
    family: inside.latent_states(opened[first][1], own, every=2)
    for family, own in opened[first][2].items()
}
catalogue.save_figure(
    figures.latent_paths(inside.on_shared_components(states)),
    "states",
    kind="latent states",
    caption="Latent states of both recordings that judge on their shared first "
    f"principal components, of one model: {first}.",
    models=[opened[first][0]],
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.variance_kept(
        {label: shapes[n, "validation"].variance for label, n in drawn.items()}
    ),
    "components",
    kind="variance by components",
    caption="Share of the variance of latent states left after so many principal "
    "components, on validation, one model of each setting.",
    models=maps.table,
)

# %% [markdown]
# ## The one-step map
#
# Eigenvalues of its Jacobian at rows drawn by lot, beside those of the true circuit at
# the same rows, grey. A pair outside the unit circle is a direction in which errors
# grow, at that state.

# %%
rng = np.random.default_rng(seed)
spectra, largest = {}, {}
for name, (_, model, own) in opened.items():
    count = min(jacobians, own["validation"].steps)
    at = rng.choice(own["validation"].steps, count, replace=False)
    spectra[name] = inside.spectrum(model, own["validation"], at)
    largest[name] = float(np.median(np.abs(spectra[name][:, 0])))
    outside = float((np.abs(spectra[name]) > 1).mean())
    member = {"model": name}
    meaning = "largest absolute eigenvalue of the one-step map, median over rows"
    catalogue.record("spectral_radius", largest[name], "1", meaning, member=member)
    meaning = "eigenvalues outside the unit circle"
    catalogue.record("outside", 100 * outside, "%", meaning, member=member)
truth = None
circuit = trained.circuit_of(opened[first][0])
if circuit is not None and recording.signal == "voltage":
    truth = inside.true_spectrum(circuit, recording.voltage[at[:1]])

# %% tags=["figure"]
catalogue.save_figure(
    figures.map_spectrum({label: spectra[n] for label, n in drawn.items()}, truth),
    "spectrum",
    kind="spectrum of the map",
    caption="Eigenvalues of the Jacobian of the one-step map at several states, one "
    "model of each setting; grey, of the true circuit where it is known. Dotted, the "
    "unit circle: outside of it errors grow.",
    models=maps.table,
)

# %% [markdown]
# ## Does it listen to the right neurons?
#
# Each probed neuron's next voltage is predicted three times: from the state as it is,
# with all neurons that cannot influence it held at their means, and with those that can
# held there. Below the dotted line its parents matter more than all the others.

# %%
probes, ratios = {}, {}
for name, (_, model, own) in opened.items():
    table = parents(own["validation"])
    if table is None:
        continue
    count = min(probed, own["validation"].neurons)
    neurons = rng.choice(own["validation"].neurons, count, replace=False)
    at = rng.choice(own["validation"].steps - 1, 20, replace=False)
    probes[name] = inside.probe(model, own["validation"], table, at, neurons)
    ratios[name] = probes[name].ratio
    meaning = "change of predictions without all others, over that without parents"
    member = {"model": name}
    catalogue.record("listening_ratio", ratios[name], "1", meaning, member=member)

# %% tags=["figure"]
shown = {label: probes[n] for label, n in drawn.items() if n in probes}
if shown:
    fig = figures.listening(
        {name: own.without_others for name, own in shown.items()},
        {name: own.without_parents for name, own in shown.items()},
    )
    catalogue.save_figure(
        fig,
        "probe",
        kind="connectivity probe",
        caption="Change of the predicted next voltage of each probed neuron when all "
        "that are no parents of it are held at their means, over that when its parents "
        "are; one model of each setting.",
        models=maps.table,
    ).show()

# %% [markdown]
# ## Verdict

# %%
inner = sum(value <= 1 for value in largest.values())
deaf = sum(value > 1 for value in ratios.values())
sizes = [shapes[name, "validation"].dimension for name in opened]
meaning = "maps whose largest eigenvalue is within the unit circle"
catalogue.record("within_unit_circle", inner, "1", meaning)
meaning = "maps that heed neurons which are no parents more than parents"
listening = "No recording names its connectome, so whether it is found is not known."
if ratios:
    catalogue.record("ignoring_the_connectome", deaf, "1", meaning)
    listening = (
        f"In {deaf} of {len(ratios)} silencing all that cannot influence a neuron "
        "changes its prediction more than silencing its parents: the connectome is "
        f"{'**not found**' if deaf else '**respected**'}, "
        f"{'as' if deaf == len(ratios) else 'not everywhere as'} predicted."
    )
text = (
    f"The largest eigenvalue is within the unit circle in {inner} of "
    f"{counted(len(largest), 'map')} (median over rows). {listening} Latent states "
    f"fill {Summary.of(sizes).text(count=False)} dimensions, voltages "
    f"{number(true_size)}."
)
meaning = "what was found inside the maps, in sentences"
catalogue.record("verdict", text.replace("**", ""), "-", meaning)
Markdown(text)
