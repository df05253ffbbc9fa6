# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How much does a circuit do between two samples?
#
# A microscope sees each neuron once in 5, 20 or 50 steps of 20 ms; the stimulus is
# known at every step. A model that is to fill in the steps between must learn what
# happens there. Before any model: how fast do voltages change, how much of the change
# is fast, and in how few dimensions does it happen?
#
# **You will see** the circuit, its two families of movies, voltages by cell type, their
# spectra, the error of two models that know nothing, and how many dimensions the
# activity fills. **Needs** nothing; a recording of your own if you have one. **Takes**
# half a minute with the default preset.
#
# The embedded circuit is made of passive point neurons with graded synapses,
# $\tau_i \dot v_i = -v_i + \sum_j w_{ij}\,\mathrm{relu}(v_j) + b_i + e_i(t)$, stepped
# by Euler's rule with noise at each step. Voltages are in the recording's raw units.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
source: Literal["hexeye", "file"] = "hexeye"  # [-] embedded circuit, or your own file
preset: Literal["tiny", "medium", "default", "hard"] = (
    "medium"
)  # [-] size of the embedded circuit and of its recordings
noise: float = 0.05  # [raw units] in [0, inf): added at each step, flow always without
data_file: str = ""  # [file] a recording (npz or zarr), for source "file"
data_seed: int = 0  # [1] in [0, inf): of movies and noise
components: int = 96  # [1] in [1, inf): dimensions of the latent state in question
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes.catalogue import record, save_figure
from studies.evidence import number
from studies.latent import figures, openings, reports, sources, statistics
from studies.latent.metrics import total_variance

# %% [markdown]
# ## The recordings
#
# Training and validation watch movies of one family, moving textures with cuts. The
# other family (edges, gratings, bars, looming discs) never trains; it is free of noise
# and tells learned dynamics from a learned movie. A file has one stimulus only: its
# last stretch stands in for the other family.

# %%
sets = sources.recordings(source, preset, noise, data_seed, data_file)
judged = sets.judged
for label, part in {"train": sets.train, **judged}.items():
    name = f"{label}".replace(" ", "_")
    record(f"steps_{name}", part.steps, "steps", f"length of the {label} recording")
record("neurons", sets.neurons, "1", "neurons")
record("types", len(sets.train.type_names), "1", "types of cells")
edges = 0 if sets.train.pre is None else len(sets.train.pre)
record("edges", edges, "1", "edges of the connectome")
recorded = openings.of_recording(sets.train, sets.stimulated)
Markdown(
    f"{recorded} {sets.train.steps:,} steps of "
    f"{1000 * sets.train.dt:g} ms train; {sets.validation.steps:,} and "
    f"{sets.flow.steps:,} judge."
)

# %% [markdown]
# ## The circuit
#
# What a neuron of each type receives from every other: red inhibits, blue excites. Most
# of the table should lie on one side: the circuit runs from receptors (R) to the
# direction-selective T4 and T5, with a few loops (C2, C3, Mi4 with Mi9, Lawf).

# %% tags=["figure"]
if edges:
    shown = figures.connectome_by_type(sets.train)
    caption = (
        "Summed weight of the edges to a neuron of each cell type (rows) from all "
        "neurons of another (columns): red inhibits, blue excites."
    )
    save_figure(shown, "circuit", kind="connectome", caption=caption).show()

# %% [markdown]
# ## What it watches
#
# The movies are made at the centres of the columns, so a frame is a hexagon.

# %% tags=["figure"]
centres = sets.train.meta.get("centres")
if centres is None:
    shown = figures.stimulus_over_time(sets.train)
else:
    movies = {label: part.stimulus for label, part in judged.items()}
    shown = figures.movie_frames(movies, centres, range(0, 20, 4), sets.train.dt)
caption = (
    "Five frames, 80 ms apart, of the movies of each family, by column of the eye."
)
if centres is None:
    caption = "The first steps of the stimulus, by dimension."
    caption += "" if sets.stimulated else " There is none, so that zero stands for it."
save_figure(shown, "stimulus", kind="stimulus", caption=caption)

# %% [markdown]
# ## What it answers
#
# One neuron of each of several types, from the middle of the eye. Receptors follow the
# movie within a step; T4 and T5 answer in bursts; Lawf is slow and smooth.

# %% tags=["figure"]
save_figure(
    figures.voltage_traces(sets.validation),
    "traces",
    kind="voltage traces",
    caption="Voltage over time on validation of one neuron of each of several cell "
    "types, the one nearest the middle of the eye where places are known.",
)

# %% tags=["figure"]
save_figure(
    figures.variance_by_type(judged),
    "variance-by-type",
    kind="variance by type",
    caption="Variance of the voltage over time by cell type, averaged over its "
    f"neurons, on {' and '.join(judged)}.",
)

# %%
variance = {label: total_variance(part.voltage) for label, part in judged.items()}
for label, value in variance.items():
    meaning = f"variance over time, mean over neurons; {label}"
    record(f"variance_{label.replace(' ', '_')}", value, "raw units²", meaning)
words = " and ".join(f"{number(x)} ({label})" for label, x in variance.items())
Markdown(f"Mean variance over time: {words}. Every error is also told relative to it.")

# %% [markdown]
# ## Prediction
#
# 1. At 20 steps "nothing changes" is worse than saying the mean: its error exceeds the
#    total variance.
# 2. A straight line between samples 20 steps apart leaves more than half of the
#    variance between them, one between samples 5 steps apart less than a quarter.
# 3. More than a tenth of the power is too fast for samples 20 steps apart, which
#    cannot tell frequencies above 1.25 Hz from slower ones.
# 4. The first principal components, as many as a latent state has dimensions, leave
#    less than a twentieth of the variance. (A nonlinear code may do better.)

# %%
horizons = (1, 2, 5, 10, 20, 50, 100)
constant, line = {}, {}
for label, part in judged.items():
    constant[label] = statistics.constant_error(part.voltage, horizons)
    line[label] = [statistics.interpolation_error(part.voltage, h) for h in horizons]
    for place, h in enumerate(horizons):
        name, unit = f"{h}_{label.replace(' ', '_')}", "raw units²"
        held = f"error of holding the state for {h} steps; {label}"
        drawn = f"error of interpolation over {h} steps; {label}"
        if np.isfinite(constant[label][place]):  # not beyond a short recording
            record(f"constant_error_{name}", constant[label][place], unit, held)
        if np.isfinite(line[label][place]):  # one step apart nothing lies between
            record(f"interpolation_error_{name}", line[label][place], unit, drawn)

# %% tags=["figure"]
save_figure(
    figures.error_by_horizon(horizons, constant, line, variance),
    "error-by-horizon",
    kind="error by horizon",
    caption="Mean squared error by the distance of samples: of holding the state, and "
    f"of linear interpolation between samples, on {' and '.join(judged)}. Dotted lines "
    "are the total variance.",
)

# %% [markdown]
# ## Fast and slow
#
# Samples every $k$ steps cannot tell frequencies above half their rate from lower ones.
# What lies right of a dotted line is lost to a model that sees samples alone; it has to
# come from the stimulus.

# %% tags=["figure"]
limits = {f"{k} steps": 0.5 / (k * sets.train.dt) for k in (5, 20, 50)}
save_figure(
    figures.power_spectra(sets.validation, limits),
    "spectra",
    kind="spectra",
    caption="Power density of the voltages on validation by cell type. Dotted "
    "lines are half the rate of samples that are 5, 20 and 50 steps apart: they cannot "
    "tell what lies to the right.",
)

# %%
frequency, power = statistics.spectra(sets.validation.voltage, sets.validation.dt)
lost = {}
for label, limit in limits.items():
    lost[label] = 100 * statistics.faster_share(frequency, power, limit)
    meaning = f"share of the power that is too fast for samples {label} apart"
    if np.isfinite(lost[label]):
        record(f"power_lost_{label.replace(' ', '_')}", lost[label], "%", meaning)
words = ", ".join(f"{number(share)} % at {label}" for label, share in lost.items())
Markdown(f"Share of the power too fast for samples so far apart: {words}.")

# %% [markdown]
# ## How many dimensions?

# %% tags=["figure"]
residual = {k: statistics.pca_residual(part.voltage) for k, part in judged.items()}
save_figure(
    figures.residual_by_components(residual, [components]),
    "components",
    kind="principal components",
    caption="Mean squared error that the first principal components of the voltages "
    f"leave, by their number, on {' and '.join(judged)}.",
)

# %%
kept = min(components, sets.neurons)
left = {k: reports.share(x[kept], variance[k]) for k, x in residual.items()}
for label, share in left.items():
    name, value = label.replace(" ", "_"), float(residual[label][kept])
    error = f"error that {kept} principal components leave; {label}"
    record(f"pca_residual_{name}", value, "raw units²", error)
    part = f"share of variance that {kept} principal components leave; {label}"
    if np.isfinite(share):
        record(f"pca_share_left_{name}", 100 * share, "%", part)
floor = sets.train.step_floor
if floor is not None:
    record("noise_floor", floor, "raw units²", "variance of the noise of one step")

# %% [markdown]
# ## Verdict
#
# Each prediction with its number, on validation. A short recording, one that rests, or
# one of fewer neurons than components leaves some of them open.

# %%
label = sets.families[0]
ratio = {
    h: [
        reports.share(float(own[label][k]), variance[label]) for own in (constant, line)
    ]
    for k, h in enumerate(horizons)
}
lost_20, pca = lost["20 steps"] / 100, left[label]
pca = pca if kept < sets.neurons else np.nan  # as many as neurons leave nothing
claims = {
    "no change over 20 steps, of the variance": (ratio[20][0], ratio[20][0] > 1),
    "left of it by a line over 20 steps": (ratio[20][1], ratio[20][1] > 0.5),
    "left of it by a line over 5 steps": (ratio[5][1], ratio[5][1] < 0.25),
    "share of the power too fast for 20 steps": (lost_20, lost_20 > 0.1),
    f"left of the variance by {kept} components": (pca, pca < 0.05),
}
known = {claim: ok for claim, (value, ok) in claims.items() if np.isfinite(value)}
record("predictions_judged", len(known), "1", "predictions that could be judged, of 5")
if known:
    record("predictions_held", sum(known.values()), "1", "predictions that held, of 5")
lines = [
    f"- {claim}: {number(value)}, **{'held' if ok else 'failed'}**"
    if claim in known
    else f"- {claim}: cannot be judged on this recording"
    for claim, (value, ok) in claims.items()
]
least = "unknown" if floor is None else f"{floor:.2g}"
Markdown(
    "\n".join([*lines, f"\nNoise of one step, the least error there is: {least}."])
)
