"""What the planner refuses of the notebooks that open trained controllers."""

import pytest

from studies.reach import checks

GOOD = {
    "plant_perturbations": {"amplitudes": [0.0, 0.5, 4.0], "grid": 2},
    "feedback_perturbations": {"start": 30, "duration": 5, "noise": 0.1},
    "unit_preferences": {"directions": 24, "load": 0.4},
    "plant_perturbations_with_context": {"contexts": [-1.0, 0.0, 2.0]},
    "feedback_perturbations_with_context": {"contexts": [-1.0, 0.0], "step": 10},
    "variations": {"contexts": [0.0, 2.0], "amplitude": 4.0},
    "findings_with_context": {"contexts": [0.0, 2.0], "notebooks": ["a/b"]},
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
        ("plant_perturbations", {"amplitudes": [4.0, 0.0]}, "amplitudes"),
        ("plant_perturbations", {"amplitudes": [1.0]}, "amplitudes"),
        ("plant_perturbations", {"amplitudes": [-1.0, 1.0]}, "amplitudes"),
        ("plant_perturbations", {"amplitudes": [1.0, 1.0]}, "amplitudes"),
        ("plant_perturbations", {"evaluations": 0}, "evaluations"),
        ("feedback_perturbations", {"duration": 0}, "duration"),
        ("feedback_perturbations", {"noise": 0.0}, "noise"),
        ("feedback_perturbations", {"noise_steps": 8}, "noise_steps"),
        ("feedback_perturbations", {"velocity_impulse": -1.2}, "velocity_impulse"),
        ("unit_preferences", {"directions": 2}, "directions"),
        ("unit_preferences", {"grid": 1}, "grid"),
        ("unit_preferences", {"load": 0.0}, "load"),
        ("unit_preferences", {"curl": 0.0}, "curl"),
        ("plant_perturbations_with_context", {"contexts": [0.0, 1.0]}, "contexts"),
        ("plant_perturbations_with_context", {"contexts": [0, 2, 1]}, "contexts"),
        (
            "plant_perturbations_with_context",
            {"contexts": [0.0, float("nan"), 1.0]},
            "contexts",
        ),
        ("plant_perturbations_with_context", {"amplitudes": [1.0]}, "amplitudes"),
        ("feedback_perturbations_with_context", {"contexts": [0.0]}, "contexts"),
        ("feedback_perturbations_with_context", {"step": 0}, "step"),
        ("feedback_perturbations_with_context", {"axes": 0}, "axes"),
        ("variations", {"contexts": [1.0, 2.0]}, "contexts"),
        ("variations", {"amplitude": 0.0}, "amplitude"),
        ("variations", {"directions": 1}, "directions"),
        ("findings_with_context", {"contexts": [1.0]}, "contexts"),
        ("findings_with_context", {"notebooks": []}, "notebooks"),
        ("findings_with_context", {"grid": 0}, "grid"),
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
