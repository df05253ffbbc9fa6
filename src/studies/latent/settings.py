"""The settings that claims of this study speak of, as groups of judged models.

Hyperparameters stand in dictionaries, so that a notebook can name a setting by what is
special about it: `where(table, tu=20, ems=5, **ALIGNED)`.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import numpy as np
import pandas as pd

from studies.evidence import Group, Source, groups, where
from studies.latent.judged import share_of_line

# Who claims what: see pages/references.qmd.
NOTES = Source("latent-notes", "notes on sparse recordings, January 2026")
LOGS = Source("latent-logs", "NeuralGraph, code and experiment logs")

ZERO_INIT = {"zero_init": True, "activation": "tanh"}  # the map starts as the identity
RANDOM_INIT = {"zero_init": False, "activation": "relu", "warm_up": 0}
# What claims are about: no user's recording and no chaotic system.
CIRCUITS = ("hexeye", "flyvis", None)
PLAIN = {
    "stimulus_mode": "all",
    "stimulus_warm_up": 0,
    "tv_weight": 0.0,
    "augmentation_neurons": 0,
}
EASY = ("default", "medium", "tiny")  # presets of the circuit other than the hard one
ALIGNED = ZERO_INIT | PLAIN | {"mode": "aligned", "preset": EASY}
STAGGERED = {"mode": "staggered", "tu": 20, "stimulus_mode": "all"}
ONE = ZERO_INIT | PLAIN | {"tu": 1, "preset": EASY, "noise": 0.05}
SWITCHES = ("zero_init", "tanh", "with_warm_up")


def voltage(table: pd.DataFrame) -> pd.DataFrame:
    """The models of a circuit's voltages.

    A model from before there was calcium names no signal, and one from before there
    were sources no source.
    """
    return where(table, signal=("voltage", None), source=CIRCUITS).table


def calcium(table: pd.DataFrame) -> pd.DataFrame:
    """The models of a circuit's calcium."""
    return where(table, signal="calcium", source=CIRCUITS).table


def at_the_usual_rate(table: pd.DataFrame) -> pd.DataFrame:
    """The models whose learning rate is that of most: one claim never mixes rates."""
    return _as_most(table, "learning_rate")


def _as_most(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The models whose value of a hyperparameter is that of most, where it is known."""
    if name not in table or not len(table):
        return table
    return pd.DataFrame(table[table[name] == table[name].mode().iloc[0]])


# What makes a map stable -----------------------------------------------------------


def turned(table: pd.DataFrame) -> pd.DataFrame:
    """Models without a penalty, trained at the rate and for the updates most were.

    The columns `SWITCHES` say which switches are on.
    """
    free = pd.DataFrame(table[table["tv_weight"] == 0])
    usual = _as_most(at_the_usual_rate(free), "updates")
    on = {"tanh": usual["activation"] == "tanh", "with_warm_up": usual["warm_up"] > 0}
    return usual.assign(**on)


def gained(table: pd.DataFrame) -> dict[str, float]:
    """Share of stable models with a switch on, less that with it off [1].

    Over all settings of the other switches, among the models of `turned`; a switch that
    was never turned is left out.
    """
    models, found = turned(table), {}
    for name in SWITCHES:
        on, stable = models[name].to_numpy(bool), models["stable"].to_numpy(float)
        if np.any(on) and not np.all(on):
            found[name] = float(stable[on].mean() - stable[~on].mean())
    return found


def decisive(shares: dict[str, float]) -> str:
    """The switch that changes the stable share most; empty where it is a tie."""
    ranked = sorted(shares, key=lambda name: abs(shares[name]), reverse=True)
    first, second = [*ranked, "", ""][:2]
    tied = second and abs(shares[second]) == abs(shares[first])
    return "" if tied else first


class Pair(NamedTuple):
    """Models from a random and from a zero init that were trained alike."""

    rate: float  # learning rate [1]
    updates: int
    random: Group
    zero: Group


def pairs_of_inits(table: pd.DataFrame) -> Iterator[Pair]:
    """Random init beside zero init, for every rate and length that has both."""
    plain = where(table, mode="aligned", **PLAIN).table
    if not {"learning_rate", "updates"} <= set(plain) or not len(plain):
        return
    ordered = plain.sort_values(["learning_rate", "updates"], kind="stable")
    for key, models in groups(ordered, ["learning_rate", "updates"]).items():
        rate, updates = cast("tuple[float, int]", key)
        random, zero = models.where(**RANDOM_INIT), models.where(**ZERO_INIT)
        zero = Group(zero.table[zero.table["warm_up"] > 0])
        if random and zero:
            yield Pair(float(rate), int(updates), random, zero)


# Longer gaps -----------------------------------------------------------------------


def by_gap(table: pd.DataFrame, *presets: str) -> dict[int, Group]:
    """tu → the best setting of each gap between recordings, the shortest gap first.

    Of models in step, from a zero init, with the stimulus known at every step, whose
    error is known.
    """
    models = where(table, **ALIGNED | {"preset": presets or EASY}).table
    best: dict[int, Group] = {}
    for (tu, _), group in groups(models, ["tu", "ems"]).items():
        least = share_of_line(best[tu]) if tu in best else np.inf
        if tu > 1 and share_of_line(group) < least:
            best[int(tu)] = group
    return dict(sorted(best.items()))


class Pretrained(NamedTuple):
    """Models whose stimulus encoder was trained first, and the same without that."""

    tu: int
    ems: int
    updates: int  # of the stimulus encoder alone
    first: Group
    without: Group


def pretrained(table: pd.DataFrame) -> Iterator[Pretrained]:
    """Each setting with a stimulus encoder trained first that has a counterpart."""
    if not len(table):
        return
    models = pd.DataFrame(table[table["stimulus_warm_up"] > 0])
    names = ["preset", "tu", "ems", "stimulus_warm_up"]
    for (preset, tu, ems, updates), group in groups(models, names).items():
        without = where(table, **ALIGNED | {"preset": preset, "tu": tu, "ems": ems})
        if without:
            yield Pretrained(int(tu), int(ems), int(updates), group, without)


# Every step ------------------------------------------------------------------------


def every_step(table: pd.DataFrame, **sizes: Any) -> Group:
    """Models of every step, with encoder and decoder as wide as their map."""
    models = where(table, **ONE | sizes).table
    return Group(models[coders(models) == widths(models)])


def full_size(table: pd.DataFrame, **values: Any) -> Group:
    """Models of every step at the largest size that was trained."""
    return every_step(table, **_full_sizes(table), **values)


def smaller(table: pd.DataFrame, name: str) -> Group:
    """Models of every step that are smaller than the largest in one size."""
    models, most = every_step(table).table, largest(table, name)
    return Group(models[models[name] < most] if most is not None else models.iloc[:0])


def narrow_coders(table: pd.DataFrame) -> Group:
    """Models of full size but for a narrower encoder and decoder; `coders`, theirs."""
    models = where(table, **ONE, **_full_sizes(table)).table
    models = models.assign(coders=coders(models))
    return Group(models[models["coders"] < widths(models)])


def smallest(models: Group, size: str) -> Group:
    """Those of some models that are smallest in one size."""
    if not models:
        return models
    return Group(models.table[models.table[size] == models.table[size].min()])


def largest(table: pd.DataFrame, name: str) -> Any:
    """The largest value of a size among models of every step; None without any."""
    models = where(table, tu=1).table
    return models[name].max() if len(models) and name in models else None


def _full_sizes(table: pd.DataFrame) -> dict[str, Any]:
    return {name: largest(table, name) for name in ("latent", "width")}


def widths(table: pd.DataFrame) -> np.ndarray:
    """Width of the map of each model; 0 where it is not known."""
    return _column(table, "width")


def coders(table: pd.DataFrame) -> np.ndarray:
    """Width of encoder and decoder of each model: the map's where none is given."""
    width = _column(table, "coder_width")
    return np.where(width > 0, width, widths(table))


def _column(table: pd.DataFrame, name: str) -> np.ndarray:
    if name not in table:
        return np.zeros(len(table))
    return np.nan_to_num(table[name].to_numpy(float))
