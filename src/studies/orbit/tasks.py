"""What is asked of the learner: sets of orbits, their split, segments and labels.

Everything is float64 numpy in normalised units (R_E, TU, mu = 1) and deterministic in
its seed; training casts to float32 at its own border. Nothing here needs jax. The sets
live in `orbit_sets`, what moves them in `forces`, what is seen of them in `observing`
and what is made of that in `segments`; this module is their door.
"""

from studies.orbit.forces import SYSTEMS, TWO_BODY, System, SystemName
from studies.orbit.observing import (
    LEAST_POSITIONS,
    OBSERVED,
    SMOOTHING,
    add_noise,
    estimate,
    into_plane,
    velocities,
)
from studies.orbit.orbit_sets import (
    FAMILIES,
    OWN,
    POINTS,
    RANGES,
    TEST_SEEDS,
    Family,
    OrbitSet,
    Stream,
    TaskError,
    draw_elements,
    join,
    orbit_set,
    reference_orbit,
    sample_orbits,
    set_of_states,
    unseen_set,
)
from studies.orbit.segments import (
    Labels,
    Segments,
    acceleration_labels,
    segments,
    split,
    stencil_acceleration,
    window_indices,
)

__all__ = [
    "FAMILIES",
    "LEAST_POSITIONS",
    "OBSERVED",
    "OWN",
    "POINTS",
    "RANGES",
    "SMOOTHING",
    "SYSTEMS",
    "TEST_SEEDS",
    "TWO_BODY",
    "Family",
    "Labels",
    "OrbitSet",
    "Segments",
    "Stream",
    "System",
    "SystemName",
    "TaskError",
    "acceleration_labels",
    "add_noise",
    "draw_elements",
    "estimate",
    "into_plane",
    "join",
    "orbit_set",
    "reference_orbit",
    "sample_orbits",
    "segments",
    "set_of_states",
    "split",
    "stencil_acceleration",
    "unseen_set",
    "velocities",
    "window_indices",
]
