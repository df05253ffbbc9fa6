"""The source's outcomes where every step is recorded, and where calcium is.

Rows A to E and U of the notes, and T. `claims` says what each is about.
"""

import pandas as pd

from studies.latent.reports import brief, spread
from studies.latent.settings import (
    NEW,
    PLAIN,
    every_step,
    full,
    full_size,
    narrow_coders,
    smaller,
)
from studies.latent.verdicts import Found, Group, agree, pick

COMPETITIVE = 2.0  # times the error of linear interpolation, at most


def claim_a(table: pd.DataFrame) -> Found:
    base = full_size(table)
    if not base:
        return None
    below = base.median("flow_one_step") < base.median("flow_constant_one_step")
    alike = base.alike("validation_one_step")
    ours = (
        f"one step {base.spread('validation_one_step')}; {base.lasts}; activity "
        f"rollouts {'as long' if base.rolls else 'diverge'}"
    )
    return ours, agree(bool(below), base.stable, base.rolls, *alike)


def claim_b(table: pd.DataFrame) -> Found:
    small, base = narrow_coders(table), full_size(table)
    if not small or not base:
        return None
    least = _least(small, "coders")
    ours = f"{_by_size(small, 'coders', 'width')}; the narrowest, activity "
    ours += "as long" if least.rolls else "diverges"
    return ours, agree(*_explodes(small, base, "coders"), least.rolls)


def claim_c(table: pd.DataFrame) -> Found:
    most = full(table, "latent")
    small, base = smaller(table, "latent"), every_step(table, latent=most)
    if not small or not base:
        return None
    holds = _explodes(small, base, "latent")
    half = Group(small.table[small.table["latent"] == most / 2])
    if half:
        holds = (*holds, half.stable)
    return _by_size(small, "latent", "L"), agree(*holds)


def _by_size(small: Group, size: str, name: str) -> str:
    return "; ".join(
        f"{name} {value:.0f}: one step {spread(own['validation_one_step'])}, "
        f"{Group(own).lasts}"
        for value, own in small.table.groupby(size)
    )


def _explodes(small: Group, base: Group, size: str) -> tuple[bool, bool]:
    """Whether the smallest of some models is worse than a full one; and explodes."""
    least = _least(small, size)
    worse = least.median("validation_one_step") > base.median("validation_one_step")
    return bool(worse), least.unstable


def _least(models: Group, size: str) -> Group:
    return Group(models.table[models.table[size] == models.table[size].min()])


def claim_d(table: pd.DataFrame) -> Found:
    rows = PLAIN | {"tu": 1, "zero_init": True}
    other, base = pick(table, **rows, activation="sigmoid"), full_size(table)
    if not other or not base:
        return None
    fold, ours = _in_one_step(other, base, "validation", "of tanh")
    return ours, agree(0.8 < fold < 1.25, other.stable == base.stable)


def claim_e(table: pd.DataFrame) -> Found:
    own = pick(table, tu=1)
    if not own or "augmentation_neurons" not in own.table:
        return None
    with_it = Group(own.table[own.table["augmentation_neurons"] > 0])
    base = full_size(table)
    if not with_it or not base:
        return None
    fold, said = _in_one_step(with_it, base, "validation", "without")
    return f"{said}; without, {base.lasts}", agree(with_it.stable, fold > 0.9)


def claim_u(table: pd.DataFrame) -> Found:
    quiet, loud = full_size(table, noise=0.0), full_size(table)
    if not quiet or not loud:
        return None
    fold, said = _in_one_step(loud, quiet, "flow", "without")
    ours = f"on movies without noise {said}; trained without, {quiet.lasts}"
    return ours, agree(fold < 1.5)


def _in_one_step(own: Group, base: Group, family: str, which: str) -> tuple[float, str]:
    """One-step error beside a base's: a number even where rollouts explode."""
    name = f"{family}_one_step"
    fold = own.median(name) / base.median(name)
    return fold, f"one-step error {brief(fold)} times that {which}; {own.lasts}"


# Calcium ---------------------------------------------------------------------------


def claim_t(table: pd.DataFrame) -> Found:
    """Of models of calcium alone: `table` has no others."""
    own = pick(table, tu=1, **NEW | PLAIN)
    if not own:
        return None
    first = own.median("validation_one_step")
    first /= own.median("validation_constant_one_step")
    third = own.median("validation_third_step")
    third /= own.median("validation_constant_third_step")
    said = [
        f"of no change, {brief(first)} at one step and {brief(third)} at three; "
        f"{own.lasts}"
    ]
    holds = [first > 1, third < 1, own.unstable]
    sparse = {
        "aligned": pick(table, tu=20, mode="aligned", **NEW | PLAIN),
        "staggered": pick(table, tu=20, mode="staggered", staggered="interpolated"),
    }
    for name, group in sparse.items():
        if group:
            below = group.median("validation_to_constant") < 1
            near = group.median("validation_ratio") < COMPETITIVE
            holds.append(bool(below and near))
            said.append(f"tu 20 {name}: {group.between}")
    return "; ".join(said), agree(*map(bool, holds))
