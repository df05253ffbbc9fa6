"""Figures of a training: losses, the reference orbit by phase, what goes in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float
from plotly.subplots import make_subplots

from studies import plotting
from studies.orbit.figures.common import TRUE, colour, thin
from studies.orbit.metrics import angles
from studies.plotting import label_axes

Times = Float[np.ndarray, " time"]
States = Float[np.ndarray, "time 6"]
Vectors = Float[np.ndarray, "time 3"]

AXES = ("x", "y", "z")


@dataclass(frozen=True)
class ReferencePhase:
    """The reference orbit as the model rolled it out at the end of one phase."""

    label: str
    predicted: States  # [R_E, R_E/TU]
    error: float  # mean acceleration error on it [%]


def loss_curves(history: Mapping[str, np.ndarray], unit: str = "%") -> go.Figure:
    """Total loss, its terms and validation over all steps, with a band for each phase.

    `history` is what a training leaves: `step`, `phase`, `loss`, `loss.<term>`, and
    `validation_step` with `validation` when there was any. Lines are straight between
    validations. `unit` is that of the loss.
    """
    fig = go.Figure()
    terms = [key for key in history if key.startswith("loss.")]
    keys = ["loss", *(terms if len(terms) > 1 else [])]
    for place, key in enumerate(keys):
        fig.add_scatter(
            x=thin(history["step"], 1000),
            y=thin(history[key], 1000),
            mode="lines",
            line={"color": colour(place), "width": 1.2},
            name="total" if key == "loss" else key.removeprefix("loss."),
        )
    if "validation" in history:
        fig.add_scatter(
            x=history["validation_step"],
            y=history["validation"],
            mode="lines+markers",
            line={"color": colour(5)},
            marker={"size": 5},
            name="validation",
        )
    numbers, steps = np.unique(history["phase"], return_counts=True)
    names = [f"phase {int(number) + 1}" for number in numbers]
    plotting.phase_bands(fig, steps.tolist(), names)
    fig.update_yaxes(type="log", exponentformat="power")
    return label_axes(fig, "step [1]", f"loss [{unit}]")


def reference_phases(
    time: Times, true: States, phases: Sequence[ReferencePhase], length: str = "R_E"
) -> go.Figure:
    """The reference orbit by phase: path, position over time and its error.

    One column a phase, truth dashed, mean acceleration error in the title. `length` is
    the unit of positions.
    """
    titles = [f"{phase.label}: {phase.error:.3g} %" for phase in phases]
    fig = make_subplots(rows=3, cols=len(phases), subplot_titles=titles)
    for col, phase in enumerate(phases, start=1):
        rows = (
            (phase.predicted, colour(0), None, "model"),
            (true, TRUE, "dash", "true"),
        )
        for states, ink, dash, name in rows:
            line = {"color": ink, "dash": dash, "width": 1.5}
            shown = {"mode": "lines", "line": line, "name": name, "legendgroup": name}
            fig.add_scatter(
                x=states[:, 0],
                y=states[:, 1],
                showlegend=col == 1,
                **shown,
                row=1,
                col=col,
            )
            for axis in range(3 if np.any(true[:, 2]) else 2):
                fig.add_scatter(
                    x=time,
                    y=states[:, axis],
                    showlegend=False,
                    **shown,
                    row=2,
                    col=col,
                )
        for axis in range(3 if np.any(true[:, 2]) else 2):
            place = int(np.nanargmax(np.abs(true[:, axis])))  # at the curve's height
            fig.add_annotation(
                x=time[place],
                y=true[place, axis],
                text=AXES[axis],
                showarrow=False,
                yshift=10 if true[place, axis] > 0 else -10,
                row=2,
                col=col,
            )
        distance = np.linalg.norm(true[:, :3] - phase.predicted[:, :3], axis=-1)
        fig.add_scatter(
            x=time[1:],
            y=distance[1:],
            mode="lines",
            line={"color": colour(1)},
            showlegend=False,
            row=3,
            col=col,
        )
        left = col == 1
        label_axes(
            fig, f"x [{length}]", f"y [{length}]" if left else "", row=1, col=col
        )
        words = f"position [{length}]" if left else ""
        label_axes(fig, "time [TU]", words, row=2, col=col)
        words = f"position error [{length}]" if left else ""
        label_axes(fig, "time [TU]", words, row=3, col=col)
        fig.update_yaxes(type="log", exponentformat="power", row=3, col=col)
        fig.update_xaxes(constrain="domain", row=1, col=col)
        fig.update_yaxes(scaleanchor=f"x{col if col > 1 else ''}", row=1, col=col)
    fig.update_layout(height=800)
    return fig


def values_over_time(
    time: Times,
    predicted: Mapping[str, Times],
    true: Mapping[str, Times] | None = None,
    *,
    periapsis: float | None = None,
    unit: str = "1",
) -> go.Figure:
    """Named values along an orbit, truth dashed, error below, periapsis marked.

    Serves for features that go into a network and for outputs that come out of it.

    Args:
        time: of the samples [TU].
        predicted: name → value at each sample, in `unit`.
        true: name → what it should be; names without an entry have no truth.
        periapsis: time of periapsis [TU].
        unit: of all values.
    """
    true = true or {}
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3])
    for place, (name, values) in enumerate(predicted.items()):
        ink = {"color": colour(place)}
        fig.add_scatter(
            x=time, y=values, mode="lines", line=ink, name=name, row=1, col=1
        )
        if name not in true:
            continue
        dashed = {"color": TRUE, "dash": "dash", "width": 1}
        fig.add_scatter(
            x=time,
            y=true[name],
            mode="lines",
            line=dashed,
            name=f"{name}, true",
            showlegend=False,
            row=1,
            col=1,
        )
        fig.add_scatter(
            x=time,
            y=np.abs(values - true[name]),
            mode="lines",
            line=ink,
            showlegend=False,
            row=2,
            col=1,
        )
    if periapsis is not None:
        fig.add_vline(x=periapsis, line_dash="dot", line_color=TRUE)
    label_axes(fig, "", f"value [{unit}]", row=1, col=1)
    return label_axes(fig, "time [TU]", f"|error| [{unit}]", row=2, col=1)


def components_over_time(
    time: Times, true: Sequence[Vectors], predicted: Sequence[Vectors]
) -> go.Figure:
    """Components of position, velocity and acceleration over time, truth dashed.

    `true` and `predicted` hold the three in this order [R_E, R_E/TU, R_E/TU²].
    """
    names = ("position [R_E]", "velocity [R_E/TU]", "acceleration [R_E/TU²]")
    fig = make_subplots(rows=3, cols=1, shared_xaxes=True)
    for row, (exact, learned) in enumerate(zip(true, predicted, strict=True), start=1):
        for axis, name in enumerate(AXES):
            if not np.any(exact[:, axis]) and not np.any(learned[:, axis]):
                continue  # a planar orbit has no third component
            lines = (
                (learned, {"color": colour(axis)}, name, row == 1),
                (exact, {"color": TRUE, "dash": "dash", "width": 1}, "true", False),
            )
            for values, line, label, legend in lines:
                fig.add_scatter(
                    x=time,
                    y=values[:, axis],
                    mode="lines",
                    line=line,
                    name=label,
                    showlegend=legend,
                    row=row,
                    col=1,
                )
        label_axes(fig, "time [TU]" if row == 3 else "", names[row - 1], row=row, col=1)
    fig.update_layout(height=700)
    return fig


def directions_over_time(
    time: Times,
    position: Vectors,
    true: Vectors,
    predicted: Vectors,
    length: str = "R_E",
) -> go.Figure:
    """Angle to the true acceleration and radial component over time, truth dashed.

    `length` is the unit of positions; accelerations are in it over TU².
    """
    radius = np.linalg.norm(position, axis=-1)
    fig = make_subplots(rows=2, cols=1, shared_xaxes=True)
    fig.add_scatter(
        x=time,
        y=angles(true, predicted),
        mode="lines",
        line={"color": colour(0)},
        showlegend=False,
        row=1,
        col=1,
    )
    lines = (
        (predicted, {"color": colour(1)}, "model"),
        (true, {"color": TRUE, "dash": "dash"}, "true"),
    )
    for vectors, line, name in lines:
        radial = np.sum(position * vectors, axis=-1) / radius
        fig.add_scatter(
            x=time, y=radial, mode="lines", line=line, name=name, row=2, col=1
        )
    label_axes(fig, "", "angle θ [deg]", row=1, col=1)
    words = f"radial component [{length}/TU²]"
    return label_axes(fig, "time [TU]", words, row=2, col=1)
