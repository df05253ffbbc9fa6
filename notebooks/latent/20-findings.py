# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which reported findings hold on a circuit that anybody can simulate?
#
# [Laboratory notes](/pages/references.qmd#latent-notes) and [experiment
# logs](/pages/references.qmd#latent-logs) of the authors of NeuralGraph report some
# twenty findings, most from one seed each, on a circuit of 13,741 neurons. Here every
# setting that the embedded circuit can test was trained with several seeds, and rolled
# out for thousands of steps on two families of movies. Each claim was tested in the
# notebook of its comparison, which shows the test. This notebook gathers the verdicts.
#
# **You will see** every claim with the reported value, our value and the verdict, and
# the targets of this study. **Needs** runs of `3-one-step` to `8-limits`, `16-calcium`,
# `14-trained-circuit` and `15-chaos`. **Takes** seconds.

# %% tags=["parameters"]
notebooks: list[str] = [
    "latent/one-step",
    "latent/aligned",
    "latent/stability",
    "latent/stimulus-rate",
    "latent/staggered",
    "latent/limits",
    "latent/calcium",
    "latent/trained-circuit",
    "latent/chaos",
]  # [-] notebooks whose claims are gathered, in this order

# %%
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Verdict, read

# %% [markdown]
# ## Prediction
#
# Failures that follow from the init of the map, and from states that mix different
# moments, should occur here too. The failure with `tu = 50` steps between recordings
# should not, because this circuit forgets within ten steps and its stimulus is known at
# every step. Calcium changes little in one step and does not contain the voltage that
# drives it. Holding the last value should therefore be hard to beat, as reported.
#
# Two further tests use systems that this project did not design. A circuit with trained
# weights should be predicted as well as reported, without its mechanism being found. A
# chaotic system should be forecast at least half as long as the true equations allow.
#
# ## Claim by claim
#
# Our numbers are medians over seeds, with the lowest and the highest seed in
# parentheses. A claim holds *in part* if it says several things of which some hold
# here.

# %%
gathered = catalogue.scraps("claims", notebooks) if notebooks else []
tables = [f"### {run.title}\n\n{read([value]).table()}" for run, value in gathered]
Markdown("\n\n".join(tables) or "No notebook whose claims are gathered has run.")

# %% [markdown]
# ## Verdict

# %%
claims = read(value for _, value in gathered)
counts = pd.Series([str(claim.verdict) for claim in claims]).value_counts()
for verdict in Verdict:
    name, count = verdict.name.lower(), int(counts.get(verdict, 0))
    what = f"number of claims with the verdict: {verdict}"
    catalogue.record(f"claims_{name}", count, "1", what)
rows = [vars(claim) for claim in claims]
pd.DataFrame(rows).to_csv(catalogue.artifact("findings.csv"), index=False)
text = claims.sentence()
catalogue.record("verdict", text, "-", "how many claims hold, in sentences")
Markdown(text)
