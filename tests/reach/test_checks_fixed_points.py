"""What the planner refuses of the notebooks that open trained controllers."""

import pytest

from studies.reach import checks

GOOD = {
    "steady_fixed_points": {"contexts": [-2.0, 0.0], "velocity_errors": [0.2]},
    "reaching_fixed_points": {"contexts": [0.0], "directions": 24, "curls": [0.0, 2.0]},
    "spectra": {"contexts": [-3.0, 3.0], "units": 5, "sets": 100},
    "hessians": {"contexts": [0.0, 1.0], "distances": [0.01, 0.1]},
}


@pytest.mark.parametrize("notebook", GOOD)
def test_what_is_possible_passes(notebook):
    check = getattr(checks, notebook)
    assert check(GOOD[notebook]) is None
    assert check({}) is None


@pytest.mark.parametrize(
    ("notebook", "wrong", "named"),
    [
        ("steady_fixed_points", {"contexts": [0.0, -1.0]}, "contexts"),
        ("steady_fixed_points", {"contexts": []}, "contexts"),
        ("steady_fixed_points", {"contexts": [float("nan"), 0.0]}, "contexts"),
        ("steady_fixed_points", {"grid": 1}, "grid"),
        ("steady_fixed_points", {"repeats": 0}, "repeats"),
        ("steady_fixed_points", {"anywhere": -1}, "anywhere"),
        ("steady_fixed_points", {"velocity_errors": [0.2, 0.0]}, "velocity_errors"),
        ("steady_fixed_points", {"position_errors": []}, "position_errors"),
        ("reaching_fixed_points", {"directions": 4}, "directions"),
        ("reaching_fixed_points", {"followed": 1}, "followed"),
        ("reaching_fixed_points", {"curls": []}, "curls"),
        ("reaching_fixed_points", {"every": 0}, "every"),
        ("spectra", {"units": 0}, "units"),
        ("spectra", {"sets": 5}, "sets"),
        ("spectra", {"amplitude": 0.0}, "amplitude"),
        ("hessians", {"distances": [-0.1]}, "distances"),
        ("hessians", {"contexts": [1.0, 1.0]}, "contexts"),
    ],
)
def test_what_is_impossible_is_refused_by_name(notebook, wrong, named):
    with pytest.raises(ValueError, match=f"`{named}` must"):
        getattr(checks, notebook)(GOOD[notebook] | wrong)
