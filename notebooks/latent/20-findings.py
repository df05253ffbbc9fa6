# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What of the published findings holds on a circuit that anybody can simulate?
#
# [Notes](/pages/references.qmd#latent-notes) and
# [logs](/pages/references.qmd#latent-logs) report some twenty outcomes, most from one
# seed each, on a circuit of 13,741 neurons. Here every setting that the embedded
# circuit can speak to was trained with several seeds, and rolled out for thousands of
# steps on two families of movies. Each claim was tested on the page of its comparison,
# where the test can be read; this page gathers what became of all of them.
#
# **You will see** every claim with what was reported, what was found and the verdict;
# and the targets of this study. **Needs** runs of `3-one-step` to `8-limits`,
# `16-calcium`, `14-trained-circuit` and `15-chaos`. **Takes** seconds.

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
]  # [-] whose claims are gathered, in this order

# %%
import pandas as pd
from IPython.display import Markdown

from fieldnotes import catalogue
from studies.evidence import Verdict, read

# %% [markdown]
# ## Prediction
#
# What follows from the init of the map and from shearing should carry over: what fails
# there fails here. The failure at `tu = 50` should not: this circuit forgets within ten
# steps and its stimulus is known throughout. Calcium changes little in one step and
# does not tell the voltage that drives the next, so that "no change" is hard to beat
# there, as it was in the source.
#
# The last two judges come from outside. A circuit with trained weights should be
# foreseen as well as it was published, its mechanism not found. A chaotic system should
# be forecast at least half as long as its law allows.
#
# ## Claim by claim
#
# Numbers are medians with the lowest and the highest seed. *In part* means that some of
# what a claim says holds here and some does not.

# %%
gathered = catalogue.scraps("claims", notebooks)
tables = [f"### {run.title}\n\n{read([value]).table()}" for run, value in gathered]
Markdown("\n\n".join(tables) or "No notebook whose claims are gathered has run.")

# %% [markdown]
# ## Verdict

# %%
claims = read(value for _, value in gathered)
counts = pd.Series([str(claim.verdict) for claim in claims]).value_counts()
for verdict in Verdict:
    name, count = verdict.name.lower(), int(counts.get(verdict, 0))
    catalogue.record(f"claims_{name}", count, "1", f"claims with verdict: {verdict}")
rows = [vars(claim) for claim in claims]
pd.DataFrame(rows).to_csv(catalogue.artifact("findings.csv"), index=False)
text = claims.sentence()
catalogue.record("verdict", text, "-", "what became of the claims, in sentences")
Markdown(text)
