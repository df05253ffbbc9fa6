# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What of the source's findings holds on a circuit that anybody can simulate?
#
# The source's notes report some twenty outcomes, most from one seed each, on a circuit
# of 13,741 neurons. Here every setting that the embedded circuit can speak to was
# trained with several seeds, and rolled out for thousands of steps on two families of
# movies. Each row of the notes meets its counterpart; where the two differ, it is said.
#
# **You will see** the table of findings, the targets, and every setting with its
# numbers. **Needs** models of `2-train` and, for the null, of `13-stimulus-only`.
# **Takes** ten seconds a model.

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
# The outcomes that follow from the map's start and from shearing should carry over:
# what fails there fails here. The failure at tu = 50 should not: this circuit forgets
# within ten steps and its stimulus is known throughout.

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
# The settings with the longest gap between recordings.

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
# ## Row by row
#
# Medians and ranges are over seeds. *In part* means that some of what a row says holds
# here and some does not; *not run*, that no model of the setting was given.

# %%
found = claims.outcomes(table)
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
    catalogue.record(f"row_{one.row}_here", one.ours, "-")
whole = verdicts.findings(found)
whole.to_csv(catalogue.artifact("findings.csv"))
whole

# %% [markdown]
# ## Targets
#
# What this study set out to reach, on both families, by the median over seeds.

# %%
targets = claims.targets(table)
for one in targets:
    catalogue.record(f"target_{one.row}", one.verdict, "-")
verdicts.findings(targets)

# %% [markdown]
# ## Verdict

# %%
met = [one.row for one in targets if one.verdict == claims.MET]
asked = [one for one in targets if one.verdict != verdicts.MISSING]
catalogue.record("agreeing", sum(one.verdict == verdicts.AS for one in found))
catalogue.record("answered", sum(one.verdict != verdicts.MISSING for one in found))
Markdown(
    f"**{len(met)} of {len(asked)} targets are met** ({', '.join(met) or 'none'}). "
    f"{verdicts.sentence(found)}"
)
