"""What the planner's checks let through, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.orbit import checks, tasks

GOOD = {
    "family": "complex",
    "space": False,
    "orbits": 10,
    "data_seed": 1,
    "points": 360,
    "position_noise": 0.0,
    "velocity_noise": 0.0,
    "data_file": "",
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "silu",
    "width": 64,
    "depth": 2,
    "loss": "percent_error",
    "nmse_weight": 1.0,
    "segment_lengths": [18],
    "windows": [[0.0, 1.0]],
    "learning_rates": [1e-3],
    "steps": [1000],
    "schedule": "constant",
    "solver": "fast",
    "optimiser": "adabelief",
    "batch": 256,
    "seed": [0],
}


@pytest.mark.parametrize(
    "check",
    [checks.segments_and_orbits, checks.slope, checks.vector_field, checks.findings],
)
def test_notebooks_on_newtons_field_refuse_models_of_another(check):
    for system in ("two_body", ["two_body", "j2"]):
        check({"models": {"where": {"system": system}}})
    check({"models": {"from": "train"}})
    check({})
    with pytest.raises(tasks.TaskError, match="`system` three_body, j2: this notebook"):
        check({"models": {"where": {"system": ["three_body", "j2"]}}})


def test_the_defaults_pass():
    checks.train(GOOD)
    checks.data_sets(GOOD)
    checks.generalisation({"data_file": "", "models": {}})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segment_lengths": [361]}, r"phase 1: 361 points must lie between 2 and 360"),
        ({"segment_lengths": [1]}, r"phase 1: 1 points"),
        ({"segment_lengths": [18, 400], "points": 100}, r"phase 2: 400 .* and 100"),
        ({"segment_lengths": [4], "windows": [[0, 0.1]]}, r"keeps 1 of 4 points"),
        ({"windows": [[0.5, 0.5]]}, r"phase 1: Window"),
        ({"windows": [[0.0, 0.5, 1.0]]}, r"must be a pair"),
        ({"steps": [1, 2], "learning_rates": [1e-3] * 3}, r"steps 2"),
        ({"steps": []}, r"different lengths"),
        ({"steps": [0]}, r"`steps` must be positive"),
        ({"learning_rates": [-1e-3]}, r"`learning_rates` must be positive"),
        ({"learning_rates": [float("nan")]}, r"`learning_rates` must be positive"),
        ({"batch": 0}, r"`batch` must be at least 1"),
        ({"width": 0}, r"`width` must be at least 1"),
        ({"orbits": 0}, r"`orbits` must be at least 1"),
        ({"points": 2}, r"`points` must be at least 3"),
        ({"position_noise": -1.0}, r"`position_noise` must be at least 0"),
        ({"family": "odd"}, r"`family` 'odd' is unknown"),
        ({"seed": []}, r"`seed` and `data_seed` must"),
        ({"seed": [1, 1]}, r"no model twice"),
        ({"data_file": "nowhere.csv"}, r"nowhere.csv: no such file"),
    ],
)
def test_an_impossible_training_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        checks.train(GOOD | change)


def test_one_entry_holds_for_every_phase():
    phases = {"windows": [[0.0, 0.1], [0.0, 1.0]], "segment_lengths": [36]}
    checks.train(GOOD | phases | {"steps": [500, 1000]})


def test_acceleration_matching_cuts_no_segments():
    checks.train(GOOD | {"loss": "acceleration_matching", "segment_lengths": [400]})


def test_a_users_file_sets_the_longest_segment(tmp_path):
    path = tmp_path / "own.csv"
    orbits = tasks.orbit_set("single", 1, points=30)
    rows = np.column_stack([orbits.time[0], orbits.states[0]])
    names = "t [TU],x [R_E],y [R_E],z [R_E],vx [R_E/TU],vy [R_E/TU],vz [R_E/TU]"
    np.savetxt(path, rows, delimiter=",", header=names, comments="")
    own = GOOD | {"data_file": str(path)}
    checks.train(own | {"segment_lengths": [30]})
    with pytest.raises(ValueError, match="between 2 and 30"):
        checks.train(own | {"segment_lengths": [31]})
    path.write_text(path.read_text().replace("t [TU]", "when [TU]"))
    with pytest.raises(ValueError, match="no column `t`"):
        checks.generalisation(own)


def test_several_draws_of_one_file_are_refused():
    checks.check_seeds({"data_seed": [1, 2]})
    with pytest.raises(tasks.TaskError, match="Give one, or"):
        checks.check_seeds({"data_seed": [1, 2], "data_file": "own.csv"})


@settings(deadline=None)
@given(
    st.integers(2, 60),
    st.lists(st.integers(2, 80), min_size=1, max_size=3),
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1)).map(list), min_size=1, max_size=3
    ),
)
def test_what_the_checks_pass_can_be_cut(points, lengths, windows):
    given = GOOD | {"points": points, "segment_lengths": lengths, "windows": windows}
    try:
        checks.train(given)
    except ValueError:
        return
    orbits = tasks.orbit_set("simple", 2, points=points)
    for phase in range(max(len(lengths), len(windows))):
        start, end = checks.of_phase(windows, phase)
        cut = tasks.segments(orbits, checks.of_phase(lengths, phase), (start, end))
        assert cut.states.shape[1] >= 2
