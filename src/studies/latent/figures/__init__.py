"""How the study is shown: recordings, training and judgement, each a plotly figure.

Every function returns a figure whose axes carry their units; none reads or writes
files.
"""

from studies.latent.figures.data import (
    connectome_by_type,
    error_by_horizon,
    movie_frames,
    power_spectra,
    residual_by_components,
    stimulus_over_time,
    variance_by_type,
    voltage_traces,
)
from studies.latent.figures.inside import (
    latent_paths,
    listening,
    map_spectrum,
    variance_kept,
)
from studies.latent.figures.judgement import (
    by_cell_type,
    divergence,
    over_training,
    rollout_errors,
    settings,
    time_aligned,
    traces,
    variance_scatter,
)
from studies.latent.figures.losses import loss_curves

__all__ = [
    "by_cell_type",
    "divergence",
    "latent_paths",
    "loss_curves",
    "listening",
    "map_spectrum",
    "over_training",
    "rollout_errors",
    "settings",
    "time_aligned",
    "traces",
    "variance_kept",
    "variance_scatter",
    "connectome_by_type",
    "error_by_horizon",
    "movie_frames",
    "power_spectra",
    "residual_by_components",
    "stimulus_over_time",
    "variance_by_type",
    "voltage_traces",
]
