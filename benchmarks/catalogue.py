"""What questions about 100,000 models and a million recorded values cost.

Run it with `python benchmarks/catalogue.py [--runs 10000] [--members 10] [--values 10]
[--url URL]`. It makes so many run folders, each with so many models of so many recorded
values each, makes the index from them, and asks what people ask. The alternative is
what one would do without an index: read the JSON files of every folder and search. It
is timed on some of the folders and scaled up, as reading is proportional to them.

Seconds of this process's processor time stand beside those of the clock, as they count
also where other programs are busy. With `--url` the index is on a server of PostgreSQL,
whose own processor time is not in them.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fieldnotes.catalogue import Catalogue
from fieldnotes.project import Project

LIMIT = 0.2  # [s] a typical question
LIMIT_INDEX = 60.0  # [s] the index of 10,000 folders
LIMIT_LOOK = 2.0  # [s] the first question where nothing changed
LAYERS = ("signed", "unit_softplus", "logmag_unit_exp", "plain")
LOOKED = 500  # folders that the alternative reads
TRIES = 3  # the best of so many times
WEIGHTS = b"weights"


def main() -> None:
    """Make, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--members", type=int, default=10)
    parser.add_argument("--values", type=int, default=10)
    parser.add_argument("--url", help="a database instead of catalogue/index.sqlite")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        for number in range(given.runs):
            make_run(project, number, given.members, given.values)
        models = given.runs * given.members
        print(
            f"{given.runs:,} folders, {models:,} models, "
            f"{models * given.values:,} recorded values",
            flush=True,
        )
        index(project, given.url)
        questions(project, given)


def make_run(project: Project, number: int, members: int, values: int) -> None:
    """A finished run of one layer and rate, its members told apart by their seeds."""
    key = f"{number * 2654435761 % 2**64:016x}"
    folder = project.run_folder("orbit", key)
    (folder / "models").mkdir(parents=True)
    own = {
        "layer": LAYERS[number % len(LAYERS)],
        "rate": round(1e-4 * (1 + number // len(LAYERS) % 100), 6),
        "orbits": 10 * (1 + number // 400),
        "optimiser": {"name": "adam", "clip": 1.0},
        "steps": 1000,
    }
    parameters = {**own, "seed": list(range(members))}
    names = [f"{key}{seed:02x}" for seed in range(members)]
    order = {
        "schema": 1,
        "notebook": "orbit/train",
        "study": "orbit",
        "title": "a training",
        "spread": "orbit/layers",
        "stage": "train",
        "parameters": parameters,
        "members": [
            {"identity": name, "values": {"seed": seed}}
            for seed, name in enumerate(names)
        ],
    }
    ended = f"2030-01-01T00:{number // 60 % 60:02}:{number % 60:02}.000+00:00"
    state = "failed" if number % 100 == 99 else "done"
    status = {"state": state, "started": ended, "ended": ended, "duration_s": 2.5}
    recorded = [
        {
            "name": f"error_{at}",
            "value": (number * 31 + seed * 17 + at) % 1000 / 7,
            "unit": "%",
            "meaning": "how far a path is from the true one",
            "member": {"seed": seed},
        }
        for seed in range(members)
        for at in range(values)
    ]
    keep(folder / "params.json", order)
    keep(folder / "status.json", status)
    keep(folder / "metrics.json", recorded)
    for seed, name in enumerate(names):
        (folder / "models" / f"{name}.eqx").write_bytes(WEIGHTS)
        record = {
            "identity": name,
            "kind": "final",
            "hyperparameters": {**own, "seed": seed},
            "outcome": "trained",
            "bytes": len(WEIGHTS),
            "created": ended,
        }
        keep(folder / "models" / f"{name}.json", record)
    for path in (folder, folder / "models", *folder.glob("*.json")):
        os.utime(path, (1e9, 1e9))  # older than one tick of the clock


def keep(path: Path, value: Any) -> None:
    """Write JSON without waiting for the disk."""
    path.write_text(json.dumps(value))


def index(project: Project, url: str | None) -> None:
    """The index made anew, and looked at again when nothing has changed."""
    catalogue = Catalogue(project, url)
    wall, used, report = timed(catalogue.restore)
    print(f"index made: {wall:.1f} s, {used:.1f} s of processor ({report.read:,} read)")
    print(f"  limit for 10,000 folders {LIMIT_INDEX:.0f} s")
    wall, used, report = timed(lambda: Catalogue(project, url).sync())
    print(f"looked at again: {wall:.2f} s, {used:.2f} s of processor", end=" ")
    print(f"({report.unchanged:,} unchanged; limit {LIMIT_LOOK} s)", flush=True)


def questions(project: Project, given: argparse.Namespace) -> None:
    """What people ask, each the best of three, beside reading all files."""
    catalogue, runs = Catalogue(project, given.url), given.runs
    catalogue.sync()
    scale = runs / min(runs, LOOKED)
    wall, used, _ = timed(lambda: by_reading(project, {"layer": "signed", "seed": 3}))
    reading = used * scale
    print(f"reading the JSON of every folder: {wall * scale:.0f} s", end=", ")
    print(f"{reading:.1f} s of processor (scaled from {runs / scale:,.0f} folders)")
    for name, ask in asked(catalogue, min(4, given.members)):
        tries = [timed(ask) for _ in range(TRIES)]
        wall, used = min(t[0] for t in tries), min(t[1] for t in tries)
        found, verdict = len(tries[0][2]), "kept" if used < LIMIT else "MISSED"
        print(
            f"{name}: {wall:.3f} s, {used:.3f} s of processor (limit {LIMIT} s", end=" "
        )
        print(
            f"{verdict}), {found} rows, {reading / used:,.0f} times faster", flush=True
        )


def asked(catalogue: Catalogue, seeds: int) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Typical questions by what they are about."""
    one = {"layer": "signed", "rate": 0.0001, "orbits": 10}
    yield (
        "models of one case, a list of seeds",
        lambda: catalogue.models({**one, "seed": list(range(seeds))}),
    )
    yield (
        "models of one layer and rate",
        lambda: catalogue.models({"layer": "signed", "rate": 0.0001, "seed": 3}),
    )
    yield (
        "models by a recorded value",
        lambda: catalogue.models({**one, "error_0": {"<": 50}}),
    )
    yield (
        "a model by the start of its identity",
        lambda: catalogue.models({"identity": "0000000000000000"}),
    )
    yield (
        "runs that failed at one rate",
        lambda: catalogue.runs({"state": "failed", "rate": 0.0025}),
    )
    yield "runs of one case", lambda: catalogue.runs(one)
    yield (
        "one recorded value of one case",
        lambda: catalogue.scraps({**one, "name": "error_0"}),
    )
    yield (
        "recorded values of one run",
        lambda: catalogue.scraps({"run": "0000000000000000", "name": "error_1"}),
    )


def by_reading(project: Project, where: dict[str, Any]) -> list[dict[str, Any]]:
    """The models that meet a query, from the files of some of the folders."""
    found = []
    folders = sorted(project.runs.glob("*/*"))[:LOOKED]
    for folder in folders:
        for name in ("params.json", "status.json", "metrics.json"):
            json.loads((folder / name).read_bytes())
        for path in (folder / "models").glob("*.json"):
            record = json.loads(path.read_bytes())
            values = record["hyperparameters"]
            if all(values.get(name) == value for name, value in where.items()):
                found.append(record)
    return found


def timed(action: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds of the clock and of this process's processor time, and what it gave."""
    began, used = time.perf_counter(), time.process_time()
    answer = action()
    return time.perf_counter() - began, time.process_time() - used, answer


if __name__ == "__main__":
    main()
