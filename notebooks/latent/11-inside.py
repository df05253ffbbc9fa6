# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does a trained map resemble the circuit inside?
#
# A model that predicts well may still be no model of the circuit. We look at three
# properties. How many dimensions do its latent states fill, and do other movies lead to
# other states? How fast does its one-step map forget in each direction, compared with
# the time constants of the true circuit? Does its prediction of a neuron depend on the
# neurons that are connected to it?
#
# **You will see** latent states on two families of movies, spectra of the one-step
# maps, and a probe of the connectivity. **Needs** models of `2-train`. **Takes** ten
# seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "latent/train"}}  # [-] which models are compared
steps: int = 2000  # [steps] in [1, inf): length of the test recordings
jacobians: int = 20  # [1] in [1, 10000]: states at which the map is linearised
probed: int = 100  # [1] in [1, inf): neurons whose prediction is probed
seed: int = 0  # [1] in [0, inf): seed of the choice of states and neurons
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
# The latent states should fill about as many dimensions as the voltages. Where rollouts
# are stable, the spectrum should lie within the unit circle, with time scales no longer
# than those of the slowest cells. The *parents* of a neuron are the neurons with an
# edge to it. The connectome should *not* be found: neurons of a column are so
# correlated that an encoder can infer one from another. Silencing neurons that are no
# parents should therefore change predictions more than silencing parents. Augmentation
# should reduce this.

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
catalogue.record("models", len(opened), "1", "number of models compared")
Markdown(
    f"{counted(len(opened), 'model')} of {counted(len(drawn), 'setting')}; figures "
    f"show the first of each. {maps.names.usual_values()}"
)

# %% [markdown]
# ## Latent states
#
# If movies of the other family lead through the same region of latent states,
# predictions there are no extrapolations.

# %%
shapes = {}
for name, (_, model, recordings) in opened.items():
    for family, recording in recordings.items():
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
    family: inside.latent_states(opened[first][1], recording, every=2)
    for family, recording in opened[first][2].items()
}
catalogue.save_figure(
    figures.latent_paths(inside.on_shared_components(states)),
    "states",
    kind="latent states",
    caption="Latent states on both test recordings, projected on their shared first "
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
    caption="Share of the variance of latent states that remains after the first "
    "principal components, against their number, on validation, of one model of each "
    "setting.",
    models=maps.table,
)

# %% [markdown]
# ## The one-step map
#
# The figure shows the eigenvalues of the map's Jacobian at randomly chosen states, and
# in grey those of the true circuit at the same states. An eigenvalue outside the unit
# circle is a direction in which errors grow at that state.

# %%
rng = np.random.default_rng(seed)
spectra, largest = {}, {}
for name, (_, model, recordings) in opened.items():
    seen = recordings["validation"]
    count = min(jacobians, seen.steps)
    at = rng.choice(seen.steps, count, replace=False)
    spectra[name] = inside.spectrum(model, seen, at)
    largest[name] = float(np.median(np.abs(spectra[name][:, 0])))
    outside = float((np.abs(spectra[name]) > 1).mean())
    member = {"model": name}
    meaning = "largest absolute eigenvalue of the one-step map, median over states"
    catalogue.record("spectral_radius", largest[name], "1", meaning, member=member)
    meaning = "share of the one-step map's eigenvalues outside the unit circle"
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
    caption="Eigenvalues of the Jacobian of the one-step map at several states, of one "
    "model of each setting, and in grey of the true circuit where it is known. Outside "
    "the dotted unit circle errors grow.",
    models=maps.table,
)

# %% [markdown]
# ## Does a prediction depend on the right neurons?
#
# The next voltage of each probed neuron is predicted three times: from the state as it
# is, with all neurons that are no parents of it held at their means, and with its
# parents held at their means. Below the dotted line the parents matter more than all
# other neurons.

# %%
probes, ratios = {}, {}
for name, (_, model, recordings) in opened.items():
    seen = recordings["validation"]
    table = parents(seen)
    if table is None:
        continue
    count = min(probed, seen.neurons)
    neurons = rng.choice(seen.neurons, count, replace=False)
    at = rng.choice(seen.steps - 1, 20, replace=False)
    probes[name] = inside.probe(model, seen, table, at, neurons)
    ratios[name] = probes[name].ratio
    meaning = "change of predictions without non-parents over that without parents"
    member = {"model": name}
    catalogue.record("listening_ratio", ratios[name], "1", meaning, member=member)

# %% tags=["figure"]
shown = {label: probes[n] for label, n in drawn.items() if n in probes}
if shown:
    fig = figures.listening(
        {name: probe.without_others for name, probe in shown.items()},
        {name: probe.without_parents for name, probe in shown.items()},
    )
    catalogue.save_figure(
        fig,
        "probe",
        kind="connectivity probe",
        caption="Change of the predicted next voltage of each probed neuron when all "
        "neurons without an edge to it are held at their means, against the change "
        "when those with an edge are held, of one model of each setting.",
        models=maps.table,
    ).show()

# %% [markdown]
# ## Verdict

# %%
inner = sum(value <= 1 for value in largest.values())
deaf = sum(value > 1 for value in ratios.values())
sizes = [shapes[name, "validation"].dimension for name in opened]
meaning = "number of maps whose largest eigenvalue is within the unit circle"
catalogue.record("within_unit_circle", inner, "1", meaning)
meaning = "number of maps that depend more on non-parents than on parents"
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
meaning = "stability, connectivity and dimension of the maps, in sentences"
catalogue.record("verdict", text.replace("**", ""), "-", meaning)
Markdown(text)
