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
# orbits cover a smaller part of all orbits. A model in axes that turn with the orbit
# should not be affected. [Laboratory notes of
# October](/pages/references.qmd#orbit-october) report that, in space, training orbits
# which start at periapsis (true anomaly zero) give a larger error than those which
# start at a true anomaly of 20°. Our orbits are sampled over one whole period, so the
# start only decides where the samples and segments lie. The error of a rollout may
# still depend on where it starts.
#
# **You will see** errors in the plane and in space. The models were trained on orbits
# that all start at periapsis, at 20° or anywhere, and are tested on two kinds of unseen
# orbits. You will also see the error by true anomaly, and the position error of
# rollouts by where they start. **Needs** models of `2-train` that differ in `space` and
# `family`. **Takes** a few seconds for each model.

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
# Each model is judged on 100 unseen orbits that start anywhere, and on 100 that start
# at periapsis. Models that were trained in space are tested in space, the others in the
# plane.

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
# Layers with axes that turn with the orbit should err as little in space as in the
# plane, within a factor of two. Neutral layers should err several times as much in
# space. The place where training orbits start should not matter on either kind of test
# orbit, because a whole period is sampled in any case.

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
    caption="Mean acceleration error on 100 unseen orbits of every model by its layers "
    "and training family, coloured by whether its orbits lie in the plane or in space. "
    "Crosses mark models that did not learn even their training orbits.",
    models=table,
)

# %% [markdown]
# ## Where on the orbit
#
# The figure shows the acceleration error by true anomaly for each group, as medians
# over samples. Periapsis is at 0°. Few samples lie there, and the pull is strongest.

# %%
trained = table[table["state"] != "diverged"]
surveys.some(surveys.middles(judged.groups))
sets = {
    place: tasks.unseen_set(100, space=place == "space", points=points)
    for place in trained["place"].unique()
}
profiles = {}
for row in trained.to_dict("records"):
    name = (row["group"], row["place"])
    profile = space.by_anomaly(load(row), sets[row["place"]], points)
    profiles.setdefault(name, []).append(profile)
errors = {name: np.array([x.error for x in each]) for name, each in profiles.items()}
strays = {
    name: np.median([x.stray for x in each], axis=0) for name, each in profiles.items()
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
    caption="Acceleration error on 100 unseen orbits against the true anomaly (0° is "
    "periapsis): median over samples, with median and range over the models of each "
    "setting.",
    models=table,
)

# %% [markdown]
# ## Where a rollout starts
#
# The figure shows the relative position error of a rollout after one period. Each dot
# is one of 100 unseen orbits and gives the median over the models of a group.

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
    caption="Position error of a rollout after one period against the true anomaly at "
    "which it starts. A dot is an unseen orbit, with the median over the models of a "
    f"setting. Orbits of the {first}.",
    models=table,
)

# %%
lines = []
for (name, place), each in profiles.items():
    rho, chance = space.rank_correlation(each)
    what = "rank correlation of a rollout's error with its start's angle from periapsis"
    member = {"setting": name, "place": place}
    catalogue.record("rank_correlation", rho, "1", what, member=member)
    words = "does not depend" if chance > 0.01 else "depends"
    lines.append(
        f"- {name} ({place}): the position error {words} on how far from periapsis a "
        f"rollout starts (Spearman's ρ {rho:+.2f}, p = {chance:.1g})."
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
        what = "median error of models in space over that of models in the plane"
        catalogue.record("space_over_plane", ratio, "1", what, member=member)
        text.append(space.said_of_space(label, prior, ratio))
    for other, beside in (("fixnu20", "at 20°"), ("complex", "anywhere")):
        pair = group.where(family="fixnu0"), group.where(family=other)
        if all(pair):
            share = {
                place: probability_of_superiority(*pair, column)
                for place, column in columns.items()
            }
            what = f"share of pairs in which starts at periapsis err less than {beside}"
            value, name = share["anywhere"], f"fixnu0_beats_{other}"
            catalogue.record(name, value, "1", what, member=member)
            text.append(space.said_of_starts(label, beside, share))
Markdown("\n\n".join(text) or "There is nothing to compare.")

# %% [markdown]
# The notes' claim is about space: models trained on orbits that start at periapsis err
# more than models trained on orbits that start at 20°. With given layers it holds if it
# holds in 95 % of the pairs of models. The claim holds if it holds with all layers, and
# in part if it holds with some.

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
