"""What the machine costs: a short run, a plan of 10,000 cases, 1,000 finished runs.

Run it with `python benchmarks/overhead.py [RUNS]`. So many runs (default 100) of an
empty notebook, and of one that imports JAX and draws one figure, go through the runner
at two slots and through papermill alone in fresh processes, two at a time. Every figure
is printed with the limit it must keep. Seconds of the processors count also where other
programs are busy on them.

Measured on two cores, otherwise idle: 0.46 s an empty run beside another, 1.0 s one
that imports JAX and draws (papermill alone, in a fresh process with all that it
imports, 3.6 s for the empty one), 1.9 s the plan, 0.3 s the second look.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fieldnotes.files import read_json, write_bytes, write_json
from fieldnotes.project import Project
from fieldnotes.runner import execute, make_plan
from fieldnotes.runner.manifest import Limits, draw_up
from fieldnotes.spreads import load_spreads

RUNS = 100
SLOTS = 2
EMPTY = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Nothing

# %% tags=["parameters"]
turn: int = 0  # [1] which time this is
rate: float = 0.0  # [1] a number to vary

# %%
turn, rate
"""
PAPERMILL = """\
import sys
import jupytext, papermill
notebook = jupytext.read("notebooks/toy/empty.py")
parameters = {"turn": 0, "rate": 0.0}
papermill.execute_notebook(notebook, sys.argv[1], parameters, progress_bar=False)
"""


FIGURE = """
# %%
import jax.numpy as jnp
import plotly.graph_objects as go

time = jnp.linspace(0, 1, 50)
go.Figure(go.Scatter(x=time, y=time**2))
"""


class Silent:
    """A display that shows nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder))
        short_runs(project, runs, "an empty run", 0.6)
        notebook = project.root / "notebooks" / "toy" / "empty.py"
        notebook.write_text(EMPTY + FIGURE)
        short_runs(project, runs, "a run that imports JAX and draws", 1.2)
        notebook.write_text(EMPTY)
        many_cases(project)
        many_finished(project)


def make_project(root: Path) -> Project:
    """A project of one notebook that does nothing."""
    (root / "notebooks" / "toy").mkdir(parents=True)
    (root / "params").mkdir()
    (root / "src").mkdir()
    (root / "notebooks" / "toy" / "empty.py").write_text(EMPTY)
    return Project(root)


def short_runs(project: Project, runs: int, what: str, limit: float) -> None:
    """Runs at two slots, against papermill alone in fresh processes, two at a time."""
    write(project, vary(runs, 1))
    plan = make_plan(project, load_spreads(project, ["empty"]))
    began = used()
    seconds = timed(lambda: run(project, plan, SLOTS))
    ours = used() - began
    lasted = [read_json(r.folder / "status.json")["duration_s"] for r in plan.runs]

    def all_alone() -> None:
        with ThreadPoolExecutor(SLOTS) as pool:
            list(pool.map(lambda number: alone(project, number), range(runs)))

    began = used()
    others = timed(all_alone)
    theirs = used() - began
    print(
        f"{what}: {statistics.median(lasted):.2f} s beside another (limit {limit} s), "
        f"{ours / runs:.2f} s of processors\n"
        f"  {runs} of them at {SLOTS} slots: {seconds:.0f} s, papermill alone "
        f"{others:.0f} s, {others / seconds:.1f} times (limit 3); of processors "
        f"{ours:.0f} and {theirs:.0f} s, {theirs / ours:.1f} times",
        flush=True,
    )


def many_cases(project: Project) -> None:
    """A plan of 10,000 cases, from the YAML to the last reason."""
    write(project, vary(100, 100))
    seconds = timed(lambda: make_plan(project, load_spreads(project, ["empty"])))
    print(f"a plan of 10,000 cases: {seconds:.1f} s (limit 10 s)")


def many_finished(project: Project) -> None:
    """A second look at 1,000 finished runs, and the end of the batch."""
    write(project, vary(100, 10))
    plan = make_plan(project, load_spreads(project, ["empty"]))
    for planned in plan.runs:
        draw_up(project, planned, Limits()).write(planned.folder)
        name = planned.members[0].identity
        write_bytes(planned.folder / "models" / f"{name}.eqx", b"weights")
        write_json(planned.folder / "models" / f"{name}.json", {"bytes": 7})
        done = {"state": "done", "duration_s": 1.0, "models": {name: 7}, "ended": "now"}
        write_json(planned.folder / "status.json", done)

    def check() -> None:
        again = make_plan(project, load_spreads(project, ["empty"]))
        run(project, again)

    print(f"1,000 finished runs checked again: {timed(check):.1f} s (limit 10 s)")


def write(project: Project, text: str) -> None:
    """Write the one spread of the project."""
    path = project.params / "empty.yml"
    path.write_text(f"notebook: toy/empty\n{text}\n")


def vary(turns: int, rates: int) -> str:
    """A grid of so many cases."""
    grid = f"{{turn: {{range: {turns}}}, rate: {{linspace: [0, 1, {rates}]}}}}"
    return f"vary: [{{grid: {grid}}}]"


def run(project: Project, plan: object, slots: int = 1) -> None:
    """Run a plan at so many slots; everything must end well."""
    outcome = execute(project, plan, jobs=slots, display=Silent())  # type: ignore[arg-type]
    if outcome.exit_code:
        raise SystemExit(str(outcome))


def alone(project: Project, number: int) -> None:
    """The same notebook through papermill, in a fresh process as the runner's."""
    command = [sys.executable, "-c", PAPERMILL, f"out-{number}.ipynb"]
    subprocess.run(command, cwd=project.root, check=True, capture_output=True)


def used() -> float:
    """Seconds of the processors that this process and those it waited for have had."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(each)[:2]) for each in who)


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
