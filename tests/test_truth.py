"""No sentence of a notebook that states a result is false under an odd source of data.

A table of cases, a row a notebook under a source that its parameters allow: files with
one or two orbits, positions alone, activity alone, a recording that rests, one model,
models that diverged or learned nothing, nothing to gather. Each runs in this process at
toy size; what it said and recorded is read.
"""

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import plotly.io as pio
import pytest

from fieldnotes.runner.outcomes import models_left
from studies.orbit import tasks
from told import Desk, Told, faults

HELD_OUT = ("held_out_error", "held_out_error_median")
NOTHING_HELD_OUT = "independently|others? for validation|held-out|times as large"
ORBIT = {"points": 36, "width": 8, "depth": 1, "batch": 32}
# Newton's law is in these layers: a training of some steps learns something.
LEARNS = {"output_layer": "rtn_r2", "steps": [60], "learning_rates": [3e-2]}
LATENT = {"latent": 4, "width": 4, "stimulus_latent": 2, "warm_up": 5, "updates": 10}
LATENT |= {"batch": 4, "rollout_steps": 20, "tu": 5, "ems": 2}
FILE = {"source": "file"}
ROLLED = {"steps": 20, "starts": 2, "activity_steps": 10}


def train(**asked: Any) -> tuple[str, dict[str, Any]]:
    return "orbit/train", ORBIT | asked


# What judging notebooks are given: name → the training that makes it.
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "one orbit": train(data_file="one.csv", **LEARNS),
    "drawn": train(orbits=2, **LEARNS),
    "stuck": train(orbits=2, steps=[20], learning_rates=[1e-12]),
    "diverged": train(orbits=2, steps=[20], learning_rates=[1e9], divergence=1.01),
    "activity alone": ("latent/train", LATENT | FILE | {"data_file": "alone.npz"}),
}


class Case(NamedTuple):
    """A notebook under an odd source, and what it must and must not say."""

    notebook: str
    asked: dict[str, Any]
    models: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    never: str = ""  # words, with | between them
    leaves: tuple[str, ...] = ()  # scraps
    keeps: tuple[str, ...] = ()  # scraps that it must not leave


CASES: dict[str, Case] = {
    "train, one orbit": Case(
        *MODELS["one orbit"],
        says=("no other orbit is left for", "cannot be judged", "`orbits` (10)"),
        never=NOTHING_HELD_OUT,
        leaves=("training_error", "training_error_median"),
        keeps=HELD_OUT,
    ),
    "train, two orbits": Case(
        *train(data_file="two.csv", **LEARNS),
        says=("is for training, 1 other for validation", "other orbits of the file"),
        never="independently",
        leaves=HELD_OUT,
    ),
    "train, positions alone": Case(
        *train(data_file="positions.csv", **LEARNS),
        says=("positions alone: velocities were taken from them",),
        keeps=HELD_OUT,
    ),
    "train, nothing learned": Case(
        *MODELS["stuck"],
        says=("**No training learned anything.**", "Try another learning rate"),
        never="as predicted|against the prediction",
        leaves=("stuck",),
    ),
    "train, diverged": Case(
        *MODELS["diverged"],
        says=("**Every training diverged**",),
        never="as predicted|against the prediction",
        keeps=("training_error_median", "held_out_error_median"),
    ),
    "data, one orbit": Case(
        "orbit/data-sets",
        {"data_file": "one.csv"},
        says=("holds 1 orbit of", "The only orbit has an eccentricity"),
        never="[Nn]ine orbits",
        keeps=("eccentricity_q05",),
    ),
    "generalisation, the file that trained": Case(
        "orbit/generalisation",
        {"data_file": "one.csv", "points": 36, "rollout_periods": 1},
        ("one orbit",),
        says=("1 of 1 model learned from that file, so that it cannot judge",),
        never="Dots are training orbits",
        leaves=("error_100",),
        keeps=("error_own",),
    ),
    "generalisation, another file": Case(
        "orbit/generalisation",
        {"data_file": "two.csv", "points": 36, "rollout_periods": 1},
        ("drawn",),
        says=("two.csv holds 2 orbits", "Dots are training orbits"),
        leaves=("error_own",),
    ),
    "generalisation, all diverged": Case(
        "orbit/generalisation",
        {"points": 36, "rollout_periods": 1},
        ("diverged",),
        says=("No model was trained to the end",),
        keeps=("error_100", "median_of_models_100"),
    ),
    "december, a file's model beside a drawn one": Case(
        "orbit/december",
        {"points": 36},
        ("one orbit", "drawn"),
        says=("Left out: 1 other model", "No setting has two models"),
        keeps=("seed_spread",),
    ),
    "layers, one model": Case(
        "orbit/layers",
        {"points": 36},
        ("drawn",),
        says=("so none can be told",),
        keeps=("each_rung_gains_threefold",),
    ),
    "layers, stuck": Case("orbit/layers", {"points": 36}, ("stuck",), ("stuck",)),
    "sizes, one model": Case(
        "orbit/activation-and-size",
        {"points": 36},
        ("drawn",),
        says=("Whether size matters cannot be told",),
        never="is best of",
        keeps=("size_factor", "best_activation"),
    ),
    "segments, one model": Case(
        "orbit/segments-and-orbits",
        {"points": 36},
        ("drawn",),
        says=("The prediction cannot be judged", "By matching accelerations"),
        never="segments of matching|predicted\\*\\*",
        keeps=("gain_from_orbits", "gain_from_segments"),
    ),
    "curricula, one model": Case(
        "orbit/curricula",
        {"points": 36},
        ("drawn",),
        says=("there is no other to compare it with",),
        keeps=("factor_between_curricula", "the_best_stands_apart"),
    ),
    "losses, one model": Case(
        "orbit/losses",
        {"points": 36},
        ("drawn",),
        says=("The prediction cannot be judged",),
        never="[Aa]s predicted",
        keeps=("beats_percent_error",),
    ),
    "space, one model": Case(
        "orbit/space", {"points": 36}, ("drawn",), ("There is nothing to compare",)
    ),
    "slope, one model": Case("orbit/slope", {"points": 36}, ("drawn",)),
    "findings, nothing gathered": Case(
        "orbit/findings",
        {"points": 36, "periods": 2, "notebooks": [], "clock": False},
        ("one orbit", "drawn"),
        says=("No notebook whose claims are gathered", "Left out: 1 other model"),
    ),
    "data, activity alone": Case(
        "latent/data",
        FILE | {"data_file": "alone.npz"},
        says=("no connectome, no stimulus", "cannot be judged on this recording"),
        never="movies",
    ),
    "data, a recording that rests": Case(
        "latent/data",
        FILE | {"data_file": "rests.npz"},
        says=("cannot be judged on this recording",),
        never="held\\*\\*|failed\\*\\*",
        keeps=("predictions_held",),
    ),
    "train, activity alone": Case(
        *MODELS["activity alone"],
        says=("no stimulus", "not judged, for the file holds no stimulus"),
        never="as predicted|movies",
    ),
    "your recording, activity alone": Case(
        "latent/your-recording",
        LATENT | {"data_file": "alone.npz", "starts": 2, "seed": [0]},
        says=("cannot be judged", "holds no stimulus"),
        never="held\\*\\*|failed\\*\\*",
        keeps=("held",),
    ),
    "your recording, driven": Case(
        "latent/your-recording",
        LATENT | {"data_file": "driven.npz", "starts": 2, "seed": [0]},
        leaves=("held",),
    ),
    "train, a network that cannot learn": Case(
        "latent/train",
        LATENT | {"preset": "tiny", "learning_rate": 1e-12},
        says=("**1 learned nothing**", "Try another learning rate"),
        leaves=("stuck",),
    ),
    "one step, a file's model": Case(
        "latent/one-step",
        ROLLED,
        ("activity alone",),
        says=("Claims are about circuits: 1 model of other recordings",),
        never="as in the source",
    ),
    "cell types, a file's model": Case(
        "latent/cell-types",
        {"steps": 20, "starts": 2},
        ("activity alone",),
        says=("No order can be judged",),
        never="\\*\\*(held|failed)",
        keeps=("rank_correlation_variance", "share_better_without_noise"),
    ),
    "inside, without a connectome": Case(
        "latent/inside",
        {"steps": 20, "jacobians": 2, "probed": 2},
        ("activity alone",),
        says=("No recording names its connectome",),
        never="respected|not found",
        keeps=("ignoring_the_connectome",),
    ),
    "findings, nothing": Case(
        "latent/findings", {"notebooks": []}, says=("No notebook whose claims",)
    ),
}

# Where there is nothing to look at a notebook refuses, and says what to do.
REFUSED: dict[str, tuple[str, dict[str, Any], tuple[str, ...], str]] = {
    "a file's orbits are not known": (
        "orbit/vector-field",
        {"points": 36, "grid": 9},
        ("one orbit",),
        "choose models without a `data_file`",
    ),
    "no field is left": (
        "orbit/curricula",
        {"points": 36},
        ("diverged",),
        "Every training diverged",
    ),
    "no stimulus to learn from": (
        "latent/stimulus-only",
        FILE | {"data_file": "alone.npz"},
        (),
        "there is no stimulus",
    ),
    "no movies without noise": (
        "latent/when-to-stop",
        ROLLED | {"patience": 1},
        ("activity alone",),
        "Choose models of `source` hexeye or flyvis",
    ),
}


def write_orbits(path: Path, orbits: tasks.OrbitSet, columns: int = 6) -> None:
    """A file of sampled orbits; with three columns it holds positions alone."""
    names = ("x [R_E]", "y [R_E]", "z [R_E]", "vx [R_E/TU]", "vy [R_E/TU]")
    head = ["orbit", "t [TU]", *(*names, "vz [R_E/TU]")[:columns]]
    lines = [",".join(head)]
    for name, time, states in zip(
        orbits.names, orbits.time, orbits.states, strict=True
    ):
        for t, state in zip(time, states[:, :columns], strict=True):
            lines.append(",".join([name, *(f"{x:.17g}" for x in (t, *state))]))
    path.write_text("\n".join(lines))


def write_recordings(folder: Path) -> None:
    """Activity alone, in large units; activity with a stimulus; and rest."""
    rng, time = np.random.default_rng(0), 0.02 * np.arange(1500)
    waves = np.sin(2 * np.pi * np.outer(time, np.linspace(0.5, 2, 6)))
    waves += 0.05 * rng.normal(size=waves.shape)
    np.savez(folder / "alone.npz", activity=1000 * waves, dt=0.02)
    np.savez(folder / "driven.npz", activity=waves, dt=0.02, stimulus=waves[:, :2])
    np.savez(folder / "rests.npz", activity=np.full_like(waves, 0.3), dt=0.02)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with the odd files, in which notebooks run."""
    folder = tmp_path_factory.mktemp("odd")
    write_orbits(folder / "one.csv", tasks.orbit_set("single", 1, points=36))
    write_orbits(folder / "two.csv", tasks.orbit_set("complex", 2, points=36))
    dense = tasks.orbit_set("circular", 1, points=60)
    write_orbits(folder / "positions.csv", dense, columns=3)
    write_recordings(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pio.renderers, "default", "")  # `.show()` opens no browser
        yield Desk(folder, patch)


@pytest.fixture(scope="module")
def made(desk) -> Callable[[str], Told]:
    """Runs a training of `MODELS` once."""
    known: dict[str, Told] = {}

    def make(name: str) -> Told:
        if name not in known:
            notebook, asked = MODELS[name]
            known[name] = desk.run(notebook, **asked)
        return known[name]

    return make


def told_by(case: Case, desk: Desk, made: Callable[[str], Told]) -> Told:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of spectra and rankings of few numbers
        for name, training in MODELS.items():
            if (case.notebook, case.asked) == training:
                return made(name)
        return desk.run(case.notebook, [made(x) for x in case.models], **case.asked)


@pytest.mark.parametrize("name", CASES)
def test_what_a_notebook_says_of_an_odd_source_is_true(name, desk, made):
    case = CASES[name]
    told = told_by(case, desk, made)
    assert told.said and not faults(told)
    for words in case.says:
        assert words in told.text, told.said
    if case.never:
        assert not re.search(case.never, told.text), told.said
    assert set(case.leaves) <= set(told.scraps)
    assert not set(case.keeps) & set(told.scraps)


@pytest.mark.parametrize("name", REFUSED)
def test_a_notebook_without_anything_to_look_at_refuses(name, desk, made):
    notebook, asked, models, message = REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = [made(x) for x in models]
        with pytest.raises(ValueError, match=message):
            desk.run(notebook, given, **asked)


def test_a_training_that_cannot_learn_is_kept_as_stuck(made):
    ends = {name: models_left(made(name).folder).state for name in MODELS}
    assert ends["stuck"] == "stuck"
    assert ends["diverged"] == "diverged"
    assert ends["drawn"] == ends["one orbit"] == "done"
