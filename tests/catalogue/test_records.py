"""What a notebook leaves behind comes back as it was."""

import json
import math
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from fieldnotes.catalogue import (
    Catalogue,
    CatalogueError,
    artifact,
    progress,
    record,
    records,
    save_figure,
)
from fieldnotes.catalogue.bar import line
from fieldnotes.catalogue.records import scrap_name
from fieldnotes.files import read_json

EXACT = [
    *(0, False, True, None, 2**70, -0.0, 0.1, math.inf, -math.inf, math.nan),
    *("", 'a"\\{}\n🙂', [1, [2.5, None]], {"a": {"b": [math.nan]}}),
]


def bits(value):
    """A value with its types, so that 1, 1.0 and True differ and NaN is itself."""
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if isinstance(value, list):
        return [bits(item) for item in value]
    return type(value).__name__, repr(value)


@pytest.mark.parametrize("value", EXACT, ids=repr)
def test_a_value_comes_back_exactly_as_it_was_recorded(batch, value):
    folder = batch()
    record("x", value, "m")
    assert bits(read_json(folder / "metrics.json")[0]["value"]) == bits(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (np.float32(0.1), float(np.float32(0.1))),
        (np.int64(3), 3),
        (np.bool_(False), False),
        (np.array(2.5), 2.5),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.float64(1.5), 1.5),
        (np.str_("word"), "word"),
        ((1, (2, 3)), [1, [2, 3]]),
        (np.array([np.nan, 1.0]), [math.nan, 1.0]),
    ],
    ids=repr,
)
def test_scalars_and_small_arrays_become_pythons_own(batch, value, kept):
    folder = batch()
    record("x", value)
    assert bits(read_json(folder / "metrics.json")[0]["value"]) == bits(kept)


def test_jax_scalars_become_pythons_own(batch):
    jnp = pytest.importorskip("jax.numpy")
    folder = batch()
    record("x", jnp.float32(0.5))
    record("y", jnp.arange(3))
    values = [scrap["value"] for scrap in read_json(folder / "metrics.json")]
    assert bits(values) == bits([0.5, [0, 1, 2]])


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, {1: 2}, 1j, np.array([1j]), np.zeros(10_001), Path("x")],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_come_back_is_refused(batch, value):
    folder = batch()
    with pytest.raises(CatalogueError, match="record 'x'"):
        record("x", value)
    assert not (folder / "metrics.json").exists()


@pytest.mark.parametrize("unit", [None, 1, ""])
def test_a_unit_is_text(batch, unit):
    batch()
    with pytest.raises(CatalogueError, match="unit must be text"):
        record("x", 1.0, unit)


@pytest.mark.parametrize("meaning", [None, 1, {"seed": 3}], ids=repr)
def test_a_meaning_is_text(batch, meaning):
    batch()
    with pytest.raises(CatalogueError, match="meaning must be text"):
        record("x", 1.0, "m", meaning)


def test_a_meaning_is_kept_with_its_value_and_shown_in_the_table(batch, project):
    folder = batch()
    record("error_100", 0.5, "%", "position error after 100 time units ")
    record("steps", 7)
    kept = [scrap["meaning"] for scrap in read_json(folder / "metrics.json")]
    assert kept == ["position error after 100 time units", ""]
    table = Catalogue(project).scraps({"name": "error_100"})
    assert list(table["meaning"]) == ["position error after 100 time units"]


@pytest.mark.parametrize("name", ["ours: 10, signed", "1st", "_x", "größe", "a-b"])
def test_a_name_that_is_no_identifier_is_refused_where_names_are_strict(
    batch, monkeypatch, name
):
    batch()
    monkeypatch.setattr(records, "STRICT", True)
    with pytest.raises(CatalogueError, match="letters, digits and underscores"):
        record(name, 1.0, "m", "an error")
    with pytest.raises(CatalogueError, match="meaning must be text"):
        record("error", 1.0, "m")
    record("error_100", 1.0, "m", "an error")


def test_members_keep_a_value_each_and_a_repetition_replaces_its_own(batch):
    folder = batch()
    for seed in (0, 1):
        record("loss", seed + 0.5, "%", member={"seed": seed})
    record("loss", 7.0, "%", member={"seed": 0})
    found = [
        (s["member"]["seed"], s["value"]) for s in read_json(folder / "metrics.json")
    ]
    assert found == [(0, 7.0), (1, 1.5)]


def test_a_figure_keeps_its_record_and_knows_its_name(batch):
    import plotly.graph_objects as go

    folder = batch()
    fig = go.Figure(go.Scatter(y=[1, 2]))
    models = [{"identity": "m1"}, {"identity": "m2"}]
    same = save_figure(fig, "loss", kind="loss", caption="Falls.", models=models)
    assert same is fig
    data = json.loads((folder / "figures/loss.json").read_text())
    assert data["layout"]["meta"] == {"fieldnotes": "loss"}
    about = read_json(folder / "figures/loss.record.json")
    assert (about["kind"], about["models"]) == ("loss", ["m1", "m2"])


@pytest.mark.parametrize("name", ["../x", "", "a/b", "x.record", ".hidden"])
def test_a_figures_name_is_a_file_name(batch, name):
    import plotly.graph_objects as go

    folder = batch()
    with pytest.raises(CatalogueError):
        save_figure(go.Figure(), name, kind="loss", caption="Falls.")
    assert not (folder / "figures").exists()


def test_an_artifact_has_a_place_in_the_run(batch):
    folder = batch()
    path = artifact("checkpoint.eqx")
    path.write_bytes(b"x")
    assert path == folder / "artifacts/checkpoint.eqx"


def test_progress_writes_the_last_step_but_not_every_step(batch, monkeypatch):
    from fieldnotes.catalogue import bar

    folder = batch()
    written = []
    monkeypatch.setattr(bar, "write_json", lambda path, state: written.append(state))
    report = progress(1000, "training")
    for step in range(1, 1001):
        report(step, np.float32(1 / step), phase="warm-up")
    assert written[-1]["step"] == 1000
    assert written[-1]["phase"] == "warm-up"
    assert written[-1]["loss"] == pytest.approx(1e-3)
    assert len(written) <= 5
    assert not (folder / "progress.json").exists()


def test_a_full_disk_does_not_end_a_training(batch, monkeypatch):
    from fieldnotes.catalogue import bar

    def full(*_):
        raise OSError(28, "No space left on device")

    batch()
    monkeypatch.setattr(bar, "write_json", full)
    progress(10)(1, 0.5)


def test_the_bars_line_tells_step_loss_rate_and_time_left():
    state = {"phase": "training", "step": 250, "steps": 1000, "loss": 0.5, "terms": {}}
    words = line({**state, "elapsed_s": 10.0})
    assert words == "training: 250/1000, loss 0.5, 25 steps/s, 30 s left"
    assert "took 65" not in line({**state, "step": 1000, "elapsed_s": 65.0})
    assert "took 1 min 05 s" in line({**state, "step": 1000, "elapsed_s": 65.0})


CELL = """
import math
import numpy as np
from fieldnotes.catalogue import progress, record
values = [1, 0.1, math.nan, math.inf, None, (1, 2), np.float32(0.5), "3", True]
for number, value in enumerate(values):
    record(f"v{number}", value, "m")
record("loss", math.nan, "%", member={"seed": 3})
record("loss", 2.0, "%", "loss at the end", member={"seed": 4})
report = progress(3)
report(1, 0.5); report(3, 0.25)
"""
GLUED = """
import json
import scrapbook
scrapbook.glue("theirs", {"value": 2.0, "unit": "m", "meaning": ""}, "json")
"""


def executed(folder: Path, *cells: str):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(cwd=str(folder))
    nbformat.write(notebook, folder / "run.ipynb")
    return notebook


@pytest.mark.filterwarnings("default")  # zmq and scrapbook's own dependencies
def test_scrapbook_reads_what_an_executed_notebook_recorded(batch):
    import scrapbook

    folder = batch()
    notebook = executed(folder, CELL, GLUED, 'record("theirs", 2.0, "m")')
    scraps = scrapbook.read_notebook(str(folder / "run.ipynb")).scraps
    nan = {"__float__": "nan"}
    expected = [1, 0.1, nan, {"__float__": "inf"}, None, [1, 2], 0.5, "3", True]
    found = [scraps[f"v{number}"].data for number in range(len(expected))]
    shared = {"unit": "m", "meaning": ""}
    assert bits(found) == bits([{"value": v, **shared} for v in expected])
    assert scraps["loss[seed=3]"].data["value"] == nan
    assert scraps["loss[seed=4]"].data == {
        "value": 2.0,
        "unit": "%",
        "meaning": "loss at the end",
        "member": {"seed": 4},
    }
    names = [scrap_name(scrap) for scrap in read_json(folder / "metrics.json")]
    assert set(names) == set(scraps)
    # Our output is scrapbook's own, to the letter.
    theirs, ours = notebook.cells[1].outputs[-1], notebook.cells[2].outputs[-1]
    assert ours == theirs
    # Progress leaves nothing on the page of a batch run.
    shown = [output for output in notebook.cells[0].outputs if "data" in output]
    assert all(list(output["data"]) == [SCRAP] for output in shown)
    assert read_json(folder / "progress.json")["step"] == 3


SCRAP = "application/scrapbook.scrap.json+json"
