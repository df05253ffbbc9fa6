"""Every way a run can end, each from a real kernel, told apart by its status."""

import pytest

from fieldnotes.runner.kernel import PRINTED

KERNEL = """
    # %% tags=["parameters"]
    how: str = "well"  # [-] how this run shall end

    # %%
    import os
    import signal
    import sys
    import time

    # %%
    match how:
        case "error":
            wanted = 3
            raise ValueError(f"no {wanted} today")
        case "exit":
            sys.exit(0)
        case "exit with a word":
            sys.exit("enough")
        case "gone":
            os._exit(0)
        case "shot":
            os.kill(os.getpid(), signal.SIGKILL)
        case "memory error":
            raise MemoryError("no room")
        case "exhausted":
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes")
        case "own handler":
            shown = lambda shell, kind, value, trace, tb_offset=None: print("hush")
            get_ipython().set_custom_exc((Exception,), shown)
            raise ValueError("kept quiet")
        case "loud":
            print("a line\\n" * 1_000_000)
            print("last words", file=sys.stderr)
        case "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "helper":
            import springs_beside
        case "slow":
            time.sleep(60)
        case "large":
            block = bytearray(300_000_000)
            time.sleep(60)

    # %%
    print("the end")
"""
SPREAD = """
    stages:
      ends:
        notebook: toy/ends
        vary:
          - grid:
              how:
                [error, exit, exit with a word, gone, shot, memory error, exhausted,
                own handler, loud, helper]
      slow: {notebook: toy/ends, fix: {how: slow}, limits: {timeout: 4}}
      stopped: {notebook: toy/ends, fix: {how: stopped}, limits: {timeout: 4}}
      large: {notebook: toy/ends, fix: {how: large}, limits: {memory: 0.25}}
      well: {notebook: toy/ends}
"""


@pytest.fixture(scope="module")
def ends(shared_toy):
    """The status of one run for each way to end, and the batch's outcome."""
    path = shared_toy.notebook("ends", KERNEL)
    path.with_name("springs_beside.py").write_text("stiffness = 1\n")
    shared_toy.spread("ends", SPREAD)
    outcome = shared_toy.run("ends", jobs=2)
    runs = shared_toy.plan("ends").runs
    found = {run.request.parameters["how"]: run for run in runs}
    return shared_toy, found, outcome


@pytest.mark.parametrize(
    ("how", "state", "cause"),
    [
        ("error", "failed", "ValueError: no 3 today"),
        ("exit", "stopped-early", "sys.exit(0)"),
        ("exit with a word", "stopped-early", "sys.exit(enough)"),
        ("gone", "stopped-early", "os._exit"),
        ("shot", "killed", "SIGKILL"),
        ("memory error", "out-of-memory", "MemoryError: no room"),
        ("exhausted", "out-of-memory", "RESOURCE_EXHAUSTED"),
        ("own handler", "failed", "ValueError: kept quiet"),
        ("loud", "done", ""),
        ("helper", "failed", "Move notebooks/toy/springs_beside.py to src/"),
        ("stopped", "timed-out", "limit of 4 s"),
        ("slow", "timed-out", "limit of 4 s"),
        ("large", "out-of-memory", "limit of 0.25 GB"),
        ("well", "done", ""),
    ],
)
def test_ends_are_told_apart(ends, how, state, cause):
    toy, runs, _ = ends
    status = toy.status(runs[how])
    assert status["state"] == state
    assert cause in ((status["error"] or {}).get("cause") or "") + status["reason"]
    assert status["duration_s"] > 0
    assert not (runs[how].folder / "lock").exists()


def test_one_failure_stops_no_other_run(ends):
    _, runs, outcome = ends
    assert outcome.counts.total() == len(runs) == 14
    assert outcome.counts["done"] == 2
    assert outcome.exit_code == 1
    assert len(outcome.failures["ValueError: no 3 today"]) == 1


def test_an_error_is_recorded_with_its_cell_and_line(ends):
    toy, runs, _ = ends
    error = toy.status(runs["error"])["error"]
    notebook = (runs["error"].folder / "run.ipynb").read_text()
    assert error["source"] == 'raise ValueError(f"no {wanted} today")'
    assert error["name"] == "ValueError"
    assert "\x1b" not in error["traceback"]
    assert "no 3 today" in notebook
    assert "the end" not in toy.status(runs["error"])["reason"]


def test_the_peak_of_memory_is_measured(ends):
    toy, runs, _ = ends
    assert 250 < toy.status(runs["large"])["peak_memory_mb"] < 500
    assert 20 < toy.status(runs["well"])["peak_memory_mb"] < 200


def test_the_next_plan_says_how_a_run_failed_and_would_repeat_it(ends):
    _, runs, _ = ends
    assert runs["well"].state == "done"
    assert runs["error"].state == "to run"
    assert runs["error"].reason == "failed before: ValueError: no 3 today"
    assert runs["slow"].reason.startswith("timed-out before")


def test_a_page_names_its_notebook_and_not_this_machine(ends):
    toy, runs, _ = ends
    text = (runs["well"].folder / "run.ipynb").read_text()
    assert '"input_path": "notebooks/toy/ends.py"' in text
    assert str(toy.root) not in text


def test_what_a_cell_prints_is_capped_in_the_page_and_the_log(ends):
    _, runs, _ = ends
    folder = runs["loud"].folder
    notebook, log = (folder / "run.ipynb").read_text(), (folder / "run.log").read_text()
    for text in (notebook, log):
        # each line has seven characters; the cell's source holds one more
        assert text.count("a line") in range(PRINTED // 7, PRINTED // 7 + 3)
        assert "characters of this cell's output are kept" in text
    assert "the end" in log
