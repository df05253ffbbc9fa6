"""How long the preview takes for many runs: at first, again, and after one change.

    python benchmarks/site.py --runs 500

The runs are made up, a hundred to a spread: each has a notebook with three figures of
200 points, 60 scraps and 20 parameters. Seconds are given by the clock and of the
processor, which is what counts on a machine that has other work to do.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fieldnotes.files import write_json, write_text
from fieldnotes.project import Project
from fieldnotes.website import build

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = {f"parameter_{n}": n for n in range(18)}


def notebook(number: int) -> dict[str, Any]:
    """An executed notebook with prose, code and three figures."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": "# A run\n\nWhat *is* it?"}
    ]
    for figure in range(3):
        line = {"type": "scatter", "x": [*range(200)], "name": "error"}
        line["y"] = [(number * 31 + figure * 7 + n * 37) % 101 / 7 for n in range(200)]
        layout = {"meta": {"fieldnotes": f"figure{figure}"}}
        shown = {
            "output_type": "display_data",
            "metadata": {},
            "data": {
                "application/vnd.plotly.v1+json": {"data": [line], "layout": layout}
            },
        }
        cells.append(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {},
                "source": f"draw({figure})",
                "outputs": [shown],
            }
        )
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def make_run(project: Project, number: int, runs: int, error: float) -> None:
    """A run folder as the runner would leave it."""
    folder = project.run_folder("made", f"{number:016x}")
    varied = {"setting": number // 5, "seed": number % 5}
    about = {"case": f"case{number}", "notebook": "made/train", "study": "made"}
    spread = f"made/part{number // 100}"
    about |= {"title": "A made run", "spread": spread, "stage": "train"}
    about |= {"parameters": PARAMETERS | varied, "varied": varied}
    about |= {"defaults": PARAMETERS | {"setting": 0, "seed": 0}}
    about |= {"key": folder.name, "changed": list(varied)}
    minute = f"{number * 60 // max(runs, 1):02d}"
    ended = f"2026-01-01T10:{minute}:30"
    status = {"state": "done", "started": ended, "ended": ended, "duration_s": 3.0}
    scraps = [
        {
            "name": f"value_{n}",
            "value": n + error,
            "unit": "1",
            "meaning": f"number {n}",
        }
        for n in range(60)
    ]
    write_json(folder / "params.json", about)
    write_json(folder / "status.json", status)
    write_json(folder / "metrics.json", scraps)
    write_text(folder / "run.ipynb", json.dumps(notebook(number)))


def made(root: Path, runs: int) -> Project:
    """A project with so many runs of one spread."""
    for name in ("notebooks/made", "params", "pages"):
        (root / name).mkdir(parents=True)
    write_text(root / "_quarto.yml", (ROOT / "_quarto.yml").read_text())
    write_text(root / "index.qmd", "---\ntitle: A lab\n---\n")
    project = Project(root)
    about = {"title": "Many", "answer": {"value": "value_0", "order": "min"}}
    for part in range((runs + 99) // 100):
        write_json(project.catalogue / f"spreads/made/part{part}.json", about)
    for number in range(runs):
        make_run(project, number, runs, 1.0 + number % 7)
    return project


def timed(label: str, work: Callable[[], Any]) -> None:
    """Run `work` and print what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"{label:<22} {clock:7.1f} s, {processor:7.1f} s of the processor: {done}")


def main() -> None:
    parser = argparse.ArgumentParser(description="How long the preview takes.")
    parser.add_argument("--runs", type=int, default=500)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        project = made(Path(folder) / "lab", runs)

        def work() -> str:
            site = build(project, quarto=False)
            return f"{site.changed} of {site.pages} pages"

        timed(f"{runs} runs, at first", work)
        timed("again", work)
        make_run(project, 3, runs, 0.5)
        timed("after one change", work)


if __name__ == "__main__":
    main()
