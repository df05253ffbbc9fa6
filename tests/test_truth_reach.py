"""No sentence of a reach notebook is false where there is little to compare.

The study takes no data of others; what can be odd is the choice of models: a single
one, one training std, no context, trainings that all diverged. Each notebook runs in
this process with the values that its toy spread gives it, and is read as in
`test_truth`.
"""

import warnings
from typing import Any, NamedTuple

import plotly.io as pio
import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import load_spreads
from project_copy import ROOT
from told import Desk, Told, faults

pytestmark = pytest.mark.slow  # three trainings are compiled, with types checked

TOY = {"steps": 20, "hidden": 8, "batch": 8, "batches": 20}
ONE = {"field_std": [0.0], "seed": [0]}
TOLD = {"method": "pai-asf"}  # a context
# What the notebooks are given: name → the parameters of the training.
MODELS: dict[str, dict[str, Any]] = {
    "one": TOY | ONE,
    "one with a context": TOY | ONE | TOLD,
    "one in a field": TOY | ONE | TOLD | {"field_std": [1.5]},
    "diverged": TOY | ONE | {"learning_rate": 1e9, "divergence": 1.01, "clip": 0.0},
}


class Case(NamedTuple):
    """A notebook with such models, as a toy stage runs it, and what it must say."""

    stage: str  # "spread/stage" below params/tiny/
    models: str
    says: tuple[str, ...] = ()


CASES = [
    Case("reach-evaluation/plant", "one", ("one training std",)),
    Case("reach-evaluation/feedback", "one"),
    Case("reach-evaluation/units", "one"),
    Case("reach-context2/plant", "one with a context"),
    Case("reach-context2/plant", "one in a field"),
    Case("reach-context2/feedback", "one with a context"),
    Case("reach-findings/findings", "one"),
    Case("reach-fixed-points/steady", "one"),
    Case("reach-fixed-points/steady", "one in a field"),
    Case("reach-fixed-points/reaching", "one"),
    Case("reach-fixed-points/spectra", "one"),
    Case("reach-fixed-points/spectra", "one in a field"),
    Case("reach-fixed-points/hessians", "one"),
    Case("reach-units/optimal", "one"),
    Case("reach-units/optimal-context", "one with a context"),
    Case("reach-units/stimulation", "one"),
    Case("reach-units/stimulation-context", "one in a field"),
    Case("reach-units/tangling", "one"),
    Case("reach-units/tangling-context", "one in a field"),
    Case("reach-variations/variations", "one with a context"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder in which notebooks run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pio.renderers, "default", "")  # `.show()` opens no browser
        yield Desk(tmp_path_factory.mktemp("reach"), patch)


@pytest.fixture(scope="module")
def made(desk):
    """Runs a training of `MODELS` once."""
    known: dict[str, Told] = {}

    def make(name: str) -> Told:
        if name not in known:
            known[name] = desk.run("reach/train", **MODELS[name])
        return known[name]

    return make


def asked_by(name: str) -> tuple[str, dict[str, Any]]:
    """The notebook of a toy stage, and what the spread changes in its parameters."""
    spread, _, stage = name.partition("/")
    (loaded,) = load_spreads(Project(ROOT), [f"tiny/{spread}"], checked=False)
    found = loaded.stages[stage]
    values = dict(found.requests[0].parameters)
    values.pop("models")
    return found.notebook.name, values


@pytest.mark.parametrize("name", MODELS)
def test_a_training_of_one_model_says_nothing_false(name, made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of medians without a number
        told = made(name)
    assert told.said and not faults(told)
    if name == "diverged":
        assert told.scraps["diverged"] == [1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(case[:2]))
def test_what_a_notebook_says_of_so_few_models_is_true(case, desk, made):
    notebook, values = asked_by(case.stage)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of spectra and rankings of few numbers
        told = desk.run(notebook, [made(case.models)], **values)
    assert told.said and not faults(told)
    for words in case.says:
        assert words in told.text, told.said
