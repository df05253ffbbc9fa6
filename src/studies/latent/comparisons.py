"""Many trained models side by side: the shape that most notebooks of this study share.

`of_models` judges the models of a catalogue's table on recordings of their own circuit,
beside the baselines and the stimulus-only model; the result holds the numbers of every
model and the curves of every group. `summaries` puts it in words, `figures.panels`
draws it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from studies.latent import groups, reports, trained
from studies.latent.reports import Arrays, Plan, Recordings
from studies.latent.trained import Catalogue, Keep, Load, Row

Curves = dict[str, dict[str, np.ndarray]]


class Window(NamedTuple):
    """Curves and baselines of models that share their time units."""

    curves: tuple[Curves, Curves]  # family → group, family → baseline
    horizon: int  # the longest training window [steps]


@dataclass
class Comparison:
    """Judged models: numbers by model, curves by group."""

    table: pd.DataFrame  # hyperparameters, `group` and numbers; one row a model
    varied: tuple[str, ...] = ()  # hyperparameters that tell the models apart
    found: dict[str, Arrays] = field(default_factory=dict)  # by identity
    base: dict[str, Arrays] = field(default_factory=dict)  # by identity
    plans: dict[str, Plan] = field(default_factory=dict)  # by identity
    data: dict[str, Recordings] = field(default_factory=dict)  # by identity
    usual: str = ""  # what the names of groups leave out, as a sentence

    def rows(self) -> list[dict[str, Any]]:
        return self.table.to_dict("records")

    def groups(self) -> dict[str, list[str]]:
        """Group → identities of its models, in the order of the table."""
        by = self.table.groupby("group", sort=False)["identity"]
        return {str(name): list(own) for name, own in by}

    def curves(self, name: str = "mse", only: Sequence[str] | None = None) -> Curves:
        """Family → group → error curves of all its models, starts below one another."""
        kept: Curves = {}
        for group, identities in self.groups().items():
            if only is not None and group not in only:
                continue
            for family in reports.families(self.found[identities[0]]):
                given = [self.found[i].get(f"{family}.{name}") for i in identities]
                own = [x for x in given if x is not None]
                if own:
                    kept.setdefault(family, {})[group] = np.concatenate(own)
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
        own = self.like(self.table, str(self.table["identity"].iloc[0]))
        return [str(name) for name in own["group"].unique()]

    def baselines(self, identity: str | None = None) -> Curves:
        """Family → baseline → error curves, of one model (None: the first)."""
        own = self.base[identity or str(self.table["identity"].iloc[0])]
        kept: Curves = {}
        for key, values in own.items():
            family, _, name = key.partition(".")
            if values.ndim == 2:
                kept.setdefault(family, {})[name] = values
        return kept

    def window(self, time_units: int) -> Window:
        """What a figure of the training window needs, for models of these time units.

        Baselines are those of the model with the longest window, and models of another
        signal are left out: its errors are not to be compared with these.
        """
        own = pd.DataFrame(self.table[self.table["tu"] == time_units])
        own = own.sort_values(by="ems")
        own = self.like(own, str(own["identity"].iloc[-1]))
        curves = self.curves(only=[str(name) for name in own["group"].unique()])
        longest = str(own["identity"].iloc[-1])
        horizon = self.plans[longest].horizon
        return Window((curves, self.baselines(longest)), horizon)

    def middle(self, group: str, column: str = "validation_window") -> str:
        """Identity of the model in the middle of its group's ranking."""
        own = pd.DataFrame(self.table[self.table["group"] == group])
        own = own.sort_values(by=column)
        return str(own["identity"].iloc[len(own) // 2])


def of_models(
    catalogue: Catalogue,
    given: pd.DataFrame,
    *,
    steps: int,
    starts: int,
    activity_steps: int,
) -> Comparison:
    """Judge the models of a table; what was judged before comes from the catalogue.

    Args:
        catalogue: the module `fieldnotes.catalogue`.
        given: what its `models` gave, with stimulus-only models if there are any.
        steps: of a latent rollout.
        starts: rollouts a family.
        activity_steps: of an activity rollout.
    """
    return compare(
        given.to_dict("records"),
        trained.loader(catalogue),
        catalogue.cached,
        varied=catalogue.varying(trained.learned(given)),
        steps=steps,
        starts=starts,
        activity_steps=activity_steps,
        report=catalogue.progress(len(given), "judging models"),
    )


def compare(
    rows: Sequence[Row],
    load: Load,
    keep: Keep = trained.compute_always,
    *,
    varied: Sequence[str],
    steps: int = 2000,
    starts: int = 10,
    activity_steps: int = 2000,
    report: Callable[..., None] | None = None,
) -> Comparison:
    """Judge trained models; stimulus-only models among them judge the others.

    Args:
        rows: one mapping a model: identity and hyperparameters.
        load: gives the model of a row.
        keep: as `catalogue.cached`; keeps recordings and judgements.
        varied: hyperparameters that tell the groups apart.
        steps: of a latent rollout.
        starts: rollouts a family.
        activity_steps: of an activity rollout.
        report: called with the number of models done.
    """
    learned = [row for row in rows if not trained.is_stimulus_only(row)]
    stimulus_only = {
        trained.data_key(row): row for row in rows if trained.is_stimulus_only(row)
    }
    result = Comparison(pd.DataFrame(), tuple(varied))
    numbers, known = [], {}
    for done, own in enumerate(learned, start=1):
        plan = trained.plan_of(own, steps, starts, activity_steps)
        place, name = trained.data_key(own), str(own["identity"])
        if place not in known:
            known[place] = trained.data_of(own, steps, starts, keep)
        data = known[place]
        asked = {"data": str(place), "plan": vars(plan)}
        judge = partial(trained.judged, own, load, data, plan)
        result.found[name] = dict(keep("judgement", asked, judge, own))
        baseline = stimulus_only.get(place)
        base = partial(trained.baselines, own, load, data, plan, baseline)
        result.base[name] = dict(keep("baselines", asked, base, baseline))
        result.plans[name], result.data[name] = plan, data
        numbers.append(reports.row(result.found[name], result.base[name], plan))
        if report is not None:
            report(done)
    common = groups.usual(learned, varied)
    result.usual = groups.said(common)
    names = [groups.named(own, varied, common) for own in learned]
    result.table = table_of(learned, numbers, names, result.plans)
    return result


def table_of(
    rows: Sequence[Row],
    numbers: Sequence[Row],
    names: Sequence[str],
    plans: Mapping[str, Plan],
) -> pd.DataFrame:
    """Hyperparameters and numbers, a row a model, with the name of its group."""
    lines = []
    for row, own, group in zip(rows, numbers, names, strict=True):
        plan = plans[str(row["identity"])]
        lengths = {"steps": plan.whole, "activity_steps": plan.activity}
        told = {"noise": trained.noise_of(row), "group": group}
        lines.append({**row, **own, **lengths, **told})
    return pd.DataFrame(lines)
