"""What is asked of the learner: sets of orbits, their split, segments and labels.

Everything is float64 numpy in normalised units (R_E, TU, mu = 1) and deterministic in
its seed; training casts to float32 at its own border. Nothing here needs jax. The sets
live in `orbit_sets`, what is made of them in `segments`; this module is their door.
"""

from fieldnotes.orbit.orbit_sets import (
    FAMILIES,
    OWN,
    POINTS,
    RANGES,
    TEST_SEEDS,
    Family,
    OrbitSet,
    Stream,
    TaskError,
    add_noise,
    draw_elements,
    into_plane,
    join,
    orbit_set,
    reference_orbit,
    sample_orbits,
    set_of_states,
    unseen_set,
)
from fieldnotes.orbit.segments import (
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
    "OWN",
    "POINTS",
    "RANGES",
    "TEST_SEEDS",
    "Family",
    "Labels",
    "OrbitSet",
    "Segments",
    "Stream",
    "TaskError",
    "acceleration_labels",
    "add_noise",
    "draw_elements",
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
    "window_indices",
]
