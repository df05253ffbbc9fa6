"""The source's outcomes, row by row, as claims that a table of models can answer.

A claim looks for its settings in the table by their hyperparameters, compares medians
over seeds, and says what was found here and whether that is as in the source. A setting
that was not trained makes no claim. Letters are those of the study's notes.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from studies.latent import claims_every_step as every
from studies.latent.reports import brief, spread
from studies.latent.settings import (
    ALIGNED,
    OLD,
    PLAIN,
    by_gap,
    decides,
    gained_said,
    share_of_line,
    staggered,
    switches,
    window_folds,
)
from studies.latent.verdicts import (
    FAILS,
    MISSING,
    WORKS,
    Found,
    Group,
    Outcome,
    agree,
    of_signal,
    pick,
)

LOW = 1.5  # times the error of a model from the identity, where training compares
RISES = 2.0  # times the error where training compares, between

# Aligned recordings ----------------------------------------------------------------


def claim_f(table: pd.DataFrame) -> Found:
    own = pick(table, tu=5, ems=1, zero_init=False, intermediate_steps=[])
    if not own:
        return None
    early = own.median("divergence") < 100
    wrong = own.median("validation_window") > own.median("validation_loss_points")
    return f"{own.between}; {own.lasts}", agree(early, own.rolls, bool(wrong))


def claim_g(table: pd.DataFrame) -> Found:
    own = pick(table, tu=5, ems=1, zero_init=False, intermediate_steps=([3], [4]))
    base = pick(table, tu=5, ems=1, zero_init=False, intermediate_steps=[])
    if not own or not base:
        return None
    better = own.median("validation_window") < base.median("validation_window")
    return f"{own.between}; {own.lasts}", agree(own.stable, bool(better))


def claim_h(table: pd.DataFrame) -> Found:
    rows = OLD | {"tu": 5, "intermediate_steps": []}
    more = {ems: pick(table, ems=ems, **rows) for ems in (1, 2, 3, 5)}
    known = {ems: own for ems, own in more.items() if own}
    if len(known) < 2:
        return None
    ours = "; ".join(
        f"ems {ems}: {own.spread('validation_ratio')}, {own.lasts}"
        for ems, own in known.items()
    )
    first, last = known[min(known)], known[max(known)]
    better = last.median("validation_window") < first.median("validation_window")
    longer = last.median("divergence") > first.median("divergence")
    return ours, agree(bool(better), bool(longer))


def claim_i(table: pd.DataFrame) -> Found:
    own = pick(table, tu=20, mode="aligned", tv_weight=0.0, **OLD)
    if not own:
        return None
    windows = tuple(set(own.table["ems"]))  # compared with models of as many
    new = pick(table, tu=20, ems=windows, **ALIGNED)
    if not new:
        return None
    points, between = "validation_loss_points", "validation_window"
    low = own.median(points) < LOW * new.median(points)
    rises = own.median(between) > RISES * own.median(points)
    return (
        f"loss points {own.spread(points)}, between {own.spread(between)} (from the "
        f"identity {new.spread(points)} and {new.spread(between)}); {own.lasts}",
        agree(bool(low), bool(rises), own.unstable),
    )


def claim_j(table: pd.DataFrame) -> Found:
    own = pick(table, tu=20, ems=5, **ALIGNED)
    if not own:
        return None
    between = own.median("validation_ratio") < WORKS
    alike = own.alike("validation_window")
    return f"{own.between}; {own.lasts}", agree(between, own.stable, *alike)


def claim_k(table: pd.DataFrame) -> Found:
    rows = PLAIN | {"tu": 20, "mode": "aligned", "ems": (1, 5)}
    with_it, without = (
        pick(table, zero_init=True, **rows),
        pick(table, zero_init=False, **rows),
    )
    if not with_it or not without:
        return None
    stable = with_it.share_stable, without.share_stable
    ours = (
        f"stable: {100 * stable[0]:.0f} % of models with it, {100 * stable[1]:.0f} % "
        f"without; between, {with_it.spread('validation_ratio')} against "
        f"{without.spread('validation_ratio')} of interpolation"
    )
    better = with_it.median("validation_window") < without.median("validation_window")
    holds = [stable[0] > stable[1], bool(better)]
    gained = switches(pick(table, **rows | {"ems": 1}).table)
    if len(gained) > 1:  # the others were turned as well
        ours += f"; stable share gained: {gained_said(gained)}"
        holds.append(decides(gained) == "zero_init")
    return ours, agree(*holds)


def claim_l(table: pd.DataFrame) -> Found:
    own = pick(table, tu=20, mode="aligned", zero_init=False, activation="relu").table
    if not len(own) or not np.any(own["tv_weight"].to_numpy(float) > 0):
        return None
    without = Group(own[own["tv_weight"] == 0])
    heavy = Group(own[own["tv_weight"] == own["tv_weight"].max()])
    if not without:
        return None
    ours = "; ".join(
        f"{weight:g}: {spread(part['validation_ratio'])}, first step "
        f"{spread(part['validation_one_step'])}, {Group(part).lasts}"
        for weight, part in own.groupby("tv_weight")
    )
    better = heavy.median("validation_window") < without.median("validation_window")
    first = heavy.median("validation_one_step") > without.median("validation_one_step")
    return ours, agree(bool(better), bool(first))


def claim_m(table: pd.DataFrame) -> Found:
    own = pick(table, tu=20, **ALIGNED)
    if not own or len(set(own.table["ems"])) < 2:
        return None
    each = {ems: Group(part) for ems, part in own.table.groupby("ems")}
    ours = "; ".join(
        f"ems {ems:g}: {part.spread('validation_ratio')}, {part.lasts}"
        for ems, part in each.items()
    )
    worst = max(part.median("validation_ratio") for part in each.values())
    return ours, agree(worst < WORKS, own.stable)


# Staggered recordings, reduced stimulus, longer gaps ---------------------------------


def claim_n(table: pd.DataFrame) -> Found:
    own = staggered(table, "naive")
    if not own:
        return None
    return f"{own.between}; {own.lasts}", agree(own.median("validation_ratio") > FAILS)


def claim_o(table: pd.DataFrame) -> Found:
    own = staggered(table, "bank")
    if not own:
        return None
    ours = (
        f"{own.between}; error in the window of the fit "
        f"{own.spread('validation_fit_window')}, after it "
        f"{own.spread('validation_fit_beyond')}; {own.lasts}"
    )
    return ours, agree(own.median("validation_ratio") > FAILS)


def claim_p(table: pd.DataFrame) -> Found:
    own, base = staggered(table, "interpolated"), pick(table, tu=20, ems=5, **ALIGNED)
    if not own or not base:
        return None
    fold = own.median("validation_window") / base.median("validation_window")
    ours = f"{brief(fold)} times the aligned error; {own.between}; {own.lasts}"
    return ours, agree(fold <= 1.25, own.stable)


def claim_q(table: pd.DataFrame) -> Found:
    modes = ("interpolate", "constant", "none")
    parts = {
        mode: pick(table, tu=20, mode="aligned", stimulus_mode=mode) for mode in modes
    }
    known = {mode: own for mode, own in parts.items() if own}
    if not known:
        return None
    ours = "; ".join(
        f"{mode}: {own.spread('validation_ratio')}, {own.lasts}"
        for mode, own in known.items()
    )
    least = min(own.median("validation_ratio") for own in known.values())
    blown = [own.unstable for own in known.values()]
    return ours, agree(least >= 1, all(blown))


def claim_r(table: pd.DataFrame) -> Found:
    own = pick(table, tu=50, mode="aligned", zero_init=False)
    if not own:
        return None
    return f"{own.between}; {own.lasts}", agree(own.median("validation_ratio") > FAILS)


def claim_s(table: pd.DataFrame) -> Found:
    known = pick(table, tu=50, **ALIGNED).table
    if not len(known):
        return None
    own = Group(known[known["ems"] == known["ems"].max()])  # the source's had three
    partial = WORKS < own.median("validation_ratio") or not own.stable
    return f"{own.between}; {own.lasts}", agree(partial)


class Claim(NamedTuple):
    """What the source says of a setting, and how a table answers."""

    setting: str
    source: str
    answer: Callable[[pd.DataFrame], Found]
    signal: str = "voltage"  # of the models that can answer


CLAIMS: dict[str, Claim] = {
    "A": Claim(
        "every step seen",
        "better than no change, stable rollouts, seeds agree",
        every.claim_a,
    ),
    "B": Claim(
        "narrow encoder and decoder",
        "worse; the latent explodes, the activity does not",
        every.claim_b,
    ),
    "C": Claim(
        "small latent", "smallest explodes, half is stable, worse", every.claim_c
    ),
    "D": Claim("sigmoid units", "no change", every.claim_d),
    "E": Claim("augmentation", "stable; one step no better as a whole", every.claim_e),
    "F": Claim(
        "tu 5, one window, old start",
        "steps 1–4 wrong, latent diverges within 100, activity stable",
        claim_f,
    ),
    "G": Claim("tu 5, one intermediate loss", "stable, better between", claim_g),
    "H": Claim("tu 5, more windows", "better between, longer stable", claim_h),
    "I": Claim(
        "tu 20, old start", "low at loss points, high between, unstable", claim_i
    ),
    "J": Claim("tu 20, from the identity", "good, stable, seeds agree", claim_j),
    "K": Claim("zero-init × activation × warm-up", "zero-init decides", claim_k),
    "L": Claim(
        "total variation, old start",
        "rescues between; the first step nears no change",
        claim_l,
    ),
    "M": Claim("tu 20, number of windows", "works, long stable rollout", claim_m),
    "N": Claim("staggered, naive", "fails", claim_n),
    "O": Claim("staggered, bank of states", "fails", claim_o),
    "P": Claim("staggered, interpolated", "works (no numbers given)", claim_p),
    "Q": Claim("reduced stimulus", "never below interpolation, all blow up", claim_q),
    "R": Claim("tu 50, old start", "fails between", claim_r),
    "S": Claim("tu 50, from the identity", "promising, then blows up", claim_s),
    "T": Claim(
        "calcium",
        "one step worse than no change, better from three on, blows up; tu 20 just "
        "worked: below no change, near interpolation",
        every.claim_t,
        "calcium",
    ),
    "U": Claim("training noise", "costs little without noise", every.claim_u),
}


def outcomes(table: pd.DataFrame, rows: Sequence[str] = tuple(CLAIMS)) -> list[Outcome]:
    """What a table of judged models says to some rows of the notes."""
    found = []
    for letter in rows:
        claim = CLAIMS[letter]
        answer = claim.answer(of_signal(table, claim.signal))
        ours, verdict = answer or ("–", MISSING)
        found.append(Outcome(letter, claim.setting, claim.source, ours, verdict))
    return found


# Targets ---------------------------------------------------------------------------

MET, MISSED = "met", "missed"


def targets(table: pd.DataFrame) -> list[Outcome]:
    """What the study set out to reach, as rows like those of `outcomes`."""
    table = of_signal(table, "voltage")
    base = pick(table, tu=20, ems=5, **ALIGNED)
    own, long = staggered(table, "interpolated"), by_gap(table).get(50, Group([]))
    rows = [
        ("aligned", "tu 20, of interpolation", "at most 0.25, stable", base, 0.25),
        ("tu 50", "tu 50, best windows, of interpolation", "at most 0.3", long, 0.3),
    ]
    found = []
    for name, setting, aim, group, most in rows:
        reached = share_of_line(group) <= most and (group.stable or name != "aligned")
        ours, verdict = f"{group.between}; {group.lasts}" if group else "–", MISSING
        if group:
            verdict = MET if reached else MISSED
        found.append(Outcome(name, setting, aim, ours, verdict))
    found.insert(1, _staggered_target(own, base))
    return found


def _staggered_target(own: Group, base: Group) -> Outcome:
    """Staggered recordings from their own samples beside aligned ones."""
    ours, verdict = "–", MISSING
    if own and base:
        folds = window_folds(own, base)
        ours = f"{brief(folds[0])} times the aligned error, {brief(folds[1])} on flow"
        verdict = MET if max(folds) <= 1.25 else MISSED
    return Outcome(
        "staggered", "tu 20, interpolated", "at most 1.25 × aligned", ours, verdict
    )
