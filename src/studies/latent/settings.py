"""The settings that the source's outcomes speak of, as groups of judged models."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from studies.latent.reports import brief
from studies.latent.verdicts import Group, effects, pick

NEW = {"zero_init": True, "activation": "tanh"}
OLD = {"zero_init": False, "activation": "relu", "warm_up": 0}
PLAIN = {
    "stimulus_mode": "all",
    "stimulus_warm_up": 0,
    "tv_weight": 0.0,
    "augmentation_neurons": 0,
}
ALIGNED = NEW | PLAIN | {"mode": "aligned", "preset": ("default", "medium", "tiny")}
FAMILIES = ("validation", "flow")
ONE = NEW | PLAIN | {"tu": 1, "preset": ALIGNED["preset"], "noise": 0.05}


def staggered(table: pd.DataFrame, *treatments: str) -> Group:
    """Models of every twentieth step, each neuron at its own phase."""
    rows = {"mode": "staggered", "tu": 20, "stimulus_mode": "all"}
    return pick(table, staggered=treatments, **rows)


def at_the_usual_rate(table: pd.DataFrame) -> pd.DataFrame:
    """The models whose learning rate is that of most: one claim never mixes rates."""
    return _as_most(table, "learning_rate")


def _as_most(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The models whose value of a hyperparameter is that of most, where it is known."""
    if name not in table or not len(table):
        return table
    return pd.DataFrame(table[table[name] == table[name].mode().iloc[0]])


def turned(table: pd.DataFrame) -> pd.DataFrame:
    """Models without a penalty, trained at the rate and for the updates most were.

    Columns `zero_init`, `tanh` and `with_warm_up` say which switches are on.
    """
    free = pd.DataFrame(table[table["tv_weight"] == 0])
    own = _as_most(at_the_usual_rate(free), "updates")
    on = {"tanh": own["activation"] == "tanh", "with_warm_up": own["warm_up"] > 0}
    return own.assign(**on)


def switches(table: pd.DataFrame) -> dict[str, float]:
    """Stable share gained by each switch, over all settings of the others [1].

    Of the models of `turned`; a switch that was never turned is left out.
    """
    return effects(turned(table), ["zero_init", "tanh", "with_warm_up"])


def gained_said(gained: dict[str, float]) -> str:
    """What `switches` found, in words; empty where nothing was turned."""
    return ", ".join(f"{name.replace('_', ' ')} {x:+.2f}" for name, x in gained.items())


def decides(gained: dict[str, float]) -> str:
    """The switch that changes the stable share most; empty where it is a tie."""
    ranked = sorted(gained, key=lambda name: abs(gained[name]), reverse=True)
    first, second = [*ranked, "", ""][:2]
    tied = second and abs(gained[second]) == abs(gained[first])
    return "" if tied else first


# Longer gaps -----------------------------------------------------------------------


def by_gap(table: pd.DataFrame, *presets: str) -> dict[int, Group]:
    """tu → the best setting of each gap between recordings, the shortest gap first.

    Of models in step, from the identity, with the stimulus known at every step, whose
    error is known.
    """
    own = pick(table, **ALIGNED | {"preset": presets or ALIGNED["preset"]}).table
    best: dict[int, Group] = {}
    for _, part in own.groupby(["tu", "ems"]) if len(own) else ():
        group, tu = Group(part), int(part["tu"].iloc[0])
        if tu > 1 and share_of_line(group) < share_of_line(best.get(tu)):
            best[tu] = group
    return dict(sorted(best.items()))


def pretrained_said(table: pd.DataFrame) -> str:
    """What a stimulus encoder does that was trained first and then held, in words.

    Each such setting beside the one that differs in nothing else; empty without both.
    """
    if not len(table):
        return ""
    said, names = [], ["preset", "tu", "ems"]
    with_it = table[table["stimulus_warm_up"] > 0]
    for _, part in with_it.groupby([*names, "stimulus_warm_up"]):
        row = part.iloc[0]
        base = pick(table, **ALIGNED | {name: row[name] for name in names})
        if base:
            folds = [brief(fold) for fold in window_folds(Group(part), base)]
            said.append(
                f"tu {row['tu']:g}, ems {row['ems']:g}: {row['stimulus_warm_up']:,.0f} "
                f"updates, {folds[0]} times the error between, {folds[1]} on flow"
            )
    return "; ".join(said)


def window_folds(own: Group, base: Group) -> list[float]:
    """Error between the recordings over that of a base, a family each [1]."""
    names = [f"{family}_window" for family in FAMILIES]
    return [own.median(name) / base.median(name) for name in names]


def share_of_line(group: Group | None, families: Sequence[str] = FAMILIES) -> float:
    """Intervening error over linear interpolation's, on the worst family [1]."""
    if group is None:
        return np.inf
    shares = [group.median(f"{family}_ratio") for family in families]
    return float(np.max(shares))


def limit(
    gaps: dict[int, Group], bound: float, families: Sequence[str] = FAMILIES
) -> str:
    """At which gaps the best settings stay within a share of interpolation, in words.

    The share is no steady function of the gap: over a short one the line itself errs
    little, and noise, which no model foresees, is most of what both leave.
    """
    within = [tu for tu, own in gaps.items() if share_of_line(own, families) <= bound]
    over = [tu for tu in gaps if tu not in within]
    if not within:
        return f"beyond {bound:g} at every gap tried"
    where = f"within {bound:g} up to {max(within)} steps"
    longer = [tu for tu in over if tu > max(within)]
    where += f", beyond it at {longer[0]}" if longer else ", the longest gap tried"
    shorter = [str(tu) for tu in over if tu < max(within)]
    return where + (f", and at {' and '.join(shorter)}" if shorter else "")


def limit_said(
    gaps: dict[int, Group], bound: float, families: Sequence[str] = FAMILIES
) -> str:
    """The `limit` with the share, the noise floor and the divergence of every gap."""
    listed = (
        f"tu {tu}: {share_of_line(own, families):.3g}{_floor(own, families)}, "
        f"{own.lasts}"
        for tu, own in gaps.items()
    )
    return f"**{limit(gaps, bound, families)}** ({'; '.join(listed)})"


def _floor(group: Group, families: Sequence[str]) -> str:
    """The least share that noise allows, in words, where a family has noise."""
    own = [
        group.median(f"{family}_ratio") / group.median(f"{family}_to_floor")
        for family in families
    ]
    known = [value for value in own if np.isfinite(value)]
    return f", noise floor {max(known):.3g}" if known else ""


# Every step ------------------------------------------------------------------------


def every_step(table: pd.DataFrame, **sizes: Any) -> Group:
    """Models of every step, with encoder and decoder as wide as their map."""
    own = pick(table, **ONE | sizes).table
    return Group(own[coders(own) == widths(own)])


def full_size(table: pd.DataFrame, **values: Any) -> Group:
    """Models of every step at the largest size that was trained."""
    return every_step(table, **full_sizes(table), **values)


def full_sizes(table: pd.DataFrame) -> dict[str, Any]:
    """The largest latent and width among models of every step."""
    return {name: full(table, name) for name in ("latent", "width")}


def full(table: pd.DataFrame, name: str) -> Any:
    """The largest value of a size among models of every step."""
    own = pick(table, tu=1).table
    return own[name].max() if len(own) and name in own else None


def smaller(table: pd.DataFrame, name: str) -> Group:
    """Models of every step that are smaller than the largest in one size."""
    own, most = every_step(table).table, full(table, name)
    return Group(own[own[name] < most] if most is not None else own.iloc[:0])


def narrow_coders(table: pd.DataFrame) -> Group:
    """Models of full size but for a narrower encoder and decoder; `coders`, theirs."""
    own = pick(table, **ONE, **full_sizes(table)).table
    own = own.assign(coders=coders(own))
    return Group(own[own["coders"] < widths(own)])


def widths(table: pd.DataFrame) -> np.ndarray:
    """Width of the map of each model; 0 where it is not known."""
    return column(table, "width")


def coders(table: pd.DataFrame) -> np.ndarray:
    """Width of encoder and decoder of each model: the map's where none is given."""
    own = column(table, "coder_width")
    return np.where(own > 0, own, widths(table))


def column(table: pd.DataFrame, name: str) -> np.ndarray:
    """A size of each model, 0 where it is not known."""
    if name not in table:
        return np.zeros(len(table))
    return np.nan_to_num(table[name].to_numpy(float))
