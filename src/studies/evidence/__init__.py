"""Evidence: trained models grouped, claims tested on them, and both put in words.

Every study asks the same questions of its models. Which settings are there, and how
many replicates of each? What do they reach, and how much of it is chance? Does what a
source claims hold here? This room has the nouns for it, and no test: the test of a
claim stands in the notebook that makes it.

- `survey`: the models of a query, grouped by setting (`Survey`, `Names`).
- `Group`: models looked at together; `Summary`: median, lowest, highest and number.
- `Claims`, `Claim`, `Source`, `Verdict`: who claims what, and what became of it.
- `probability_of_superiority`, `chance_of_no_difference`: two groups of models.
- `markdown`, `table_of`: tables; `number`: a number as tables write it; `counted`: how
  many of something there are.
- `Catalogue`: what a notebook lends.

A notebook says `models = survey(catalogue, query)` and measures each model. Here the
table is written out instead:

>>> import pandas as pd
>>> from studies.evidence import Claims, Source, named, probability_of_superiority
>>> table = pd.DataFrame({"layers": [1, 1, 1, 2, 2, 2], "seed": [0, 1, 2, 0, 1, 2]})
>>> models = named(table, ["layers", "seed"])
>>> errors = iter([8.0, 9.0, 7.0, 2.0, 4.0, 3.0])
>>> models = models.measured(lambda row: {"error": next(errors)})
>>> list(models.groups)
['layers 1', 'layers 2']
>>> print(models.groups["layers 2"].summary("error").text("%"))
3 % (2 to 4) of 3

A claim is tested in sight of the reader. Where a group has no model, nothing holds and
the verdict is "not tested":

>>> shallow, deep = models.where(layers=1), models.where(layers=2)
>>> claims = Claims(Source("notes", "notes of May"))
>>> half = deep.median("error") <= 0.5 * shallow.median("error")
>>> always = probability_of_superiority(deep, shallow, "error") == 1
>>> claim = claims.test(
...     "depth_helps",
...     "A second layer halves the error.",
...     reference="4 against 8 %",
...     ours=f"{deep.text('error', '%')} against {shallow.text('error', '%')}",
...     holds=[half, always],
...     models=[deep, shallow],
... )
>>> print(claim.verdict)
as in the source
>>> print(claims.sentence())
1 of 1 claims hold as in the source.
"""

from studies.evidence.claims import OURS, Claim, Claims, Source, Verdict, read, verdict
from studies.evidence.group import (
    NOTHING,
    REPLICATES,
    Group,
    chance_of_no_difference,
    groups,
    probability_of_superiority,
    table_of,
    where,
)
from studies.evidence.names import Names, names, spelled
from studies.evidence.notebook import Catalogue
from studies.evidence.survey import Survey, named, survey
from studies.evidence.words import Summary, counted, markdown, number

__all__ = [
    "NOTHING",
    "OURS",
    "REPLICATES",
    "Catalogue",
    "Claim",
    "Claims",
    "Group",
    "Names",
    "Source",
    "Summary",
    "Survey",
    "Verdict",
    "chance_of_no_difference",
    "counted",
    "groups",
    "markdown",
    "named",
    "names",
    "number",
    "probability_of_superiority",
    "read",
    "spelled",
    "survey",
    "table_of",
    "verdict",
    "where",
]
