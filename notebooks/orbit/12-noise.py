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
# Acceleration matching needs a second derivative of the samples, and differences
# amplify noise. Noise of positions with standard deviation σ becomes noise of
# accelerations with about √24 σ/h², where h is the time between samples. Retracing
# segments integrates instead, but starts at a noisy state. A third way removes noise
# first, by polynomials that are fitted to as many neighbouring samples as agree with
# each other. An instrument may measure positions only. Velocities are then estimates
# too.
#
# A *recipe* is a loss together with a treatment of noise. **You will see** how well
# each estimator recovers velocity and acceleration from noisy samples, the error of
# each recipe as noise grows, from states and from positions only, and the recipe that
# wins. **Needs** models of `2-train` that differ in noise and recipe. **Takes** a
# second for each model.

# %% tags=["parameters"]
models: dict = {"where": {"notebook": "orbit/train"}}  # [-] which models are compared
points: int = 360  # [1] in [7, 100000]: samples over one period of a test orbit
level: float = 1e-4  # [R_E] in (0, inf): noise at which the recipes are ranked

# %%
import numpy as np
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import probability_of_superiority
from studies.orbit import figures, noise, surveys

# %% [markdown]
# ## What can be estimated from noisy samples
#
# Ten orbits carry noise of the same size on position [R_E] and velocity [R_E/TU]. The
# table gives the mean error of the estimates at each sample. From states without
# smoothing, the estimate is the polynomial through three samples. From positions
# without smoothing, it is a difference of order four over five positions p, whose
# velocity errs by h⁴p⁽⁵⁾/30 without noise, and by 0.95 σ/h because of noise.

# %%
levels = catalogue.models(models)["position_noise"].astype(float).unique()
estimators = noise.label_errors(sorted({*levels, level}), points=points)
chosen = estimators[estimators["noise [R_E]"] == level]
for row in chosen.to_dict("records"):
    what = "mean error of accelerations estimated from samples with the named noise"
    member = {name: row[name] for name in ("observed", "smoothing")}
    catalogue.record("label_error", row["acceleration [%]"], "%", what, member=member)
estimators.style.format("{:.3g}", subset=["velocity [%]", "acceleration [%]"]).format(
    "{:.0e}", subset=["noise [R_E]"]
).hide(axis="index")

# %% [markdown]
# ## Prediction
#
# Without noise, acceleration matching should be best, smoothed or not. At the named
# noise, labels from three samples are wrong by tens of percent. Matching them should
# therefore err more than retracing, and retracing long segments should err less than
# retracing short ones, because the error of the start counts less. Smoothed labels are
# wrong by less than one percent, so matching smoothed samples should err least, from
# states and from positions.
#
# ## The models
#
# Every model meets the same 100 orbits, which no training has seen and which carry no
# noise.

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
# At low noise a curve is flat, because the network limits the error. Where it begins to
# rise, noise limits the recipe. The axis gives the noise of a position [R_E]. The noise
# of a velocity is the same number in its own unit, R_E/TU.

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
    caption="Mean acceleration error on 100 unseen orbits, median and range over "
    "models, against the noise of a position, a curve for each recipe. Positions and "
    "velocities are observed.",
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
        caption="Mean acceleration error on 100 unseen orbits, median and range over "
        "models, against the noise of a position, a curve for each recipe. Only "
        "positions are observed.",
        models=table,
    ).show()

# %% [markdown]
# ## The recipes at the named noise

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
# A recipe wins clearly if its models err less than those of the next recipe in 95 % of
# all pairs, with at least five models of each.

# %% tags=["verdict"]
sentences = []
for name, part in here.items():
    ranks = surveys.ranked(part, "recipe")
    for recipe, group in ranks.items():
        member = {"observed": name, "recipe": recipe}
        value = group.median("mean_100")
        what = "median over models of the mean acceleration error at the named noise"
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
