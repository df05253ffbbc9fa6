"""Run folders made by hand, as the runner and notebooks leave them."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, create_engine, select, text

from fieldnotes.catalogue import Catalogue, this_run
from fieldnotes.catalogue import tables as t
from fieldnotes.catalogue.database import ROOM, read_url
from fieldnotes.files import to_json
from fieldnotes.project import Project
from fieldnotes.runs.locks import myself
from fieldnotes.values import digest
from postgres_server import missing, postgres

TABLES = ("models", "runs", "scraps", "figures", "evaluations")
LINKS = ("run_needs", "run_models", "evaluation_models", "evaluation_runs")
LINKS += ("figure_evaluations", "figure_models")
NOTEBOOK = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How well does a spring learn?
#
# Does it?

# %% tags=["parameters"]
seed: list[int] = [0]  # [1] in [0, inf): base of the random keys
layer: str = "signed"  # [-] output layer
orbits: int = 10  # [1] in [1, inf): training orbits
optimiser: dict = {"rate": 0.001}  # [-] settings of the optimiser

# %%
print(seed, layer, orbits, optimiser)
"""

SPREAD = """\
title: Which layer?
stages:
  train:
    notebook: toy/train
    fix: {orbits: 10}
    vary:
      - grid: {layer: [signed, softplus], seed: {range: 3}}
    together: [seed]
"""


def write_json(path: Path, value: Any) -> None:
    """As the project writes JSON, without waiting for the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(to_json(value))


def settle(folder: Path) -> None:
    """Make files old enough to count as settled: no change can hide in a tick."""
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (1e9, 1e9 + len(path.name)))


def everything(catalogue: Catalogue) -> dict[str, list]:
    """Every table and link, in an order of its own."""
    found = {name: getattr(catalogue, name)().to_dict("records") for name in TABLES}
    for name in LINKS:
        rows = catalogue.ask(select(t.Base.metadata.tables[name]))
        found[name] = sorted(tuple(row.values()) for row in rows)
    return {name: [str(row) for row in rows] for name, rows in found.items()}


def connected(url: str) -> Connection:
    """A connection in which each statement stands for itself."""
    address = read_url(url)
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "poolclass": NullPool}
    return create_engine(address, **options).connect()


class Factory:
    """Makes run folders of a project, one method a kind of thing."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def run(
        self,
        key: str = "aaaa000011112222",
        parameters: Mapping[str, Any] | None = None,
        *,
        notebook: str = "toy/train",
        state: str = "done",
        interactive: bool = False,
        models: Sequence[Mapping[str, Any]] = (),
        **order: Any,
    ) -> Path:
        """A run folder with an order and a status."""
        folder = self.project.run_folder(notebook.split("/")[0], key)
        write_json(
            folder / "params.json",
            {
                "schema": 1,
                "key": key,
                "notebook": notebook,
                "study": notebook.split("/")[0],
                "title": "a run",
                "spread": None if interactive else "toy/layers",
                "stage": None if interactive else "train",
                "parameters": dict(parameters or {}),
                "members": [{"identity": key, "values": {}, "existing": None}],
                "needs": [],
                "models": list(models),
                "code": {"notebook": "c0de", "modules": {"toy.models": "m0"}},
                "interactive": interactive,
                **order,
            },
        )
        status = {
            "state": state,
            "started": "2030-01-01T00:00:00.000+00:00",
            "duration_s": 2.5,
            "versions": {"jax": "1.0"},
            "commit": "abc",
            "dirty": False,
        }
        if interactive:
            status |= {"interactive": True, **myself()}
        write_json(folder / "status.json", status)
        return folder

    def model(
        self,
        folder: Path,
        identity: str,
        hyperparameters: Mapping[str, Any],
        *,
        kind: str = "final",
        created: str = "2030-01-01T00:00:00+00:00",
        content: bytes | None = None,
        **record: Any,
    ) -> Path:
        """A model file with its record and companion."""
        stem = identity if kind == "final" else f"{identity}.{kind}"
        path = folder / "models" / f"{stem}.eqx"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content or json.dumps([identity, kind]).encode() * 20
        path.write_bytes(data)
        write_json(
            path.with_suffix(".json"),
            {
                "identity": identity,
                "kind": kind,
                "hyperparameters": dict(hyperparameters),
                "values": {},
                "checksum": hashlib.sha256(data).hexdigest(),
                "outcome": "trained",
                "diverged_at": None,
                "bytes": len(data),
                "created": created,
                **record,
            },
        )
        return path

    def trained(
        self, number: int, *, orbits: int = 10, created: str = "", **more: Any
    ) -> Path:
        """A finished run of one model; `number` is its seed and makes its key."""
        values = {"seed": number, "layer": "signed", "orbits": orbits, **more}
        values.setdefault("optimiser", {"rate": 1e-3})
        key = digest([number, values])
        folder = self.run(key, values)
        self.model(folder, digest(values), values, created=created or "2030-01-01")
        return folder

    def scraps(self, folder: Path, *scraps: Mapping[str, Any]) -> None:
        """The recorded values of a run."""
        write_json(folder / "metrics.json", list(scraps))

    def figure(
        self, folder: Path, name: str, kind: str = "loss", **record: Any
    ) -> Path:
        """A figure with its record."""
        path = folder / "figures" / f"{name}.json"
        data = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {}}
        title = record.pop("title", None)
        if title:
            data["layout"] = {"title": {"text": title}}
        write_json(path, data)
        about = {"name": name, "kind": kind, "caption": "A line.", "parameters": {}}
        write_json(path.with_name(f"{name}.record.json"), {**about, **record})
        return path

    def evaluation(self, key: str, name: str, parameters: Any, **record: Any) -> Path:
        """An evaluation in the cache (its arrays are not looked at)."""
        path = self.project.cache / "evaluations" / f"{key}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"arrays")
        about = {"hash": key, "name": name, "parameters": parameters, "bytes": 6}
        write_json(path.with_suffix(".json"), {**about, **record})
        return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with one notebook and one spread."""
    (tmp_path / "notebooks/toy").mkdir(parents=True)
    (tmp_path / "notebooks/toy/1-train.py").write_text(NOTEBOOK)
    (tmp_path / "params/toy").mkdir(parents=True)
    (tmp_path / "params/toy/layers.yml").write_text(SPREAD)
    (tmp_path / "src").mkdir()
    return Project(tmp_path)


@pytest.fixture
def make(project: Project) -> Factory:
    return Factory(project)


@pytest.fixture
def catalogue(project: Project) -> Catalogue:
    return Catalogue(project)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL that runs for these tests."""
    if missing():
        pytest.skip(missing())
    with postgres() as url:
        yield url.format(database="postgres")


@pytest.fixture
def url(server: str) -> str:
    """The URL of a database without an index."""
    with connected(server) as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {ROOM} CASCADE"))
        connection.execute(text("DROP TABLE IF EXISTS runs"))
    return server


@pytest.fixture
def populated(make: Factory) -> list[Path]:
    """Three trainings, an analysis of two of them, a failure."""
    trained = [make.trained(seed) for seed in range(3)]
    paths = [next(folder.glob("models/*.eqx")) for folder in trained]
    for folder in trained:
        make.scraps(folder, {"name": "error", "value": 0.5, "unit": "%"})
    analysis = make.run(
        "eeee000011112222",
        {"models": {"from": "train"}, "horizon": 5.0},
        notebook="toy/analyse",
        needs=[folder.name for folder in trained[:2]],
        models=[
            {"identity": path.stem, "path": make.project.relative(path)}
            for path in paths[:2]
        ],
    )
    make.evaluation(
        "ev1", "unseen", {"n": 3}, models=[paths[0].stem], run=analysis.name
    )
    make.figure(analysis, "paths", "paths", models=[paths[1].stem], evaluations=["ev1"])
    make.run("ffff000011112222", {"seed": 9}, state="failed")
    return trained


@pytest.fixture(autouse=True)
def no_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins outside of any run."""
    monkeypatch.setattr(this_run, "_session", None)
    for name in ("FIELDNOTES_RUN", "FIELDNOTES_PROJECT", "JPY_SESSION_NAME"):
        monkeypatch.delenv(name, raising=False)
    yield
    this_run._session = None


@pytest.fixture
def batch(
    project: Project, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Enter a run as the runner's kernel would; gives its folder."""

    def enter(parameters: Mapping[str, Any] | None = None, **order: Any) -> Path:
        folder = make.run("bbbb000011112222", parameters, state="running", **order)
        monkeypatch.setenv("FIELDNOTES_RUN", str(folder))
        monkeypatch.setenv("FIELDNOTES_PROJECT", str(project.root))
        return folder

    return enter


@pytest.fixture
def by_hand(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Open the notebook in JupyterLab; gives the namespace its cells share."""
    from fieldnotes.catalogue import interactive

    def opened(half: str = ".py", **values: Any) -> dict[str, Any]:
        path = project.notebooks / f"toy/1-train{half}"
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
        names: dict[str, Any] = {
            **{"seed": [0], "layer": "signed", "orbits": 10},
            "optimiser": {"rate": 1e-3},
            **values,
        }
        monkeypatch.setattr(interactive, "namespace", lambda: names)
        return names

    return opened
