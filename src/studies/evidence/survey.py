"""A survey: the models that a query found, grouped by setting, with what was measured.

`survey` asks a notebook's catalogue for models and names their settings. A study adds
its own measurements as columns; `members` says how scraps tell the models apart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from studies.evidence.group import REPLICATES, Group, groups, where
from studies.evidence.names import Names, names
from studies.evidence.notebook import Catalogue

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Survey:
    """Models with their settings and replicates, a row each.

    `table` has the hyperparameters, the columns `group` (the setting in words) and
    `model` (the same with its seeds), and whatever was measured.
    """

    table: pd.DataFrame
    names: Names

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The models, one dictionary each."""
        return self.table.to_dict("records")

    @property
    def varied(self) -> tuple[str, ...]:
        """The hyperparameters in which the models differ, replicates included."""
        return self.names.varied

    @property
    def groups(self) -> dict[str, Group]:
        """Setting in words → its replicates."""
        return groups(self.table)

    def where(self, **values: Any) -> Group:
        """The models with these hyperparameters; a tuple allows any of its values."""
        return where(self.table, **values)

    def __len__(self) -> int:
        return len(self.table)

    def members(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each model's row with what tells it from the others, as scraps name it."""
        for row in self.rows:
            yield {name: row[name] for name in self.varied}, row

    def measured(
        self,
        measure: Callable[[Row], Row],
        report: Callable[..., None] | None = None,
    ) -> "Survey":
        """The survey with more columns: the numbers that `measure` gives for each row.

        Args:
            measure: from a row to numbers by name.
            report: told how many models are done.
        """
        found = []
        for done, row in enumerate(self.rows, start=1):
            found.append({**row, **measure(row)})
            if report is not None:
                report(done)
        table = pd.DataFrame(found, index=self.table.index)
        return replace(self, table=table)


def survey(
    catalogue: Catalogue,
    query: Mapping[str, Any],
    *,
    keep: Callable[[Row], bool] | None = None,
    remedy: str = "",
    first: Sequence[str] = (),
    replicates: Sequence[str] = REPLICATES,
) -> Survey:
    """The models that a query finds.

    Args:
        catalogue: what the notebook lends.
        query: as `catalogue.models` takes it.
        keep: which of them are surveyed; all, where it is not given.
        remedy: what to do, for the error, where none of them is kept.
        first: hyperparameters that every name of a setting begins with.
        replicates: hyperparameters that tell replicates apart, and no settings.

    Raises:
        ValueError: no model that was found is kept.
    """
    table = catalogue.models(query)
    if keep is not None:
        kept = [keep(row) for row in table.to_dict("records")]
        if not any(kept):
            msg = f"None of the {len(table)} models of {dict(query)} is of use here."
            raise ValueError(f"{msg} {remedy}".rstrip())
        table = pd.DataFrame(table.loc[kept]).reset_index(drop=True)
    varied = catalogue.varying(table)
    return named(table, varied, first=first, replicates=replicates)


def named(table: pd.DataFrame, varied: Sequence[str], **told: Any) -> Survey:
    """A survey of a table of models: adds the columns `group` and `model`.

    Args:
        table: a row a model.
        varied: the hyperparameters in which the models differ.
        told: `first` and `replicates`, as in `survey`.
    """
    rows = table.to_dict("records")
    own = names(rows, varied, **told)
    columns = {"group": [own.group(x) for x in rows]}
    columns["model"] = [own.model(x) for x in rows]
    return Survey(table.assign(**columns), own)
