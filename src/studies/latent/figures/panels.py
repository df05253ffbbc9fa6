"""Judged models side by side: the figures that the notebooks of this study share.

Each comes with the name, the kind and the caption under which a notebook keeps it.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from studies import evidence, plotting
from studies.latent.figures.judgement import (
    divergence,
    listed,
    rollout_errors,
    settings,
    time_aligned,
)

if TYPE_CHECKING:
    from studies.evidence import Catalogue
    from studies.latent.comparisons import Comparison
    from studies.latent.roundtrips import RoundTrips

FEW = 6  # entries of a legend that fit beside a figure
LONG = 24  # letters of an entry that do
MOST = 10  # settings whose rollouts can be told apart in one plot
PLOT, ENTRY, AXIS = 340, 22, 80  # heights of a plot, a line of a legend, an axis [px]
GREY = (
    "Grey lines are what a model must beat: the first state held constant, linear "
    "interpolation of the recordings, the stimulus-only model and the noise floor."
)
SYMBOLS = {"latent": "circle", "activity": "diamond", "trips": "cross"}


class Shown(NamedTuple):
    """A figure, and what is said of it wherever it is kept."""

    figure: go.Figure
    name: str  # of its file in the run's folder
    kind: str  # the same word in every run
    caption: str
    models: Any  # that it shows

    def save(self, catalogue: "Catalogue") -> Any:
        """Keep it with `catalogue.save_figure`; gives the figure, to be shown."""
        return catalogue.save_figure(
            roomy(self.figure),
            self.name,
            kind=self.kind,
            caption=self.caption,
            models=self.models,
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


def counted(compared: "Comparison", settings: int | None = None) -> str:
    """How many models and settings a figure shows."""
    every = len(compared.models.groups)
    some = evidence.counted(every, "setting")
    if settings not in (None, every):
        some = f"{settings} of {some}"
    return f"{evidence.counted(len(compared.table), 'model')} in {some}"


def within_window(compared: "Comparison") -> Shown:
    """The training window step by step, for the models with the longest gap."""
    units = int(compared.table["tu"].to_numpy().max())
    view = compared.window(units)
    settings = len(next(iter(view.curves[0].values())))
    return Shown(
        time_aligned(*view.curves, units, view.horizon),
        "time-aligned",
        "error within the window",
        f"Mean squared error at the first {view.horizon} steps of rollouts, averaged "
        f"over starts, of the {settings} settings with a recording every {units} "
        f"steps. Dots mark the recordings, where training compares. {GREY}",
        compared.shown,
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
        "Mean squared error between the recordings as a share of that of linear "
        f"interpolation, a dot a model and family of movies: {counted(compared)}. On "
        "the dotted line a model is as good as interpolation.",
        compared.shown,
    )


def one_step(compared: "Comparison") -> Shown:
    """Error of one step beside reconstruction and no change, a dot a model."""
    table = compared.table
    columns = {
        "validation_one_step": "one step",
        "validation_reconstruction": "reconstruction",
        "validation_constant_one_step": "held constant",
    }
    lines: dict[str, float] = {}
    drawn = ""  # no file says what its noise is
    floors = table.reindex(columns=["validation_floor"]).to_numpy(float)
    if np.isfinite(floors).any():
        lines = {"noise": float(np.nanmedian(floors))}
        drawn = " The dotted line is the error that noise alone makes."
    return Shown(
        settings(table, columns, lines=lines),
        "one-step",
        "one-step error",
        "Mean squared error of one step from true states on validation movies, beside "
        "that of encoding and decoding alone and that of holding the last state, a dot "
        f"a model: {counted(compared)}.{drawn}",
        compared.shown,
    )


def latent_rollouts(compared: "Comparison") -> Shown:
    """Errors of whole latent rollouts, a panel a family."""
    shown, said = thinned(compared)
    return Shown(
        rollout_errors(compared.curves(only=shown), compared.baselines()),
        "rollouts",
        "error of rollouts",
        "Mean squared error of rollouts that encode once and then follow the latent "
        f"map, mean over starts and band from best to worst start: "
        f"{counted(compared, len(shown))}{said}. {GREY}",
        compared.shown,
    )


def activity_rollouts(compared: "Comparison") -> Shown:
    """Errors of whole activity rollouts, a panel a family."""
    shown, said = thinned(compared)
    return Shown(
        rollout_errors(compared.curves("activity", shown), compared.baselines()),
        "activity",
        "error of activity rollouts",
        "Mean squared error of rollouts that decode and encode again at every step, "
        f"mean over starts and band from best to worst start: "
        f"{counted(compared, len(shown))}{said}. {GREY}",
        compared.shown,
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
    said = ", from the least error within the window to the largest"
    return [name for name in names if name in chosen], said


def divergence_steps(compared: "Comparison") -> Shown:
    """Steps of latent rollouts to divergence, a dot a model."""
    longest = int(compared.table["steps"].to_numpy().max())
    return Shown(
        divergence(compared.table, longest),
        "divergence",
        "steps to divergence",
        "First step at which the worst start of a latent rollout exceeds a mean "
        f"squared error of one, a dot a model and family of movies: "
        f"{counted(compared)}. Models on the dotted line never do within {longest:,} "
        "steps.",
        compared.shown,
    )


def both_rollouts(trips: "RoundTrips") -> Shown:
    """Divergence of latent and of activity rollouts, and of round trips alone."""
    table = trips.table
    longest = int(table["steps"].to_numpy().max())
    columns = {"latent": "latent", "activity": "activity", "trips": "round trip alone"}
    fig = settings(table, columns, quantity="steps to divergence [steps]")
    for trace, (column, symbol) in zip(listed(fig), SYMBOLS.items(), strict=True):
        trace.x = np.maximum(table[column].to_numpy(float), 1)
        trace.marker.symbol = symbol
    plotting.mark(fig, longest, "never")
    return Shown(
        fig,
        "both-rollouts",
        "steps to divergence of both rollouts",
        "First step at which the worst start exceeds a mean squared error of one, for "
        "rollouts in the latent state, rollouts through the voltages and encoding and "
        f"decoding without any step; a dot for each of {len(table)} pairs of a model "
        f"and a family of movies. On the dotted line none does in {longest:,} steps.",
        trips.models,
    )


def gains(trips: "RoundTrips") -> Shown:
    """Largest eigenvalues of a step alone and of a step with its round trip."""
    return Shown(
        settings(
            trips.table,
            {"gain_step": "step", "gain_both": "step and round trip"},
            quantity="largest absolute eigenvalue [1]",
            lines={"errors neither grow nor shrink": 1.0},
        ),
        "gains",
        "eigenvalues with and without the round trip",
        "Largest absolute eigenvalue of the Jacobian of one step, alone and followed "
        "by decoding and encoding, median over the states that rollouts start at; a "
        f"dot for each of {len(trips.table)} pairs of a model and a family of movies. "
        "Right of the dotted line errors grow.",
        trips.models,
    )
