# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What makes the map stable: its start, its activation, its warm-up, a penalty?
#
# Three changes came together when training at tu = 20 began to work: the map's last
# layer starts at zero, so that the map is the identity; its activation became tanh; and
# encoder and decoder are warmed up first. Here each is switched by itself, over several
# seeds. A penalty on the size of the latent steps (total variation) is tried on the old
# start.
#
# **You will see** errors and steps to divergence for each combination. **Needs** models
# of `2-train` and, for the null, of `13-stimulus-only`. **Takes** ten seconds a model.

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
# The start decides: with the last layer at zero every combination is stable, without it
# none is. Activation and warm-up matter little; warm-up lowers the error between the
# recordings. The penalty pulls the blow-up between recordings down to the level of
# interpolation, and does not make long rollouts stable.

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
# Combinations without the zero start should rise between the dots.

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
#
# Most unstable maps leave within the first fifty steps.

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
# ## Which switch decides?
#
# The share of stable models with a switch on, less the share with it off, over
# everything else: 1 if the switch alone decides, 0 if it does not matter.

# %%
free = table[table["tv_weight"] == 0]
effects = verdicts.effects(
    free.assign(tanh=free["activation"] == "tanh", with_warm_up=free["warm_up"] > 0),
    ["zero_init", "tanh", "with_warm_up"],
)
for name, value in effects.items():
    catalogue.record(f"effect_{name}", value)
listed = ", ".join(f"{name.replace('_', ' ')} {x:+.2f}" for name, x in effects.items())
Markdown(f"Change of the stable share: {listed or 'no switch was varied'}.")

# %% [markdown]
# ## Verdict
#
# Row by row, what the source reports and what was found here.

# %%
found = claims.outcomes(table, ["K", "L"])
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
verdicts.findings(found)

# %%
text = comparisons.sentence(compared)
Markdown(f"{text} {verdicts.sentence(found)}")
