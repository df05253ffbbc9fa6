"""Projects with run folders, empty, filled, and with the preview built."""

from pathlib import Path

import pytest

from website.planned_runs import plan_and_run
from website.run_folders import Bench, fill


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "project")


@pytest.fixture
def filled(bench: Bench) -> Bench:
    return fill(bench)


@pytest.fixture
def planned(bench: Bench) -> Bench:
    return plan_and_run(bench)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A filled project with its preview built, for tests that only read."""
    from fieldnotes.website import build

    made = fill(Bench(tmp_path_factory.mktemp("site") / "project"))
    build(made.project, quarto=False)
    return made
