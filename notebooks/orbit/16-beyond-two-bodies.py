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
# We train the same networks with the same losses on three other laws. An oblate Earth
# (`j2`) adds a pull that depends on the latitude. Air (`drag`, on a light balloon) adds
# a force against the velocity, within a shell of some hundred kilometres. Between the
# Earth and the Moon (`three_body`), in the frame that turns with them, there are two
# centres of attraction and a Coriolis force. There the Jacobi constant C is conserved
# in place of the energy.
#
# **You will see** errors of models beside those of Newton's field, how much of the
# perturbation itself was learned, how much C drifts in each tenth of a rollout, and the
# error near the libration points. **Needs** models of `2-train` trained on `system` j2,
# drag or three_body. **Takes** a few seconds for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are judged
points: int = 360  # [1] in [10, 100000]: samples over one period of a test orbit
arcs: int = 10  # [1] in {1, 10, 100}: number of unseen arcs that are rolled out

# %%
import numpy as np
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.orbit import beyond, figures, surveys, tasks

# %% [markdown]
# ## The models
#
# The acceleration error compares a model with the true field of the system that it was
# trained on. The tests are 100 orbits of the model's training family that no training
# has seen.

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
# In the plane an oblate Earth still pulls towards its centre. Layers with axes that
# turn with the orbit should therefore learn J2 and err much less than Newton's field.
# In space the pull depends on the latitude, which such layers cannot see. Their error
# should stay near the size of the perturbation, and the error of neutral layers should
# not. Drag acts on few samples of a low orbit and should be the hardest to tell from
# the network's error. Among three bodies the field has neither a centre nor a symmetry.
# We expect errors of a few percent there, from many more orbits.

# %%
Markdown(surveys.ranking(table, "truth", "place", "layers", "orbits"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "group", "truth"),
    "systems",
    kind="sweep",
    caption="Mean acceleration error of every model on 100 unseen orbits of the system "
    "that it was trained on, by setting, coloured by system. Crosses mark models that "
    "did not learn even their training orbits.",
    models=table,
)

# %% [markdown]
# ## Comparison with Newton's field
#
# A model that had learned the two-body law perfectly would have the error of Newton's
# field. The *error of the perturbation* compares what the model adds to Newton's field
# with what the truth adds, as root mean squares. It is 100 % for a model that has
# learned nothing of the perturbation.

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
        "median": "median over models of the mean acceleration error, unseen orbits",
        "newton": "mean acceleration error of Newton's field on the same unseen orbits",
        "perturbation": "median over models of the error of the perturbation",
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
# ## The Jacobi constant along an arc
#
# Each arc is rolled out for a month from its true start and cut into ten equal parts.
# The change of C over a part tells where the model fails to conserve it. If errors grow
# with time only, all parts change alike. If they arise in close approaches, a part
# changes more the nearer it comes to a body.

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
        what = "largest change of the Jacobi constant in a month, median over arcs"
        catalogue.record("jacobi_drift", drift, "%", what, member=member)
    lost = float(np.median([x.lost for x in each]))
    what = "share of arcs whose rollout left the system, median over models"
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
        caption="Change of the Jacobi constant over each tenth of a rollout among "
        "three bodies: median over arcs, with median and range over the models of a "
        "setting.",
        models=table,
    ).show()

# %% [markdown]
# ## Near the libration points
#
# At the five libration points the pull vanishes in the turning frame. The error is
# therefore given relative to the mean pull within a radius of 0.1 distances between the
# two bodies. [Laboratory notes](/pages/references.qmd#orbit-notes) expect the largest
# errors at L1 and L2, beside the Moon, then at L4 and L5, and the smallest at L3.

# %%
names = ["L1", "L2", "L3", "L4", "L5"]
means = {
    name: dict(zip(names, np.median(each, axis=0).tolist(), strict=True))
    for name, each in near.items()
}
for name, each in means.items():
    for point, value in each.items():
        what = (
            f"median over models of the error near {point}, relative to the mean pull"
        )
        member = {"setting": name}
        catalogue.record(f"error_near_{point}", value, "%", what, member=member)
Markdown("\n".join(f"- {n}: {beyond.ordered(each)}" for n, each in means.items()))

# %% tags=["figure"]
if near:
    catalogue.save_figure(
        figures.near_points({n: np.array(x) for n, x in near.items()}, names),
        "libration",
        kind="libration points",
        caption="Error of the learned pull within 0.1 distances of Earth and Moon "
        "around each libration point, relative to the mean pull there, of models of "
        "three bodies by setting.",
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
        caption="Error of the learned pull on a body at rest, over the plane that "
        "turns with Earth and Moon, of the best model. Lines are thirty of its "
        "training arcs.",
        models=table,
    ).show()

# %% [markdown]
# ## Verdict

# %%
text = [beyond.beats_newton(beside)] if beside else []
text += [f"- **three_body**, {n}: {beyond.ordered(each)}" for n, each in means.items()]
Markdown("\n".join(text) or "There is nothing to compare.")
