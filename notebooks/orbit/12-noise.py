# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which recipe still learns gravity when the orbits are noisy?
#
# Acceleration matching needs a second derivative of the samples, and differences make
# noise worse: a deviation σ of a position becomes about √24 σ/h² of an acceleration,
# h being the time between samples. Retracing segments integrates instead, but starts
# at a noisy state. Or noise is taken out first, by polynomials fitted to as many
# samples as agree with each other. An instrument may see positions only; velocities
# are then estimates too.
#
# **You will see** what each estimator makes of noisy samples, the error of each recipe
# as noise grows, from states and from positions only, and the recipe that wins.
# **Needs** models of `2-train` that differ in noise and recipe. **Takes** a second for
# each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [7, 100000]: samples over one period of a test orbit
level: float = 1e-4  # [R_E] in (0, inf): the noise at which a winner is named

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import probability_of_superiority
from studies.orbit import figures, noise, surveys

# %% [markdown]
# ## What the samples give away
#
# Ten orbits with noise of the same size on position [R_E] and velocity [R_E/TU]; the
# mean error of what is estimated at each sample. `state` without smoothing is the
# stencil of three samples, `position` without smoothing differences of five positions
# of order four: velocity errs by h⁴p⁽⁵⁾/30 and 0.95 σ/h.

# %%
levels = catalogue.models(models)["position_noise"].astype(float).unique()
estimators = noise.label_errors(sorted({*levels, level}), points=points)
chosen = estimators[estimators["noise [R_E]"] == level]
for row in chosen.to_dict("records"):
    what = "error of estimated accelerations at the named noise"
    member = {name: row[name] for name in ("observed", "smoothing")}
    catalogue.record("label_error", row["acceleration [%]"], "%", what, member=member)
estimators.style.format("{:.3g}", subset=["velocity [%]", "acceleration [%]"]).format(
    "{:.0e}", subset=["noise [R_E]"]
).hide(axis="index")

# %% [markdown]
# ## Prediction
#
# Without noise matching is best, smoothed or not. At the named level the stencil's
# labels are wrong by tens of percent, so matching as seen should lose to retracing, and
# retracing long segments should beat short ones: the start's error counts less. What
# smoothing leaves in the labels is below a percent, so matching smoothed samples should
# win from states and from positions.
#
# ## The models
#
# Every model meets the same 100 orbits, true and without noise, that no training has
# seen.

# %%
judged = surveys.survey(catalogue, models, points)
surveys.record(catalogue, judged)
table = judged.table
table["recipe"] = [noise.recipe_of(row) for row in judged.rows]
table["level"] = [noise.level_of(row) for row in judged.rows]
Markdown(surveys.not_well(table))

# %% [markdown]
# ## Error as noise grows
#
# Where a curve leaves its level without noise, noise and no longer the network limits
# the recipe. The noise of a position [R_E] is along the axis; that of the velocity, in
# its own unit, is as large.

# %%
seen = {name: table[table["observed"] == name] for name in ("state", "position")}
seen = {name: part.sort_values("position_noise") for name, part in seen.items()}
places = {name: f"noise of a position, {name} seen [R_E]" for name in seen}

# %% tags=["figure"]
catalogue.save_figure(
    figures.error_lines(seen["state"], "level", "recipe", places["state"]).update_xaxes(
        type="category"
    ),
    "noise-state",
    kind="noise",
    caption="Median error on 100 unseen orbits with its range over models against the "
    "noise of a position, a curve for each recipe; states are observed.",
    models=table,
)

# %% tags=["figure"]
if len(seen["position"]):
    figure = figures.error_lines(
        seen["position"], "level", "recipe", places["position"]
    ).update_xaxes(type="category")
    catalogue.save_figure(
        figure,
        "noise-position",
        kind="noise",
        caption="Median error on 100 unseen orbits with its range over models against "
        "the noise of a position, a curve for each recipe; positions are observed.",
        models=table,
    ).show()

# %% [markdown]
# ## At the named level

# %%
here = {
    name: part[np.isclose(part["position_noise"], level, rtol=1e-6, atol=0)]
    for name, part in seen.items()
}
here = {name: part for name, part in here.items() if len(part)}
Markdown(
    "\n\n".join(
        f"**{name} observed, noise {level:.0e}**\n\n{surveys.ranking(part, 'recipe')}"
        for name, part in here.items()
    )
    or f"No model was trained with noise {level:.0e}."
)

# %% [markdown]
# ## Verdict
#
# A recipe wins clearly where it is better than the next in 95 % of all pairs of models,
# with at least five models of each.

# %% tags=["verdict"]
sentences = []
for name, part in here.items():
    ranks = surveys.ranked(part, "recipe")
    for recipe, group in ranks.items():
        member = {"observed": name, "recipe": recipe}
        value, what = group.median("mean_100"), "median error at the named noise"
        catalogue.record("error_at_level", value, "%", what, member=member)
    (best, first), *rest = ranks.items()
    text = f"With {name} observed and noise of {level:.0e}, **{best}** is best: "
    text += first.text("mean_100", "%")
    if rest:
        other, second = rest[0]
        share = probability_of_superiority(first, second, "mean_100")
        enough = min(len(first), len(second)) >= 5
        sure = "a clear win" if enough else "too few models to be sure"
        sure = sure if share >= 0.95 else "within the spread over seeds and orbits"
        as_said = "as" if best == "matching, smoothed" else "not matching, smoothed as"
        text += (
            f", against {second.text('mean_100', '%')} of {other} ({sure}: better in "
        )
        text += f"{100 * share:.0f} % of pairs); {as_said} predicted."
    else:
        text += "; there is no other recipe to compare with."
    sentences.append(text)
Markdown("\n\n".join(sentences) or "There is nothing to compare.")
