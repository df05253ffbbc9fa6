"""The page on the catalogue from Python: its blocks run, in order, as it shows them."""

import re
from typing import Any

import jax
import pytest

from fieldnotes.catalogue import record, save_figure, save_model, this_run
from fieldnotes.project import Project
from fieldnotes.runs import Manifest, Status
from project_copy import ROOT
from studies.orbit.models import build, read
from studies.training import write_model

PAGE = (ROOT / "pages" / "python.qmd").read_text(encoding="utf-8")
BLOCKS = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE)
NETWORK: dict[str, Any] = {
    "features": "rinv_vel",
    "output_layer": "signed",
    "activation": "tanh",
}
NETWORK |= {"width": 4, "depth": 1}


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A project with one model, as orbit/train leaves it; this session stands in it."""
    import plotly.graph_objects as go

    for name in ("notebooks", "params"):
        (tmp_path / name).mkdir()
    project = Project(tmp_path)
    folder = project.run_folder("orbit", "aaaa000011112222")
    folder.mkdir(parents=True)
    values = NETWORK | {"orbits": 10, "seed": 0}
    manifest = Manifest(key=folder.name, notebook="orbit/train", study="orbit")
    manifest.parameters, manifest.spread, manifest.stage = values, "orbit/x", "train"
    manifest.write(folder)
    monkeypatch.setenv("FIELDNOTES_RUN", str(folder))
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(tmp_path))
    save_model(build(**NETWORK, key=jax.random.key(0)), write_model, read=read)
    record("held_out_error", 2.5, "%", "error on orbits drawn independently")
    lines = go.Figure(go.Scatter(y=[1, 2]))
    save_figure(lines, "loss", kind="loss", caption="A line.", parameters={"seed": 0})
    Status("done", started="2030-01-01T00:00:00+00:00").write(folder)
    for name in ("FIELDNOTES_RUN", "FIELDNOTES_PROJECT"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(this_run, "_session", None)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_page():
    names = {}
    for block in BLOCKS:
        # A picture needs a browser: the page's own words, but for this format.
        shown = block.replace('"svg"', '"html"')
        exec(compile(shown, "python.qmd", "exec"), names)
    return names


def test_the_blocks_of_the_page_run_in_order(session):
    names = run_page()
    assert len(BLOCKS) >= 4
    assert list(names["runs"]["state"]) == ["done"]
    assert list(names["best"]["held_out_error"]) == [2.5]
    assert names["model"].features == "rinv_vel"
    assert names["rate"].shape == (6,)
    assert names["rates"].shape == (2, 6)
    assert len(list(session.glob("plots/*.html"))) == 1
