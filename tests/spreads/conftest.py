"""A toy project: two notebooks, a study's check, and a writer of spreads."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import Spread, SpreadError, load_spreads

HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

"""
TRAIN = """\
# %% [markdown]
# # How far does a toy fall?
#
# A question for a test.

# %% tags=["parameters"]
orbits: int = 10  # [1] in [1, inf): number of training orbits
learning_rate: float = 1e-3  # [1] in (0, 1]: learning rate
output_layer: Literal["signed", "unit", "exp"] = "signed"  # [-] output layer
seed: list[int] = [0]  # [1] in [0, inf): seeds of the weights
note: str = ""  # [-] any words
label: str | None = None  # [-] a label, or none
widths: tuple[int, ...] = (64, 64)  # [1] hidden units of each layer
noisy: bool = False  # [-] whether noise is added
optimiser: dict = {"name": "adam", "decay": {"rate": 0.9, "steps": 10}}  # [-] optimiser
weights: dict[str, float] = {}  # [1] weights of the losses
data: str = ""  # [file] a user's own data

# %% [markdown]
# ## Then

# %%
print(orbits, learning_rate, output_layer, seed, note, label, widths, noisy)

# %% tags=["figure"]
print(optimiser, weights, data)
record("error", 1.0, "%")
for place in ("near", "far"):
    record(f"error_{place}", 2.0, "%")
catalogue.record(name="loss", value=0.5)
"""
ANALYSE = """\
# %% [markdown]
# # What did it learn?

# %% tags=["parameters"]
models: dict = {}  # [-] the models to look at
threshold: float = 1.0  # [%] what counts as good

# %%
print(models, threshold)
"""

Write = Callable[[str, str], Path]
Load = Callable[..., list[Spread]]


def make_project(root: Path) -> Project:
    """The toy project, in an empty folder."""
    notebooks = {"1-train": TRAIN, "2-analyse": ANALYSE}
    (root / "params").mkdir(parents=True)
    (root / "notebooks" / "toy").mkdir(parents=True)
    for name, text in notebooks.items():
        (root / "notebooks" / "toy" / f"{name}.py").write_text(HEADER + text)
    return Project(root)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path.resolve())


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """One toy project for all examples of a property."""
    return make_project(tmp_path_factory.mktemp("toy").resolve())


@pytest.fixture
def write(project: Project) -> Write:
    """Write a file below params/, or a notebook or module where `name` has a suffix."""

    def write(name: str, text: str) -> Path:
        is_file = Path(name).suffix in (".py", ".csv")
        inside = Path(name) if is_file else Path("params") / f"{name}.yml"
        path = project.root / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def load(project: Project, write: Write) -> Load:
    """Load a spread from its text (as params/x.yml), or spreads by name."""

    def load(text: str = "", *names: str) -> list[Spread]:
        if text:
            write("x", text)
        return load_spreads(project, list(names or ("x",)))

    return load


@pytest.fixture
def requests(load: Load) -> Callable[[str], list]:
    """The requests of the one stage of a spread in short form."""

    def requests(text: str) -> list:
        (spread,) = load(f"notebook: toy/train\n{dedent(text)}")
        return spread.stages["train"].requests

    return requests


@pytest.fixture
def refusal(load: Load) -> Callable[..., str]:
    """The message with which a spread is refused."""

    def refusal(text: str = "", *names: str) -> str:
        with pytest.raises(SpreadError) as caught:
            load(text, *names)
        message = str(caught.value)
        assert message.endswith("Nothing was run.")
        assert message.count("Nothing was run.") == 1
        return message

    return refusal
