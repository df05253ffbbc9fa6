# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How does a context change the modes of a controller at rest?
#
# Near a fixed point, small deviations of the hidden state follow $\delta h'=J\,\delta
# h$. Each eigenvalue of $J$ belongs to a mode. Its modulus says how slowly the mode
# decays, and its angle how fast it oscillates. A controller that responds more strongly
# to an error has to decay faster, or oscillate, or both. A *context* is an input that
# tells the controller how strong the field may be.
#
# **You will see** spectra by context, a comparison of their variation over contexts and
# over places, the *wings* (the eigenvalues of largest imaginary part), the units that
# carry the slow and the oscillatory modes with the effect of stimulating them, the
# overlap of modes with the readout, and a trace–determinant diagram. **Needs** models
# of `1-train`, with a context or without. **Takes** a few seconds for each model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"notebook": "reach/train"}}  # [-] which models are analysed
contexts: list[float] = [-3, -2, -1, 0, 1, 2, 3]  # [1] contexts, ascending
grid: int = 5  # [1] in [2, 20]: places in each direction of the workspace
units: int = 5  # [1] in [1, 1000]: units that are stimulated together
sets: int = 100  # [1] in [10, 10000]: number of random sets for comparison
amplitude: float = 0.5  # [1] in (0, inf): norm of a stimulation
stimulated: float = 1.0  # [1] context during the stimulation
seed: int = 0  # [1] in [0, 4294967295]: seed of random sets and noise
# fmt: on

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Claims, markdown, survey
from studies.reach import grids, steady, wings
from studies.reach.figures import modes, rest
from studies.reach.sources import NOTES, POSTER
from studies.reach.tables import numbers

# %% [markdown]
# ## What is known
#
# A [poster](/pages/references.qmd#reach-poster) shows eigenvalues at 25 places, all
# inside the unit circle. At training std 1.5 (the standard deviation of the field
# strength in training), the median of Re λ falls from 0.76 at context −3 to 0.40 at
# context 3, and the largest |Im λ| grows from 0.17 to 0.43. At std 0 the median goes
# from 0.50 to 0.54 and the largest |Im λ| from 0.2 to 0.37. [Laboratory
# notes](/pages/references.qmd#reach-notes) of the same authors add that spectra vary
# more with context than with place. The oscillatory "wings" are said to decay more
# slowly and oscillate faster the higher the context and the stronger the fields of
# training. The notes ask whether the units that carry the least stable modes cause a
# large corrective response when they are stimulated.
#
# ## Prediction
#
# The reported numbers should be reproduced. A mode that decays slowly must not push the
# hand. The slowest modes should therefore overlap less with the readout than random
# vectors do. If that holds, stimulating the units that carry them should *not* move the
# hand more than stimulating others.

# %%
looked, tests = {}, {}


# %%
def look(row):
    """Finds the spectra of a model, keeps them, and gives the numbers of its row."""
    model = steady.open_model(catalogue, row)
    resting = grids.Resting.of(model, contexts, grid, repeats=1, anywhere=0, seed=seed)
    looked[row["model"]] = it = wings.Spectra(resting)
    return {
        "told": model.layout.context,
        "perturbed": float(np.ravel(row["field_std"])[0]) > 0,
        "without": int(np.sum(~resting.steady.search.found)),
        "radius": float(np.nanmax(it.radius)),
        "middle_low": it.middle[0],
        "middle_high": it.middle[-1],
        "width_low": it.width[0],
        "width_high": it.width[-1],
        "by_context": it.spread.context,
        "by_place": it.spread.place,
        "width_growth": it.width[-1] - it.width[0],
        "share_low": it.gain_share(grids.SPEED)[0],
        "share_high": it.gain_share(grids.SPEED)[-1],
        "wing_size_low": it.wing_size[0],
        "wing_size_high": it.wing_size[-1],
        "wing_turn_low": it.wing_turn[0],
        "wing_turn_high": it.wing_turn[-1],
    }


analysed = survey(catalogue, models, keep=steady.moves_at_once)
analysed = analysed.measured(look, catalogue.progress(len(analysed), "models"))
colours, groups = rest.group_colours(analysed), list(analysed.groups.items())

# %% [markdown]
# ## Spectra by context

# %% tags=["figure"]
firsts = rest.first_and_last(analysed, looked)
spectra_shown = {
    name: rest.named_contexts(it.contexts, it.value) for name, it in firsts.items()
}
catalogue.save_figure(
    modes.spectra(spectra_shown),
    "spectra",
    kind="eigenvalues",
    caption="Eigenvalues of the Jacobian of the map from one hidden state to the next, "
    f"at fixed points with the hand at rest at {grid * grid} places, coloured by "
    f"context, of one model each of {' and of '.join(firsts)}. The dotted line is the "
    "unit circle.",
)

# %%
meanings = {
    "without": ("number of inputs without a fixed point", "1"),
    "radius": ("largest modulus of any eigenvalue", "1"),
    "middle_low": ("median of Re λ at the lowest context", "1"),
    "middle_high": ("median of Re λ at the highest context", "1"),
    "width_low": ("largest Im λ at the lowest context", "1"),
    "width_high": ("largest Im λ at the highest context", "1"),
    "by_context": ("standard deviation of sorted moduli over contexts", "1"),
    "by_place": ("standard deviation of sorted moduli over places", "1"),
    "share_low": ("share of the velocity gain by two slow modes, lowest context", "1"),
    "share_high": (
        "share of the velocity gain by two slow modes, highest context",
        "1",
    ),
    "wing_size_low": ("modulus of the wing at the lowest context", "1"),
    "wing_size_high": ("modulus of the wing at the highest context", "1"),
    "wing_turn_low": ("angle of the wing at the lowest context", "rad"),
    "wing_turn_high": ("angle of the wing at the highest context", "rad"),
}

# %%
replicates = {
    name: np.var(
        [np.nanmean(np.abs(looked[row["model"]].value), axis=1) for row in x], 0
    )
    for name, x in groups
}
spread = [float(np.sqrt(np.mean(x))) for x in replicates.values()]
more = [["standard deviation of sorted moduli over replicates", "1", *spread]]
untold = (
    ""
    if any(analysed.table["told"])
    else "No model here has a context, so lowest and highest are the same.\n\n"
)
Markdown(untold + numbers(catalogue, analysed, meanings, "spectra", more))

# %% tags=["figure"]
panels = {
    "median of Re λ [1]": lambda it: it.middle,
    "largest Im λ [1]": lambda it: it.width,
    "largest |λ| [1]": lambda it: it.radius,
    "angle of the wing [rad]": lambda it: it.wing_turn,
}
catalogue.save_figure(
    rest.by_context(rest.by_setting(analysed, looked, panels), colours),
    "spectra-by-context",
    kind="spectra by context",
    caption="Median real part, largest imaginary part and largest modulus of the "
    "eigenvalues at rest, and angle of the eigenvalue of largest imaginary part (the "
    "wing), against the context, median and range over the replicates of each setting.",
    models=analysed.table,
)

# %% [markdown]
# ## Modes, inputs and the readout
#
# Singular values of $\partial F/\partial u$ say how far each part of the input moves
# the hidden state in one step. The overlap of a mode with the readout is the squared
# length of its eigenvector's projection on the two rows of the readout. For a random
# vector it is two over the number of units. The gain at rest is a sum over modes,
# $\sum_i W r_i\,l_iB/(1-\lambda_i)$, with right and left eigenvectors $r_i$ and $l_i$.
# The table above gives the share of the two least stable modes in this sum.

# %%
parts = list(dict.fromkeys(part for it in looked.values() for part in it.input_gains()))
lines = []
for part in parts:
    for place, words in ((0, "lowest"), (-1, "highest")):
        cells = []
        for _, group in groups:
            known = [looked[row["model"]].input_gains().get(part) for row in group]
            values = [float(np.nanmedian(x[place])) for x in known if x is not None]
            cells.append(float(np.median(values)) if values else None)
        lines.append([f"{part.replace('_', ' ')}, {words} context", *cells])
chance = 2 / next(iter(looked.values())).value.shape[-1]
meaning = "overlap of a random vector with the readout"
catalogue.record("chance_overlap", chance, "1", meaning)
Markdown(markdown(["largest singular value [1]", *analysed.groups], lines))


# %% tags=["figure"]
overlaps = {
    name: rest.named_contexts(it.contexts, np.abs(it.value), it.overlap)
    for name, it in firsts.items()
}
catalogue.save_figure(
    modes.overlaps(overlaps, chance),
    "readout-overlap",
    kind="modes and readout",
    caption="Overlap of each mode with the readout against the modulus of its "
    f"eigenvalue, coloured by context, of one model each of {' and of '.join(firsts)}. "
    "The dotted line is the overlap of a random vector.",
)

# %% [markdown]
# ## Stimulating the units of slow and oscillatory modes
#
# The units with the largest share in a mode are stimulated together while the hand
# rests in the middle of the workspace. For comparison, random sets of equally many
# units are stimulated with the same norm. We measure the largest deviation of the hand,
# and the largest force against it afterwards.


# %%
def stimulate(row):
    """Responses of one model, and the shares of random sets that respond less."""
    it = looked[row["model"]]
    top = it.resting.context(stimulated)
    size = it.value.shape[-1]
    several = min(units, size)
    chosen = [it.strongest(kind, top, several) for kind in (wings.SLOW, wings.TURNING)]
    chance = wings.random_sets(size, several, sets, seed)
    every = np.concatenate([np.stack(chosen), chance])
    response = wings.stimulated(it, top, every, amplitude)
    tests[row["model"]] = response
    slow = np.abs(it.value[top]) >= 0.9 * np.abs(it.value[top]).max(axis=-1)[:, None]
    numbers = {"slow_overlap": float(np.mean(it.overlap[top][slow]) / chance_overlap)}
    for place, name in enumerate(("slow", "turning")):
        numbers[f"{name}_share"] = float(
            it.loading((wings.SLOW, wings.TURNING)[place], top)[chosen[place]].sum()
        )
        for what, values in response._asdict().items():
            numbers[f"{name}_{what}"] = float(values[place])
            numbers[f"{name}_{what}_beyond"] = wings.beyond(values[place], values[2:])
    return numbers


chance_overlap = chance
analysed = analysed.measured(stimulate, catalogue.progress(len(analysed), "models"))

# %%
meanings = {
    "slow_overlap": ("overlap of slow modes with the readout, over random", "1"),
    "slow_share": ("share of the least stable mode in the chosen units", "1"),
    "turning_share": ("share of the oscillatory mode in the chosen units", "1"),
}
for name, words in (("slow", "least stable"), ("turning", "oscillatory")):
    meanings |= {
        f"{name}_deviation": (f"deviation, stimulated units of {words} mode", "m"),
        f"{name}_deviation_beyond": (
            f"share of random sets with less deviation than {words} units",
            "1",
        ),
        f"{name}_force": (f"force, stimulated units of {words} mode", "N"),
        f"{name}_force_beyond": (
            f"share of random sets with less force than {words} units",
            "1",
        ),
    }
Markdown(numbers(catalogue, analysed, meanings, f"at context {stimulated:g}"))

# %% tags=["figure"]
catalogue.save_figure(
    modes.against_chance(
        {name: [tests[row["model"]].force for row in group] for name, group in groups},
        colours,
    ),
    "stimulation",
    kind="stimulation of units",
    caption=f"Largest corrective force after {units} units were stimulated together "
    f"with the hand at rest, at context {stimulated:g}, of all replicates of each "
    "setting: random sets (violins), the units that carry the least stable mode "
    "(squares) and those of the oscillatory mode (diamonds).",
    models=analysed.table,
)

# %% [markdown]
# ## Trace and determinant
#
# In continuous time a mode has the rate $a=\log(\lambda)/\Delta t$. A complex pair
# gives the trace $\tau=2\,\mathrm{Re}\,a$ and the determinant $\delta=|a|^2$. Real
# modes are paired in order of falling modulus. Above the parabola $\delta=\tau^2/4$ a
# pair oscillates. A negative λ has no real logarithm, and the logarithm of a λ near
# zero is not reliable, so such modes are counted and not drawn.

# %%
counted = ("negative", "vanishing", "unpaired", "pairs")
lines = []
for name, group in groups:
    total = dict.fromkeys(counted, 0)
    for row in group:
        it = looked[row["model"]]
        for place in np.ndindex(it.value.shape[:2]):
            plane = it.planes(*place)
            for what in counted[:3]:
                total[what] += getattr(plane, what)
            total["pairs"] += len(plane.trace)
    lines.append([name, *total.values()])
for k, what in enumerate(counted, start=1):
    meaning = (
        f"number of {what} modes" if what != "pairs" else "number of pairs of modes"
    )
    catalogue.record(what, sum(line[k] for line in lines), "1", meaning)
head = ["setting", "negative λ", "vanishing λ", "unpaired", "pairs drawn or drawable"]
Markdown(markdown(head, lines))

# %% tags=["figure"]
middle = grid * grid // 2
planes = {
    name: rest.named_contexts(
        it.contexts, [it.planes(k, middle) for k in range(len(it.contexts))]
    )
    for name, it in firsts.items()
}
catalogue.save_figure(
    modes.trace_determinant(planes),
    "trace-determinant",
    kind="trace and determinant",
    caption="Trace and determinant of pairs of modes in continuous time, with the hand "
    "at rest in the middle of the workspace, coloured by context, of one model each of "
    f"{' and of '.join(firsts)}. Open symbols are pairs of real modes. On the dotted "
    "parabola both modes are equal.",
)

# %% [markdown]
# ## Verdict
#
# The poster's claims compare the lowest with the highest context. A median counts as
# constant if it changes by less than 0.1.

# %% tags=["claims"]
claims, all_models = Claims(POSTER), analysed.where()
fields, none = (analysed.where(told=True, perturbed=x) for x in (True, False))
claims.test(
    "inside_unit_circle",
    "All eigenvalues at rest lie inside the unit circle.",
    reference="all",
    ours=f"largest modulus {all_models.text('radius')}",
    holds=max(all_models.values("radius")) < 1,
)
fall = fields.values("middle_low") - fields.values("middle_high")
drift = none.values("middle_high") - none.values("middle_low")
claims.test(
    "bulk_contracts",
    "The median of Re λ falls with the context after training in fields only.",
    reference="from 0.76 to 0.40 at std 1.5, from 0.50 to 0.54 at std 0",
    ours=f"from {fields.text('middle_low')} to {fields.text('middle_high')}; without "
    f"fields from {none.text('middle_low')} to {none.text('middle_high')}",
    holds=[bool(np.all(fall > 0.1)), bool(np.all(np.abs(drift) < 0.1))],
    models=[fields, none],
)

# %% tags=["claims"]
claims.test(
    "wings_grow",
    "The largest |Im λ| grows with the context after training with and without fields, "
    "and more after training with fields.",
    reference="from 0.17 to 0.43 at std 1.5, from 0.2 to 0.37 at std 0",
    ours=f"from {fields.text('width_low')} to {fields.text('width_high')}; without "
    f"fields from {none.text('width_low')} to {none.text('width_high')}",
    holds=[
        bool(np.all(fields.values("width_growth") > 0)),
        bool(np.all(none.values("width_growth") > 0)),
        fields.median("width_growth") > none.median("width_growth"),
    ],
    models=[fields, none],
)

# %% tags=["claims"]
told = analysed.where(told=True)
claims.test(
    "context_over_place",
    "Spectra vary more with the context than with the place.",
    source=NOTES,
    reference="significantly more",
    ours=f"std {told.text('by_context')} over contexts, {told.text('by_place')} over "
    "places",
    holds=bool(np.all(told.values("by_context") > told.values("by_place"))),
    models=[told],
)
claims.test(
    "wings_slower_and_faster",
    "Wings decay more slowly and oscillate faster the higher the context.",
    source=NOTES,
    reference="both",
    ours=f"modulus from {fields.text('wing_size_low')} to "
    f"{fields.text('wing_size_high')}, angle from {fields.text('wing_turn_low')} to "
    f"{fields.text('wing_turn_high', 'rad')}",
    holds=[
        fields.median("wing_size_high") > fields.median("wing_size_low"),
        fields.median("wing_turn_high") > fields.median("wing_turn_low"),
    ],
    models=[fields],
)

# %% tags=["claims"]
claims.test(
    "slow_units_matter",
    "Units of the least stable modes cause a larger corrective response than others.",
    source=NOTES,
    reference="an open question",
    ours=f"force above that of {all_models.text('slow_force_beyond')} of random sets",
    holds=all_models.median("slow_force_beyond") >= 0.95,
)
claims.target(
    "slow_modes_hidden",
    "Slow modes overlap less with the readout than random vectors.",
    reference="predicted above",
    ours=f"{all_models.text('slow_overlap')} of chance",
    holds=all_models.median("slow_overlap") < 1,
)

# %%
claims.record(catalogue)
Markdown(claims.table())

# %%
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
