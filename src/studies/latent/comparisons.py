"""Comparisons of many trained models, as most notebooks of this study make them.

`compare` judges the models that a query finds on recordings of their own circuit,
beside the baselines and the stimulus-only model; the result holds the numbers of every
model and the curves of every group. `summaries` puts it in words, `figures.panels`
draws it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studies.evidence import Catalogue, Survey
from studies.latent import reports, trained
from studies.latent.reports import Arrays, Plan, Recordings
from studies.latent.trained import Row

Curves = dict[str, dict[str, np.ndarray]]


class Window(NamedTuple):
    """Curves and baselines of models that share their time units."""

    curves: tuple[Curves, Curves]  # family → group, family → baseline
    horizon: int  # the longest training window [steps]


@dataclass(frozen=True)
class Comparison:
    """Judged models: numbers by model, curves by group."""

    models: Survey  # hyperparameters, `group` and numbers; one row a model
    shown: pd.DataFrame  # every model that was found, the stimulus-only ones as well
    judged: dict[str, Arrays]  # by identity
    base: dict[str, Arrays]  # by identity
    plans: dict[str, Plan]  # by identity
    data: dict[str, Recordings]  # by identity

    @property
    def table(self) -> pd.DataFrame:
        """Hyperparameters, `group` and numbers, one row a model."""
        return self.models.table

    def identities(self) -> dict[str, list[str]]:
        """Group → identities of its models, in the order of the table."""
        groups = self.models.groups.items()
        return {name: list(group.table["identity"]) for name, group in groups}

    def curves(self, name: str = "mse", only: Sequence[str] | None = None) -> Curves:
        """Family → group → error curves of all its models, starts below one another."""
        kept: Curves = {}
        for group, identities in self.identities().items():
            if only is not None and group not in only:
                continue
            for family in reports.families(self.judged[identities[0]]):
                every = [self.judged[i].get(f"{family}.{name}") for i in identities]
                known = [x for x in every if x is not None]
                if known:
                    kept.setdefault(family, {})[group] = np.concatenate(known)
        return kept

    def like(self, table: pd.DataFrame, identity: str) -> pd.DataFrame:
        """Rows of a table whose models observe the same signal as one of them."""
        signals = table["identity"].map(lambda name: self.signal(str(name)))
        return pd.DataFrame(table[signals == self.signal(identity)])

    def signal(self, identity: str) -> str:
        """What a model observes."""
        return next(iter(self.data[identity].values())).signal

    def comparable(self) -> list[str]:
        """Groups that observe what the first model does, whose baselines are drawn."""
        alike = self.like(self.table, str(self.table["identity"].iloc[0]))
        return [str(name) for name in alike["group"].unique()]

    def baselines(self, identity: str | None = None) -> Curves:
        """Family → baseline → error curves, of one model (None: the first)."""
        base = self.base[identity or str(self.table["identity"].iloc[0])]
        kept: Curves = {}
        for key, values in base.items():
            family, _, name = key.partition(".")
            if values.ndim == 2:
                kept.setdefault(family, {})[name] = values
        return kept

    def window(self, time_units: int) -> Window:
        """What a figure of the training window needs, for models of these time units.

        Baselines are those of the model with the longest window, and models of another
        signal are left out: its errors are not to be compared with these.
        """
        rows = pd.DataFrame(self.table[self.table["tu"] == time_units])
        rows = rows.sort_values(by="ems")
        rows = self.like(rows, str(rows["identity"].iloc[-1]))
        curves = self.curves(only=[str(name) for name in rows["group"].unique()])
        longest = str(rows["identity"].iloc[-1])
        horizon = self.plans[longest].horizon
        return Window((curves, self.baselines(longest)), horizon)

    def middle(self, group: str, column: str = "validation_window") -> str:
        """Identity of the model in the middle of its group's ranking."""
        rows = self.models.groups[group].table.sort_values(by=column)
        return str(rows["identity"].iloc[len(rows) // 2])


def compare(
    catalogue: Catalogue,
    query: Mapping[str, Any],
    *,
    steps: int,
    starts: int,
    activity_steps: int,
) -> Comparison:
    """Judge the models that a query finds; stimulus-only models judge the others.

    What was judged before comes from the catalogue.

    Args:
        catalogue: what the notebook lends.
        query: which models, as `catalogue.models` takes it.
        steps: of a latent rollout.
        starts: rollouts a family.
        activity_steps: of an activity rollout.
    """
    every = catalogue.models(query)
    beside = {
        trained.data_key(row): row
        for row in every.to_dict("records")
        if trained.is_stimulus_only(row)
    }
    found = _Judge(catalogue, beside, (steps, starts, activity_steps))
    models = trained.maps(catalogue, query)
    report = catalogue.progress(len(models), "judging models")
    models = models.measured(found.judge, report)
    return Comparison(models, every, found.judged, found.base, found.plans, found.data)


class _Judge:
    """Judges one model after the other and keeps what figures are made of."""

    def __init__(
        self,
        catalogue: Catalogue,
        beside: Mapping[tuple[Any, ...], Row],
        lengths: tuple[int, int, int],
    ):
        self.keep, self.load = catalogue.cached, trained.loader(catalogue)
        self.beside, self.lengths = beside, lengths
        self.recordings: dict[tuple[Any, ...], Recordings] = {}
        self.judged: dict[str, Arrays] = {}
        self.base: dict[str, Arrays] = {}
        self.plans: dict[str, Plan] = {}
        self.data: dict[str, Recordings] = {}

    def judge(self, row: Row) -> dict[str, Any]:
        """The numbers of one model, and how long it was rolled out."""
        plan, place = trained.plan_of(row, *self.lengths), trained.data_key(row)
        if place not in self.recordings:
            steps, starts, _ = self.lengths
            self.recordings[place] = trained.data_of(row, steps, starts, self.keep)
        data, name = self.recordings[place], str(row["identity"])
        if trained.source_of(row) == "file":
            plan = replace(plan, limit=reports.limit_of(data))
        asked = {"data": str(place), "plan": vars(plan)}
        judge = partial(trained.judged, row, self.load, data, plan)
        judged = dict(self.keep("judgement", asked, judge, row))
        baseline = self.beside.get(place)
        compute = partial(trained.baselines, row, self.load, data, plan, baseline)
        base = dict(self.keep("baselines", asked, compute, baseline))
        self.judged[name], self.base[name] = judged, base
        self.plans[name], self.data[name] = plan, data
        lengths = {"steps": plan.whole, "activity_steps": plan.activity}
        return reports.row(judged, base, plan) | lengths
