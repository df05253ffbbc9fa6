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
from studies.orbit import batches, figures, planes, recipes, surveys, tasks
from studies.orbit.comparisons import Comparison

# %% [markdown]
# ## The models
#
# Every model meets the same 100 orbits that no training has seen. Models that differ
# only in their seeds form a group. Models of another truth than Newton's are left out;
# `16-beyond-two-bodies` judges them.

# %%
compared = Comparison(catalogue, models, newton=True)
given, table = compared.given, compared.survey(points)
compared.record(table)
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# More orbits help more than longer segments. Short segments teach as much as long ones,
# because they start everywhere: what a linear field cannot retrace of *one* segment
# says nothing of what a network learns from *all* of them.

# %%
table["segment"] = [
    "matching" if loss == recipes.MATCHING else length
    for loss, length in zip(table["loss"], table["segment_lengths"], strict=True)
]
cells = surveys.summary(table, ["orbits", "segment"])
Markdown(surveys.markdown(cells.sort_index(level=0, sort_remaining=False)))

# %% tags=["figure"]
catalogue.save_figure(
    figures.heat_maps(table, "orbits", "segment", "windows"),
    "heat-map",
    kind="error by segments and orbits",
    caption="Median error over training orbits and segment length; matching cuts none.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_lines(table, "orbits", "segment", "training orbits [1]"),
    "by-orbits",
    kind="error by orbits",
    caption="Error against the number of training orbits; bars are the range.",
    models=given,
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
middle = surveys.medians(table[table["state"] != "diverged"], ["segment", "orbits"])
curves = {}
for own in middle.to_dict("records"):
    model = compared.load(own)
    errors = [float(planes.model_error(model, *cut)) for cut in cuts]
    curves[f"segment {own['segment']}, {own['orbits']} orbits"] = (lengths, errors)

# %% tags=["figure"]
catalogue.save_figure(
    figures.against_lines(
        curves, references, "length of the segment [samples]", "error of the state [%]"
    ),
    "propagators",
    kind="segments retraced",
    caption="Error of retraced segments: middle models, and simpler fields.",
    models=given,
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
catalogue.record("beats the linear field at", beats[-1] if beats else 0, "1")
found = f"on segments of {', '.join(map(str, beats))} samples" if beats else "nowhere"
text = f"Trained on segments of {shortest} from {most} orbits, the middle model "
text += f"beats the linear field {found}. "
few, many = (
    table[table["orbits"] == n]["mean_100"].median()
    for n in (table["orbits"].min(), most)
)
catalogue.record("gain from orbits", few / many, "1")
by = table[table["segment"] != "matching"].groupby("segment")["mean_100"].median()
gain = float(by.max() / by.min()) if len(by) else np.nan
catalogue.record("gain from segments", gain, "1")
right = few / many > gain
Markdown(
    f"{text}Orbits change the median error {few / many:.3g}-fold, segment lengths "
    f"{gain:.3g}-fold: **{'as' if right else 'not as'} predicted**, orbits "
    f"{'help more' if right else 'do not help more'}."
)
