"""One run: what reaches the kernel, what its environment is, and who may run it."""

import json
import os
import sys
from pathlib import Path

import pytest

from fieldnotes.files import write_json
from fieldnotes.runner.errors import RunnerError
from fieldnotes.runner.slots import launch
from fieldnotes.runner.worker import BUSY, run_one
from fieldnotes.runs.locks import Lock, myself

PARAMETERS = """
    # %% tags=["parameters"]
    text: str = ""  # [-] any text
    number: float = 1.0  # [1] a number
    pair: tuple[int, ...] = (1, 2)  # [1] two numbers
    nested: dict[str, float] = {"a": 1.0}  # [1] named numbers
    maybe: str | None = None  # [-] text or nothing
    many: list[float] = [0.0]  # [1] numbers

    # %%
    import os
    import sys
    import tempfile
    from pathlib import Path

    seen = repr((text, number, pair, nested, maybe, many))
    run = Path(os.environ["FIELDNOTES_RUN"])
    (run / "seen.txt").write_text(seen, encoding="utf-8", errors="surrogatepass")
    where = [sys.executable, os.getcwd(), tempfile.gettempdir(), os.environ["HOME"]]
    (run / "where.txt").write_text("\\n".join(where))
    os.system("echo said by a child")
"""
WEIRD = "\"'\\ \n\r\t{x}{{}} %s $(rm) `ls` '''\"\"\" é\u2028\u0000\U0001f600"
WEIRD += " __import__('os')"


def order(toy, **parameters):
    """Plan the notebook with these values and write its order; its folder."""
    from fieldnotes.runner.manifest import draw_up
    from fieldnotes.runs import Limits

    toy.notebook("code", PARAMETERS)
    toy.spread("code", f"notebook: toy/code\nfix: {json.dumps(parameters)}")
    run = toy.plan("code").runs[0]
    draw_up(toy.project, run, Limits()).write(run.folder)
    return run


def test_every_value_reaches_the_notebook_unchanged(toy):
    values = {
        "text": WEIRD,
        "maybe": "None",
        "nested": {"a": -2.5e-300},
        "many": [1e22, -0.0, 1 / 3],
        "pair": [3, 4],
    }
    run = order(toy, **values)
    nan = run.request.parameters | {"number": float("nan")}
    write_json(run.folder / "params.json", toy.order(run) | {"parameters": nan})
    assert launch(str(run.folder), str(toy.root)) == 0
    seen = eval((run.folder / "seen.txt").read_bytes().decode(), {"nan": "nan"})
    expected = (WEIRD, "nan", (3, 4), values["nested"], "None", values["many"])
    assert seen == expected
    executable, folder, temporary, _ = (
        (run.folder / "where.txt").read_text().split("\n")
    )
    assert executable == sys.executable
    assert folder == str(toy.root)
    assert not Path(temporary).exists(), "the private folder is removed"
    assert "said by a child" in (run.folder / "run.log").read_text()
    json.loads((run.folder / "run.ipynb").read_text(), parse_constant=pytest.fail)


def test_a_folder_without_an_order_is_refused(toy):
    with pytest.raises(RunnerError, match="nothing to run"):
        run_one(toy.root / "catalogue" / "runs" / "toy" / "none")


def test_code_that_changed_since_the_plan_is_not_run(toy):
    run = order(toy)
    toy.notebook("code", PARAMETERS + "\n    print('new')\n")
    assert launch(str(run.folder), str(toy.root)) == 1
    status = toy.status(run)
    assert status["state"] == "failed"
    assert "changed since planned: notebooks/toy/code.py" in status["reason"]
    assert not (run.folder / "run.ipynb").exists()


def test_a_run_that_another_process_holds_is_left_alone(toy, capsys):
    run = order(toy)
    assert Lock(run.folder).take()
    assert launch(str(run.folder), str(toy.root)) == BUSY
    assert not (run.folder / "status.json").exists()


@pytest.mark.parametrize(
    "holder",
    [
        {"pid": 2**22 + 1},
        {"process_start": 1.0},
        {"host": "elsewhere"},
    ],
    ids=["its process is gone", "its pid was given anew", "another host, long silent"],
)
def test_a_stale_lock_is_taken_over(tmp_path, holder):
    path = tmp_path / "lock"
    write_json(path, myself() | holder)
    os.utime(path, (1e9, 1e9))
    lock = Lock(tmp_path)
    assert lock.take()
    assert not Lock(tmp_path).take()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_host_holds_while_it_is_touched(tmp_path):
    write_json(tmp_path / "lock", myself() | {"host": "elsewhere"})
    assert not Lock(tmp_path).take()


def test_a_kernel_that_does_not_start_is_tried_once_more_over_tcp(toy, monkeypatch):
    from fieldnotes.runner import kernel

    run, transports = order(toy), []
    start = kernel.Kernel.start_kernel

    async def flaky(self, **kw):
        transports.append(self.transport)
        if len(transports) == 1:
            message = "no kernel today"
            raise OSError(message)
        await start(self, **kw)

    monkeypatch.setattr(kernel.Kernel, "start_kernel", flaky)
    assert run_one(run.folder) == 0
    assert transports == ["ipc", "tcp"]
    assert "Trying once more" in (run.folder / "run.log").read_text()
