"""JupyterLab on the project: text notebooks, this environment's kernel, earlier runs.

What JupyterLab must know is written into `.jupyter/` of the project (git-ignored) and
found through JUPYTER_PATH and JUPYTER_CONFIG_PATH, which come before every other place
that Jupyter reads. So nothing in the user's home is changed, the user's own settings
(theme, keys) still hold, and a kernel of the same name elsewhere is never taken.
"""

import ast
import math
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fieldnotes.errors import FieldnotesError
from fieldnotes.files import write_json, write_text
from fieldnotes.project import Project
from fieldnotes.runner.variables import cores
from fieldnotes.runner.variables import environment as environment_of_runs
from fieldnotes.runs import Manifest, find_run, read_manifest
from fieldnotes.spreads import Notebook, read_notebook

# Jupyter replaces a bare `python` by the interpreter of the server: the environment
# that `fieldnotes lab` was started in, whatever is first on the PATH.
KERNEL = {
    "argv": [
        "python",
        *("-m", "ipykernel_launcher", "-f", "{connection_file}"),
        # A batch run stands in the project's root; so does a notebook opened by hand.
        "--IPKernelApp.exec_lines="
        '__import__("os").chdir(__import__("os").environ["FIELDNOTES_PROJECT"])',
    ],
    # The name that ipykernel gives: saving a notebook leaves its header as it was.
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "metadata": {"debugger": True},
}
SETTINGS = {
    # Double click on a .py opens a notebook; "Open With > Editor" still shows text.
    "@jupyterlab/docmanager-extension:plugin": {
        "defaultViewers": {"python": "Jupytext Notebook"}
    },
    # No question about news on the first start, and no request leaves the machine.
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
}
PAIRING = "jupytext.toml"
START_PAGE = "scratch/start.py"
KEY_LENGTH = 8  # characters of a run's key in the name of its copy


class LabError(FieldnotesError):
    """A run that cannot be opened as a notebook."""


def start(project: Project, arguments: Sequence[str] = ()) -> int:
    """Run JupyterLab on the project until it ends; its exit code.

    `arguments` go to `jupyter lab` as they are: options, or one file to open. Where
    they name no file, it opens on the start page.
    """
    prepare(project)
    if not any((project.root / each).exists() for each in arguments):
        arguments = [start_page(project), *arguments]
    process = subprocess.Popen(
        command(project, arguments), cwd=project.root, env=environment(project)
    )
    # Ctrl-C reaches both of us; JupyterLab asks "shut down?" and must outlive it.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, previous)
        signal.signal(signal.SIGTERM, ended)
        if process.poll() is None:
            process.terminate()
            process.wait()


def start_page(project: Project) -> str:
    """The notebook that looks at the catalogue, written where it is missing.

    A copy that is already there is kept, with whatever was changed in it.
    """
    path = project.root / START_PAGE
    if not path.exists():
        template = resources.files("fieldnotes") / "lab_template" / START_PAGE
        write_text(path, template.read_text(encoding="utf-8"))
    return START_PAGE


def command(project: Project, arguments: Sequence[str] = ()) -> list[str]:
    """The command line that `start` runs."""
    as_root = ["--allow-root"] if os.geteuid() == 0 else []  # in a container
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={project.root}",
        "--LabApp.extension_manager=readonly",  # "pypi" would ask the network
        "--LanguageServerManager.autodetect=False",  # would look for some with npm
        *as_root,
        *arguments,
    ]


def environment(project: Project) -> dict[str, str]:
    """What a batch run's kernel finds in its environment, with every core."""
    folder = project.root / ".jupyter"
    result = {**os.environ, **environment_of_runs(project, cores())}
    # A notebook opened by hand makes a run folder of its own.
    result.pop("FIELDNOTES_RUN", None)
    result["JUPYTER_PATH"] = _first(folder / "data", "JUPYTER_PATH")
    result["JUPYTER_CONFIG_PATH"] = _first(folder / "config", "JUPYTER_CONFIG_PATH")
    # The open tabs of another project are not those of this one.
    result.setdefault("JUPYTERLAB_WORKSPACES_DIR", str(folder / "workspaces"))
    return result


def prepare(project: Project) -> None:
    """Write the kernel and the settings where `environment` points Jupyter to.

    Raises:
        LabError: the project has no `jupytext.toml`, so that nothing would be paired.
    """
    if not (project.root / PAIRING).is_file():
        message = (
            f"{project.root}: no `{PAIRING}`: notebooks would not be paired with an "
            '.ipynb. Write one with the line `formats = "ipynb,py:percent"`.'
        )
        raise LabError(message)
    folder = project.root / ".jupyter"
    write_json(folder / "data/kernels/python3/kernel.json", KERNEL)
    write_json(folder / "config/labconfig/default_setting_overrides.json", SETTINGS)


def open_run(project: Project, run: str) -> Path:
    """The notebook of an earlier run with that run's parameters, as a paired copy.

    The copy is `scratch/<study>/<name>--<key>.py` (git-ignored): a place to play in.
    What it leaves in the catalogue belongs to the notebook it was copied from. A copy
    that is already there is kept, with whatever was changed in it.

    Args:
        run: the run's key, the first characters of it, or its folder.

    Raises:
        NoSuchRun: no run, or more than one, answers to `run`.
        SpreadError: the notebook is gone, or refuses the values the run had.
    """
    folder = find_run(project, run)
    manifest = read_manifest(folder) or Manifest()
    study, _, name = manifest.notebook.rpartition("/")
    path = project.root / "scratch" / study / f"{name}--{folder.name[:KEY_LENGTH]}.py"
    if not path.exists():
        notebook = read_notebook(project, manifest.notebook)
        text = with_values(notebook, values_of(manifest), project.relative(folder))
        write_text(path, text)
    return path


def show(project: Project, path: Path) -> int:
    """Open `path` in the JupyterLab that runs on this project, or start one on it."""
    from jupyter_server.serverapp import list_running_servers

    place = path.resolve().relative_to(project.root).as_posix()
    for server in list_running_servers():
        if Path(server["root_dir"]).resolve() == project.root:
            address = f"{server['url']}lab/tree/{quote(place)}?token={server['token']}"
            print(f"JupyterLab runs on this project already. Open\n    {address}")
            return 0
    return start(project, [place])


def values_of(manifest: Manifest) -> dict[str, Any]:
    """A run's parameters as a person would give them by hand.

    A query such as `{from: train}` means something only inside its spread; by hand
    the models are named by their identities.
    """
    values = dict(manifest.parameters)
    for name, value in values.items():
        if isinstance(value, Mapping) and ("from" in value or "where" in value):
            given = [
                model.identity
                for model in manifest.models
                if model.parameter in (None, name)
            ]
            values[name] = {"where": {"identity": given}}
    return values


def with_values(notebook: Notebook, values: Mapping[str, Any], where: str) -> str:
    """The notebook's text with these values as its defaults, comments untouched.

    A value that the notebook took once and takes no longer is left as a comment.
    """
    text = notebook.path.read_bytes()
    nodes = _assignments(text, set(notebook.parameters))
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]  # of each line [bytes]
    last = max((node.end_lineno or 0 for node in nodes.values()), default=0)
    gone = [name for name in values if name not in notebook.parameters]
    edits = [(starts[last], starts[last], _no_longer(name, values)) for name in gone]
    for name, node in nodes.items():
        parameter = notebook.parameters[name]
        value = parameter.check(values.get(name, parameter.default), where)
        if literal(value) != literal(parameter.default):
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
            edits.append((begin, end, literal(value)))
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new.encode() + text[end:]
    return text.decode()


def _no_longer(name: str, values: Mapping[str, Any]) -> str:
    return f"# the run had {name} = {literal(values[name])}, not taken any more\n"


def _assignments(text: bytes, names: set[str]) -> dict[str, ast.expr]:
    """The default of every parameter as it stands in the text."""
    found: dict[str, ast.expr] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if node.value is not None and node.target.id in names - set(found):
                found[node.target.id] = node.value
    return found


def literal(value: Any) -> str:
    """Python source of a parameter's value, which the parameters cell may hold."""
    match value:
        case float() if not math.isfinite(value):
            return f'float("{value}")'
        case dict():
            items = (f"{key!r}: {literal(item)}" for key, item in value.items())
            return "{" + ", ".join(items) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case tuple():
            return "(" + "".join(f"{literal(item)}, " for item in value).strip() + ")"
        case _:
            return repr(value)


def _first(folder: Path, variable: str) -> str:
    """`folder` before what the environment variable holds already."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get(variable)])])
