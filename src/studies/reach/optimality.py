"""Trained networks beside the best controllers that can be computed.

Four kinds are put through the same trials: trained networks, the optimal controller of
a hand without a field, once with its filter on noisy senses and once with the state in
view, and for each training std the best controller without memory.
"""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from studies.reach import evaluation, memoryless, optimal, yardsticks
from studies.reach.loop import Loop
from studies.reach.tasks import Trial, centre_out, random_reaches
from studies.reach.trained import Trained

NETWORK, MEMORYLESS = "network", "best without memory"
OPTIMAL, VIEW = "optimal without a field", "optimal, state in view"
NO_SEED = -1  # of a controller that was worked out, not trained


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What every controller goes through."""

    loop: Loop
    field: str  # "curl" or "constant"
    method: str  # what the networks are told
    amplitudes: tuple[float, ...]  # of the field [N s/m, or N]
    old: float  # amplitude of the field that ends or turns round [N s/m, or N]
    switch: int  # control step at which it does
    directions: int  # of reaches of 0.5 m
    trials: int  # random reaches behind a cost
    seed: int  # of those reaches, their fields and noise

    def reaches(self, context: float, amplitudes: tuple[float, ...]) -> Trial:
        """Centre-out reaches under each amplitude, axes (variant, condition)."""
        plain = centre_out(1, self.directions)
        told = plain._replace(context=jnp.full_like(plain.context, context))
        return evaluation.across_fields(told, self.field, amplitudes)

    def measure(
        self, controllers: Any, context: float, met: memoryless.Fields
    ) -> dict[str, np.ndarray]:
        """What is measured of stacked controllers, an entry for each member.

        `cost_free` and `cost_own` are losses [1] without a field and in the fields
        `met`, `aside_<amplitude>` distances [% of reach], `released` and `flipped`
        after-effects [% of reach], and `gain` is the induced one [m/N].
        """
        loop = self.loop
        random = random_reaches(jax.random.key(self.seed), self.trials)
        random = random._replace(context=jnp.full_like(random.context, context))
        disturbed = memoryless.draw(met, random, self.seed)
        aside = yardsticks.pushed_aside(
            controllers, loop, self.reaches(context, self.amplitudes)
        )
        old = jax.tree.map(lambda leaf: leaf[0], self.reaches(context, (self.old,)))
        none = jax.tree.map(lambda leaf: leaf[0], self.reaches(context, (0.0,)))
        after = yardsticks.after_effects(controllers, loop, old, self.switch)
        induced = yardsticks.induced_gains(controllers, loop, none)
        names = [f"aside_{spelled(amplitude)}" for amplitude in self.amplitudes]
        return {
            "cost_free": yardsticks.costs(controllers, loop, random, self.seed).mean(1),
            "cost_own": yardsticks.costs(controllers, loop, disturbed, self.seed).mean(
                1
            ),
            **dict(zip(names, aside.T, strict=True)),
            "released": after.released.mean(1),
            "flipped": after.flipped.mean(1),
            "gain": induced.gain.mean(1),
            "gain_change": induced.change.max(1),
        }

    @property
    def told(self) -> bool:
        """Whether the networks have a context input."""
        return self.method != "none"

    @cached_property
    def regulator(self) -> optimal.Regulator:
        """The optimal controller without a field."""
        return optimal.solve(self.loop)


def spelled(amplitude: float) -> str:
    """An amplitude as part of a name: 0.5 is "0_5"."""
    return f"{amplitude:g}".replace(".", "_").replace("-", "minus_")


def experiment(trained: Trained, **choices: Any) -> Experiment:
    """The experiment that suits these networks: their loop, field and method.

    A loop that the optimal controller is not worked out for is refused at once.
    """
    field = evaluation.common(trained.rows, "field")
    field = "curl" if field == "none" else field
    method = evaluation.common(trained.rows, "method") or "none"
    amplitudes = tuple(choices.pop("amplitudes"))
    plan = Experiment(trained.loop, field, method, amplitudes, **choices)
    _ = plan.regulator, memoryless.fields(field, 0.0)
    return plan


def compare(
    trained: Trained,
    plan: Experiment,
    contexts: list[float],
    report: Callable[[int], None],
) -> pd.DataFrame:
    """A row for each controller and context: kind, `field_std`, `context`, `seed`.

    Args:
        trained: networks; without a context input they have the context 0 only.
        plan: what they go through.
        contexts: that networks with a context input are told [1].
        report: told how many of the settings (std and context) are done.
    """
    several = contexts if plan.told else [0.0]
    rows: list[dict[str, Any]] = []
    settings = [(std, context) for std in trained.stds for context in several]
    for done, (std, context) in enumerate(settings, start=1):
        met = memoryless.told(plan.field, plan.method, std, context)
        setting = {"field_std": std, "context": context}
        places = trained.of_std(std)
        networks = chosen(trained.controllers, places)
        seeds = [trained.seeds[place] for place in places]
        rows += _rows(NETWORK, setting, seeds, plan.measure(networks, context, met))
        for kind, controller in worked_out(plan, std, context).items():
            one = yardsticks.single(controller)
            rows += _rows(kind, setting, [NO_SEED], plan.measure(one, context, met))
        report(done)
    table = pd.DataFrame(rows)
    seen = table["kind"] == VIEW  # its costs would need senses without noise
    table.loc[seen, ["cost_free", "cost_own"]] = np.nan
    return table


def chosen(controllers: Any, places: list[int]) -> Any:
    """Some of the stacked controllers."""
    return jax.tree.map(lambda leaf: leaf[jnp.asarray(places)], controllers)


@cache
def best_memoryless(
    plan: Experiment, std: float, context: float
) -> memoryless.Memoryless:
    """The best controller without memory for the fields of a setting; found once."""
    return memoryless.solve(
        plan.loop, memoryless.told(plan.field, plan.method, std, context)
    )


def worked_out(plan: Experiment, std: float, context: float) -> dict[str, Any]:
    """The controllers that come from no training, by kind."""
    regulator = plan.regulator
    view = regulator._replace(
        filter=np.broadcast_to(np.eye(2), regulator.filter.shape).copy()
    )
    best = best_memoryless(plan, std, context)
    return {
        OPTIMAL: optimal.controller(plan.loop, regulator),
        VIEW: optimal.controller(plan.loop, view),
        MEMORYLESS: memoryless.controller(best),
    }


def _rows(
    kind: str,
    setting: Mapping[str, float],
    seeds: list[int],
    measured: Mapping[str, np.ndarray],
) -> list[dict[str, Any]]:
    columns = {name: values.tolist() for name, values in measured.items()}
    return [
        {"kind": kind, **setting, "seed": seed}
        | {name: values[place] for name, values in columns.items()}
        for place, seed in enumerate(seeds)
    ]
