r"""Output layers: how the network's raw numbers become an acceleration.

With raw output $m$, $d$ its components after the first, $\hat d=d/(|d|+10^{-8})$, and
the moving frame $\hat R=p/r$, $\hat N\parallel p\times v$, $\hat T=\hat N\times\hat R$:

| name | acceleration | name in the notes | prior |
|---|---|---|---|
| `simple` | all derivatives are $m$, the velocity too | `mlp_simple` | neutral |
| `hybrid` | $m$ | `mlp_simple_hybrid` | neutral |
| `signed` | $m_0 d$ | `mlp_4D_signed` | neutral |
| `signed_unit` | $m_0\hat d$ | proposal | neutral |
| `abs` | $\lvert m_0\rvert d$ | `mlp_4D` | neutral |
| `scaled` | $s\lvert m_0\rvert d$ | `mlp_4D_scaled` | neutral |
| `unit` | $\lvert m_0\rvert\hat d$ | `mlp_4D_unit` | neutral |
| `unit_scaled` | $s\lvert m_0\rvert\hat d$ | `mlp_4D_unit_scaled` | neutral |
| `softplus` | softplus$(m_0)\,d$ | `mlp_4D_softplus`, `mlp_4D_accsoftplus` | neutral |
| `unit_softplus` | softplus$(m_0)\,\hat d$ | `mlp_4D_unit_softplus` | neutral |
| `activation` | softplus$(m_0)\tanh d$ | `mlp_4D_activation` (5) | neutral |
| `activation_sigmoid` | sigmoid$(m_0)\tanh d$ | `mlp_4D_activation` (6, 7) | neutral |
| `logmag_exp` | $e^{m_0}d$ | `mlp_4D_logmag_exp` | neutral |
| `logmag_unit_exp` | $e^{m_0}\hat d$ | `mlp_4D_logmag_unit_exp` | neutral |
| `logmag_unit_softplus` | (softplus$(m_0)+10^{-8})\,\hat d$ | the same | neutral |
| `logmag_unit_tanh_exp` | $e^{m_0}$, unit vector of $\tanh d$ | the same | neutral |
| `logmag_unit_tanh_softplus` | softplus$(m_0)+10^{-8}$, the same | the same | neutral |
| `rtn` | $m_0\hat R+m_1\hat T+m_2\hat N$ | proposal | symmetry-informed |
| `rtn_logmag` | $e^{m_0}(-\hat R+m_1\hat T+m_2\hat N)$ | proposal | symmetry-informed |
| `…_r2` | any of them but `simple`, divided by $r^2$ | proposal | law given |

In the plane every vector has two components ($\hat N$ and the third component are left
out), so the acceleration never leaves the plane. "Softplus of log" is not a log head:
the softplus layers predict the magnitude itself. `signed` and `signed_unit` have twins,
$m_0 d=(-m_0)(-d)$; the unit layers are singular at $d=0$, `abs` and `unit` have a kink.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from studies.orbit.features import Prior, safe_norm
from studies.orbit.systems import State

Vector = Float[Array, "3"]
Raw = Float[Array, " outputs"]
Scalar = Float[Array, ""]

EPSILON = 1e-8  # [1] of the notes, beside |d| and beside softplus
LAW = "_r2"  # suffix of the layers that are given the inverse square


class Frame(NamedTuple):
    """Unit vectors that move with the orbit [1]."""

    radial: Vector  # R = p / r
    transverse: Vector  # T = N × R
    normal: Vector  # N along p × v


def frame(state: State, *, space: bool) -> Frame:
    """The radial, transverse and normal directions at `state`.

    In the plane T is (-u_y, u_x) and N is +z, never singular; in space both lose their
    meaning for radial motion, where they come out as zero vectors.
    """
    radial = state[:3] / safe_norm(state[:3])
    if space:
        momentum = jnp.cross(state[:3], state[3:])
        normal = momentum / safe_norm(momentum)
    else:
        radial = radial.at[2].set(0.0)
        normal = jnp.array([0.0, 0.0, 1.0], state.dtype)
    return Frame(radial, jnp.cross(normal, radial), normal)


def embed(vector: Float[Array, " axes"]) -> Vector:
    """A vector with 2 or 3 components as one in space: the third is zero."""
    return jnp.pad(vector, (0, 3 - vector.shape[0]))


def unit(vector: Float[Array, " axes"]) -> Float[Array, " axes"]:
    """`vector` over its length plus 1e-8; the zero vector stays zero."""
    return vector / (safe_norm(vector) + EPSILON)


def _softplus_floor(magnitude: Scalar) -> Scalar:
    return jax.nn.softplus(magnitude) + EPSILON


def _unit_tanh(vector: Float[Array, " axes"]) -> Float[Array, " axes"]:
    return unit(jnp.tanh(vector))


def _same(value: Array) -> Array:
    return value


class MagnitudeLayer(NamedTuple):
    """acceleration = magnitude(m0) · direction(m1…), in Cartesian components."""

    magnitude: Callable[[Scalar], Scalar]
    direction: Callable[[Array], Array]
    scaled: bool = False  # times the hyperparameter `scale` as well


# Layers with a magnitude and a direction of their own.
MAGNITUDES: dict[str, MagnitudeLayer] = {
    "signed": MagnitudeLayer(_same, _same),
    "signed_unit": MagnitudeLayer(_same, unit),
    "abs": MagnitudeLayer(jnp.abs, _same),
    "scaled": MagnitudeLayer(jnp.abs, _same, scaled=True),
    "unit": MagnitudeLayer(jnp.abs, unit),
    "unit_scaled": MagnitudeLayer(jnp.abs, unit, scaled=True),
    "softplus": MagnitudeLayer(jax.nn.softplus, _same),
    "unit_softplus": MagnitudeLayer(jax.nn.softplus, unit),
    "activation": MagnitudeLayer(jax.nn.softplus, jnp.tanh),
    "activation_sigmoid": MagnitudeLayer(jax.nn.sigmoid, jnp.tanh),
    "logmag_exp": MagnitudeLayer(jnp.exp, _same),
    "logmag_unit_exp": MagnitudeLayer(jnp.exp, unit),
    "logmag_unit_softplus": MagnitudeLayer(_softplus_floor, unit),
    "logmag_unit_tanh_exp": MagnitudeLayer(jnp.exp, _unit_tanh),
    "logmag_unit_tanh_softplus": MagnitudeLayer(_softplus_floor, _unit_tanh),
}
PLAIN = ("simple", "hybrid", *MAGNITUDES, "rtn", "rtn_logmag")
OUTPUT_LAYERS = (*PLAIN, *(name + LAW for name in PLAIN if name != "simple"))


def base_of(name: str) -> str:
    """The layer's name without the suffix of the inverse square.

    Raises:
        ValueError: `name` is not an output layer.
    """
    if name not in OUTPUT_LAYERS:
        known = ", ".join(PLAIN)
        message = (
            f"output layer `{name}` is unknown; choose from {known}, or one of them "
            f"but `simple` with `{LAW}` at its end."
        )
        raise ValueError(message)
    return name.removesuffix(LAW)


def output_prior(name: str) -> Prior:
    """How much physics the output layer is given."""
    base = base_of(name)
    if base != name:
        return "law given"
    return "symmetry-informed" if base in {"rtn", "rtn_logmag"} else "neutral"


def output_count(name: str, *, space: bool) -> int:
    """How many raw numbers the layer takes from the network."""
    axes = 3 if space else 2
    counts = {"simple": 2 * axes, "hybrid": axes, "rtn": axes, "rtn_logmag": axes}
    return counts.get(base_of(name), 1 + axes)


def _in_frame(radial: Scalar, others: Raw, axes: Frame) -> Vector:
    """radial·R + others[0]·T, and + others[1]·N in space."""
    vector = radial * axes.radial + others[0] * axes.transverse
    return vector + others[1] * axes.normal if others.shape[0] == 2 else vector


def split(
    name: str, raw: Raw, state: State, *, space: bool, scale: float = 1.0
) -> tuple[Scalar, Vector]:
    """(magnitude, direction) after the layer's own activation.

    Their product is the acceleration. Layers that predict a vector at once (`simple`,
    `hybrid`, `rtn`) give its length and its unit vector. `scale` is $s$ of the table
    [R_E/TU²]. The magnitude carries the $1/r^2$ of the `_r2` layers.
    """
    base = base_of(name)
    if base in MAGNITUDES:
        layer = MAGNITUDES[base]
        magnitude = layer.magnitude(raw[0]) * (scale if layer.scaled else 1.0)
        direction = embed(layer.direction(raw[1:]))
    elif base == "rtn_logmag":
        magnitude = jnp.exp(raw[0])
        direction = _in_frame(
            -jnp.ones_like(raw[0]), raw[1:], frame(state, space=space)
        )
    else:
        vector = _vector(base, raw, state, space=space)
        magnitude = safe_norm(vector)
        direction = vector / magnitude
    if base != name:
        magnitude = magnitude / jnp.sum(state[:3] ** 2)
    return magnitude, direction


def _vector(base: str, raw: Raw, state: State, *, space: bool) -> Vector:
    if base == "rtn":
        return _in_frame(raw[0], raw[1:], frame(state, space=space))
    axes = 3 if space else 2
    return embed(raw[axes:] if base == "simple" else raw)


def acceleration_of(
    name: str, raw: Raw, state: State, *, space: bool, scale: float = 1.0
) -> Vector:
    """The acceleration [R_E/TU²] that output layer `name` makes of `raw`."""
    base = base_of(name)
    if base not in {"simple", "hybrid", "rtn"}:
        magnitude, direction = split(name, raw, state, space=space, scale=scale)
        return magnitude * direction
    vector = _vector(base, raw, state, space=space)
    return vector if base == name else vector / jnp.sum(state[:3] ** 2)
