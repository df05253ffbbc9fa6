"""How the study is shown: data sets, training and judgement, each a plotly figure.

Every function returns a figure whose axes carry their units; none reads or writes
files. Colours of training and unseen data are the same in all of them.
"""

from fieldnotes.orbit.figures.data import (
    element_histograms,
    orbit_paths,
    sample_spacing,
)
from fieldnotes.orbit.figures.judgement import (
    error_boxes,
    generalisation_table,
    markdown_table,
    seed_violins,
    shape_heat_map,
)
from fieldnotes.orbit.figures.training import (
    ReferencePhase,
    components_over_time,
    directions_over_time,
    loss_curves,
    reference_phases,
    values_over_time,
)

__all__ = [
    "ReferencePhase",
    "components_over_time",
    "directions_over_time",
    "element_histograms",
    "error_boxes",
    "generalisation_table",
    "loss_curves",
    "markdown_table",
    "orbit_paths",
    "reference_phases",
    "sample_spacing",
    "seed_violins",
    "shape_heat_map",
    "values_over_time",
]
