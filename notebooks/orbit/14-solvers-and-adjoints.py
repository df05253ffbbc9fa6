# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which gradient of a trajectory is cheap, which is exact, and where does it arise?
#
# The gradient of a trajectory loss needs a solver forwards in time and a method to
# propagate derivatives back. The solver may adapt its steps or take one step for each
# sample. The derivatives may follow the solver's steps exactly (discrete adjoint), or
# the orbit may be integrated backwards (continuous adjoint, which needs no memory). We
# also ask from which parts of an orbit the gradient comes.
#
# **You will see** the cost of five methods against their difference from a standard,
# the adjoint along a training orbit and an unseen one, and the errors of models whose
# gradient was normalised along the orbit. **Needs** models of `2-train`. **Takes** a
# minute.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
segments: int = 32  # [1] in [1, 100000]: segments in the gradient that is timed
segment_length: int = 18  # [1] in [3, 100000]: samples of each timed segment
ways: list[str] = []  # [-] names of the methods that are timed; all if empty
rounds: int = 3  # [1] in [1, 1000]: repeats of each timing, of which the median counts
near: float = 2.0  # [R_E] in (1, inf): distance below which a sample counts as near

# %%
import re

import jax.numpy as jnp
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import number
from studies.orbit import adjoints, batches, costs, surveys, tasks
from studies.orbit.figures.adjoints import adjoint_panels, costs_and_agreement
from studies.orbit.recipes import PhasePlan

# %% [markdown]
# ## The model
#
# Costs hardly depend on which trained model is used. Differences between methods do: a
# field that is still wrong near periapsis is harder to integrate, above all backwards.
# We use the first model that was trained to the end.

# %%
chosen = catalogue.models(models)
lasted = chosen[chosen["outcome"] != "diverged"].to_dict("records")
surveys.some(lasted)
row = lasted[0]
model = surveys.loader(catalogue)(row)
points, known = int(row["points"]), surveys.taught(row)
sizes = {"space": bool(row["space"]), "points": points}
learned = tasks.orbit_set("complex", 10, 1, **sizes) if known is None else known
plan = PhasePlan((0.0, 1.0), 1.0, 1, segment_length)
data = batches.trajectories_of(learned, plan)
times, states = (x[:segments] for x in data)
Markdown(
    f"Opened: `{row['features']}` with `{row['output_layer']}`, seed {row['seed']}; "
    f"{len(times)} segments of {segment_length} samples."
)

# %% [markdown]
# ## Prediction
#
# The standard is an adaptive solver at tolerance 1e-6 with a discrete adjoint. Samples
# lie so close together that one Runge-Kutta step between them is more exact than the
# fit. Its gradient should agree with the standard to one percent, at a fraction of the
# cost. So should the discrete adjoint at loose tolerances. The continuous adjoint is
# the gradient of another discretisation. It should agree at tight tolerances, differ at
# loose ones, and never be cheaper here, where memory is no concern.

# %%
standard = "adaptive 1e-6, discrete"
measured = {
    name: costs.measure(way, model, times, states, rounds)
    for name, way in costs.WAYS.items()
    if not ways or name in [standard, *ways]
}
table = costs.table(measured, standard)
for name, line in table.iterrows():
    short = re.sub(r"\W+", "_", str(name))
    value, what = float(line["difference"]), f"from the standard gradient, {name}"
    catalogue.record(f"difference_{short}", value, "%", f"difference {what}")
    value, what = float(line["speed_up"]), f"speed over that of the standard, {name}"
    catalogue.record(f"speed_up_{short}", value, "1", what)
table.rename(columns={name: f"{name} [{costs.COLUMNS[name]}]" for name in table})

# %% tags=["figure"]
catalogue.save_figure(
    costs_and_agreement(table),
    "costs",
    kind="cost of a gradient",
    caption="Processor time of a gradient of one trained model against its difference "
    "from the standard gradient, a dot for each method.",
)

# %% [markdown]
# ## Along the orbit
#
# The gradient is an integral along the orbit. Its integrand is the adjoint, which is
# the derivative of the loss with respect to the state, times the sensitivity of the
# field to the parameters. Samples with equal weight in the loss have unequal influence
# on the gradient. Early states influence all later samples, and near periapsis the
# field is steep.

# %%
unseen = tasks.unseen_set(1, space=bool(row["space"]), points=points)
followed = {}
taught = "drawn orbit" if known is None else "training orbit"  # not of a file
for name, orbits in {taught: learned, "unseen orbit": unseen}.items():
    time, true = (
        jnp.float32(x[0][orbits.mask[0]]) for x in (orbits.time, orbits.states)
    )
    followed[name] = (np.asarray(time), adjoints.along(model, time, true))
shares = {}
for name, (_, one) in followed.items():
    radius = np.linalg.norm(np.asarray(one.states)[:, :3], axis=-1)
    seen = costs.share_near(radius, np.ones(len(radius)), near)
    heard = costs.share_near(radius, np.asarray(one.integrand, float), near)
    early = np.asarray(one.integrand[: len(radius) // 2], float).sum()
    half = float(100 * early / np.asarray(one.integrand, float).sum())
    shares[name] = (seen, heard, half)
    which, what = name.replace(" ", "_"), f"share of the gradient, {name}:"
    near_by = f"{what} from samples near the Earth"
    catalogue.record(f"near_share_{which}", heard, "%", near_by)
    first = f"{what} from the first half of the time"
    catalogue.record(f"first_half_share_{which}", half, "%", first)
Markdown(
    "\n".join(
        f"- {name}: {seen:.3g} % of the samples lie below {near:g} R_E and contribute "
        f"{heard:.3g} % of the gradient; the first half of the time contributes "
        f"{half:.3g} %."
        for name, (seen, heard, half) in shares.items()
    )
)

# %% tags=["figure"]
catalogue.save_figure(
    adjoint_panels(followed),
    "adjoint",
    kind="adjoint along an orbit",
    caption="Sensitivity of the field to the parameters, adjoint, product of the two, "
    f"and divergence of the field, over time along a {taught} and an unseen orbit, of "
    "one trained model.",
)

# %% [markdown]
# ## Normalised along the orbit
#
# A *normalised* adjoint divides the contribution of each point of the orbit by the size
# of the derivative there, so that periapsis no longer dominates. The result is no
# longer the gradient of the loss. The models below differ only in this, so they show
# whether it generalises better.

# %%
judged = surveys.survey(catalogue, models, points).table
ranks = surveys.ranked(judged, "adjoint")
medians = {name: group.median("mean_100") for name, group in ranks.items()}
for name, value in medians.items():
    what = "median over models of the mean acceleration error on 100 unseen orbits"
    catalogue.record("error_100", value, "%", what, member={"adjoint": name})
Markdown(f"{surveys.ranking(judged, 'adjoint')}\n\n{surveys.not_well(judged)}")

# %% [markdown]
# ## Verdict

# %%
cheap = table["speed_up"].idxmax()
exact = table[~table.index.str.contains("continuous")].drop(index=standard)
agrees = bool((exact["difference"] < 1).all())
what = "whether all discrete adjoints agree with the standard to one percent"
if len(exact):
    catalogue.record("discrete_ways_agree", agrees, "-", what)

# %%
texts = [
    f"The cheapest method is *{cheap}*, {table.loc[cheap, 'speed_up']:.2g} times as "
    "fast as the standard. "
    + (
        "Discrete adjoints differ from the standard by at most "
        f"{exact['difference'].max():.2g} %: "
        + ("as predicted." if agrees else "**more than predicted**.")
        if len(exact)
        else "No other discrete adjoint was timed."
    )
]
texts += [
    f"*{name}* differs by {line['difference']:.2g} % and costs "
    f"{1 / line['speed_up']:.2g} times as much."
    for name, line in table.iterrows()
    if "continuous" in str(name)
]
plain = medians.get("plain", np.nan)
others = [name for name in medians if name != "plain"]  # lowest error first
if np.isfinite(plain) and others:
    best = others[0]
    word = "better" if medians[best] < plain else "no better"
    few = min(len(ranks[best]), len(ranks["plain"])) < 2
    texts.append(
        f"Normalising is **{word}**: the best normalised gradient, `{best}`, errs by "
        f"{number(medians[best])} % on unseen orbits, the plain gradient by "
        f"{number(plain)} %."
        + (" With a single model of one this says nothing of chance." if few else "")
    )
Markdown("\n\n".join(texts))
