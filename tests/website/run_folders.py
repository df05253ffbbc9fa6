"""Run folders written by hand, as the runner would leave them, and a project."""

import re
import shutil
from pathlib import Path
from typing import Any

from fieldnotes.files import write_json, write_text
from fieldnotes.project import Project
from fieldnotes.runs import Manifest, Run, Scrap, Status
from fieldnotes.runs.typed import typed, typed_list
from fieldnotes.website.cases import Case

REPOSITORY = Path(__file__).parents[2]
STUDY_PAGES = ("reach", "orbit", "latent", "latent-flyvis")
LINKED = tuple(f"pages/{name}.qmd" for name in STUDY_PAGES)  # from the home page on
PARAMETERS = """# a comment of its own line
orbits: int = 10  # [1] in [1, inf): number of training orbits
learning_rate: float = 1e-3  # [1] in (0, 1): step of the optimiser
output_layer: str = "signed"  # [-] how the network answers
seed: list[int] = [0]  # [1] base of every random key
note: str = ""  # [-] anything"""


def figure(name: str = "error", **layout: Any) -> dict[str, Any]:
    """A Plotly figure as the `plotly_mimetype` renderer stores it."""
    axes = {
        "xaxis": {"title": {"text": "time [s]"}},
        "yaxis": {"title": {"text": name}},
    }
    trace = {"type": "scatter", "x": [0, 1, 2], "y": [1.0, 4.0, 2.0], "name": name}
    return {"data": [trace], "layout": axes | layout}


def shown(data: dict[str, Any]) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def code(source: str, *outputs: dict[str, Any], tags: tuple[str, ...] = ()) -> dict:
    return {
        "cell_type": "code",
        "execution_count": 3,
        "metadata": {"tags": list(tags), "papermill": {"duration": 1.2}},
        "outputs": list(outputs),
        "source": source,
    }


def prose(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {"tags": list(tags)}, "source": source}


def plotly(value: dict[str, Any]) -> dict[str, Any]:
    return shown({"application/vnd.plotly.v1+json": value, "text/plain": "Figure"})


def notebook(*extra: dict[str, Any]) -> dict[str, Any]:
    """An executed notebook with everything that staging has to deal with."""
    scrap: dict[str, Any] = {"text/plain": "scrapbook, shown"}
    scrap["application/scrapbook.scrap.json+json"] = {"name": "error", "data": 1.0}
    table = '<table class="dataframe"><tr><td>1</td></tr></table>'
    remote = '<script src="https://cdn.example.org/require.js"></script>'
    progress = {"output_type": "stream", "name": "stdout", "text": "1 %\r50 %\rdone\n"}
    noise = {"output_type": "stream", "name": "stderr", "text": "WARNING: noise\n"}
    cells = [
        prose("<span>An Exception was encountered</span>", "papermill-error-cell-tag"),
        prose("# Train a network\n\nWhat does it *learn*? $E = \\frac{1}{2} v^2$"),
        code(PARAMETERS, tags=("parameters",)),
        code("orbits = 10", tags=("injected-parameters",)),
        code("import numpy as np", noise),
        code("print('done')", progress),
        code("record('error', 1.0)", shown(scrap)),
        code(
            "#| label: fig-one\n#| fig-cap: The error\nfigure", plotly(figure("error"))
        ),
        code("frame", shown({"text/html": table + remote, "text/plain": "1"})),
        *extra,
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def places() -> str:
    """A page with the places of the page of references, and none of its addresses."""
    text = (REPOSITORY / "pages/references.qmd").read_text(encoding="utf-8")
    names = re.findall(r"(?m)^::: \{#([\w-]+)\}$", text)
    blocks = [f"::: {{#{name}}}\n{name}\n:::\n" for name in names]
    return "\n".join(["---\ntitle: References\n---\n", *blocks])


class Bench:
    """A project whose run folders are written by the test."""

    def __init__(self, root: Path):
        for folder in ("notebooks/toy", "params", "pages"):
            (root / folder).mkdir(parents=True)
        for name in ("_quarto.yml", "index.qmd", *LINKED):
            shutil.copyfile(REPOSITORY / name, root / name)
        write_text(root / "pages/toy.qmd", STUDY)
        write_text(root / "pages/references.qmd", places())
        self.project = Project(root)

    def run(
        self,
        key: str,
        *,
        study: str = "toy",
        stage: str = "train",
        spread: str = "toy/layers",
        state: str = "done",
        varied: dict[str, Any] | None = None,
        scraps: list[dict[str, Any]] | None = None,
        cells: dict[str, Any] | None = None,
        **more: Any,
    ) -> Path:
        """A run folder; `order` and `status` in `more` are merged into the files."""
        varied = {} if varied is None else varied
        folder = self.project.run_folder(study, key)
        defaults = {"orbits": 10, "learning_rate": 1e-3, "output_layer": "signed"}
        parameters = defaults | {"seed": [0], "note": ""} | varied
        order = {
            "schema": 1,
            "key": key,
            "case": f"case-{key}",
            "notebook": f"{study}/{stage}",
            "study": study,
            "title": "Train a network",
            "spread": spread,
            "stage": stage,
            "parameters": parameters,
            "changed": list(varied),
            "defaults": defaults | {"seed": [0], "note": ""},
            "units": {"orbits": "1", "learning_rate": "1", "output_layer": "-"},
            "meanings": {"orbits": "number of training orbits"},
            "varied": varied,
            "together": [],
            "members": [],
            "needs": [],
            "models": [],
            "absent": [],
            "command": f"fieldnotes run params/{spread}.yml --only {stage}",
            "interactive": False,
        }
        status = {
            "state": state,
            "started": f"2026-01-01T10:00:{len(list(folder.parent.glob('*'))):02d}",
            "ended": "2026-01-01T10:05:00",
            "duration_s": 12.5,
            "peak_memory_mb": 640.2,
            "versions": {"python": "3.11.2", "jax": "0.10.2"},
            "commit": "0123456789abcdef",
            "dirty": False,
            "machine": {"cores": 2, "system": "Linux", "hostname": "secret-host"},
            "diverged": [],
        }
        write_json(folder / "params.json", order | more.get("order", {}))
        write_json(folder / "status.json", status | more.get("status", {}))
        write_json(folder / "metrics.json", scraps or [])
        write_json(folder / "run.ipynb", cells or notebook())
        write_text(folder / "run.log", more.get("log", "started\n"))
        return folder


STUDY = """---
title: A toy study
---

# Questions

{{< include /results/toy/_study.md >}}

::: {.callout-note}
A note, and [the results](../results/index.qmd).
:::
"""


def scrap(
    name: str, value: Any, unit: str = "%", member: Any = None, meaning: str = ""
) -> dict[str, Any]:
    line = {"name": name, "value": value, "unit": unit, "meaning": meaning}
    return line if member is None else line | {"member": member}


def case(scraps: Any = (), status: Any = None, **manifest: Any) -> Case:
    """A case in no folder at all."""
    about = typed(Manifest, {"notebook": "toy/train", **manifest})
    state = typed(Status, {"state": "done", **(status or {})})
    assert about is not None and state is not None
    run = Run(Path("toy/key"), about, state)
    run.scraps = typed_list(Scrap, list(scraps))
    return Case(run, run.varied)


def fill(bench: Bench) -> Bench:
    """A spread with ensembles, a divergence and a failure, and an analysis of it."""
    note = {"title": "Which layer?", "answer": {"value": "error", "order": "min"}}
    write_json(bench.project.catalogue / "spreads/toy/layers.json", note)
    for place, layer in enumerate(("signed", "unit", "logmag")):
        for step, orbits in enumerate((1, 10, 100)):
            values = {"output_layer": layer, "orbits": orbits}
            scraps = [
                scrap(
                    "error",
                    (place + 1) * 10.0 / orbits * (1 + seed / 9),
                    member={"seed": seed},
                )
                for seed in range(3)
            ]
            scraps.append(scrap("train_time", 3.0 + place + step, "s"))
            lost = layer == "logmag" and orbits == 1
            if lost:
                scraps[2] = scrap("error", float("nan"), member={"seed": 2})
            bench.run(
                f"{place}{step}aaaa00000000",
                varied=values | {"seed": [0, 1, 2]},
                scraps=scraps,
                order={"members": [{"values": {"seed": seed}} for seed in range(3)]},
                status={
                    "diverged": [{"values": {"seed": 2}, "step": 120}] if lost else []
                },
            )
    bench.run(
        "ffff00000000aaaa",
        state="failed",
        varied={"output_layer": "missing", "orbits": 10, "seed": [0, 1, 2]},
        status={
            "error": {
                "cell": 4,
                "name": "ValueError",
                "message": "no such layer: <missing>",
                "traceback": "Traceback …\nValueError: no such layer",
            }
        },
        log="\n".join(f"line {number}" for number in range(100)),
    )
    bench.run(
        "bbbb00000000aaaa",
        stage="generalise",
        varied={},
        scraps=[scrap("mean_error", 0.12), scrap("orbits_tested", 100, "1")],
        order={
            "title": "Does it generalise?",
            "models": [
                {"identity": "m0", "run": "00aaaa00000000", "parameters": {"seed": 0}}
            ],
        },
    )
    return bench
