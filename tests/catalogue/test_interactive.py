"""A notebook run by hand leaves the same records as a batch run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import plotly.graph_objects as go
import pytest
from jupyter_client.manager import start_new_kernel

from fieldnotes.catalogue import (
    Catalogue,
    CatalogueError,
    members,
    models,
    record,
    save_model,
    this_run,
)
from fieldnotes.catalogue.bar import POINTS, _NotebookBar, progress
from fieldnotes.catalogue.interactive import notebook_name
from fieldnotes.files import read_json
from fieldnotes.runner import project_status
from fieldnotes.runs import Run, find_run, read_run
from fieldnotes.spreads import SpreadError


def write(path: Path, model: bytes, hyperparameters) -> None:
    path.write_bytes(model)


@pytest.mark.parametrize("half", [".py", ".ipynb"])
def test_the_first_record_makes_a_run_folder_with_the_namespaces_values(
    by_hand, project, half
):
    by_hand(half, orbits=25, seed=[0, 1], optimiser={"rate": 0.5})
    record("error", 0.25, "%")
    (folder,) = project.runs.glob("toy/*")
    order = read_json(folder / "params.json")
    assert order["notebook"] == "toy/train"
    assert order["interactive"] is True
    assert order["parameters"] == {
        **{"seed": [0, 1], "layer": "signed", "orbits": 25},
        "optimiser": {"rate": 0.5},
    }
    assert order["changed"] == ["seed", "orbits", "optimiser"]
    assert order["units"]["orbits"] == "1"
    status = read_json(folder / "status.json")
    assert (status["state"], status["pid"]) == ("running", os.getpid())
    assert "python" in status["versions"]
    assert read_json(folder / "metrics.json")[0]["value"] == 0.25


def test_changed_parameters_make_a_new_folder_and_equal_ones_do_not(by_hand, project):
    names = by_hand()
    record("error", 1)
    names["orbits"] = 10.0  # what the annotation makes of it is the same
    record("other", 2)
    assert len(list(project.runs.glob("toy/*"))) == 1
    names["optimiser"]["rate"] = 0.1  # changed in place
    record("error", 3)
    folders = list(project.runs.glob("toy/*"))
    assert len(folders) == 2
    found = [[s["value"] for s in read_json(f / "metrics.json")] for f in folders]
    assert sorted(found) == [[1, 2], [3]]


def test_a_parameters_name_used_for_something_else_keeps_its_value(by_hand, project):
    names = by_hand(orbits=25)
    record("error", 1)
    names["orbits"] = object()
    record("error", 2)
    (folder,) = project.runs.glob("toy/*")
    assert read_json(folder / "params.json")["parameters"]["orbits"] == 25


def test_a_value_out_of_range_is_refused_as_in_a_spread(by_hand, project):
    by_hand(orbits=0)
    with pytest.raises(SpreadError, match="orbits"):
        record("error", 1)
    assert not project.runs.exists()


def test_a_tuple_of_the_notebook_is_walked_like_a_list(by_hand, project):
    path = project.notebooks / "toy/1-train.py"
    text = path.read_text()
    path.write_text(
        text.replace("seed: list[int] = [0]", "seed: tuple[int, ...] = (0,)")
    )
    by_hand(seed=(3, 5))
    assert [member.values["seed"] for member in members(("seed",))] == [3, 5]


def test_members_by_hand_are_the_entries_of_what_is_named(by_hand):
    by_hand(seed=[3, 5])
    assert [member.values for member in members(("seed",))] == [
        {"seed": 3},
        {"seed": 5},
    ]
    assert [member.values for member in members()] == [{}]
    with pytest.raises(CatalogueError, match="not a parameter of toy/train"):
        members(("sed",))


def test_a_model_saved_by_hand_is_found_by_its_hyperparameters(by_hand, project):
    by_hand(seed=[3, 5])
    for member in members(("seed",)):
        save_model(b"x", write, values=member.values)
    table = models({"seed": [5, 3], "layer": "signed"})
    assert list(table["seed"]) == [5, 3]
    assert list(table["interactive"]) == [True, True]
    # Trained again with the same values it replaces itself.
    save_model(b"yy", write, values={"seed": 3})
    assert len(models({"seed": 3})) == 1


def test_a_notebook_by_hand_finds_what_a_spread_trained_and_notes_it(
    by_hand, make, project
):
    trained = make.trained(4)
    by_hand()
    table = models({"from": "train", "where": {"seed": [4]}})
    assert len(models({"from": "toy/layers.train"})) == len(table) == 1
    (folder,) = set(project.runs.glob("toy/*")) - {trained}
    used = read_json(folder / "params.json")["models"]
    assert [entry["path"] for entry in used] == list(table["path"])
    catalogue = Catalogue(project)
    catalogue.sync()
    assert str(table["run"][0]) in set(catalogue.runs()["key"])


@pytest.mark.parametrize(
    "where", [{"seed": 1}, {"from": "train"}, {"where": {"seed": 1}}, {}], ids=str
)
def test_no_model_by_hand_names_the_spread_and_the_command(by_hand, where):
    by_hand()
    command = "`fieldnotes run params/toy/layers.yml --only train`"
    with pytest.raises(CatalogueError, match=command):
        models(where)


@pytest.mark.parametrize("where", [{"notebook": "toy/other"}, {"depth": 3}], ids=str)
def test_no_model_and_no_spread_for_it_says_so(by_hand, where):
    by_hand()
    with pytest.raises(CatalogueError, match="No spread in params/ trains one"):
        models(where)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("notebooks/toy/1-train.py", "toy/train"),
        ("notebooks/toy/train.ipynb", "toy/train"),
        ("scratch/toy/train--3f2a9c0d.py", "toy/train"),
    ],
)
def test_a_notebook_is_known_by_its_name_wherever_its_copy_lies(project, path, name):
    assert notebook_name(project, project.root / path) == name


KERNEL = """
from fieldnotes.catalogue import record
record("error", 1)
"""


def test_a_run_by_hand_is_done_when_its_kernel_ends(project):
    path = project.notebooks / "toy/1-train.py"
    environment = {**os.environ, "JPY_SESSION_NAME": str(path)}
    subprocess.run([sys.executable, "-c", KERNEL], env=environment, check=True)
    (folder,) = project.runs.glob("toy/*")
    status = read_json(folder / "status.json")
    assert status["state"] == "done"
    assert status["duration_s"] >= 0


def test_a_script_that_fails_leaves_a_failed_run(project):
    path = project.notebooks / "toy/1-train.py"
    environment = {**os.environ, "JPY_SESSION_NAME": str(path)}
    command = [sys.executable, "-c", KERNEL + "\nraise ValueError('no luck')"]
    subprocess.run(command, env=environment, check=False, stderr=subprocess.DEVNULL)
    (folder,) = project.runs.glob("toy/*")
    assert read(folder).state == "failed"
    assert read(folder).reason == "ValueError: no luck"


def read(folder: Path) -> Run:
    run = read_run(folder)
    assert run is not None
    return run


@pytest.fixture
def kernel(project, monkeypatch) -> Iterator[Callable[..., str]]:
    """Runs cells in one kernel of JupyterLab; gives what a cell prints."""
    path = project.notebooks / "toy/1-train.py"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    manager, client = start_new_kernel(kernel_name="python3")

    def run(cell: str, timeout: float = 60) -> str:
        said: list[str] = []

        def hear(message: Any) -> None:
            said.append(message["content"].get("text", ""))

        client.execute_interactive(cell, output_hook=hear, timeout=timeout)
        return "".join(said)

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


STATE = "import json, pathlib; print(json.loads(pathlib.Path(place).read_text())"


@pytest.mark.filterwarnings("default")  # zmq
def test_a_run_by_hand_is_running_in_its_cells_and_its_time_is_theirs(kernel, project):
    kernel("from fieldnotes import catalogue\nimport time")
    kernel("time.sleep(1.0)  # a training, before anything is recorded")
    kernel("catalogue.record('error', 1, '%', 'an error')")
    (folder,) = project.runs.glob("toy/*")
    first = read(folder).status
    assert (first.state, first.reason) == ("done", "")
    assert first.duration_s is not None and 1.0 <= first.duration_s < 20
    time.sleep(2.0)  # nobody computes
    place = f"place = {str(folder / 'status.json')!r}\n"
    cell = f"{place}catalogue.record('error', 2, '%', 'an error')\n{STATE}['state'])"
    assert kernel(cell).strip() == "running"
    second = read(folder).status
    assert second.state == "done"
    assert second.duration_s is not None and second.duration_s - first.duration_s < 1.5
    kernel("catalogue.record('error', 3, '%', 'an error'); 1 / 0")
    assert read(folder).reason == "ZeroDivisionError: division by zero"
    kernel("catalogue.record('error', 3, '%', 'an error')")
    assert read(folder).state == "done"
    assert [run.state for run in project_status(project).runs] == ["done"]


@pytest.mark.filterwarnings("default")  # zmq
def test_a_kernel_killed_in_a_cell_leaves_a_killed_run(kernel, project):
    kernel("from fieldnotes import catalogue\nimport os")
    with pytest.raises(TimeoutError):
        kernel("catalogue.record('e', 1, '%', 'x'); os.kill(os.getpid(), 9)", 3)
    (folder,) = project.runs.glob("toy/*")
    run = read(folder)
    assert (run.state, run.reason) == (
        "killed",
        "its kernel ended in the middle of a cell",
    )
    found = find_run(project, folder.name[:8])
    assert found == folder, "its short key opens it"


def test_a_console_that_belongs_to_no_notebook_looks_without_a_trace(
    make, project, monkeypatch
):
    folder = make.trained(0)
    monkeypatch.chdir(project.root)
    assert len(models({"seed": 0})) == 1
    assert list(project.runs.glob("*/*")) == [folder]


def test_progress_by_hand_touches_no_run(by_hand, project):
    by_hand()
    progress(2)(2, 0.5)
    assert this_run._session is None
    assert not project.runs.exists()


class Shown:
    """Stands for a place in a notebook's page; keeps what is put there."""

    def __init__(self):
        self.places: dict[int, list[dict]] = {}

    def __call__(self, data, *, raw, display_id):
        place = len(self.places)
        self.places[place] = [data]
        return SimpleNamespace(update=lambda data, raw: self.places[place].append(data))


def test_by_hand_the_course_of_the_loss_is_drawn_while_it_trains(monkeypatch):
    shown = Shown()
    monkeypatch.setattr("IPython.display.display", shown)
    bar = _NotebookBar()
    state = {"steps": 2000, "phase": "training", "loss": 0.5}
    for step in range(1, 2001):
        terms = {"validation": None if step % 2 else 1 / step, "nothing": 0.0}
        bar({**state, "step": step, "elapsed_s": step / 100, "terms": terms})
    bars, courses = shown.places.values()
    assert "text/html" in bars[0] and "took 20 s" in bars[-1]["text/plain"]
    assert courses[-1] == {"text/plain": ""}, "the notebook's own figure stays"
    drawn = [data["application/vnd.plotly.v1+json"] for data in courses[:-1]]
    assert len(drawn) == 10, "one every two seconds"
    loss, validation = drawn[-1]["data"]
    assert (loss["name"], validation["name"]) == ("loss", "validation")
    assert len(loss["x"]) <= POINTS
    assert loss["x"] == sorted(loss["x"]) and loss["x"][-1] > 1500
    assert validation["y"] == [1 / x for x in validation["x"]]
    assert drawn[-1]["layout"]["xaxis"]["range"] == [0, 2000]
    go.Figure(drawn[-1])  # refuses what is no figure


def test_by_hand_progress_without_a_loss_is_a_bar_alone(monkeypatch):
    shown = Shown()
    monkeypatch.setattr("IPython.display.display", shown)
    bar = _NotebookBar()
    for step in (1, 2):
        state = {"step": step, "steps": 2, "phase": "runs", "loss": None}
        bar({**state, "elapsed_s": 3.0 * step, "terms": {}})
    assert len(shown.places) == 1
