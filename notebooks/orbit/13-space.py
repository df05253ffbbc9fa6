# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is gravity harder to learn in space, and does it matter where an orbit starts?
#
# In space an orbit has an inclination and a node besides its size and shape, so ten
# orbits cover less of what there is. A field that turns with the orbit should not
# notice. [Notes of October](/pages/references.qmd#orbit-october) found a start at
# periapsis (true anomaly zero) worse than one at 20°, in space. Our orbits are sampled
# over one whole period, so the start only says where the samples and segments lie; a
# rollout's fate may well depend on it.
#
# **You will see** errors in the plane and in space, of models trained on orbits that
# all start at periapsis, at 20° or anywhere, on two kinds of unseen orbits; the error
# by true anomaly; and the position error after one period by where a rollout starts.
# **Needs** models of `2-train` that differ in `space` and `family`. **Takes** a few
# seconds for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [3, 100000]: samples over one period of a test orbit

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import (
    NOTHING,
    Claims,
    chance_of_no_difference,
    groups,
    probability_of_superiority,
    table_of,
    where,
)
from studies.orbit import december, figures, published, space, surveys, tasks

# %% [markdown]
# ## The models
#
# Each is judged twice: on 100 unseen orbits that start anywhere, and on 100 that start
# at periapsis; in space if it was trained there.

# %%
judged = surveys.survey(catalogue, models, points, drawn=True)
beside = surveys.survey(catalogue, models, points, family="fixnu0", drawn=True)
load, table = surveys.loader(catalogue), judged.table
table["error_fixnu0"] = beside.table["mean_100"]
table["place"] = np.where(table["space"].astype(bool), "space", "plane")
at_periapsis = "mean acceleration error on 100 unseen orbits that start at periapsis"
surveys.record(catalogue, judged, surveys.ERROR | {"error_fixnu0": at_periapsis})
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Prediction
#
# Layers that turn with the orbit should err as little in space as in the plane, within
# a factor of two; neutral layers should be several times worse in space. Where orbits
# start should not matter to the field, whatever it is tested on: a whole period is
# sampled either way.

# %%
ranks = surveys.ranked(table, "features", "output_layer", "place", "family")
columns = {
    "mean_100": "error, orbits start anywhere [%]",
    "error_fixnu0": "error, orbits start at periapsis [%]",
}
Markdown(table_of(ranks, columns, "layers, place and training family"))

# %% tags=["figure"]
catalogue.save_figure(
    figures.strips(table, "group", "place"),
    "space",
    kind="sweep",
    caption="Mean error on 100 unseen orbits of every model by its layers and training "
    "family, coloured by where its orbits lie. Crosses mark stuck models.",
    models=table,
)

# %% [markdown]
# ## Where on the orbit
#
# The error of the acceleration by true anomaly, medians over samples, for each group;
# periapsis is at 0°. Few samples lie there, and the pull is strongest.

# %%
trained = table[table["state"] != "diverged"]
surveys.some(surveys.middles(judged.groups))
sets = {
    place: tasks.unseen_set(100, space=place == "space", points=points)
    for place in trained["place"].unique()
}
found = {}
for row in trained.to_dict("records"):
    name = (row["group"], row["place"])
    errors = space.by_anomaly(load(row), sets[row["place"]], points)
    found.setdefault(name, []).append(errors)
errors = {name: np.array([x.error for x in each]) for name, each in found.items()}
strays = {
    name: np.median([x.stray for x in each], axis=0) for name, each in found.items()
}

# %% tags=["figure"]
catalogue.save_figure(
    figures.anomaly_bands(
        space.centres(),
        {name[0]: runs for name, runs in errors.items()},
        "acceleration error [%]",
    ),
    "by-anomaly",
    kind="error by anomaly",
    caption="Acceleration error on 100 unseen orbits by true anomaly (0° is "
    "periapsis), median and range over the models of each setting.",
    models=table,
)

# %% [markdown]
# ## Where a rollout starts
#
# The relative position error after one period, median over the models of a group, one
# dot for each of 100 unseen orbits.

# %% tags=["figure"]
first = next(iter(sets))
shown = {name[0]: each for name, each in strays.items() if name[1] == first}
catalogue.save_figure(
    figures.start_scatter(
        np.degrees(sets[first].elements[:, 5]),
        shown,
        "position error after one period [%]",
    ),
    "by-start",
    kind="rollout by start",
    caption="Position error of a rollout after one period by the true anomaly at which "
    f"it starts, a dot an unseen orbit, median over the models of a setting; {first}.",
    models=table,
)

# %%
lines = []
for (name, place), each in found.items():
    rho, chance = space.rank_correlation(each)
    what = "rank correlation of a rollout's stray with its start's way from periapsis"
    member = {"setting": name, "place": place}
    catalogue.record("rank_correlation", rho, "1", what, member=member)
    words = "nothing to do with" if chance > 0.01 else "something to do with"
    lines.append(
        f"- {name} ({place}): the stray has {words} how far from periapsis the start "
        f"is (Spearman's ρ {rho:+.2f}, p = {chance:.1g})."
    )
Markdown("\n".join(lines))

# %% [markdown]
# ## Verdict

# %%
text, columns = [], {"anywhere": "mean_100", "periapsis": "error_fixnu0"}
for label, group in surveys.ranked(table, "features", "output_layer").items():
    member, prior = {"layers": label}, next(iter(group))["prior"]
    flat, deep = group.where(place="plane"), group.where(place="space")
    if flat and deep:
        ratio = deep.median("mean_100") / flat.median("mean_100")
        what = "median error in space over that in the plane"
        catalogue.record("space_over_plane", ratio, "1", what, member=member)
        text.append(space.said_of_space(label, prior, ratio))
    for other, beside in (("fixnu20", "at 20°"), ("complex", "anywhere")):
        pair = group.where(family="fixnu0"), group.where(family=other)
        if all(pair):
            share = {
                place: probability_of_superiority(*pair, column)
                for place, column in columns.items()
            }
            what = f"share of pairs in which starts at periapsis beat starts {beside}"
            value, name = share["anywhere"], f"fixnu0_beats_{other}"
            catalogue.record(name, value, "1", what, member=member)
            text.append(space.said_of_starts(label, beside, share))
Markdown("\n\n".join(text) or "There is nothing to compare.")

# %% [markdown]
# The claim of October is about space: models that were trained on orbits which start at
# periapsis err more than those of a start at 20°. It holds where it holds with all
# layers, in 95 % of the pairs of models, and in part where it holds with some.

# %% tags=["claims"]
spatial = where(table, space=True, system=("two_body", None))
holds, shares, reasons, compared = [], [], [], []
for layers in groups(
    spatial.table, ["features", "output_layer", "loss", "orbits"]
).values():
    pair = layers.where(family="fixnu20"), layers.where(family="fixnu0")
    if all(pair):
        share = probability_of_superiority(*pair, "mean_100")
        chance = chance_of_no_difference(*pair, "mean_100")
        holds.append(share >= 0.95)
        shares.append(f"{share:.0%}")
        reasons.append("" if share >= 0.95 else december.direction(share, chance))
        compared += pair
claims = Claims(published.OCTOBER)
claims.test(
    "starts_at_periapsis_are_worse",
    "In space, training orbits that start at periapsis teach less than those at 20°.",
    reference="0° against 20°",
    ours=f"worse than a start at 20° in {', '.join(shares)} of pairs",
    holds=holds or [False],
    models=compared or [NOTHING],
    reason="; ".join(dict.fromkeys(filter(None, reasons))),
)

# %%
claims.record(catalogue)
Markdown(claims.table())
