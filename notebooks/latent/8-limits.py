# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Where does it break: at fifty steps, or on a harder circuit?
#
# Fifty steps are one second, what whole-brain microscopes need. The source reports only
# partial success there. The embedded circuit forgets fast and is driven by a stimulus
# that is known throughout, so the default may be too easy; the *hard* preset has more
# noise, slow cells with time constants four times as long, stronger loops and more
# columns.
#
# **You will see** errors by gap and preset, and rollouts. **Needs** models of `2-train`
# and, for the null, of `13-stimulus-only`. **Takes** ten to thirty seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
from functools import partial

from IPython.display import Markdown

from fieldnotes import catalogue
from fieldnotes.latent import claims, comparisons, figures, reports, verdicts
from fieldnotes.training import read_model

# %% [markdown]
# ## Prediction
#
# On the default circuit tu = 50 works: at most 0.3 of linear interpolation, without
# divergence, because the stimulus and a short memory decide. On the hard one the error
# comes nearer to interpolation, and without the zero start it fails everywhere. The
# more the stimulus alone explains, the less the gap matters.

# %%
given = catalogue.models(models)
varied = catalogue.varying(comparisons.learned(given))
compared = comparisons.compare(
    given.to_dict("records"),
    lambda row: catalogue.load_model(
        row, partial(read_model, build=comparisons.builder(row))
    ),
    catalogue.cached,
    varied=varied,
    steps=steps,
    starts=starts,
    activity_steps=activity_steps,
    report=catalogue.progress(len(given), "judging models"),
)
table = compared.table
catalogue.record("models", len(table))
Markdown(comparisons.overview(compared, given))

# %% [markdown]
# ## In numbers
#
# Median and range over seeds. *Between* is the mean squared error at the steps of the
# training window that no loss ever touched; beside it, the same as a share of linear
# interpolation (a straight line through the true recordings), of the variance of the
# voltages, of the noise floor (the true circuit without noise, from the true state) and
# of the stimulus-only model. Where every step is a loss point it is the mean over the
# window. A rollout diverges where its worst start first exceeds an error of one; the
# number of steps means never.

# %%
shown = reports.summary(table, comparisons.headings(table))
for name, value, unit, member in comparisons.scraps(compared, varied):
    catalogue.record(name, value, unit, member=member)
shown

# %% [markdown]
# ## Within the window
#
# The longest gap is drawn. Where the model comes near the noise floor nothing more can
# be learned.

# %% tags=["figure"]
units = int(table["tu"].max())
view = compared.window(units)
catalogue.save_figure(
    figures.time_aligned(*view.curves, units, view.horizon),
    "time-aligned",
    kind="error within the window",
    caption=f"Error in the first {view.horizon} steps; dots are loss points.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.settings(
        table,
        {"validation_ratio": "validation", "flow_ratio": "flow"},
        quantity="error between recordings, share of interpolation [1]",
        lines={"interpolation": 1.0},
    ),
    "settings",
    kind="error by setting",
    caption="Error at intervening steps over that of linear interpolation.",
    models=given,
)

# %% [markdown]
# ## Beyond it

# %% tags=["figure"]
catalogue.save_figure(
    figures.rollout_errors(compared.curves(), compared.baselines()),
    "rollouts",
    kind="error of rollouts",
    caption="Latent rollouts: mean over starts, band from best to worst start.",
    models=given,
)

# %% tags=["figure"]
catalogue.save_figure(
    figures.divergence(table, int(table["steps"].max())),
    "divergence",
    kind="steps to divergence",
    caption="First step at which the worst start exceeds an error of one.",
    models=given,
)

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["R", "S"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
verdicts.findings(found)

# %%
own = verdicts.pick(table, tu=50, zero_init=True, preset=("default", "medium", "tiny"))
hard = verdicts.pick(table, tu=50, zero_init=True, preset="hard")
words = []
for name, group in (("default", own), ("hard", hard)):
    if group:
        ratio = max(group.median("validation_ratio"), group.median("flow_ratio"))
        catalogue.record(f"ratio_50_{name}", ratio)
        held = "within 0.3" if ratio <= 0.3 else "beyond 0.3"
        words.append(f"{name}: {ratio:.3g}, **{held}**, {group.lasts}")
text = comparisons.sentence(compared)
Markdown(
    f"{text} At tu = 50, of linear interpolation on either family: "
    f"{'; '.join(words) or 'not trained here'}. {verdicts.sentence(found)}"
)
