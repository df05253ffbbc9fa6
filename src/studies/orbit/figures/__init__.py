"""How the study is shown: data sets, training and judgement, each a plotly figure.

Every function returns a figure whose axes carry their units; none reads or writes
files. Colours of training and unseen data are the same in all of them.
"""

from studies.orbit.figures.beyond import (
    anomaly_bands,
    drift_by_piece,
    near_points,
    start_scatter,
    turning_plane,
)
from studies.orbit.figures.common import length_unit
from studies.orbit.figures.comparison import (
    against_lines,
    beside_notes,
    effects,
    error_lines,
    heat_maps,
    parallel,
    strips,
)
from studies.orbit.figures.data import (
    element_histograms,
    orbit_paths,
    sample_spacing,
)
from studies.orbit.figures.fields import (
    arrows,
    plane_panels,
    rate_histogram,
    slopes,
)
from studies.orbit.figures.judgement import (
    error_boxes,
    generalisation_table,
    markdown_table,
    seed_violins,
    shape_heat_map,
)
from studies.orbit.figures.outside import (
    beyond_kepler,
    losses_by_network,
    network_and_law,
    residual_by_latitude,
)
from studies.orbit.figures.training import (
    ReferencePhase,
    components_over_time,
    directions_over_time,
    loss_curves,
    reference_phases,
    values_over_time,
)

__all__ = [
    "ReferencePhase",
    "against_lines",
    "anomaly_bands",
    "arrows",
    "beyond_kepler",
    "beside_notes",
    "components_over_time",
    "directions_over_time",
    "drift_by_piece",
    "effects",
    "element_histograms",
    "error_boxes",
    "error_lines",
    "generalisation_table",
    "heat_maps",
    "length_unit",
    "loss_curves",
    "losses_by_network",
    "markdown_table",
    "near_points",
    "network_and_law",
    "orbit_paths",
    "parallel",
    "plane_panels",
    "rate_histogram",
    "reference_phases",
    "residual_by_latitude",
    "sample_spacing",
    "seed_violins",
    "shape_heat_map",
    "slopes",
    "start_scatter",
    "strips",
    "turning_plane",
    "values_over_time",
]
