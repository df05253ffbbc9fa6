# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What is in the catalogue?
#
# Run all cells. Then change a value and run its cell again. This page is your own copy
# below `scratch/`, which git ignores. When it is deleted, `fieldnotes lab` writes it
# anew.

# %%
import pandas as pd
import plotly.express as px
from IPython.display import Markdown, display

from fieldnotes.catalogue import Catalogue, brief, varying
from fieldnotes.lab import open_run
from fieldnotes.project import Project

project, catalogue = Project.find(), Catalogue()

# %% [markdown]
# ## Runs
#
# `where` keeps the runs for which it holds, such as `{"state": "failed"}` or
# `{"orbits": {">=": 10}}`; empty, it keeps all of them.

# %%
where = {}
runs = catalogue.runs(where)
brief(runs) if len(runs) else Markdown("Nothing has run yet: `fieldnotes run SPREAD`.")

# %% [markdown]
# ## A recorded value against a parameter
#
# `scrap` is one of the names in this list, `against` and `colour` are parameters. With
# `None` the first name is taken, and the first parameters that differ.

# %%
values = catalogue.scraps(where)
numbers = [isinstance(value, int | float) for value in values["value"]]
values = pd.DataFrame(values.loc[numbers])
names = list(dict.fromkeys(values["name"]))
print(", ".join(names) or "No number was recorded yet.")

# %%
scrap, against, colour = None, None, None
scrap = scrap or next(iter(names), None)
drawn = pd.DataFrame(values[values["name"] == scrap]).dropna(axis="columns", how="all")
differ = varying(drawn)
against = against or next(iter(differ), "run")
colour = colour or next((name for name in differ if name != against), None)
if len(drawn):
    table = drawn.astype({name: str for name in {against, colour} & set(differ)})
    for name in {against} & set(differ):
        kept = [isinstance(value, int | float) for value in drawn[name]]
        table[name] = drawn[name] if all(kept) else table[name]
    unit, meaning = next(iter(drawn["unit"])), next(iter(drawn["meaning"])) or scrap
    figure = px.scatter(table, against, "value", color=colour, hover_data=["run"])
    figure.update_yaxes(title=f"{meaning} [{unit}]")
    figure.show()

# %% [markdown]
# ## One run as a notebook
#
# `key` is the beginning of a run's key. The notebook opens with that run's parameters,
# in a copy beside this page; what is changed there changes no result.

# %%
key = None
key = key or next(reversed(list(runs["key"])), None)
if key:
    path = open_run(project, key).relative_to(project.root / "scratch").as_posix()
    display(Markdown(f"[Open run {key[:8]}]({path}) of `{path.split('--')[0]}`"))
