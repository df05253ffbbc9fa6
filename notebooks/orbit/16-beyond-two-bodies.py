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

# %% [markdown]
# ## The models
#
# Errors are those of the acceleration, against the true field of the model's own
# system, on 100 orbits of its own family that no training has seen.

# %%
judged = surveys.survey(catalogue, models, points, family="own")
load, table = surveys.loader(catalogue), judged.table
systems = [beyond.system_of(row) for row in judged.rows]
table["truth"] = [beyond.name_of(system) for system in systems]
table["layers"] = table["features"] + " + " + table["output_layer"]
table["place"] = np.where(table["space"].astype(bool), "space", "plane")
surveys.record(catalogue, judged)
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
Markdown(surveys.ranking(table, "truth", "place", "layers", "orbits"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "group", "truth"),
    "systems",
    kind="sweep",
    caption="Mean error on 100 unseen orbits of its own system, of every model by its "
    "setting, coloured by the system. Crosses mark stuck models.",
    models=table,
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
for row in trained.to_dict("records"):
    kind = (row["family"], row["place"] == "space", beyond.system_of(row))
    if kind not in tests:
        sizes = {"family": kind[0], "space": kind[1], "system": kind[2]}
        tests[kind] = tasks.unseen_set(100, points=points, **sizes)
    error = beyond.perturbation_error(load(row), tests[kind])
    name = (row["truth"] + f", {row['place']}", row["layers"])
    perturbed.setdefault(name, (kind, [], []))[1].append(row["mean_100"])
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
    member = {name: row[name] for name in ("system", "layers")}
    for name, what in {
        "median": "median error on 100 unseen orbits",
        "newton": "error of Newton's field alone on the same orbits",
        "perturbation": "error of what was learned of the perturbation",
    }.items():
        catalogue.record(f"{name}_error", row[name], "%", what, member=member)
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
for row in three.to_dict("records"):
    space = row["place"] == "space"
    system = tasks.System("three_body")
    orbits = tasks.unseen_set(arcs, space=space, points=points, system=system)
    model = load(row)
    moons.setdefault(row["group"], []).append(beyond.arcs(model, orbits))
    near.setdefault(row["group"], []).append(beyond.near_points(model))
for name, each in moons.items():
    drift, member = float(np.median([x.drift for x in each])), {"setting": name}
    if np.isfinite(drift):
        what = "largest change of the Jacobi constant over a month, median arc"
        catalogue.record("jacobi_drift", drift, "%", what, member=member)
    lost, what = float(np.median([x.lost for x in each])), "arcs that ran away"
    catalogue.record("lost_arcs", lost, "%", what, member=member)
Markdown(
    "\n".join(beyond.said_of_arcs(name, each) for name, each in moons.items())
    or "No model of three bodies is among these."
)

# %% tags=["figure"]
if moons:
    runs = {n: np.array([x.pieces for x in each]) for n, each in moons.items()}
    runs = {n: np.where(np.isfinite(x), x, np.nan) for n, x in runs.items()}
    catalogue.save_figure(
        figures.drift_by_piece(runs),
        "jacobi",
        kind="jacobi drift",
        caption="Change of the Jacobi constant over each tenth of a rolled-out arc "
        "among three bodies, median over arcs, median and range over models.",
        models=table,
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
        what, member = f"median error around {point}", {"setting": name}
        catalogue.record(f"error_near_{point}", value, "%", what, member=member)
Markdown("\n".join(f"- {n}: {beyond.ordered(each)}" for n, each in means.items()))

# %% tags=["figure"]
if near:
    catalogue.save_figure(
        figures.near_points({n: np.array(x) for n, x in near.items()}, names),
        "libration",
        kind="libration points",
        caption="Error of models of three bodies within 0.1 of each libration point, "
        "relative to the mean pull there.",
        models=table,
    ).show()

# %% tags=["figure"]
if len(three):
    best = three["mean_100"].astype(float).idxmin()
    row = table.loc[best].to_dict()
    taught = row["orbits"], row["data_seed"]
    system = tasks.System("three_body")
    paths = tasks.orbit_set("complex", *taught, points=points, system=system).states
    catalogue.save_figure(
        figures.turning_plane(
            *beyond.error_plane(load(row)), beyond.marks(), paths[:30, :, :2]
        ),
        "plane",
        kind="field",
        caption="Error of the learned pull at rest over the plane that turns with "
        "Earth and Moon, of the best model, with thirty of its training arcs.",
        models=table,
    ).show()

# %% [markdown]
# ## Verdict

# %%
text = [beyond.beats_newton(beside)] if beside else []
text += [f"- **three_body**, {n}: {beyond.ordered(each)}" for n, each in means.items()]
Markdown("\n".join(text) or "There is nothing to compare.")
