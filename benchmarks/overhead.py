"""What the machine costs: an empty run, a plan of 10,000 cases, 1,000 finished runs.

Run it with `python benchmarks/overhead.py`. An empty notebook goes through the runner
at one slot and through papermill alone, in the same session and by turns. Every figure
is printed with the limit it must keep.

Measured on two cores, otherwise idle: 1.6 s an empty run (papermill alone, in a fresh
process with all that it imports, 3.6 s), 1.9 s the plan, 0.3 s the second look. With
seven other busy processes on the same cores: 2.6 s, 5.3 s, 3.9 s and 1.4 s.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fieldnotes.files import write_bytes, write_json
from fieldnotes.project import Project
from fieldnotes.runner import execute, make_plan
from fieldnotes.runner.manifest import Limits, draw_up
from fieldnotes.spreads import load_spreads

REPEATS = 5
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
import jupytext, papermill
notebook = jupytext.read("notebooks/toy/empty.py")
parameters = {"turn": 0, "rate": 0.0}
papermill.execute_notebook(notebook, "out.ipynb", parameters, progress_bar=False)
"""


class Silent:
    """A display that shows nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(Path(folder))
        overhead(project)
        many_cases(project)
        many_finished(project)


def make_project(root: Path) -> Project:
    """A project of one notebook that does nothing."""
    (root / "notebooks" / "toy").mkdir(parents=True)
    (root / "params").mkdir()
    (root / "src").mkdir()
    (root / "notebooks" / "toy" / "empty.py").write_text(EMPTY)
    return Project(root)


def overhead(project: Project) -> None:
    """An empty notebook: the runner at one slot against papermill alone."""
    ours, theirs = [], []
    for turn in range(REPEATS):
        write(project, f"fix: {{turn: {turn}}}")
        plan = make_plan(project, load_spreads(project, ["empty"]))
        ours.append(timed(lambda plan=plan: run(project, plan)))
        theirs.append(timed(lambda: alone(project)))
    mine, other = statistics.median(ours), statistics.median(theirs)
    print(
        f"an empty run: {mine:.2f} s through the runner (limit 2.5 s), "
        f"{other:.2f} s papermill alone, ratio {mine / other:.2f}"
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
        draw_up(project, planned).write(project, Limits(), [])
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


def run(project: Project, plan: object) -> None:
    """Run a plan at one slot; everything must end well."""
    outcome = execute(project, plan, jobs=1, display=Silent())  # type: ignore[arg-type]
    if outcome.exit_code:
        raise SystemExit(str(outcome))


def alone(project: Project) -> None:
    """The same notebook through papermill, in a fresh process as the runner's."""
    command = [sys.executable, "-c", PAPERMILL]
    subprocess.run(command, cwd=project.root, check=True, capture_output=True)


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
