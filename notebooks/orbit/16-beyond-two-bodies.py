# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Does the same recipe learn a field that is not Newton's?
#
# Three other truths. An oblate Earth (J2) adds a pull that depends on the latitude; air
# (drag on a light balloon) one against the velocity, within a shell of some hundred
# kilometres. Between the Earth and the Moon, in the frame that turns with them, there
# are two centres and a pull that turns the velocity; what is conserved there is the
# Jacobi constant C. The networks and losses are those of two bodies.
#
# **You will see** errors beside those of Newton's field alone, what was learned of the
# perturbation itself, the drift of C when models run on their own, in ten pieces of the
# arc, and the error near the libration points. **Needs** models of `2-train` trained on
# `system` j2, drag or three_body. **Takes** a few seconds for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are judged
points: int = 360  # [1] in [10, 100000]: samples over one period of a test orbit
arcs: int = 10  # [1] in {1, 10, 100}: unseen arcs that are rolled out

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import beyond, figures, surveys, tasks
from studies.orbit.comparisons import Comparison

# %% [markdown]
# ## The models
#
# Errors are those of the acceleration, against the true field of the model's own
# system, on 100 orbits of its own family that no training has seen.

# %%
compared = Comparison(catalogue, models)
given, table = compared.given, compared.survey(points, family="own")
systems = [beyond.system_of(row) for row in given.to_dict("records")]
table["truth"] = [beyond.name_of(system) for system in systems]
table["layers"] = table["features"] + " + " + table["output_layer"]
table["place"] = np.where(table["space"].astype(bool), "space", "plane")
compared.record(table)
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# In the plane an oblate Earth still pulls to its centre, so layers that turn with the
# orbit should learn J2 and beat Newton's field clearly. In space the pull depends on
# the latitude, which such layers cannot see: they should be stuck near the size of the
# perturbation, where neutral layers are not. Drag acts on few samples of a low orbit
# and should be the hardest to tell from the network's own error. Among three bodies
# nothing turns and nothing is central: expect percents, from many more orbits.

# %%
ranks = surveys.summary(table, ["truth", "place", "layers", "orbits"])
Markdown(surveys.markdown(ranks))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "group", "truth"),
    "systems",
    kind="sweep",
    caption="Error on 100 unseen orbits of each system; crosses are stuck models.",
    models=given,
)

# %% [markdown]
# ## Beside Newton's field alone
#
# A model that had learned two bodies perfectly would get Newton's error. The error of
# the perturbation is what the model adds to Newton's field against what the truth adds,
# as root mean squares: 100 % for one that knows nothing of it.

# %%
trained = table[(table["state"] != "diverged") & (table["truth"] != "three_body")]
tests, perturbed = {}, {}
for own in trained.to_dict("records"):
    kind = (own["family"], own["place"] == "space", beyond.system_of(own))
    if kind not in tests:
        sizes = {"family": kind[0], "space": kind[1], "system": kind[2]}
        tests[kind] = tasks.unseen_set(100, points=points, **sizes)
    error = beyond.perturbation_error(compared.load(own), tests[kind])
    name = (own["truth"] + f", {own['place']}", own["layers"])
    perturbed.setdefault(name, (kind, [], []))[1].append(own["mean_100"])
    perturbed[name][2].append(error)

# %%
beside = [
    {
        "system": name[0],
        "layers": name[1],
        "median": float(np.median(errors)),
        "newton": beyond.newton_alone(tests[kind]),
        "perturbation": float(np.median(shares)),
    }
    for name, (kind, errors, shares) in perturbed.items()
    if kind[2].perturbed
]
for row in beside:
    label = f"{row['system']}, {row['layers']}"
    catalogue.record(f"error, {label}", row["median"], "%")
    catalogue.record(f"newton alone, {label}", row["newton"], "%")
    catalogue.record(f"perturbation error, {label}", row["perturbation"], "%")
pd.DataFrame(beside).rename(
    columns={
        "median": "error [%]",
        "newton": "Newton alone [%]",
        "perturbation": "error of the perturbation [%]",
    }
)

# %% [markdown]
# ## The Jacobi constant, piece by piece
#
# Each arc is rolled out for a month from its true start, and cut into ten equal pieces.
# The change of C over a piece says where the model loses it: if only time counted, all
# pieces would be alike; if close approaches do, a piece's change should go with how
# near to a body it comes.

# %%
three = table[(table["truth"] == "three_body") & (table["state"] != "diverged")]
moons, near = {}, {}
for own in three.to_dict("records"):
    space = own["place"] == "space"
    system = tasks.System("three_body")
    orbits = tasks.unseen_set(arcs, space=space, points=points, system=system)
    model = compared.load(own)
    moons.setdefault(own["group"], []).append(beyond.arcs(model, orbits))
    near.setdefault(own["group"], []).append(beyond.near_points(model))
for name, each in moons.items():
    drift = float(np.median([own.drift for own in each]))
    if np.isfinite(drift):
        catalogue.record(f"jacobi drift, {name}", drift, "%")
    lost = float(np.median([own.lost for own in each]))
    catalogue.record(f"lost arcs, {name}", lost, "%")
Markdown(
    "\n".join(beyond.said_of_arcs(name, each) for name, each in moons.items())
    or "No model of three bodies is among these."
)

# %% tags=["figure"]
if moons:
    runs = {n: np.array([own.pieces for own in each]) for n, each in moons.items()}
    runs = {n: np.where(np.isfinite(x), x, np.nan) for n, x in runs.items()}
    catalogue.save_figure(
        figures.drift_by_piece(runs),
        "jacobi",
        kind="jacobi drift",
        caption="Change of the Jacobi constant by piece of the arc, median over arcs.",
        models=given,
    ).show()

# %% [markdown]
# ## Near the libration points
#
# The pull vanishes at the five points, so the error there is given relative to the mean
# pull within 0.1 of the distance of the two bodies. The notes expect L1 and L2 to be
# worst, beside the Moon, then L4 and L5, then L3.

# %%
names = ["L1", "L2", "L3", "L4", "L5"]
means = {
    name: dict(zip(names, np.median(each, axis=0).tolist(), strict=True))
    for name, each in near.items()
}
for name, each in means.items():
    for point, value in each.items():
        catalogue.record(f"error near {point}, {name}", value, "%")
Markdown("\n".join(f"- {n}: {beyond.ordered(each)}" for n, each in means.items()))

# %% tags=["figure"]
if near:
    catalogue.save_figure(
        figures.near_points({n: np.array(x) for n, x in near.items()}, names),
        "libration",
        kind="libration points",
        caption="Error within 0.1 of each libration point, relative to the mean pull.",
        models=given,
    ).show()

# %% tags=["figure"]
if len(three):
    best = three["mean_100"].astype(float).idxmin()
    row = table.loc[best].to_dict()
    taught = surveys.plain(row["orbits"]), surveys.plain(row["data_seed"])
    system = tasks.System("three_body")
    paths = tasks.orbit_set("complex", *taught, points=points, system=system).states
    catalogue.save_figure(
        figures.turning_plane(
            *beyond.error_plane(compared.load(row)), beyond.marks(), paths[:30, :, :2]
        ),
        "plane",
        kind="field",
        caption="Error at rest over the turning plane, best model, 30 training arcs.",
        models=given,
    ).show()

# %% [markdown]
# ## Verdict

# %%
text = [beyond.beats_newton(beside)] if beside else []
text += [f"- **three_body**, {n}: {beyond.ordered(each)}" for n, each in means.items()]
Markdown("\n".join(text) or "There is nothing to compare.")
