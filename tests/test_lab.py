"""JupyterLab on a project, through a real Jupyter server and its kernels."""

import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import jupytext
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldnotes import lab
from fieldnotes.files import read_json, write_json
from fieldnotes.lab import LabError
from fieldnotes.project import Project
from fieldnotes.runs import NoSuchRun
from lab_client import PATIENCE, TOKEN, Server, wait_for

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.glob("[!.]*/*.py"))
START = (
    "import sys; from fieldnotes.lab import start;"
    "from fieldnotes.project import Project;"
    "sys.exit(start(Project.find(sys.argv[1]), sys.argv[2:]))"
)
NOTEBOOK = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How fast does a slope lose its height?

# %% tags=["parameters"]
steps: int = 30  # [1] in [1, inf): steps of the descent
rate: float = 0.1  # [1] in (0, 1): share of the height that a step takes
label: str = "é, \\"quoted\\""  # [-] what the bar is called

# %%
import os
import sys
import time

from fieldnotes.catalogue import progress, record

# %%
report = progress(steps, label)
height = 1.0
for step in range(1, steps + 1):
    height *= 1 - rate
    report(step, height)
    time.sleep(0.05)

# %%
record("height", height, unit="m")

# %%
print(sys.executable, os.getcwd(), sep="\\n")
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory, root) -> Project:
    """A small project of its own, paired as this repository is."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("notebooks/toy", "params", "src"):
        (folder / name).mkdir(parents=True)
    shutil.copy(root / "jupytext.toml", folder)
    return Project(folder)


@pytest.fixture(scope="module")
def server(project, tmp_path_factory) -> Iterator[Server]:
    """`fieldnotes lab` on the project, in a home with a misleading kernel."""
    home = tmp_path_factory.mktemp("home")
    decoy = {"argv": ["/bin/false"], "display_name": "decoy", "language": "python"}
    write_json(home / ".local/share/jupyter/kernels/python3/kernel.json", decoy)
    write_json(home / "elsewhere/kernels/python3/kernel.json", decoy)
    variables = {**os.environ, "HOME": str(home), "FIELDNOTES_RUN": "/not/this/one"}
    variables |= {"JUPYTER_PATH": str(home / "elsewhere"), "IPYTHONDIR": str(home)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1"]
    options += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    arguments = [sys.executable, "-c", START, str(project.root), *options]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            arguments, env=variables, stdout=log, stderr=log, start_new_session=True
        )
        try:
            running = Server(project, port, home)
            wait_for(running, process, home / "log")
            yield running
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def path(project, request) -> str:
    """A notebook of the test's own, as the file browser names it."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    text = f"notebooks/toy/{name}.py"
    project.root.joinpath(text).write_text(NOTEBOOK)
    return text


def halves(project: Project, path: str) -> tuple[Path, Path]:
    return project.root / path, (project.root / path).with_suffix(".ipynb")


def sources(notebook: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in notebook["content"]["cells"]]


def test_a_double_click_opens_text_as_a_notebook(server):
    place = "/lab/api/settings/@jupyterlab/docmanager-extension:plugin"
    served = server.call("GET", place)
    viewers = served["schema"]["properties"]["defaultViewers"]["default"]
    # The name under which jupytext's extension registers its notebook view.
    assert viewers["python"] == "Jupytext Notebook"


def test_no_news_is_asked_from_the_network(server):
    place = "/lab/api/settings/@jupyterlab/apputils-extension:notification"
    properties = server.call("GET", place)["schema"]["properties"]
    assert properties["fetchNews"]["default"] == "false"
    assert properties["checkForUpdates"]["default"] is False


def test_a_notebook_opened_and_saved_is_the_same_text(server, project, path):
    text, twin = halves(project, path)
    server.save(path, server.open(path)["content"])
    assert text.read_text() == NOTEBOOK
    assert twin.is_file()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_of_this_repository_is_saved_as_it_was(server, project, root, name):
    text = (root / "notebooks" / name).read_text()
    copy = project.notebooks / "copies" / Path(name).name
    copy.parent.mkdir(exist_ok=True)
    copy.write_text(text)
    place = project.relative(copy)
    server.save(place, server.open(place)["content"])
    assert copy.read_text() == text


@pytest.mark.parametrize("half", [".py", ".ipynb"])
def test_saving_one_half_writes_both(server, project, path, half):
    text, twin = halves(project, path)
    server.save(path, server.open(path)["content"])
    opened = Path(path).with_suffix(half).as_posix()
    notebook = server.open(opened)
    notebook["content"]["cells"][0]["source"] = f"# Who changed {half}?"
    server.save(opened, notebook["content"])
    assert f"# # Who changed {half}?\n" in text.read_text()
    assert jupytext.read(twin).cells[0].source == f"# Who changed {half}?"
    assert sources(server.open(path)) == sources(server.open(opened))


def test_text_edited_outside_wins_in_either_half(server, project, path):
    text, twin = halves(project, path)
    server.save(path, server.open(path)["content"])
    text.write_text(NOTEBOOK.replace("rate: float = 0.1", "rate: float = 0.25"))
    for opened in (path, Path(path).with_suffix(".ipynb").as_posix()):
        assert "rate: float = 0.25" in sources(server.open(opened))[1]
    server.save(path, server.open(path)["content"])
    assert "rate: float = 0.25" in twin.read_text()


def test_an_ipynb_edited_outside_is_refused_and_not_overwritten(server, project, path):
    text, twin = halves(project, path)
    server.save(path, server.open(path)["content"])
    twin.write_text(twin.read_text().replace("rate: float = 0.1", "rate: float = 0.7"))
    later = text.stat().st_mtime + 60.0  # [s]
    os.utime(twin, (later, later))
    with pytest.raises(HTTPError) as refused:
        server.open(path)
    with closing(refused.value) as answer:
        assert f"{twin.name}" in json.loads(answer.read())["message"]
    assert text.read_text() == NOTEBOOK
    assert "rate: float = 0.7" in twin.read_text()


@pytest.mark.parametrize("half", [".py", ".ipynb"])
def test_run_by_hand_either_half_leaves_its_records(server, project, path, half):
    server.save(path, server.open(path)["content"])
    opened = Path(path).with_suffix(half).as_posix()
    with server.kernel(opened) as kernel:
        said = kernel.run_all(server.open(opened)["content"])
    interpreter, folder = said[-1].splitlines()
    assert Path(interpreter) == Path(sys.executable)
    assert Path(folder) == project.root, "by hand as in batch"
    order, scraps = records(project, Path(path).stem)
    assert order["interactive"] is True
    assert order["parameters"] == {"steps": 30, "rate": 0.1, "label": 'é, "quoted"'}
    height = {scrap["name"]: scrap for scrap in scraps}["height"]
    assert math.isclose(height["value"], 0.9**30, rel_tol=1e-12)
    assert height["unit"] == "m"


def test_run_by_hand_progress_is_live_and_shows_the_loss(server, path):
    with server.kernel(path) as kernel:
        kernel.run_all(server.open(path)["content"])
    kinds = [message["msg_type"] for message in kernel.messages]
    assert "display_data" in kinds
    updates = [m for m in kernel.messages if m["msg_type"] == "update_display_data"]
    shown = [json.dumps(m["content"]["data"], ensure_ascii=False) for m in updates]
    assert len(shown) >= 2, "thirty steps in more than a second"
    assert len(set(shown)) == len(shown), "every update says something new"
    assert any(f"{30}" in text for text in shown), "the last step is shown"
    assert any("loss" in text for text in shown)


def test_the_copy_of_a_run_belongs_to_the_notebook_it_came_from(server, project, path):
    name = Path(path).stem
    values = {"steps": 3, "rate": 0.5}
    finished_run(project, f"toy/{name}", "0123456789abcdef", parameters=values)
    copy = lab.open_run(project, "0123456789abcdef")
    opened = project.relative(copy)
    with server.kernel(opened) as kernel:
        notebook = server.open(opened)
        kernel.run_all(notebook["content"])
        server.save(opened, notebook["content"])
    assert copy.with_suffix(".ipynb").is_file()
    order, scraps = records(project, name)
    assert order["parameters"]["steps"] == 3
    assert math.isclose(scraps[0]["value"], 0.5**3, rel_tol=1e-12)


def test_a_second_lab_is_not_started_where_one_runs(
    server, project, path, monkeypatch, capsys
):
    runtime = server.home / ".local/share/jupyter/runtime"
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    assert lab.show(project, project.root / path) == 0
    address = capsys.readouterr().out.split()[-1]
    assert address.startswith(f"http://127.0.0.1:{server.port}/lab/tree/{path}?")
    with urlopen(address, timeout=PATIENCE) as page:
        assert b"JupyterLab" in page.read()


def records(project: Project, name: str) -> tuple[dict[str, Any], list[Any]]:
    """The order and the scraps of the one run by hand of a notebook."""
    files = project.runs.glob("toy/*/params.json")
    orders = {file.parent: read_json(file) for file in files}
    named = {f: order for f, order in orders.items() if order.get("interactive")}
    (folder,) = [f for f in named if named[f]["notebook"] == f"toy/{name}"]
    return orders[folder], read_json(folder / "metrics.json")


def finished_run(project: Project, notebook: str, key: str, **more: Any) -> Path:
    """What a runner leaves of a run, as far as opening it is concerned."""
    folder = project.run_folder(notebook.split("/")[0], key)
    order = {"schema": 1, "key": key, "notebook": notebook, **more}
    write_json(folder / "params.json", order)
    return folder


@pytest.fixture
def toy(tmp_path) -> Project:
    """A project of one notebook, without a server."""
    (tmp_path / "params").mkdir()
    (tmp_path / "notebooks/toy").mkdir(parents=True)
    (tmp_path / "notebooks/toy/3-slope.py").write_text(NOTEBOOK)
    return Project(tmp_path)


def test_opening_a_run_changes_its_values_and_nothing_else(toy):
    values = {"steps": 7, "rate": 0.25, "label": 'a "b" {c}\n\\ # [d]', "gone": [1]}
    finished_run(toy, "toy/slope", "0123456789abcdef", parameters=values)
    copy = lab.open_run(toy, "01234567")
    assert copy == toy.root / "scratch/toy/slope--01234567.py"
    old, new = NOTEBOOK.splitlines(), copy.read_text().splitlines()
    differ = [line for line in new if line not in old]
    assert differ == [
        "steps: int = 7  # [1] in [1, inf): steps of the descent",
        "rate: float = 0.25  # [1] in (0, 1): share of the height that a step takes",
        "label: str = 'a \"b\" {c}\\n\\\\ # [d]'  # [-] what the bar is called",
        "# the run had gone = [1], not taken any more",
    ]
    assert [line for line in new if line not in differ] == [
        line for line in old if line.split(":")[0] not in ("steps", "rate", "label")
    ]


def test_a_copy_that_was_changed_is_not_overwritten(toy):
    finished_run(toy, "toy/slope", "0123456789abcdef", parameters={"steps": 7})
    copy = lab.open_run(toy, "0123456789abcdef")
    copy.write_text("changed by hand")
    assert lab.open_run(toy, "0123456789abcdef") == copy
    assert copy.read_text() == "changed by hand"


def test_models_of_a_stage_are_opened_by_their_identities(toy):
    declared = "models: dict = {}  # [-] m\n\n# %%\nmodels\nimport os"
    text = NOTEBOOK.replace("\n# %%\nimport os", declared)
    (toy.notebooks / "toy/3-slope.py").write_text(text)
    query = {"from": "train", "where": {"seed": [0, 1]}}
    given = [{"identity": "aa"}, {"identity": "bb"}]
    order = {"parameters": {"models": query}, "models": given}
    finished_run(toy, "toy/slope", "0123456789abcdef", **order)
    expected = "models: dict = {'where': {'identity': ['aa', 'bb']}}  # [-] m"
    assert expected in lab.open_run(toy, "0123").read_text()


@pytest.mark.parametrize(
    "run, keys", [("77", ["01"]), ("", ["01"]), ("0", ["01", "02"])]
)
def test_a_run_that_is_not_one_is_refused(toy, run, keys):
    for key in keys:
        finished_run(toy, "toy/slope", key, parameters={})
    with pytest.raises(NoSuchRun):
        lab.open_run(toy, run)
    assert not (toy.root / "scratch").exists()


def test_a_project_that_pairs_nothing_is_refused(toy):
    with pytest.raises(LabError, match="jupytext.toml"):
        lab.start(toy)
    assert not (toy.root / ".jupyter").exists()


def carried_out(path: Path, **given: str) -> dict[str, Any]:
    """The names of a notebook after all of its cells, with some lines given anew."""
    names: dict[str, Any] = {}
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "code":
            source = cell.source
            for line, new in given.items():
                source = re.sub(
                    rf"(?m)^{line} = .*$", f"{line} = {new}", source, count=1
                )
            exec(compile(source, str(path), "exec"), names)
    return names


def test_the_start_page_shows_plots_and_opens_what_there_is(toy, monkeypatch):
    for seed in range(3):
        values = {"steps": 10 * seed + 1, "rate": 0.5}
        folder = finished_run(
            toy, "toy/slope", f"{seed}123456789abcdef", study="toy", parameters=values
        )
        write_json(
            folder / "status.json", {"state": "done", "started": f"2026-0{seed + 1}"}
        )
        scraps = [
            {"name": "height", "value": 0.5**seed, "unit": "m", "meaning": "height"}
        ]
        scraps += [{"name": "verdict", "value": "good", "unit": "-", "meaning": "said"}]
        write_json(folder / "metrics.json", scraps)
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(toy.root))
    shown: list[Any] = []
    monkeypatch.setattr("plotly.graph_objects.Figure.show", lambda it: shown.append(it))
    assert lab.start_page(toy) == "scratch/start.py"
    names = carried_out(toy.root / "scratch/start.py")
    assert len(names["runs"]) == 3 and names["names"] == ["height"]
    (figure,) = shown
    assert figure.layout.xaxis.title.text == "steps"
    assert figure.layout.yaxis.title.text == "height [m]"
    assert sorted(figure.data[0].x) == [1, 11, 21]
    assert (toy.root / "scratch" / names["path"]).is_file()
    assert names["path"] == "toy/slope--21234567.py"
    names = carried_out(
        toy.root / "scratch/start.py", where='{"steps": 1}', key='"0123"'
    )
    assert len(names["runs"]) == 1 and names["path"] == "toy/slope--01234567.py"


def test_the_start_page_of_an_empty_catalogue_says_what_to_do(toy, monkeypatch, capsys):
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(toy.root))
    names = carried_out(toy.root / lab.start_page(toy))
    assert len(names["runs"]) == 0 and "No number" in capsys.readouterr().out


def test_a_start_page_that_was_changed_is_kept(toy):
    path = toy.root / lab.start_page(toy)
    path.write_text("changed by hand")
    assert (toy.root / lab.start_page(toy)).read_text() == "changed by hand"


@pytest.mark.parametrize(
    ("arguments", "opened"),
    [
        ([], ["scratch/start.py"]),
        (["--port", "8899"], ["scratch/start.py", "--port", "8899"]),
        (["notebooks/toy/3-slope.py"], ["notebooks/toy/3-slope.py"]),
    ],
)
def test_lab_opens_on_the_start_page_or_on_what_is_named(
    toy, monkeypatch, arguments, opened
):
    class Ended:
        def __init__(self, line: list[str], **_: Any) -> None:
            lines.append(line)

        def wait(self) -> int:
            return 0

        poll = wait

    lines: list[list[str]] = []
    (toy.root / "jupytext.toml").write_text('formats = "ipynb,py:percent"\n')
    monkeypatch.setattr(lab.subprocess, "Popen", Ended)
    assert lab.start(toy, arguments) == 0
    assert lines[0][-len(opened) :] == opened
    assert ("scratch/start.py" in lines[0]) == (opened[0] == "scratch/start.py")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_written_as_python_is_the_same_value(value):
    again = eval(lab.literal(value), {"__builtins__": {"float": float}})
    assert repr(again) == repr(value)  # tells 1 from 1.0 and True; NaN is NaN
    assert "\n" not in lab.literal(value)
