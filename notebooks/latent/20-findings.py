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
# numbers. **Needs** models of `2-train` and, for the baseline, of `13-stimulus-only`.
# **Takes** ten seconds a model.

# %% tags=["parameters"]
# fmt: off
models: dict = {"where": {"study": "latent"}}  # [-] which trained models are compared
steps: int = 2000  # [steps] in [1, inf): of a rollout
starts: int = 10  # [1] in [1, 1000]: rollouts on each family of movies
activity_steps: int = 2000  # [steps] in [1, inf): of a rollout through the voltages
# fmt: on

# %%
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.latent import claims, comparisons, summaries, verdicts
from studies.latent.figures import panels

# %% [markdown]
# ## Prediction
#
# The outcomes that follow from the map's start and from shearing should carry over:
# what fails there fails here. The failure at tu = 50 should not: this circuit forgets
# within ten steps and its stimulus is known throughout. Calcium changes little in one
# step and does not tell the voltage that drives the next, so that saying "no change" is
# hard to beat there, as it was in the source.

# %%
given = catalogue.models(models)
compared = comparisons.of_models(
    catalogue, given, steps=steps, starts=starts, activity_steps=activity_steps
)
table = compared.table
Markdown(summaries.overview(compared, given))

# %% [markdown]
# ## In numbers

# %%
Markdown(summaries.legend(table))

# %%
summaries.record(catalogue, compared)
summaries.numbers(compared)

# %% [markdown]
# ## Within the window
#
# The settings with the longest gap between recordings.

# %% tags=["figure"]
panels.within_window(compared).save(catalogue, given)

# %% tags=["figure"]
panels.by_setting(compared).save(catalogue, given)

# %% [markdown]
# ## Beyond it

# %% tags=["figure"]
panels.latent_rollouts(compared).save(catalogue, given)

# %% tags=["figure"]
panels.divergence_steps(compared).save(catalogue, given)

# %% [markdown]
# ## Row by row
#
# Medians and ranges are over seeds. *In part* means that some of what a row says holds
# here and some does not.

# %%
found = claims.outcomes(table)
for one in found:
    catalogue.record(f"row_{one.row}", one.verdict, "-")
    catalogue.record(f"row_{one.row}_here", one.ours, "-")
verdicts.findings(found).to_csv(catalogue.artifact("findings.csv"))
Markdown(verdicts.markdown(found))

# %% [markdown]
# ## Targets
#
# What this study set out to reach, on both families, by the median over seeds.

# %%
targets = claims.targets(table)
for one in targets:
    catalogue.record(f"target_{one.row}", one.verdict, "-")
Markdown(verdicts.markdown(targets))

# %% [markdown]
# ## Verdict

# %%
met = [one.row for one in targets if one.verdict == claims.MET]
asked = [one for one in targets if one.verdict != verdicts.MISSING]
alike = sum(one.verdict == verdicts.AS for one in found)
answered = sum(one.verdict != verdicts.MISSING for one in found)
catalogue.record("agreeing", alike)
catalogue.record("answered", answered)
reached = "No target was asked for"
if asked:
    reached = f"{len(met)} of {len(asked)} targets are met"
beside = summaries.beside_stimulus_only(table)
catalogue.record(
    "verdict",
    f"{reached}; {alike} of {answered} outcomes of the source are found here too. "
    f"{beside}",
    "-",
)
listed = f" ({', '.join(met)})" if met else ""
Markdown(f"**{reached}**{listed}. {verdicts.sentence(found)} {beside}")
