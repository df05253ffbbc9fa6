# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Do models learn gravity from short segments of orbits, or only straight lines?
#
# Along a segment of four samples the pull hardly changes. Does a model that retraces
# such segments learn more than the linear motion around each start? And do more orbits
# help more than longer segments?
#
# **You will see** the error by segment length and number of orbits, for models that
# retrace segments and for models that match accelerations, and how well simpler fields
# retrace the same segments. **Needs** models of `2-train` that differ in segments and
# orbits. **Takes** a second for each model.

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
# More orbits should help more than longer segments. Short segments should teach as much
# as long ones, because they start everywhere on the orbit. A field that is linear
# around one start can retrace *one* short segment, but a network has to retrace *all*
# of them with one field.

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
    caption="Mean acceleration error on 100 unseen orbits, median over models, by the "
    "number of training orbits and the samples of a segment, a panel for each choice "
    "of windows. Acceleration matching uses no segments.",
    models=table,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_lines(table, "orbits", "segment", "training orbits [1]"),
    "by-orbits",
    kind="error by orbits",
    caption="Mean acceleration error on 100 unseen orbits, median over models, against "
    "the number of training orbits, a curve for each segment length. Bars are the "
    "range over models.",
    models=table,
)

# %% [markdown]
# ## What a segment can teach
#
# Here segments of unseen orbits are retraced by three fields that know the truth at
# each start: a constant pull, Newton's field linearised at the start, and Newton's
# field itself. Where the linearised field errs by no more than a model, retracing
# segments of that length cannot tell the two apart.

# %%
lengths = (4, 10, 18, 36, 90)
lengths = [length for length in lengths if length <= points // 2]
unseen = tasks.unseen_set(10, points=points)
plans = [recipes.PhasePlan((0.0, 1.0), 1e-3, 1, length) for length in lengths]
cuts = [batches.trajectories_of(unseen, plan) for plan in plans]
simple = [planes.propagator_errors(*cut) for cut in cuts]
references = {
    f"{name} field": (lengths, [float(errors[name]) for errors in simple])
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
    caption="Error of the state along retraced segments of ten unseen orbits against "
    "the length of the segment. Coloured lines are the model of median error of each "
    "setting; dashed grey lines are three fields that know the truth at the start.",
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
    beats = [length for length, error, linear in pairs if error < linear]
what = "longest segment on which the median model beats the linearised field, or 0"
if key in curves:
    longest = max(beats, default=0)
    catalogue.record("beats_linear_field_at", longest, "samples", what)
retraced = (
    f"on segments of {', '.join(map(str, beats))} samples" if beats else "nowhere"
)
by = "By matching accelerations" if shortest == "matching" else "On segments of"
by += "" if shortest == "matching" else f" {shortest} samples"
text = (
    f"{by}, from {counted(int(most), 'orbit')}, the median model errs less than the "
    f"linear field {retraced}."
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
what = "highest over lowest median error of all segment lengths"
if np.isfinite(gain):
    catalogue.record("gain_from_segments", float(gain), "1", what)
right = by_orbits > gain
told = (
    f"Orbits change the error {by_orbits:.3g}-fold, segment lengths "
    f"{gain:.3g}-fold: **{'as' if right else 'not as'} predicted**, orbits "
    f"{'help more' if right else 'do not help more'}."
    if np.isfinite([by_orbits, gain]).all()
    else "The prediction cannot be judged: it needs models that did not diverge, of "
    "two numbers of orbits and of two segment lengths."
)
Markdown(f"{text} {told}")
