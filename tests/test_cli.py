"""The command line: help for everyone, exit codes that mean what they say."""

import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.files import read_json, write_json

NOTEBOOK = """\
# %% [markdown]
# # What is twice the number?

# %% tags=["parameters"]
number: float = 1.0  # [1] the number to double
name: str = "plain"  # [-] a label

# %%
from fieldnotes.catalogue import record

# %%
record("double", 2 * number, unit="1")
record("name", name, unit="-")
"""
SPREAD = """\
title: Two numbers
notebook: toy/double
vary:
  - grid: {number: [1, 2]}
"""


def commands(group: click.Group = main, prefix: str = "") -> dict[str, click.Command]:
    """Every command by its full name, subcommands included."""
    found = {}
    for name, command in group.commands.items():
        found[prefix + name] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{prefix}{name} ")
    return found


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    (tmp_path / "notebooks/toy").mkdir(parents=True)
    (tmp_path / "notebooks/toy/double.py").write_text(NOTEBOOK)
    (tmp_path / "params").mkdir()
    (tmp_path / "params/two.yml").write_text(SPREAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fieldnotes(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fieldnotes", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", commands())
def test_the_help_of_every_command_has_one_example(name):
    shown = CliRunner().invoke(main, [*name.split(), "--help"])
    assert shown.exit_code == 0
    assert shown.output.count("Example: fieldnotes " + name) == 1


def test_no_command_is_missing():
    words = "plan run run-one status accept site lab open diff models figures runs"
    words += " tidy export restore doctor stop"
    assert set(words.split()) <= set(commands())
    assert "figures export" in commands()


def test_the_commands_work_together(project):
    ran = fieldnotes("run", "two")
    assert ran.returncode == 0, ran.stderr
    again = fieldnotes("plan", "params/two.yml", "--values")
    assert again.returncode == 0, again.stderr
    assert "2 done" in again.stdout
    assert "params/two.yml" in again.stdout
    runs = fieldnotes("runs", "--where", "number=2", "--csv")
    assert len(runs.stdout.splitlines()) == 2, runs.stdout
    assert "toy/double" in runs.stdout
    folders = sorted(path.name for path in (project / "catalogue/runs/toy").iterdir())
    differ = fieldnotes("diff", *folders)
    assert "number" in differ.stdout
    assert fieldnotes("status").returncode == 0
    assert fieldnotes("tidy").returncode == 0
    assert fieldnotes("restore").returncode == 0


def test_a_notebook_is_run_from_typed_parameters_and_a_run_by_its_key(project):
    ran = fieldnotes("run", "toy/double", "number=2,3", "name=a b")
    assert ran.returncode == 0, ran.stderr
    runs = fieldnotes("runs", "--columns", "name,double", "--sort=-double", "--csv")
    rows = [line.split(",") for line in runs.stdout.splitlines()]
    assert [row[-2:] for row in rows[1:]] == [["a b", "6.0"], ["a b", "4.0"]], rows
    key = rows[1][0]
    folder = project / "catalogue/runs/toy" / key
    before = read_json(folder / "status.json")["ended"]
    command = read_json(folder / "params.json")["command"]
    assert command == f"fieldnotes run --again {key}"
    again = fieldnotes(*command.split()[1:])
    assert again.returncode == 0, again.stderr
    assert read_json(folder / "status.json")["ended"] > before
    assert len(fieldnotes("runs", "--csv").stdout.splitlines()) == 3
    both = fieldnotes("run", "two", "--again", key)
    assert both.returncode == 2
    assert "leave `two` out" in both.stderr


def test_one_run_of_a_spread_is_made_again_and_no_other(project):
    assert fieldnotes("run", "two").returncode == 0
    folders = sorted((project / "catalogue/runs/toy").iterdir())
    before = [read_json(folder / "status.json")["ended"] for folder in folders]
    assert fieldnotes("run", "--again", folders[0].name[:6]).returncode == 0
    after = [read_json(folder / "status.json")["ended"] for folder in folders]
    assert after[0] > before[0]
    assert after[1] == before[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["toy/duoble", "number=1"], "Did you mean `toy/double`"),
        (["toy/double", "nubmer=1"], "Did you mean `number`"),
        (["toy/double", "number=one"], "command line: line 3: fix"),
        (["toy/double", "number=[1"], "cannot be read as YAML"),
        (["toy/double", "number=1", "number=2"], "given twice"),
        (["number=1"], "named before them"),
        (["two", "toy/double", "number=1"], "Named were: `two`, `toy/double`"),
    ],
)
def test_mistakes_in_typed_parameters_are_told_before_anything_runs(
    project, words, said
):
    asked = CliRunner().invoke(main, ["run", *words])
    assert asked.exit_code == 2
    assert said in asked.output
    assert not (project / "catalogue").exists()


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        (SPREAD.replace("number:", "nubmer:"), "Did you mean `number`?"),
        (SPREAD.replace("[1, 2]", "[one]"), "must be a number"),
        (SPREAD.replace("toy/double", "toy/duoble"), "toy/double"),
        (SPREAD + "title: again\n", "title"),
        (SPREAD.replace("[1, 2]", "[1, 2"), "line"),
        (SPREAD.replace("[1, 2]", "[]"), "number"),
    ],
    ids=["name", "type", "notebook", "twice", "syntax", "empty"],
)
def test_bad_input_ends_with_code_two_and_nothing_written(project, spread, said):
    (project / "params/two.yml").write_text(spread)
    ran = fieldnotes("run", "two")
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Nothing was run." in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (project / "catalogue/runs").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "nowhere"),
        ("status", "nowhere"),
        ("site", "nowhere"),
        ("diff", "0000", "1111"),
        ("open", "0000"),
        ("accept", "0000"),
        ("models", "--where", "orbits"),
        ("run", "two", "--on", "moon"),
        ("run", "two", "--jobs", "0"),
    ],
    ids=lambda words: "-".join(words),
)
def test_a_wrong_request_ends_with_code_two_and_no_traceback(project, arguments):
    ran = fieldnotes(*arguments)
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert ran.stderr.strip()
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("command", ["plan", "run", "status", "site"])
def test_a_misspelt_spread_is_told_with_the_nearest_name(project, command):
    (project / "params/orbit").mkdir()
    (project / "params/orbit/mine.yml").write_text(SPREAD)
    asked = CliRunner().invoke(main, [command, "mine"])
    assert asked.exit_code == 2
    assert "Did you mean `orbit/mine`?" in asked.output
    assert not (project / "results").exists()


def test_outside_a_project_the_error_says_so(tmp_path, monkeypatch):
    shutil.rmtree(tmp_path / "notebooks", ignore_errors=True)
    monkeypatch.chdir(tmp_path)
    ran = fieldnotes("status")
    assert ran.returncode == 2
    assert "notebooks/" in ran.stderr


def test_the_doctor_names_what_is_missing():
    seen = fieldnotes("doctor")
    assert seen.returncode == 0, seen.stdout
    for word in ("Python", "jax", "Quarto", "browser"):
        assert word in seen.stdout


def test_a_command_is_run_when_the_batch_has_ended(project):
    said = "$FIELDNOTES_EXIT_CODE $FIELDNOTES_SUMMARY"
    ran = fieldnotes("run", "two", "--then", f"echo {said}; exit 3")
    assert ran.returncode == 0, ran.stderr
    (folder,) = (project / "catalogue/batches").iterdir()
    code, path = (folder / "completion.log").read_text().split()
    assert (code, Path(path)) == ("0", folder / "summary.json")
    assert read_json(Path(path))["counts"] == {"done": 2}
    assert "The command on completion ended with code 3" in ran.stdout
    (project / "fieldnotes.toml").write_text('on_completion = "touch ended"\n')
    assert fieldnotes("run", "two").returncode == 0
    assert (project / "ended").exists()


def test_a_status_that_is_watched_ends_with_the_batch(project):
    from threading import Timer

    from fieldnotes.project import Project
    from fieldnotes.runs.locks import Lock

    folder = Project(project).run_folder("toy", "aaaa000011112222")
    folder.mkdir(parents=True)
    lock = Lock(folder)
    assert lock.take()
    write_json(folder / "params.json", {"spread": "two", "notebook": "toy/double"})
    write_json(folder / "status.json", {"state": "running"})

    def end():
        write_json(folder / "status.json", {"state": "done"})
        lock.release()

    timer = Timer(2.0, end)
    timer.start()
    shown = CliRunner().invoke(main, ["status", "--watch", "--every", "0.2"])
    assert shown.exit_code == 0
    assert shown.output.count("running") > 2
    assert "done" in shown.output.splitlines()[-2]
