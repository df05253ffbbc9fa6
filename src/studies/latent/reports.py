"""Judging trained models: rollouts on two families of stimuli, in one row a model.

`judge` computes what depends on the model, `baselines` what every model on the same
recordings shares, both as arrays by name (`<family>.<what>`) that can be kept on disk;
`row` makes the numbers of a table from them. All take starts from the same draw.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from studies.latent import fits, metrics, rollouts, truth
from studies.latent.acquisition import (
    Observation,
    interpolated_states,
    observe,
)
from studies.latent.circuit import Circuit
from studies.latent.recordings import Recording

Arrays = dict[str, np.ndarray]
Recordings = Mapping[str, Recording]

MARGIN = 50  # [steps] left at both ends: staggered data are whole only inside
THIRD = 2  # the third step of a rollout, counted from 0: where calcium is told apart
SPREADS = 4.0  # variances of a user's recording beyond which a rollout has diverged:
# two states of it that have nothing to do with each other are two of them apart
FLOOR_STEPS = 500  # the noise floor is level long before, and its states are many


@dataclass(frozen=True)
class Plan:
    """How a model is rolled out."""

    time_units: int = 20
    evolve_multiple_steps: int = 5
    steps: int = 2000  # of a latent rollout
    starts: int = 10
    activity_steps: int = 2000
    mode: str = "all"  # stimulus mode
    limit: float = metrics.DIVERGED  # error that counts as divergence [signal²]

    @property
    def horizon(self) -> int:
        """T_h, the training window [steps]."""
        return self.time_units * self.evolve_multiple_steps

    @property
    def whole(self) -> int:
        """Steps of a rollout, rounded up to whole time units and a whole window."""
        units = -(-self.steps // self.time_units) * self.time_units
        return max(units, self.horizon)

    @property
    def activity(self) -> int:
        """Steps of an activity rollout, likewise, and no more than of a latent one."""
        units = -(-self.activity_steps // self.time_units) * self.time_units
        return min(units, self.whole)

    def starts_of(self, recording: Recording) -> Int[np.ndarray, " start"]:
        """Rows that rollouts along `recording` start at."""
        return rollouts.start_rows(recording, self.whole, self.starts, MARGIN)


def limit_of(recordings: Recordings) -> float:
    """Error that counts as divergence on a user's recording, whose units may be any."""
    each = (metrics.total_variance(own.voltage) for own in recordings.values())
    return SPREADS * max(each)


# One model -------------------------------------------------------------------------


def judge(
    model: Any,
    recordings: Recordings,
    plan: Plan,
    observation: Observation | None = None,
    *,
    banked: bool = False,
) -> Arrays:
    """Errors of one model's rollouts on each recording, with variances by neuron.

    A model of staggered data starts from what staggered recording saw, interpolated;
    `<family>.aligned` then has its errors from the true states, which it never has. One
    that learned a bank starts from states fitted to one window (`fits`), kept as
    `<family>.z0`, and `<family>.fit` is the error left at the entries fitted to.

    Args:
        model: encoder, decoder, stimulus encoder and map.
        recordings: by the name of their family.
        plan: how it is rolled out.
        observation: what the model may see of its start; None: all of it.
        banked: whether its training had a bank of initial states.
    """
    errors: Arrays = {}
    for family, recording in recordings.items():
        starts = plan.starts_of(recording)
        ask = {"mode": plan.mode, "time_units": plan.time_units}
        initial = initial_states(recording, starts, observation)
        rolling, begun = model, initial
        if banked and observation is not None:
            ems = plan.evolve_multiple_steps
            fitted = fits.fit_initial(
                model, recording, starts, observation, ems, plan.mode
            )
            errors |= {f"{family}.z0": fitted.latent, f"{family}.fit": fitted.error}
            rolling, begun = fits.from_latent(model), fitted.latent
            initial = decoded(model, fitted.latent)
        rolled = rollouts.roll(
            rolling, recording, starts, plan.whole, initial=begun, **ask
        )
        errors |= {f"{family}.{name}": x for name, x in rolled._asdict().items()}
        if initial is not None:
            aligned = rollouts.roll(model, recording, starts, plan.whole, **ask)
            errors[f"{family}.aligned"] = aligned.mse
        errors[f"{family}.activity"] = rollouts.roll_activity(
            model, recording, starts, plan.activity, initial=initial, **ask
        )
        errors[f"{family}.one_step"] = np.array(rollouts.one_step(model, recording))
    return errors


def decoded(
    model: Any, latent: Float[np.ndarray, "start latent"]
) -> Float[np.ndarray, "start neuron"]:
    """The voltages of fitted states: where rollouts through the voltages begin."""
    return np.asarray(model.decode(jnp.asarray(latent)))


def initial_states(
    recording: Recording,
    starts: Int[np.ndarray, " start"],
    observation: Observation | None,
) -> Float[np.ndarray, "start neuron"] | None:
    """What a model may start from; None where that is the true state."""
    if observation is None or observation.mode != "staggered":
        return None
    seen = observe(recording, observation)
    return np.asarray(
        interpolated_states(
            jnp.asarray(seen.values),
            jnp.asarray(seen.phases),
            jnp.asarray(starts),
            observation.stride,
            observation.interpolation,
        )
    )


def baselines(
    recordings: Recordings,
    plan: Plan,
    circuit: Circuit | None = None,
    stimulus_only: Mapping[str, Float[np.ndarray, " row"]] | None = None,
) -> Arrays:
    """What every model on these recordings is compared with.

    Args:
        recordings: by the name of their family.
        plan: how models are rolled out.
        circuit: the one that was recorded, where it is known; gives the noise floor.
        stimulus_only: errors of the stimulus-only model for each row, by family.
    """
    errors: Arrays = {}
    for family, recording in recordings.items():
        starts, steps = plan.starts_of(recording), plan.whole
        errors |= {
            f"{family}.constant": rollouts.constant(recording, starts, steps),
            f"{family}.linear": rollouts.interpolated(
                recording, starts, plan.horizon, plan.time_units
            ),
            f"{family}.variance": np.array(metrics.total_variance(recording.voltage)),
        }
        if circuit is not None:
            length = min(steps, -(-FLOOR_STEPS // plan.time_units) * plan.time_units)
            errors[f"{family}.floor"] = truth.without_noise(
                circuit, recording, starts, max(length, plan.horizon)
            ).mse
        if stimulus_only and family in stimulus_only:
            errors[f"{family}.stimulus_only"] = rollouts.along(
                stimulus_only[family], starts, steps
            )
    return errors


# Numbers ---------------------------------------------------------------------------


def families(errors: Arrays) -> list[str]:
    """Names of the recordings in what `judge` or `baselines` gave, in their order."""
    return list(dict.fromkeys(name.partition(".")[0] for name in errors))


def row(errors: Arrays, base: Arrays, plan: Plan) -> dict[str, float]:
    """The numbers of one model, `<family>_<what>`; errors in squared voltage.

    `window` is the mean over intervening steps (over all steps of the horizon when no
    step intervenes), `ratio` that of linear interpolation below it, `relative` the
    share of total variance, `to_floor` and `to_stimulus_only` the multiple of the noise
    floor and of the stimulus-only model at the same steps. Errors are in squared units
    of the observed signal.
    """
    numbers: dict[str, float] = {}
    for family in families(errors):
        of_one = of_family(errors, base, family, plan)
        numbers |= {f"{family}_{name}": value for name, value in of_one.items()}
    stops = [numbers[f"{family}_divergence"] for family in families(errors)]
    numbers["divergence"] = min(stops)
    numbers["stable"] = float(min(stops) >= plan.whole)
    return numbers


def of_family(
    errors: Arrays, base: Arrays, family: str, plan: Plan
) -> dict[str, float]:
    """The numbers of one model on one family of movies."""
    units, horizon = plan.time_units, plan.horizon
    mse = errors[f"{family}.mse"]
    told = metrics.errors(mse, units, horizon, plan.limit)._asdict()
    window = window_mean(mse, plan)
    variance = float(base[f"{family}.variance"])
    step = errors[f"{family}.one_step"]
    numbers = {name: float(value) for name, value in told.items()} | {
        "window": window,
        "relative": window / variance,
        "variance": variance,
        "max_intervening": metrics.max_intervening(mse, units),
        "activity_divergence": float(
            metrics.divergence_step(errors[f"{family}.activity"], plan.limit)
        ),
        "reconstruction": float(step[0]),
        "one_step": float(step[1]),
        "constant_one_step": float(step[2]),
        "long": float(mse.mean()),
    }
    for name in ("linear", "constant", "floor", "stimulus_only"):
        if f"{family}.{name}" in base:
            numbers[name] = window_mean(base[f"{family}.{name}"], plan)
            numbers[f"to_{name}"] = share(window, numbers[name])
    if f"{family}.aligned" in errors:
        numbers["from_true_state"] = window_mean(errors[f"{family}.aligned"], plan)
    if mse.shape[1] > THIRD:
        numbers["third_step"] = float(metrics.finite(mse)[:, THIRD].mean())
        held = base[f"{family}.constant"]
        numbers["constant_third_step"] = float(held[:, THIRD].mean())
    if f"{family}.fit" in errors:
        numbers |= of_fit(errors, family, plan)
    numbers["ratio"] = numbers["to_linear"]
    return numbers


def of_fit(errors: Arrays, family: str, plan: Plan) -> dict[str, float]:
    """Of rollouts from fitted states: within the window of the fit, and after it.

    `fit_window` is at every entry of the window, `fit` at those observed alone.
    """
    mse = metrics.finite(errors[f"{family}.mse"])
    after = mse[:, plan.horizon :]
    return {
        "fit": float(errors[f"{family}.fit"].mean()),
        "fit_window": float(mse[:, : plan.horizon].mean()),
        "fit_beyond": float(after.mean()) if after.size else float("nan"),
    }


def window_mean(mse: Float[np.ndarray, "start step"], plan: Plan) -> float:
    """Mean over intervening steps, or over the horizon where none intervenes."""
    between = metrics.intervening_points(plan.time_units, plan.horizon)
    steps = between if between.size else np.arange(plan.horizon)
    return float(metrics.finite(mse)[:, steps].mean())


def share(value: float, of: float) -> float:
    """A quotient; NaN where there is nothing to divide by."""
    return value / of if of > 1e-12 else float("nan")
