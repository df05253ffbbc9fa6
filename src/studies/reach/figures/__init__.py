"""How the study is shown: reaches, measures and responses, each a plotly figure.

Every function returns a figure whose axes carry their units; none reads or writes
files. A variable has the same colours in all of them.
"""

from studies.reach.figures.common import Group, limits
from studies.reach.figures.losses import loss_history, replicate_spread
from studies.reach.figures.measures import (
    low_high_summary,
    measure_violins,
    split_violins,
)
from studies.reach.figures.panels import (
    Shown,
    bands_by_std,
    limits_of,
    std_colours,
    std_name,
)
from studies.reach.figures.reaches import (
    aligned_paths,
    centre_out_set,
    profile_limits,
    profiles,
)
from studies.reach.figures.responses import (
    GAIN,
    angle_histograms,
    angles_in_time,
    frequency_response,
)
from studies.reach.plotting import (
    amplitude_colour,
    context_colour,
    direction_colour,
    std_colour,
    variable_colour,
)

__all__ = [
    "GAIN",
    "Group",
    "Shown",
    "aligned_paths",
    "amplitude_colour",
    "angle_histograms",
    "angles_in_time",
    "bands_by_std",
    "centre_out_set",
    "context_colour",
    "direction_colour",
    "frequency_response",
    "limits",
    "limits_of",
    "loss_history",
    "low_high_summary",
    "measure_violins",
    "profile_limits",
    "profiles",
    "replicate_spread",
    "split_violins",
    "std_colour",
    "std_colours",
    "std_name",
    "variable_colour",
]
