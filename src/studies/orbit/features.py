r"""Feature layers: what the network is shown of a state.

With position $p$, velocity $v$, radius $r=|p|$, direction $u=p/r$ and speed $w=|v|$, in
normalised units (R_E, R_E/TU, mu = 1):

| name | features | name in the notes | prior |
|---|---|---|---|
| `cartesian_only` | $p, v$ | `cartesian_only` | neutral |
| `rinv_vel` | $1/r, u, v$ | `sph_4D_rinv_vel` | neutral |
| `rinv_vinv` | $1/r, u, v/r$ (as it was coded) | `sph_4D_rinv_vinv` | neutral |
| `rinv_speed_vhat` | $1/r, u, w, v/w$ (as it was meant) | `sph_4D_rinv_vinv` | neutral |
| `rhat_vhat_speed` | $1/r, u, w, \hat v, \hat v\cdot u$ and the norm of the rest of $\hat v$ | `rhat_vhat_speed` | neutral |
| `rinv_vel_logra` | $1/r, u, v, \log r$ | `sph_4D_rinv_vel_logra` | neutral |
| `rinv_vel_harmonics` | $1/r, u, v$, harmonics of $u$, degrees 2 and 3 | `…_harmonics` | neutral |
| `rinv_vel_vrvt` | $1/r, u, v, v_r, v_t$ | – | neutral |
| `pos` | $1/r, \log r, u$ | – | symmetry-informed |
| `rtn` | $1/r, \log r, v_r, v_t$ | – | symmetry-informed |
| `rtn_norm` | $\log r, v_r\sqrt r, v_t\sqrt r$ | – | symmetry-informed |
| `rinv_vel_loga_energy` | $1/r, u, v, \log a, E$ | `…_loga_energy` | law given |

$v_r=v\cdot u$; $v_t=|p\times v|/r$ in space and $v\cdot(-u_y,u_x)$ in the plane. In the
plane the third component of every vector is left out. `pos` knows that the velocity
does not matter; `rtn` and `rtn_norm` that no direction is special, and so they say
nothing of directions: an output layer in Cartesian components cannot follow them. Energy
and semi-major axis assume the potential $-1/r$, so that layer is given the law.
"""  # noqa: E501

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.orbit.systems import State

Prior = Literal["neutral", "symmetry-informed", "law given"]
Parts = dict[str, Float[Array, "..."]]

TINY = 1e-24  # [1] under square roots: a finite gradient at zero, far below float32
LOOSEST = 1e-3  # [R_E²/TU²] least -2E: a = 1000 R_E stands for unbound states


class Kinematics(NamedTuple):
    """One state in the quantities that features are made of; 2 or 3 axes."""

    position: Float[Array, " axes"]  # p [R_E]
    velocity: Float[Array, " axes"]  # v [R_E/TU]
    radius: Float[Array, ""]  # r = |p| [R_E]
    direction: Float[Array, " axes"]  # u = p / r [1]
    speed: Float[Array, ""]  # w = |v| [R_E/TU]
    radial: Float[Array, ""]  # v_r = v·u [R_E/TU]
    transverse: Float[Array, ""]  # v_t [R_E/TU]


def safe_norm(vector: Float[Array, "*batch axes"]) -> Float[Array, "*batch"]:
    """Length along the last axis, with a finite gradient (zero) for zero vectors."""
    return jnp.sqrt(jnp.sum(vector**2, axis=-1) + TINY)


def kinematics(state: State, *, space: bool) -> Kinematics:
    """Radius, directions and velocity components of `state` [R_E, R_E/TU]."""
    axes = 3 if space else 2
    position, velocity = state[:axes], state[3 : 3 + axes]
    radius = safe_norm(position)
    direction = position / radius
    if space:
        transverse = safe_norm(jnp.cross(position, velocity)) / radius
    else:  # signed, and never singular: v · (-u_y, u_x)
        transverse = velocity[1] * direction[0] - velocity[0] * direction[1]
    return Kinematics(
        position,
        velocity,
        radius,
        direction,
        safe_norm(velocity),
        velocity @ direction,
        transverse,
    )


def _rinv_vel(k: Kinematics) -> Parts:
    return {"1/r": 1 / k.radius, "u": k.direction, "v": k.velocity}


def _rinv_speed_vhat(k: Kinematics) -> Parts:
    heading = k.velocity / k.speed
    return {"1/r": 1 / k.radius, "u": k.direction, "|v|": k.speed, "v/|v|": heading}


def _rhat_vhat_speed(k: Kinematics) -> Parts:
    heading = k.velocity / k.speed
    along = heading @ k.direction
    across = safe_norm(heading - along * k.direction)
    return _rinv_speed_vhat(k) | {"v̂·u": along, "|v̂ − (v̂·u)u|": across}


def _rinv_vel_loga_energy(k: Kinematics) -> Parts:
    energy = k.speed**2 / 2 - 1 / k.radius  # E [R_E²/TU²]
    log_axis = -jnp.log(jnp.maximum(-2 * energy, LOOSEST))  # a = -1 / (2E) [R_E]
    return _rinv_vel(k) | {"log a": log_axis, "E": energy}


def _harmonics(k: Kinematics) -> Parts:
    if k.direction.shape == (2,):
        x, y = k.direction  # cos kφ and sin kφ, from cos φ = x and sin φ = y
        even = jnp.stack([x**2 - y**2, 2 * x * y])
        odd = jnp.stack([x**3 - 3 * x * y**2, 3 * x**2 * y - y**3])
        return {"k=2": even, "k=3": odd}
    return real_spherical_harmonics(k.direction)


def real_spherical_harmonics(direction: Float[Array, "3"]) -> Parts:
    """Real $Y_{lm}$ of degrees 2 and 3 of a unit vector, orthonormal, m from -l to l.

    Written as polynomials of the components (the usual table of real harmonics), so
    that nothing is singular at the poles.
    """
    x, y, z = direction
    pi = math.pi
    second = [
        math.sqrt(15 / (4 * pi)) * x * y,
        math.sqrt(15 / (4 * pi)) * y * z,
        math.sqrt(5 / (16 * pi)) * (3 * z**2 - 1),
        math.sqrt(15 / (4 * pi)) * x * z,
        math.sqrt(15 / (16 * pi)) * (x**2 - y**2),
    ]
    third = [
        math.sqrt(35 / (32 * pi)) * y * (3 * x**2 - y**2),
        math.sqrt(105 / (4 * pi)) * x * y * z,
        math.sqrt(21 / (32 * pi)) * y * (5 * z**2 - 1),
        math.sqrt(7 / (16 * pi)) * z * (5 * z**2 - 3),
        math.sqrt(21 / (32 * pi)) * x * (5 * z**2 - 1),
        math.sqrt(105 / (16 * pi)) * z * (x**2 - y**2),
        math.sqrt(35 / (32 * pi)) * x * (x**2 - 3 * y**2),
    ]
    return {"Y₂": jnp.stack(second), "Y₃": jnp.stack(third)}


def _rtn(k: Kinematics) -> Parts:
    return {
        "1/r": 1 / k.radius,
        "log r": jnp.log(k.radius),
        "v_r": k.radial,
        "v_t": k.transverse,
    }


def _rtn_norm(k: Kinematics) -> Parts:
    root = jnp.sqrt(k.radius)
    return {
        "log r": jnp.log(k.radius),
        "v_r √r": k.radial * root,
        "v_t √r": k.transverse * root,
    }


class FeatureLayer(NamedTuple):
    """One way of showing a state to the network, and how much physics it brings."""

    parts: Callable[[Kinematics], Parts]
    prior: Prior


FEATURES: dict[str, FeatureLayer] = {
    "cartesian_only": FeatureLayer(
        lambda k: {"p": k.position, "v": k.velocity}, "neutral"
    ),
    "rinv_vel": FeatureLayer(_rinv_vel, "neutral"),
    "rinv_vinv": FeatureLayer(
        lambda k: _rinv_vel(k) | {"v": k.velocity / k.radius}, "neutral"
    ),
    "rinv_speed_vhat": FeatureLayer(_rinv_speed_vhat, "neutral"),
    "rhat_vhat_speed": FeatureLayer(_rhat_vhat_speed, "neutral"),
    "rinv_vel_logra": FeatureLayer(
        lambda k: _rinv_vel(k) | {"log r": jnp.log(k.radius)}, "neutral"
    ),
    "rinv_vel_harmonics": FeatureLayer(
        lambda k: _rinv_vel(k) | _harmonics(k), "neutral"
    ),
    "rinv_vel_vrvt": FeatureLayer(
        lambda k: _rinv_vel(k) | {"v_r": k.radial, "v_t": k.transverse}, "neutral"
    ),
    "pos": FeatureLayer(
        lambda k: {
            "1/r": 1 / k.radius,
            "log r": jnp.log(k.radius),
            "u": k.direction,
        },
        "symmetry-informed",
    ),
    "rtn": FeatureLayer(_rtn, "symmetry-informed"),
    "rtn_norm": FeatureLayer(_rtn_norm, "symmetry-informed"),
    "rinv_vel_loga_energy": FeatureLayer(_rinv_vel_loga_energy, "law given"),
}


def feature_parts(name: str, state: State, *, space: bool) -> Parts:
    """The features of `state` under their names, in the order the network sees them.

    Raises:
        ValueError: `name` is not a feature layer.
    """
    if name not in FEATURES:
        message = f"features `{name}` are unknown; choose from {', '.join(FEATURES)}."
        raise ValueError(message)
    return FEATURES[name].parts(kinematics(state, space=space))


def features_of(name: str, state: State, *, space: bool) -> Float[Array, " features"]:
    """The feature vector of `state`, normalised units."""
    parts = feature_parts(name, state, space=space)
    return jnp.concatenate([jnp.atleast_1d(part) for part in parts.values()])


def feature_labels(name: str, *, space: bool) -> list[str]:
    """One label for each feature: a part's name, and its component where it has any."""
    state = jax.ShapeDtypeStruct((6,), jnp.float32)
    parts = jax.eval_shape(lambda y: feature_parts(name, y, space=space), state)
    labels = []
    for part, value in parts.items():
        axes = "xyz" if value.shape in {(2,), (3,)} else "1234567"
        labels += (
            [f"{part} {axes[i]}" for i in range(value.size)] if value.ndim else [part]
        )
    return labels


def feature_count(name: str, *, space: bool) -> int:
    """How many numbers the feature layer gives the network."""
    return len(feature_labels(name, space=space))
