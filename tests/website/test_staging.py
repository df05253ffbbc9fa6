"""Run folders become pages: all of them, whole, and only when something changed."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from ruamel.yaml import YAML

from fieldnotes.files import write_json
from fieldnotes.website.staging import stage
from website.run_folders import Bench, code, figure, fill, notebook, plotly, scrap

REMOTE = re.compile(r"""(?:src|href)\s*=\s*\\?["']?\s*(?:https?:)?//""", re.IGNORECASE)


def page(bench: Bench, key: str) -> list[dict[str, Any]]:
    path = bench.project.results / f"toy/runs/{key}.ipynb"
    return nbformat.read(path, 4).cells


def text(cells: list[dict[str, Any]]) -> str:
    parts = [cell["source"] for cell in cells]
    for cell in cells:
        for output in cell.get("outputs", ()):
            parts += [output.get("text", ""), *output.get("data", {}).values()]
    return "\n".join(parts)


def front(cells: list[dict[str, Any]]) -> dict[str, Any]:
    first = cells[0]
    assert first["cell_type"] == "raw"
    assert first["source"].startswith("---\n")
    return YAML(typ="safe").load(first["source"].strip().strip("-"))


def spread(bench: Bench) -> str:
    path = bench.project.results / "spreads/toy-layers.qmd"
    return path.read_text(encoding="utf-8")


def listing(root: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file()}


def test_every_run_that_ended_has_a_page_with_its_front_matter_first(filled: Bench):
    stage(filled.project)
    pages = sorted(filled.project.results.glob("toy/runs/*.ipynb"))
    assert len(pages) == 11
    for path in pages:
        fields = front(nbformat.read(path, 4).cells)
        assert fields["title"] and fields["run"] == path.stem
        assert isinstance(fields["duration-s"], float)


def test_front_matter_is_flat_and_runs_are_listed_with_exact_numbers(filled: Bench):
    stage(filled.project)
    fields = front(page(filled, "01aaaa00000000"))
    assert all(not isinstance(value, dict | list) for value in fields.values())
    index = (filled.project.results / "toy/index.qmd").read_text(encoding="utf-8")
    value = 10.0 / 10 * (1 + 1 / 9)
    assert f'data-value="{value!r}" title="{value!r}">{value:.4g}<' in index


def test_a_spread_shows_the_same_figure_of_every_case_side_by_side(filled: Bench):
    for key in ("00aaaa00000000", "10aaaa00000000", "20aaaa00000000"):
        folder = filled.project.run_folder("toy", key) / "figures"
        write_json(folder / "loss.json", figure("loss"))
        about = {"name": "loss", "kind": "loss", "caption": "Loss <b>."}
        write_json(folder / "loss.record.json", about)
    write_json(folder / "alone.json", figure("alone"))
    write_json(folder / "alone.record.json", about | {"name": "alone"})
    stage(filled.project)
    _, _, gallery = spread(filled).partition("### The same figure of every case")
    gallery = gallery.partition("## Generalise")[0]
    assert "<summary>loss: 3 cases</summary><p>Loss &lt;b&gt;.</p>" in gallery
    assert gallery.count('<div class="fn-figure"') == 3 and "alone" not in gallery
    for layer in ("signed", "unit", "logmag"):
        assert f"<figcaption>output_layer = {layer}</figcaption>" in gallery


def test_a_gallery_that_grows_too_large_says_how_many_it_leaves_out(
    filled: Bench, monkeypatch: pytest.MonkeyPatch
):
    for key in ("00aaaa00000000", "10aaaa00000000", "20aaaa00000000"):
        folder = filled.project.run_folder("toy", key) / "figures"
        write_json(folder / "loss.json", figure("loss"))
        about = {"name": "loss", "kind": "loss", "caption": "Loss."}
        write_json(folder / "loss.record.json", about)
    monkeypatch.setattr("fieldnotes.website.gallery.ROOM", 1000)
    stage(filled.project)
    assert "loss: 2 cases; 1 more on the pages of their runs" in spread(filled)


def test_the_title_names_what_varies(filled: Bench):
    stage(filled.project)
    title = front(page(filled, "01aaaa00000000"))["title"]
    assert title.startswith("Train a network – ")
    assert "orbits = 10" in title and "seed = 0…2" in title


def test_a_failed_run_shows_its_error_and_the_end_of_its_log(filled: Bench):
    stage(filled.project)
    content = text(page(filled, "ffff00000000aaaa"))
    assert "no such layer: &lt;missing&gt;" in content
    assert "line 99" in content and "line 9\n" not in content


def test_a_diverged_member_is_named_with_its_step(filled: Bench):
    stage(filled.project)
    assert "seed = 2 at step 120" in text(page(filled, "20aaaa00000000"))
    assert "diverged at step 120" in spread(filled)


def test_parameters_are_listed_once_with_the_changed_ones_marked(filled: Bench):
    stage(filled.project)
    content = text(page(filled, "01aaaa00000000"))
    marked = re.findall(r'fn-changed"><code>(\w+)', content)
    assert marked == ["orbits", "output_layer", "seed"]
    (cell,) = [c for c in page(filled, "01aaaa00000000") if "## Para" in c["source"]]
    others = re.findall(r"<td><code>(\w+)", cell["source"])
    assert others == ["learning_rate", "note"]
    assert "number of training orbits" in content


def test_a_page_tells_where_the_run_comes_from_and_how_to_repeat_it(filled: Bench):
    stage(filled.project)
    content = text(page(filled, "01aaaa00000000"))
    for part in (
        "0123456789ab",
        "clean tree",
        "12.5 s",
        "640.2 MB",
        "jax 0.10.2",
        "fieldnotes run params/toy/layers.yml --only train",
        "fieldnotes open 01aaaa00000000",
    ):
        assert part in content
    assert "secret-host" not in content


def test_models_link_to_the_run_that_made_them_and_back(filled: Bench):
    stage(filled.project)
    assert 'href="00aaaa00000000.html"' in text(page(filled, "bbbb00000000aaaa"))
    assert 'href="bbbb00000000aaaa.html"' in text(page(filled, "00aaaa00000000"))


def test_no_figure_of_a_notebook_is_lost(bench: Bench):
    extra = [code("f", plotly(figure(str(n)))) for n in range(6)]
    bench.run("aa", cells=notebook(*extra))
    stage(bench.project)
    cells = page(bench, "aa")
    assert text(cells).count('class="fn-figure"') == 7
    assert front(cells)["fieldnotes-figures"] == 7


def test_staged_files_ask_nothing_of_the_network(filled: Bench):
    stage(filled.project)
    for path in filled.project.results.rglob("*"):
        if path.is_file() and path.name != "plotly.min.js":
            assert not REMOTE.search(path.read_text(encoding="utf-8")), path


def test_plotly_is_staged_once(filled: Bench):
    stage(filled.project)
    assert len(list(filled.project.results.rglob("plotly*.js"))) == 1


def test_a_notebook_has_no_twin_beside_it(filled: Bench):
    stage(filled.project)
    for path in filled.project.results.rglob("*.ipynb"):
        twins = [path.with_suffix(end) for end in (".py", ".qmd", ".r", ".md")]
        assert not any(twin.exists() for twin in twins)


def test_staging_again_writes_nothing(filled: Bench):
    first = stage(filled.project)
    before = listing(filled.project.results)
    second = stage(filled.project)
    assert first.written and not second.written and not second.removed
    assert listing(filled.project.results) == before


def test_a_changed_run_changes_its_pages_only(filled: Bench):
    stage(filled.project)
    path = filled.project.run_folder("toy", "01aaaa00000000") / "run.log"
    path.write_text("other\n")  # the log of a finished run is on no page
    assert not stage(filled.project).written
    filled.run("01aaaa00000000", varied={"orbits": 10}, scraps=[scrap("error", 5.0)])
    written = stage(filled.project).written
    assert "results/toy/runs/01aaaa00000000.ipynb" in written
    assert not [name for name in written if "/runs/" in name and "01aa" not in name]


def test_pages_of_vanished_runs_go(filled: Bench):
    stage(filled.project)
    folder = filled.project.run_folder("toy", "01aaaa00000000")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert stage(filled.project).removed == ["results/toy/runs/01aaaa00000000.ipynb"]
    assert "01aaaa00" not in spread(filled)


def test_one_odd_folder_costs_no_other_page(filled: Bench):
    runs = filled.project.runs / "toy"
    (runs / "empty").mkdir()
    for name, content in (("broken", "{"), ("list", "[]"), ("odd", '{"varied": 3}')):
        (runs / name).mkdir()
        (runs / name / "params.json").write_text(content)
    (runs / "00aaaa00000000/run.ipynb").write_text('{"cells": [')
    (runs / "01aaaa00000000/status.json").write_text("{{{")
    (runs / "02aaaa00000000/metrics.json").write_text('{"not": "a list"}')
    (runs / "10aaaa00000000/run.ipynb").write_text('{"cells": [{"outputs": 3}, 4]}')
    staged = stage(filled.project)
    assert {Path(name).name for name in staged.odd} == {"empty", "broken", "list"}
    assert len(list(filled.project.results.glob("toy/runs/*.ipynb"))) == 11
    index = (filled.project.results / "index.qmd").read_text()
    assert "catalogue/runs/toy/broken" in index
    assert str(filled.project.root) not in index


def test_an_earlier_run_of_the_same_case_is_superseded(bench: Bench):
    bench.run("old", order={"case": "one"}, status={"started": "2026-01-01T00:00:00"})
    bench.run("new", order={"case": "one"}, status={"started": "2026-01-02T00:00:00"})
    stage(bench.project)
    assert [p.stem for p in bench.project.results.glob("toy/runs/*")] == ["new"]
    assert "old" not in spread(bench)


def test_runs_by_hand_are_not_shown(bench: Bench):
    bench.run("hand-1", order={"interactive": True})
    assert not [name for name in stage(bench.project).pages if "/runs/" in name]


def test_an_empty_catalogue_makes_a_site_that_says_so(bench: Bench):
    staged = stage(bench.project)
    assert "results/_home.md" in staged.pages and "results/index.qmd" in staged.pages
    home = (bench.project.results / "_home.md").read_text()
    assert "Nothing has been computed yet" in home
    assert (bench.project.results / "toy/_study.md").is_file()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"pages": "all"}, {"a", "b", "c", "f"}),
        ({"pages": "none"}, set()),
        ({"pages": "failed"}, {"f"}),
        ({"pages": {"best": 2}, "answer": {"value": "error"}}, {"b", "c"}),
        ({"pages": {"best": 1}, "answer": {"value": "error", "order": "max"}}, {"a"}),
        ({"answer": {"value": "error", "order": "max"}}, {"a", "b", "c", "f"}),
    ],
    ids=["all", "none", "failed", "smallest two", "largest", "judged only"],
)
def test_a_spread_says_which_runs_have_a_page(bench: Bench, rule, expected):
    for key, value in (("a", 9.0), ("b", 1.0), ("c", 2.0)):
        scraps = [scrap("error", value)]
        bench.run(key, varied={"orbits": value}, scraps=scraps)
    bench.run("f", state="failed", varied={"orbits": 3})
    write_json(bench.project.catalogue / "spreads/toy/layers.json", rule)
    stage(bench.project)
    made = {path.stem for path in bench.project.results.glob("toy/runs/*.ipynb")}
    assert made == expected
    table = spread(bench)
    assert table.count("<tr><td>") == 4  # a run without a page keeps its row
    links = set(re.findall(r'href="../toy/runs/(\w+)\.html"', table))
    assert links == expected


def test_numbers_carry_the_value_by_which_they_sort(filled: Bench):
    stage(filled.project)
    cells = re.findall(r'<td class="fn-number" data-value="([^"]+)"', spread(filled))
    assert cells and all(isinstance(float(cell), float) for cell in cells)
    assert "33.333333333333336" in cells and "NaN" in cells


def test_the_home_page_tells_the_best_setting_and_what_it_is_based_on(filled: Bench):
    stage(filled.project)
    home = (filled.project.results / "_home.md").read_text(encoding="utf-8")
    assert "**0.1111 %** (error; median of 3 over seed, 0.1 to" in home
    assert "output\\_layer = signed, orbits = 100 comes lowest, with" in home
    assert "The next best has 0.2222 %" in home
    assert (
        "the worst of 9 settings 31.67 %. 1 of 10 settings has no value (failed)."
        in home
    )
    assert "*(toy/layers, computed 2026-01-01, commit 01234567)*" in home
    assert "11 runs: 10 done, 1 failed" in home


def test_a_cap_keeps_the_failures(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fieldnotes.website.staging.CAP", 2)
    for number in range(4):
        bench.run(f"ok{number}", varied={"orbits": number})
    bench.run("zz", state="killed", varied={"orbits": 9}, status={"reason": "SIGKILL"})
    stage(bench.project)
    made = {path.stem for path in bench.project.results.glob("toy/runs/*.ipynb")}
    assert len(made) == 2 and "zz" in made
    assert "SIGKILL" in spread(bench)


def test_no_page_says_where_this_machine_keeps_its_files(tmp_path: Path):
    made = fill(Bench(tmp_path / "elsewhere"))
    place = f"{made.project.root}/src/toy.py"
    error = {"name": "E", "message": f"in {place}", "traceback": [f"File {place}"]}
    made.run("aa", state="failed", status={"error": error}, log=f"{place}: broken")
    stage(made.project)
    assert text(page(made, "aa")).count("src/toy.py") == 4
    for path in made.project.results.rglob("*"):
        if path.suffix in (".qmd", ".ipynb", ".md"):
            assert str(tmp_path) not in path.read_text(encoding="utf-8"), path
