"""Figures of a training: its losses by component, and errors at checkpoints."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from studies import plotting
from studies.latent.figures.judgement import ERROR

MOST = 1000  # points of a curve that are drawn
VALIDATION = 6  # place of its colour in the palette


def loss_curves(
    history: Mapping[str, np.ndarray], names: tuple[str, ...] = ()
) -> go.Figure:
    """Total loss, its components and validation over all updates, phases as bands.

    Args:
        history: what a training leaves: `step`, `phase`, `loss`, `loss.<term>`, and
            `validation_step` with `validation`. A component that a phase does not have
            is NaN there.
        names: of the phases; else their numbers.
    """
    fig = go.Figure()
    every, words = plotting.thin(len(history["step"]), MOST)
    own = [name for name in history if name.startswith("loss.")]
    shown: list[str] = ["loss", *(own if len(own) > 1 else [])]
    for place, name in enumerate(shown):
        fig.add_scatter(
            x=np.asarray(history["step"])[every],
            y=_positive(history[name])[every],
            mode="lines",
            line={"color": plotting.colour("curve", place), "width": 1.2},
            name=name.removeprefix("loss.").replace("_", " ").replace("loss", "total"),
        )
    if "validation" in history:
        fig.add_scatter(
            x=history["validation_step"],
            y=_positive(history["validation"]),
            mode="lines+markers",
            line={"color": plotting.colour("curve", VALIDATION)},
            marker={"size": 5},
            name="validation",
        )
    steps = np.unique(history["phase"], return_counts=True)[1]
    plotting.phase_bands(fig, steps.tolist(), names[: len(steps)])
    fig.update_xaxes(title_text="update [1]")
    fig.update_yaxes(title_text=ERROR, type="log", exponentformat="power")
    return plotting.note(fig, words)


def _positive(values: np.ndarray) -> np.ndarray:
    """Values that a logarithmic axis can show; NaN where there are none."""
    values = np.asarray(values, float)
    return np.where(values > 0, values, np.nan)
