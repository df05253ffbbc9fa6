r"""Through the voltages and back: what an activity rollout adds to a latent one.

A latent rollout repeats the step $S: z \mapsto z + f(z, u)$, an activity rollout
$E D S$: it decodes and encodes again, and no loss compares $E(D(z))$ with $z$. Measured
are the round trip alone, by repeating $D E$ from the voltages that rollouts start at,
and the largest eigenvalues of the Jacobians of $S$, of $E D$ and of $E D S$ there.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Float

from studies.evidence import Catalogue, Group, groups, table_of
from studies.latent import metrics, reports, rollouts, trained
from studies.latent.acquisition import Observation
from studies.latent.comparisons import Comparison
from studies.latent.reports import Arrays, Plan, Recordings
from studies.latent.trained import Load, Row

GAINS = ("step", "trip", "both")  # S, E D and E D S
HEADINGS = {
    "latent": "latent rollout diverges at [steps]",
    "activity": "activity rollout diverges at [steps]",
    "trips": "round trip alone diverges at [trips]",
    "gain_step": "largest eigenvalue of a step [1]",
    "gain_trip": "largest eigenvalue of a round trip [1]",
    "gain_both": "largest eigenvalue of both together [1]",
}
COUNTS = {  # what `agreement` counts, as scraps say it
    "all": "number of pairs of a model and a family of movies",
    "latent": "pairs of model and movies whose latent rollouts diverge",
    "latent_step": "pairs where latent rollouts diverge as the step's eigenvalue says",
    "activity": "pairs of model and movies whose activity rollouts diverge",
    "trips": "pairs where activity rollouts diverge as round trips alone do",
    "step": "pairs where activity rollouts diverge as the step's eigenvalue says",
    "both": "pairs where activity rollouts diverge as the eigenvalue of a step with "
    "its round trip says",
}


# One model -------------------------------------------------------------------------


def measure(
    model: Any,
    recordings: Recordings,
    plan: Plan,
    observation: Observation | None = None,
    fitted: Mapping[str, Float[np.ndarray, "start latent"]] | None = None,
) -> Arrays:
    """Round trips of one model from the states that its rollouts start at.

    Args:
        model: encoder, decoder, stimulus encoder and map.
        recordings: by the name of their family.
        plan: how it is rolled out.
        observation: what the model may see of its start; None: all of it.
        fitted: by family, latent states that its rollouts start at instead.

    Returns, by family: `<family>.trips`, mean squared error [raw units²] after each of
    `plan.activity` round trips without a step, shape (start, trip), and
    `<family>.step`, `.trip`, `.both`, largest absolute eigenvalues [1], shape (start,).
    """
    trips_of: Arrays = {}
    for family, recording in recordings.items():
        starts = plan.starts_of(recording)
        initial = reports.initial_states(recording, starts, observation)
        if fitted and family in fitted:
            initial = reports.decoded(model, fitted[family])
        voltage = jnp.asarray(recording.voltage[starts] if initial is None else initial)
        trips = np.asarray(_trips(model, voltage, plan.activity))
        trips_of[f"{family}.trips"] = metrics.finite(trips)
        jacobians = _jacobians(model, voltage, jnp.asarray(recording.stimulus[starts]))
        for name, matrices in zip(GAINS, jacobians, strict=True):
            trips_of[f"{family}.{name}"] = largest(np.asarray(matrices))
    return trips_of


@eqx.filter_jit
def _trips(model: Any, voltage: Float[Array, "start n"], count: int) -> Array:
    def trip(x: Array, _: None) -> tuple[Array, Array]:
        after = jax.vmap(lambda row: model.decode(model.encode(row)))(x)
        return after, ((after - voltage) ** 2).mean(axis=-1)

    model = rollouts.ready(model)
    return jax.lax.scan(trip, voltage, None, length=count)[1].T


@eqx.filter_jit
def _jacobians(
    model: Any, voltage: Float[Array, "start n"], stimulus: Float[Array, "start s"]
) -> tuple[Array, ...]:
    def one(x: Array, s: Array) -> tuple[Array, ...]:
        u, z = model.encode_stimulus(s), model.encode(x)
        step = jax.jacfwd(lambda z: model.step(z, u))(z)
        again = jax.jacfwd(lambda z: model.encode(model.decode(z)))(model.step(z, u))
        return step, again, again @ step

    model = rollouts.ready(model)
    return jax.lax.map(lambda given: one(*given), (voltage, stimulus))


def largest(jacobians: Float[np.ndarray, "start l l"]) -> Float[np.ndarray, " start"]:
    """Largest absolute eigenvalue of each matrix; `metrics.CAP` if one is not finite.

    A training that diverged has no finite Jacobian.
    """
    known = np.array([np.isfinite(matrix).all() for matrix in jacobians])
    values = np.abs(np.linalg.eigvals(np.where(known[:, None, None], jacobians, 0.0)))
    return np.where(known, values.max(axis=-1), metrics.CAP)


# Many models -----------------------------------------------------------------------


class RoundTrips(NamedTuple):
    """What round trips do, and how far it accounts for activity rollouts."""

    table: pd.DataFrame  # a row a model and family: `HEADINGS`, group and steps
    counts: dict[str, int]  # as `agreement` gives them
    models: pd.DataFrame  # every model that was found

    def summary(self) -> str:
        """Median and range over seeds, a row a group and family, as Markdown."""
        return table_of(groups(self.table), HEADINGS, "setting and family")

    def record(self, catalogue: Catalogue) -> None:
        """Leave the counts behind."""
        for name, value in self.counts.items():
            catalogue.record(f"round_trips_{name}", value, "1", COUNTS[name])

    def sentence(self) -> str:
        """What diverges, and which of two explanations agrees with it how often."""
        counts, steps = self.counts, int(self.table["steps"].to_numpy().max())
        return (
            f"Within {steps:,} steps, {counts['activity']} of {counts['all']} pairs of "
            "a model and a family of movies diverge in activity rollouts, and "
            f"{counts['latent']} in latent rollouts. Three measures are compared with "
            "whether an activity rollout diverges. The round trip alone, repeated "
            f"without a step, agrees in {counts['trips']} of {counts['all']} pairs. "
            "The largest eigenvalue of a step with its round trip (above one or not, "
            f"median over states) agrees in {counts['both']}, and that of a step alone "
            f"in {counts['step']}. The latter agrees with whether a latent rollout "
            f"diverges in {counts['latent_step']}."
        )

    def gain(self, identities: Iterable[str]) -> str:
        """Largest eigenvalue of a step of some models: median and range, as text."""
        chosen = self.table["identity"].isin(list(identities))
        return Group(pd.DataFrame(self.table[chosen])).text("gain_step")


def of_comparison(catalogue: Catalogue, compared: Comparison) -> RoundTrips:
    """Round trips of every model of a comparison, kept in the catalogue."""
    load, lines = trained.loader(catalogue), []
    for row in compared.models.rows:
        name = str(row["identity"])
        plan, data = compared.plans[name], compared.data[name]
        asked = {"data": str(trained.data_key(row)), "plan": vars(plan)}
        compute = partial(opened, row, load, data, plan, compared.judged[name])
        measured = catalogue.cached("round-trips", asked, compute, row)
        lines += [numbers(row, measured, family, plan) for family in data]
    table = pd.DataFrame(lines)
    return RoundTrips(table, agreement(table), compared.shown)


def opened(
    row: Row, load: Load, data: Recordings, plan: Plan, judged: Arrays
) -> Arrays:
    """`measure` of the model of a row, from the states that its judgement began at."""
    fitted = {
        family: judged[f"{family}.z0"] for family in data if f"{family}.z0" in judged
    }
    seen = trained.observation_of(row)
    return measure(load(row), data, plan, seen, fitted)


def numbers(
    row: Row, measured: Mapping[str, Any], family: str, plan: Plan
) -> dict[str, Any]:
    """Numbers of one model and family, over the length of its activity rollouts."""
    gains = {f"gain_{name}": np.median(measured[f"{family}.{name}"]) for name in GAINS}
    return {
        "identity": str(row["identity"]),
        "group": f"{row['group']}, {family}",
        "steps": plan.activity,
        "latent": min(float(row[f"{family}_divergence"]), plan.activity),
        "activity": float(row[f"{family}_activity_divergence"]),
        "trips": float(
            metrics.divergence_step(measured[f"{family}.trips"], plan.limit)
        ),
        **gains,
    }


def agreement(table: pd.DataFrame) -> dict[str, int]:
    """Rows in all, rows that diverge, and rows where a measure says the same."""
    columns = {name: table[name].to_numpy(float) for name in HEADINGS}
    steps = table["steps"].to_numpy(float)
    ends = columns["activity"] < steps
    says = {
        "trips": columns["trips"] < steps,
        "step": columns["gain_step"] > 1,
        "both": columns["gain_both"] > 1,
    }
    leaves = columns["latent"] < steps
    counts = {"latent": int(leaves.sum()), "activity": int(ends.sum())}
    counts["latent_step"] = int((says["step"] == leaves).sum())
    agrees = {name: int((saying == ends).sum()) for name, saying in says.items()}
    return {"all": len(table)} | counts | agrees
