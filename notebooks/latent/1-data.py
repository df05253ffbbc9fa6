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
# A microscope records each neuron once in 5, 20 or 50 steps of 20 ms, while the
# stimulus is known at every step. A model that is to predict the steps in between must
# learn what happens there. Before training any model we ask how fast voltages change,
# how much of the change is too fast for the samples, and how many dimensions the
# activity has.
#
# **You will see** the circuit, its two families of movies, voltages by cell type, their
# power spectra, the error of two predictions that learn nothing, and how many
# dimensions the activity fills. **Needs** nothing; it can also show your own recording.
# **Takes** half a minute with the default preset.
#
# The embedded circuit, called *hexeye*, is a model of an insect's eye that this project
# simulates. Its neurons are passive points with graded synapses, $\tau_i \dot v_i =
# -v_i + \sum_j w_{ij}\,\mathrm{relu}(v_j) + b_i + e_i(t)$, where $e_i$ is the stimulus.
# It is stepped by Euler's rule, with noise at each step. Voltages are in the arbitrary
# unit of the circuit, here called raw units.

# %%
from typing import Literal

# %% tags=["parameters"]
# fmt: off
source: Literal["hexeye", "file"] = "hexeye"  # [-] embedded circuit, or your own file
preset: Literal["tiny", "medium", "default", "hard"] = (
    "medium"
)  # [-] size of the embedded circuit and of its recordings
noise: float = 0.05  # [raw units] in [0, inf): deviation of the noise at each step
data_file: str = ""  # [file] a recording (npz or zarr), for source "file"
data_seed: int = 0  # [1] in [0, inf): seed of movies and noise
components: int = 96  # [1] in [1, inf): number of principal components that are kept
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
# In the recordings for training and validation, the circuit watches movies of one
# family, moving textures with cuts. The movies of the other family, called *flow*, are
# edges, gratings, bars and looming discs. They are never used for training and carry no
# noise. A model that is good on them has learned the dynamics and not only one kind of
# movie. A file has one stimulus only, so its last part replaces the other family.

# %%
sets = sources.recordings(source, preset, noise, data_seed, data_file)
judged = sets.judged
for label, part in {"train": sets.train, **judged}.items():
    name = f"{label}".replace(" ", "_")
    record(f"steps_{name}", part.steps, "steps", f"length of the {label} recording")
record("neurons", sets.neurons, "1", "number of neurons")
record("types", len(sets.train.type_names), "1", "number of cell types")
edges = 0 if sets.train.pre is None else len(sets.train.pre)
record("edges", edges, "1", "number of edges of the connectome")
recorded = openings.of_recording(sets.train, sets.stimulated)
Markdown(
    f"{recorded} {sets.train.steps:,} steps of {1000 * sets.train.dt:g} ms are for "
    f"training, {sets.validation.steps:,} for validation and {sets.flow.steps:,} for "
    "the test."
)

# %% [markdown]
# ## The circuit
#
# Where the connectome is known, a figure shows what a neuron of each cell type receives
# from every other type. In the embedded circuit most entries should lie on one side of
# the diagonal, because it runs from receptors (R) to the direction-selective cells T4
# and T5, with a few loops (C2, C3, Mi4 with Mi9, Lawf).

# %% tags=["figure"]
if edges:
    shown = figures.connectome_by_type(sets.train)
    caption = (
        "Summed weight of the edges to a neuron of each cell type (rows) from all "
        "neurons of another (columns): red inhibits, blue excites."
    )
    save_figure(shown, "circuit", kind="connectome", caption=caption).show()

# %% [markdown]
# ## The stimulus
#
# The embedded circuit sees movies that are sampled at the centres of the eye's columns,
# so a frame is a hexagon. The stimulus of a file is drawn over time.

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
    caption = "Stimulus over its first steps, one row for each dimension."
    caption += "" if sets.stimulated else " There is none, so that zero stands for it."
save_figure(shown, "stimulus", kind="stimulus", caption=caption)

# %% [markdown]
# ## The voltages
#
# We look at one neuron of each of several types, from the middle of the eye, or at some
# neurons where types are not known. In the embedded circuit receptors follow the movie
# within a step, T4 and T5 respond in bursts, and Lawf is slow and smooth.

# %% tags=["figure"]
save_figure(
    figures.voltage_traces(sets.validation),
    "traces",
    kind="voltage traces",
    caption="Signal over time on validation of one neuron of each of several cell "
    "types, the one nearest the middle of the eye where places are known; of some of "
    "the neurons where types are not known.",
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
    meaning = f"variance of the voltage over time, mean over neurons; {label}"
    record(f"variance_{label.replace(' ', '_')}", value, "raw units²", meaning)
words = " and ".join(f"{number(x)} ({label})" for label, x in variance.items())
Markdown(f"Mean variance over time: {words}. Errors are also given relative to it.")

# %% [markdown]
# ## Prediction
#
# 1. After 20 steps, holding the last state is worse than predicting the mean: its error
#    exceeds the total variance.
# 2. Linear interpolation between samples that are 20 steps apart leaves more than half
#    of the variance unexplained. Between samples that are 5 steps apart it leaves less
#    than a quarter.
# 3. More than a tenth of the power is too fast for samples that are 20 steps apart,
#    which cannot distinguish frequencies above half their rate from lower ones.
# 4. If we keep as many principal components as the latent state of a model has
#    dimensions, less than a twentieth of the variance is lost. A nonlinear code may do
#    better.
#
# These are predictions about the embedded circuit. A recording of yours is compared
# with it.

# %%
horizons = (1, 2, 5, 10, 20, 50, 100)
constant, line = {}, {}
for label, part in judged.items():
    constant[label] = statistics.constant_error(part.voltage, horizons)
    line[label] = [statistics.interpolation_error(part.voltage, h) for h in horizons]
    for place, h in enumerate(horizons):
        name, unit = f"{h}_{label.replace(' ', '_')}", "raw units²"
        held = f"mean squared error of holding the state for {h} steps; {label}"
        drawn = f"mean squared error of interpolating over {h} steps; {label}"
        if np.isfinite(constant[label][place]):  # not beyond a short recording
            record(f"constant_error_{name}", constant[label][place], unit, held)
        if np.isfinite(line[label][place]):  # one step apart nothing lies between
            record(f"interpolation_error_{name}", line[label][place], unit, drawn)

# %% tags=["figure"]
save_figure(
    figures.error_by_horizon(horizons, constant, line, variance),
    "error-by-horizon",
    kind="error by horizon",
    caption="Mean squared error of two predictions against the distance between "
    "samples: holding the last state, and linear interpolation between samples, on "
    f"{' and '.join(judged)}. Dotted lines are the total variance.",
)

# %% [markdown]
# ## Power spectra
#
# Samples every $k$ steps cannot distinguish frequencies above half their rate from
# lower ones. The power to the right of a dotted line cannot be recovered from the
# samples. A model has to predict it from the stimulus, where there is one.

# %% tags=["figure"]
limits = {f"{k} steps": 0.5 / (k * sets.train.dt) for k in (5, 20, 50)}
save_figure(
    figures.power_spectra(sets.validation, limits),
    "spectra",
    kind="spectra",
    caption="Power density of the voltages against frequency on validation, by cell "
    "type. Dotted lines are half the rate of samples that are 5, 20 and 50 steps "
    "apart. Such samples do not resolve frequencies to the right of the line.",
)

# %%
frequency, power = statistics.spectra(sets.validation.voltage, sets.validation.dt)
moves = variance[sets.families[0]] > 0  # the spectrum of rest is rounding
lost = {}
for label, limit in limits.items():
    share = statistics.faster_share(frequency, power, limit) if moves else np.nan
    lost[label] = 100 * share
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
    figures.residual_by_components(residual, [min(components, sets.neurons)]),
    "components",
    kind="principal components",
    caption="Mean squared error that remains when only the first principal components "
    f"of the voltages are kept, against their number, on {' and '.join(judged)}.",
)

# %%
kept = min(components, sets.neurons)
left = {k: reports.share(x[kept], variance[k]) for k, x in residual.items()}
for label, share in left.items():
    name, value = label.replace(" ", "_"), float(residual[label][kept])
    error = f"mean squared error left by {kept} principal components; {label}"
    record(f"pca_residual_{name}", value, "raw units²", error)
    part = f"share of variance left by {kept} principal components; {label}"
    if np.isfinite(share):
        record(f"pca_share_left_{name}", 100 * share, "%", part)
floor = sets.train.step_floor
meaning = "variance of the noise of one step, the least possible squared error"
if floor is not None:
    record("noise_floor", floor, "raw units²", meaning)

# %% [markdown]
# ## Verdict
#
# Each prediction is followed by its measured value on validation. Some predictions
# cannot be judged on a recording that is short, that rests, or that has no more neurons
# than components.

# %%
label = sets.families[0]
ratio = {
    h: [reports.share(float(x[label][k]), variance[label]) for x in (constant, line)]
    for k, h in enumerate(horizons)
}
lost_20, pca = lost["20 steps"] / 100, left[label]
pca = pca if kept < sets.neurons else np.nan  # as many as neurons leave nothing
claims = {
    "error of holding the state for 20 steps over the variance": (
        ratio[20][0],
        ratio[20][0] > 1,
    ),
    "share of the variance left by interpolating over 20 steps": (
        ratio[20][1],
        ratio[20][1] > 0.5,
    ),
    "share of the variance left by interpolating over 5 steps": (
        ratio[5][1],
        ratio[5][1] < 0.25,
    ),
    "share of the power too fast for samples 20 steps apart": (lost_20, lost_20 > 0.1),
    f"share of the variance left by {kept} components": (pca, pca < 0.05),
}

# %%
known = {claim: ok for claim, (value, ok) in claims.items() if np.isfinite(value)}
what = "number of predictions that could be judged, of five"
record("predictions_judged", len(known), "1", what)
what = "number of predictions that held, of five"
if known:
    record("predictions_held", sum(known.values()), "1", what)
yes, no = ("held", "failed") if source != "file" else ("as in the circuit", "unlike it")
lines = [
    f"- {claim}: {number(value)}, **{yes if ok else no}**"
    if claim in known
    else f"- {claim}: cannot be judged on this recording"
    for claim, (value, ok) in claims.items()
]
least = "unknown" if floor is None else f"{floor:.2g}"
Markdown(
    "\n".join([*lines, f"\nNoise of one step, the least error there is: {least}."])
)
