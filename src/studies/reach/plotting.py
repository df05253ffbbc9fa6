"""The colours of this study: one scale a variable, in every figure."""

import numpy as np

from studies import plotting

# The ends that would be too pale on white, or too dark on black, are left out of the
# ranges.
plotting.register("field_std", low=-0.9, high=1.7, scale="Viridis")
plotting.register("constant_std", low=-0.6, high=1.1, scale="Viridis")
plotting.register("amplitude", low=-1.5, high=5, scale="Plotly3")
plotting.register("context", low=-3, high=3.5, scale="Thermal")
plotting.register("direction", low=0, high=2 * np.pi, scale="Phase")
plotting.register("variable", values=["position", "velocity"])


def std_colour(std: float, field: str = "curl") -> str:
    """The colour of a training std; of constant fields on a logarithmic scale."""
    if field == "curl":
        return plotting.colour("field_std", std)
    place = np.log1p(std / 0.01) / np.log1p(1 / 0.01)  # 0 at 0, 1 at 1 N
    return plotting.colour("constant_std", float(place))


def amplitude_colour(amplitude: float, largest: float) -> str:
    """The colour of a field's amplitude in evaluation, on the scale of this largest."""
    place = 4.0 * amplitude / largest if largest else 0.0
    return plotting.colour("amplitude", place)


def direction_colour(angle: float) -> str:
    """The colour of the direction of a reach [rad], the same every turn."""
    return plotting.colour("direction", float(angle) % (2 * np.pi))


def variable_colour(variable: str) -> str:
    """The colour of what is probed: position or velocity feedback."""
    return plotting.colour("variable", variable)


def context_colour(context: float) -> str:
    """The colour of a context, the same in every figure."""
    return plotting.colour("context", float(context))
