"""A run folder is read as far as it can be read, whatever lies there."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from fieldnotes.errors import CorruptFile
from fieldnotes.files import write_json
from fieldnotes.project import Project
from fieldnotes.runs import (
    FAILED,
    FINISHED,
    STATES,
    Manifest,
    MemberEntry,
    ModelEntry,
    NoSuchRun,
    Run,
    Status,
    find_run,
    list_runs,
    read_manifest,
    read_run,
    read_status,
    whole_model,
)
from fieldnotes.runs.locks import Lock, myself


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def folder_of(project: Project, key: str = "aaaa0000", study: str = "toy") -> Path:
    folder = project.run_folder(study, key)
    Manifest(key=key, notebook="toy/train").write(folder)
    return folder


def read(folder: Path) -> Run:
    run = read_run(folder)
    assert run is not None
    return run


def test_every_state_is_told_once():
    assert len(STATES) == len(set(STATES))
    assert FINISHED | FAILED < set(STATES)
    assert not FINISHED & FAILED


def test_a_manifest_comes_back_as_it_was_written(tmp_path):
    manifest = Manifest(
        key="k",
        parameters={"seed": [0], "rate": float("inf")},
        meanings={"seed": "base of the random keys"},
        members=[MemberEntry("m", {"seed": 0}, "catalogue/runs/toy/k/models/m.eqx")],
        models=[ModelEntry("n", path="x.eqx", run="r", parameters={"seed": 1})],
        absent=[ModelEntry("o", reason="r failed")],
        inputs={"data/a.csv": "c0de"},
    )
    manifest.write(tmp_path)
    assert read_manifest(tmp_path) == manifest


def test_what_a_manifest_holds_in_another_type_counts_as_absent(tmp_path):
    odd = {"parameters": 3, "title": ["x"], "members": [4, {"identity": 5}], "new": 1}
    odd |= {"models": [{"path": "no identity"}, {"identity": "m", "run": None}]}
    odd |= {"code": "x", "limits": {"threads": "two"}, "spread": None}
    write_json(tmp_path / "params.json", odd)
    expected = Manifest(members=[MemberEntry()], models=[ModelEntry("m")])
    names: list[str] = []
    assert read_manifest(tmp_path, names) == expected
    assert sorted(names) == ["code", "members", "models", "parameters", "title"]
    assert "odd and left out: " in read(tmp_path).problems[0]


@pytest.mark.parametrize("text", ["{", "[]", "3", '"x"'])
def test_a_manifest_that_is_no_mapping_is_corrupt(tmp_path, text):
    (tmp_path / "params.json").write_text(text)
    with pytest.raises(CorruptFile, match="params.json"):
        read_run(tmp_path)


def test_what_is_spoilt_beside_the_manifest_is_a_problem_and_loses_nothing_else(
    project,
):
    folder = folder_of(project)
    record: dict[str, Any] = {"name": "loss", "kind": "loss", "caption": "It falls."}
    write_json(folder / "figures/loss.record.json", record)
    (folder / "figures/odd.record.json").write_text("{")
    (folder / "metrics.json").write_text('{"not": "a list"}')
    (folder / "status.json").write_text("{{{")
    run = read(folder)
    assert run.state == "unreadable" and run.state in FAILED
    assert [figure.caption for figure in run.figures] == ["It falls."]
    assert run.scraps == []
    assert [problem.count(".json") for problem in run.problems] == [1, 1, 1]


def test_scraps_keep_what_tells_them_apart_and_odd_ones_are_left_out(project):
    folder = folder_of(project)
    scraps = [
        {"name": "a", "value": 1, "unit": "m", "meaning": "a length"},
        {"name": "b", "value": None, "member": {"seed": 0}},
        *({"name": "no value"}, {"value": 1}, 7),
    ]
    write_json(folder / "metrics.json", scraps)
    run = read(folder)
    told = [(s.name, s.value, s.unit, s.meaning, s.member) for s in run.scraps]
    assert [problem.endswith("3 left out.") for problem in run.problems] == [True]
    assert told == [("a", 1, "m", "a length", {}), ("b", None, "1", "", {"seed": 0})]


def test_a_run_that_never_started_is_queued_and_a_locked_one_is_running(project):
    folder = folder_of(project)
    assert read(folder).state == "queued"
    assert Lock(folder).take()
    assert read(folder).state == "running"


@pytest.mark.parametrize("interactive", [False, True])
def test_a_run_lives_by_its_lock_or_by_hand_by_its_kernel(project, interactive):
    folder = folder_of(project)
    Status(state="running", interactive=interactive, **myself()).write(folder)
    assert read(folder).state == ("running" if interactive else "killed")
    gone = {"pid": os.getpid(), "host": socket.gethostname(), "process_start": 1.0}
    Status(state="running", interactive=interactive, **gone).write(folder)
    status = read_status(folder)
    assert status is not None and status.state == "killed"
    assert ("kernel" if interactive else "worker") in str(status.reason)
    assert Lock(folder).take()
    assert read(folder).state == "running"


def test_a_kernel_on_another_machine_is_taken_at_its_word(project):
    folder = folder_of(project)
    Status("running", interactive=True, pid=1, host="elsewhere").write(folder)
    assert read(folder).state == "running"


@pytest.mark.parametrize("holder", ["[]", "{}", '{"host": 3, "pid": "x"}', "{"])
def test_an_odd_lock_locks_nothing_for_long(project, holder):
    folder = folder_of(project)
    (folder / "lock").write_text(holder)
    os.utime(folder / "lock", (1e9, 1e9))
    assert read(folder).state == "queued"


def test_a_model_is_whole_in_its_full_length_only(tmp_path):
    path = tmp_path / "m.eqx"
    path.write_bytes(b"12345")
    write_json(path.with_suffix(".json"), {"identity": "m", "bytes": 5})
    model = whole_model(path)
    assert model is not None and (model.identity, model.kind) == ("m", "final")
    path.write_bytes(b"1234")
    assert whole_model(path) is None
    path.with_suffix(".json").write_text("{")
    assert whole_model(path) is None
    assert whole_model(tmp_path / "none.eqx") is None


def test_odd_folders_are_listed_with_their_reason_and_hidden_ones_are_none(project):
    folder_of(project, "good")
    (project.runs / "toy/empty").mkdir()
    (project.runs / "toy/.hidden").mkdir()
    (project.runs / "toy/file").write_text("x")
    (project.runs / "toy/broken").mkdir()
    (project.runs / "toy/broken/params.json").write_text("{")
    runs, odd = list_runs(project)
    assert [run.key for run in runs] == ["good"]
    assert sorted(odd) == ["catalogue/runs/toy/broken", "catalogue/runs/toy/empty"]
    assert str(project.root) not in json.dumps(odd)
    assert list_runs(Project(project.root / "nowhere")) == ([], {})


def test_a_run_is_found_by_its_path_its_key_or_the_start_of_it(project):
    one, other = folder_of(project, "aaaa0000"), folder_of(project, "aaaa0001")
    assert find_run(project, one) == find_run(project, "aaaa0000") == one
    assert find_run(project, "catalogue/runs/toy/aaaa0001") == other
    with pytest.raises(NoSuchRun, match=r"2 runs begin so: .*aaaa0000, .*aaaa0001"):
        find_run(project, "aaaa")
    for nothing in ("bbbb", ""):
        with pytest.raises(NoSuchRun, match="`fieldnotes runs` lists"):
            find_run(project, nothing)


@pytest.mark.parametrize(
    ("status", "why", "cause"),
    [
        (Status("done"), "", "done"),
        (Status("timed-out", reason="above 4 s"), "above 4 s", "above 4 s"),
        (Status("failed", error={"name": "E", "message": "a\nb"}), "E: a", "failed"),
        (Status("failed", error={"name": "E", "cause": "E: c"}), "E", "E: c"),
        (Status("queued"), "queued", "queued"),
    ],
)
def test_a_status_says_why_there_is_no_result(status, why, cause):
    assert (status.why, status.cause) == (why, cause)
