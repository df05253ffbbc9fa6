"""Judged models side by side: the figures that the notebooks of this study share.

Each comes with the name, the kind and the caption under which a notebook keeps it.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from studies.latent.figures.judgement import (
    divergence,
    listed,
    rollout_errors,
    settings,
    time_aligned,
)

if TYPE_CHECKING:
    from studies.latent.comparisons import Comparison
    from studies.latent.trained import Catalogue

FEW = 6  # entries of a legend that fit beside a figure
LONG = 24  # letters of an entry that do
MOST = 10  # settings whose rollouts can be told apart in one plot
PLOT, ENTRY, AXIS = 340, 22, 80  # heights of a plot, a line of a legend, an axis [px]
SYMBOLS = {"latent": "circle", "activity": "diamond", "trips": "cross"}


class Shown(NamedTuple):
    """A figure, and what is said of it wherever it is kept."""

    figure: go.Figure
    name: str  # of its file in the run's folder
    kind: str  # the same word in every run
    caption: str

    def save(self, catalogue: "Catalogue", models: Any = ()) -> Any:
        """Keep it with `catalogue.save_figure`; gives the figure, to be shown."""
        fig = roomy(self.figure)
        return catalogue.save_figure(
            fig, self.name, kind=self.kind, caption=self.caption, models=models
        )


def roomy(fig: go.Figure) -> go.Figure:
    """Room for many settings: a long legend below, titles clear of long labels."""
    names = list(
        dict.fromkeys(t.name for t in listed(fig) if t.showlegend is not False)
    )
    fig.update_yaxes(title_standoff=12)
    longest = max((len(str(name)) for name in names), default=0)
    if len(names) <= FEW and longest <= LONG:
        return fig
    below = ENTRY * (-(-len(names) // (2 if longest > LONG else 3)))
    plot = fig.layout.height - AXIS if fig.layout.height else PLOT
    legend = {"orientation": "h", "x": 0, "y": -AXIS / plot, "yanchor": "top"}
    margin = {"b": AXIS + below, "t": AXIS, "r": 20}
    height = plot + margin["b"] + margin["t"]
    return fig.update_layout(legend=legend, height=height, margin=margin)


def within_window(compared: "Comparison") -> Shown:
    """The training window step by step, for the models with the longest gap."""
    units = int(compared.table["tu"].to_numpy().max())
    view = compared.window(units)
    return Shown(
        time_aligned(*view.curves, units, view.horizon),
        "time-aligned",
        "error within the window",
        f"Error in the first {view.horizon} steps; dots are loss points.",
    )


def by_setting(compared: "Comparison") -> Shown:
    """Share of linear interpolation between the recordings, a dot a model.

    Where every step is recorded nothing lies between, and a setting has no row.
    """
    ratios = ["validation_ratio", "flow_ratio"]
    return Shown(
        settings(
            compared.table.dropna(subset=ratios, how="all"),
            {"validation_ratio": "validation", "flow_ratio": "flow"},
            quantity="error between recordings, share of interpolation [1]",
            lines={"interpolation": 1.0},
        ),
        "settings",
        "error by setting",
        "Error at intervening steps over that of linear interpolation.",
    )


def one_step(compared: "Comparison") -> Shown:
    """Error of one step beside reconstruction and no change, a dot a model."""
    table = compared.table
    columns = {
        "validation_one_step": "one step",
        "validation_reconstruction": "reconstruction",
        "validation_constant_one_step": "held constant",
    }
    noise = float(np.nanmedian(table["validation_floor"].to_numpy(float)))
    return Shown(
        settings(table, columns, lines={"noise": noise}),
        "one-step",
        "one-step error",
        "Error of one step, of reconstruction alone, and of no change; validation.",
    )


def latent_rollouts(compared: "Comparison") -> Shown:
    """Errors of whole latent rollouts, a panel a family."""
    shown, said = thinned(compared)
    return Shown(
        rollout_errors(compared.curves(only=shown), compared.baselines()),
        "rollouts",
        "error of rollouts",
        f"Latent rollouts: mean over starts, band from best to worst start{said}.",
    )


def activity_rollouts(compared: "Comparison") -> Shown:
    """Errors of whole activity rollouts, a panel a family."""
    shown, said = thinned(compared)
    return Shown(
        rollout_errors(compared.curves("activity", shown), compared.baselines()),
        "activity",
        "error of activity rollouts",
        f"Activity rollouts: decoded and encoded again at every step{said}.",
    )


def thinned(compared: "Comparison") -> tuple[list[str], str]:
    """Comparable settings, `MOST` at the most, and words for how they were chosen.

    Of more, the one with the least error in the window, that with the largest, and
    others at even distances of rank between.
    """
    names = compared.comparable()
    if len(names) <= MOST:
        return names, ""
    error = compared.table.groupby("group")["validation_window"].median()
    ranked = error.loc[names].sort_values(kind="stable").index
    chosen = {
        ranked[k] for k in np.linspace(0, len(names) - 1, MOST).round().astype(int)
    }
    said = f"; {MOST} of {len(names)} settings, from the least error to the largest"
    return [name for name in names if name in chosen], said


def divergence_steps(compared: "Comparison") -> Shown:
    """Steps of latent rollouts to divergence, a dot a model."""
    table = compared.table
    return Shown(
        divergence(table, int(table["steps"].to_numpy().max())),
        "divergence",
        "steps to divergence",
        "First step at which the worst start exceeds an error of one.",
    )


def both_rollouts(table: pd.DataFrame) -> Shown:
    """Divergence of latent and of activity rollouts, and of round trips alone.

    Args:
        table: of `roundtrips.RoundTrips`: a row a model and family.
    """
    longest = int(table["steps"].to_numpy().max())
    columns = {"latent": "latent", "activity": "activity", "trips": "round trip alone"}
    fig = settings(table, columns, quantity="steps to divergence [steps]")
    for trace, (column, symbol) in zip(listed(fig), SYMBOLS.items(), strict=True):
        trace.x = np.maximum(table[column].to_numpy(float), 1)
        trace.marker.symbol = symbol
    fig.add_vline(x=longest, line_dash="dot", annotation_text="never")
    return Shown(
        fig,
        "both-rollouts",
        "steps to divergence of both rollouts",
        f"First step, of {longest}, at which the worst start exceeds an error of one.",
    )


def gains(table: pd.DataFrame) -> Shown:
    """Largest eigenvalues of a step alone and of a step with its round trip.

    Args:
        table: of `roundtrips.RoundTrips`: a row a model and family.
    """
    return Shown(
        settings(
            table,
            {"gain_step": "step", "gain_both": "step and round trip"},
            quantity="largest absolute eigenvalue [1]",
            lines={"errors neither grow nor shrink": 1.0},
        ),
        "gains",
        "eigenvalues with and without the round trip",
        "Largest eigenvalue of a step, without and with its round trip; median over "
        "states.",
    )
