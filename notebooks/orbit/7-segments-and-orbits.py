# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do short pieces of orbits teach gravity, or only straight lines?
#
# Along a segment of four samples the pull hardly changes. Does a model that retraces
# such segments learn more than the linear motion around each start? And what do more
# orbits buy, against longer segments?
#
# **You will see** the error over segment length and number of orbits, retracing beside
# acceleration matching, and what simpler fields make of the same segments. **Needs**
# models of `2-train` that differ in segments and orbits. **Takes** a second for each.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import counted, where
from studies.orbit import batches, figures, planes, recipes, surveys, tasks

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group. Models of another truth than Newton's are left out;
# `16-beyond-two-bodies` judges them.

# %%
judged = surveys.survey(catalogue, models, points, newton=True, drawn=True)
load = surveys.loader(catalogue)
surveys.record(catalogue, judged)
table = judged.table
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# More orbits help more than longer segments. Short segments teach as much as long ones,
# because they start everywhere: what a linear field cannot retrace of *one* segment
# says nothing of what a network learns from *all* of them.

# %%
table["segment"] = [
    "matching" if row["loss"] == recipes.MATCHING else row["segment_lengths"]
    for row in judged.rows
]
table["windows"] = table["windows"].astype(str)
Markdown(surveys.ranking(table, "orbits", "segment"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.heat_maps(table, "orbits", "segment", "windows"),
    "heat-map",
    kind="error by segments and orbits",
    caption="Median error on 100 unseen orbits over the number of training orbits and "
    "the samples of a segment, a panel for each choice of windows; acceleration "
    "matching cuts no segments.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_lines(table, "orbits", "segment", "training orbits [1]"),
    "by-orbits",
    kind="error by orbits",
    caption="Median error on 100 unseen orbits against the number of training "
    "orbits, a curve for each length of segments; bars are the range over models.",
    models=table,
)

# %% [markdown]
# ## What a segment holds
#
# The same segments of unseen orbits, retraced by three fields that know the truth at
# each start: a constant pull, Newton's field linearised there, and Newton's. Where the
# linear field errs by no more than the models, retracing alone could not tell them
# apart.

# %%
lengths = (4, 10, 18, 36, 90)
lengths = [length for length in lengths if length <= points // 2]
unseen = tasks.unseen_set(10, points=points)
plans = [recipes.PhasePlan((0.0, 1.0), 1e-3, 1, length) for length in lengths]
cuts = [batches.trajectories_of(unseen, plan) for plan in plans]
simple = [planes.propagator_errors(*cut) for cut in cuts]
references = {
    f"{name} field": (lengths, [float(found[name]) for found in simple])
    for name in ("constant", "linear", "newton")
}

# %%
curves = {}
for row in surveys.middles(surveys.ranked(table, "segment", "orbits")).values():
    model = load(row)
    errors = [float(planes.model_error(model, *cut)) for cut in cuts]
    curves[f"segment {row['segment']}, {row['orbits']} orbits"] = (lengths, errors)

# %% tags=["figure"]
catalogue.save_figure(
    figures.against_lines(
        curves, references, "length of the segment [samples]", "error of the state [%]"
    ),
    "propagators",
    kind="segments retraced",
    caption="Error of the state along retraced segments of ten unseen orbits by their "
    "length: the middle model of each setting in colour; dashed and grey, three "
    "fields that know the truth at the start.",
    models=table,
)

# %% [markdown]
# ## Verdict

# %%
shortest = min((s for s in table["segment"] if s != "matching"), default="matching")
most = table["orbits"].max()
key = f"segment {shortest}, {most} orbits"
beats = []
if key in curves:
    pairs = zip(lengths, curves[key][1], references["linear field"][1], strict=True)
    beats = [length for length, own, linear in pairs if own < linear]
what = "longest segments on which the middle model beats the linearised field; 0: none"
if key in curves:
    longest = max(beats, default=0)
    catalogue.record("beats_linear_field_at", longest, "samples", what)
retraced = (
    f"on segments of {', '.join(map(str, beats))} samples" if beats else "nowhere"
)
by = "By matching accelerations" if shortest == "matching" else "On segments of"
by += "" if shortest == "matching" else f" {shortest} samples"
text = (
    f"{by}, from {counted(int(most), 'orbit')}, the middle model beats the linear "
    f"field {retraced}."
    if key in curves
    else f"{by}, from {counted(int(most), 'orbit')}, no model was trained to the end."
)

# %%
few, many = (
    where(table, orbits=n).median("mean_100") for n in (table["orbits"].min(), most)
)
by_length = surveys.ranked(table[table["segment"] != "matching"], "segment")
medians = [group.median("mean_100") for group in by_length.values()]
with np.errstate(invalid="ignore"):  # infinite where models diverged
    gain = np.divide(max(medians), min(medians)) if len(medians) > 1 else np.nan
    by_orbits = np.divide(few, many) if table["orbits"].nunique() > 1 else np.nan
what = "median error from the fewest orbits over that from the most"
if np.isfinite(by_orbits):
    catalogue.record("gain_from_orbits", float(by_orbits), "1", what)
what = "worst over best median error of all segment lengths"
if np.isfinite(gain):
    catalogue.record("gain_from_segments", float(gain), "1", what)
right = by_orbits > gain
told = (
    f"Orbits change the median error {by_orbits:.3g}-fold, segment lengths "
    f"{gain:.3g}-fold: **{'as' if right else 'not as'} predicted**, orbits "
    f"{'help more' if right else 'do not help more'}."
    if np.isfinite([by_orbits, gain]).all()
    else "The prediction cannot be judged: it needs models that did not diverge, of "
    "two numbers of orbits and of two lengths of segments."
)
Markdown(f"{text} {told}")
