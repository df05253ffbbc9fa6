"""Settings and replicates: groups of models that differ in nothing but chance.

A *setting* is a choice of hyperparameters; its *replicates* are the models that differ
only in seeds (of weights, of data). Settings are compared by medians over replicates.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import mannwhitneyu

from studies.evidence.words import Cells, Summary, markdown

REPLICATES = ("seed", "data_seed")  # what differs among the models of a setting


class Group:
    """Models that are looked at together: usually the replicates of one setting.

    Nothing is raised where there is no model: a median is NaN then, and whatever is
    asked of NaN does not hold, so that a test can be written before models exist.
    """

    def __init__(self, table: Any):
        self.table = pd.DataFrame(table)  # a row a model

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.table.to_dict("records"))

    def values(self, column: str) -> np.ndarray:
        """One number a model; empty where no model has it."""
        if column not in self.table:
            return np.empty(0)
        return self.table[column].to_numpy(float)

    def summary(self, column: str) -> Summary:
        """Median, lowest and highest over the models that have a number."""
        return Summary.of(self.values(column))

    def median(self, column: str) -> float:
        """The median over the models that have a number; NaN where none has."""
        return self.summary(column).median

    def text(self, column: str, unit: str = "1") -> str:
        """The median with its range, as tables and sentences write it."""
        return self.summary(column).text(unit)

    def share(self, column: str) -> float:
        """Share of the models for which a yes-or-no column says yes [1]."""
        values = self.values(column)
        return float(np.mean(values > 0)) if values.size else float("nan")

    def where(self, **values: Any) -> "Group":
        """The models with these hyperparameters; see `where`."""
        return where(self.table, **values)


NOTHING = Group(pd.DataFrame())  # stands for models that there are none of


def where(table: pd.DataFrame, **values: Any) -> Group:
    """The models of a table that have these hyperparameters.

    A tuple allows any of its values, `True` and 1 are not the same, and a list is
    compared as a whole. A hyperparameter that no model has is `None`.
    """
    keep = np.ones(len(table), bool)
    for name, wanted in values.items():
        allowed = wanted if isinstance(wanted, tuple) else (wanted,)
        column = table[name] if name in table else [None] * len(table)
        keep &= np.array([any(same(x, y) for y in allowed) for x in column], bool)
    return Group(pd.DataFrame(table.loc[keep]))


def same(value: Any, wanted: Any) -> bool:
    """Whether a hyperparameter has a value; a list of one is the same as its entry."""
    value, wanted = _alone(value), _alone(wanted)
    if isinstance(wanted, list) or isinstance(value, list):
        return value == wanted
    if isinstance(wanted, bool | np.bool_) or isinstance(value, bool | np.bool_):
        boolean = isinstance(value, bool | np.bool_ | float) and value in (0, 1)
        return boolean and isinstance(wanted, bool | np.bool_) and value == wanted
    if value is None or wanted is None:
        return wanted is None and (value is None or value != value)  # NaN: not given
    return bool(value == wanted)


def _alone(value: Any) -> Any:
    if isinstance(value, list | tuple | np.ndarray):
        items = list(value)
        return _alone(items[0]) if len(items) == 1 else items
    return value


def groups(table: pd.DataFrame, by: str | list[str] = "group") -> dict[Any, Group]:
    """Groups of a table by a column (a tuple of values for several), in its order."""
    if not len(table):
        return {}
    found = table.groupby(by, sort=False, dropna=False)
    return {name: Group(pd.DataFrame(part)) for name, part in found}


def table_of(
    given: Mapping[Any, Group], columns: Mapping[str, str], corner: str = "setting"
) -> str:
    """Groups as a Markdown table: a row a group, median and range in each cell.

    Args:
        given: name → models.
        columns: name of a column → its heading, unit in square brackets; a column that
            no model has a number in is left out.
        corner: heading of the column with the names.
    """
    known = {
        name: heading
        for name, heading in columns.items()
        if any(group.summary(name).n for group in given.values())
    }
    rows: list[Cells] = [
        [str(name), *(group.summary(x).text(count=False) for x in known), len(group)]
        for name, group in given.items()
    ]
    return markdown([corner, *known.values(), "models"], rows)


# Two groups: could they differ by chance alone? --------------------------------------
#
# Both measures are those of Mann and Whitney (1947): every model of one group meets
# every model of the other, and no shape of the distributions is assumed.


def probability_of_superiority(first: Group, other: Group, column: str) -> float:
    """How often a model of `first` has the smaller value, over all pairs [1].

    Ties count half; 0.5 means no difference, 1 that every model of `first` is below
    every model of `other`. NaN where one of the groups is empty.
    """
    a, b = _values(first, column), _values(other, column)
    if not a.size or not b.size:
        return float("nan")
    less, tied = a[:, None] < b[None, :], a[:, None] == b[None, :]
    return float(np.mean(less + 0.5 * tied))


def chance_of_no_difference(first: Group, other: Group, column: str) -> float:
    """How likely pairs so uneven, or more uneven, are without a difference [1].

    The two-sided test. NaN where one of the groups is empty.
    """
    a, b = _values(first, column), _values(other, column)
    if not a.size or not b.size:
        return float("nan")
    return float(mannwhitneyu(a, b).pvalue)


def _values(group: Group, column: str) -> np.ndarray:
    """One number a model; a model without one diverged, and is the largest of all."""
    return np.nan_to_num(group.values(column), nan=np.inf, posinf=np.inf)
