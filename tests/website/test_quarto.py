"""What Quarto is given, and how the site falls back when it cannot be had."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fieldnotes.website import WebsiteError, build
from fieldnotes.website.staging import asset, stage
from website.run_folders import REPOSITORY, Bench, scrap

CONFIG = YAML(typ="safe").load((REPOSITORY / "_quarto.yml").read_text())


STAND_IN = """\
import json, pathlib, re, sys
if sys.argv[1:] == ["--version"]:
    print("@VERSION@")
    sys.exit()
with open("quarto.log", "a") as log:
    print(" ".join(sys.argv[1:]), file=log)
site = pathlib.Path("_site")
named = [a for a in sys.argv[2:] if not a.startswith("-")]
every = [*pathlib.Path().glob("*.qmd"), *pathlib.Path("pages").rglob("*.qmd")]
every += pathlib.Path("results").rglob("*.qmd")
every += pathlib.Path("results").rglob("*.ipynb")
index = []
for page in map(pathlib.Path, named or every):
    target = site / page.with_suffix(".html")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("rendered")
    index.append({"href": page.with_suffix(".html").as_posix() + "#there"})
search = site / "search.json"
if named and search.is_file():
    index += json.loads(search.read_text())
search.write_text(json.dumps(index))
print("ERROR: it broke", file=sys.stderr)
sys.exit(@CODE@)
"""


def fake_quarto(folder: Path, version: str, *, code: int = 0) -> Path:
    """A stand-in that logs how it is called and writes the pages that it should."""
    path = folder / "quarto"
    script = STAND_IN.replace("@VERSION@", version).replace("@CODE@", str(code))
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def asked(bench: Bench) -> list[str]:
    """The calls for rendering since the last time this was asked."""
    log = bench.project.root / "quarto.log"
    lines = log.read_text().splitlines() if log.is_file() else []
    log.unlink(missing_ok=True)
    return lines


def test_quarto_never_executes():
    assert CONFIG["execute"] == {"enabled": False}


def test_pages_are_named_and_notebooks_are_none():
    assert CONFIG["project"]["type"] == "website"
    assert CONFIG["project"]["output-dir"] == "_site"
    assert "!notebooks/" in CONFIG["project"]["render"]
    assert all("notebooks" not in p for p in CONFIG["project"]["render"] if p[0] != "!")


def test_no_page_is_in_a_sidebar():
    assert "sidebar" not in CONFIG["website"]


def test_the_site_needs_no_network():
    html = CONFIG["format"]["html"]
    assert html["html-math-method"] == "mathml"
    for mode in ("light", "dark"):
        # Quarto's own themes fetch their letters unless this variable forbids it.
        assert "results/_assets/fieldnotes.scss" in html["theme"][mode]
    assert "$web-font-path: false;" in asset("fieldnotes.scss")
    assert "//" not in re.sub(r"(?m)^\s*//.*$", "", asset("fieldnotes.scss"))


def test_everything_the_configuration_names_is_staged(filled: Bench):
    stage(filled.project)
    html = CONFIG["format"]["html"]
    named = [*CONFIG["filters"], html["theme"]["light"][1], html["theme"]["dark"][1]]
    for name in named:
        assert (filled.project.root / name).is_file(), name


def test_the_filter_names_files_that_lie_beside_it(filled: Bench):
    stage(filled.project)
    folder = filled.project.root / "results/_assets"
    script = (folder / "figures.lua").read_text()
    names = re.findall(r'"([\w.]+\.(?:js|css))"', script)
    assert set(names) == {"plotly.min.js", "fieldnotes.js", "fieldnotes.css"}
    assert all((folder / name).is_file() for name in names)
    assert "@PLOTLY" not in script


def test_the_filter_is_lua():
    compiler = shutil.which("luac5.4") or shutil.which("luac")
    if compiler is None:
        pytest.skip("no Lua compiler here")
    path = REPOSITORY / "src/fieldnotes/website/assets/figures.lua"
    subprocess.run([compiler, "-p", str(path)], check=True)


EVERYTHING = ["render --no-execute"]


def test_a_usable_quarto_renders_everything_once(filled: Bench, tmp_path: Path):
    quarto = fake_quarto(tmp_path, "1.7.34")
    site = build(filled.project, quarto=quarto)
    assert site.used == "quarto 1.7.34" and site.changed == site.pages
    assert asked(filled) == EVERYTHING and site.index.read_text() == "rendered"
    again = build(filled.project, quarto=quarto)
    assert again.changed == 0 and asked(filled) == []


def test_quarto_renders_what_changed_and_then_what_lists_it(
    filled: Bench, tmp_path: Path
):
    quarto = fake_quarto(tmp_path, "1.7.34")
    build(filled.project, quarto=quarto)
    asked(filled)
    filled.run("01aaaa00000000", varied={"orbits": 10}, scraps=[scrap("error", 7.5)])
    site = build(filled.project, quarto=quarto)
    calls = asked(filled)
    assert calls[0] == "render results/toy/runs/01aaaa00000000.ipynb --no-execute"
    listing = ("index.qmd", "results/toy/index.qmd", "results/spreads/toy-layers.qmd")
    for page in listing:  # the home page through the part that it includes
        assert f"render {page} --no-execute" in calls[1:]
    assert site.changed == len(calls) < site.pages // 2
    assert f"{site.pages} pages, {len(calls)} of them new or changed" in str(site)


def test_a_change_of_the_settings_or_of_quarto_renders_everything(
    filled: Bench, tmp_path: Path
):
    build(filled.project, quarto=fake_quarto(tmp_path, "1.7.34"))
    asked(filled)
    settings = filled.project.root / "_quarto.yml"
    settings.write_text(settings.read_text() + "\nlang: en\n")
    build(filled.project, quarto=fake_quarto(tmp_path, "1.7.34"))
    assert asked(filled) == EVERYTHING
    build(filled.project, quarto=fake_quarto(tmp_path, "1.8.1"))
    assert asked(filled) == EVERYTHING


def test_a_page_whose_run_is_gone_leaves_the_site_and_its_search(
    filled: Bench, tmp_path: Path
):
    quarto = fake_quarto(tmp_path, "1.7.34")
    build(filled.project, quarto=quarto)
    page = filled.project.site / "results/toy/runs/02aaaa00000000.html"
    search = filled.project.site / "search.json"
    assert page.is_file() and "02aaaa" in search.read_text()
    (filled.project.run_folder("toy", "02aaaa00000000") / "params.json").unlink()
    build(filled.project, quarto=quarto)
    assert not page.exists() and "02aaaa" not in search.read_text()
    assert "01aaaa" in search.read_text()


def test_what_failed_is_rendered_again(filled: Bench, tmp_path: Path):
    build(filled.project, quarto=fake_quarto(tmp_path, "1.7.34"))
    (filled.project.root / "index.qmd").write_text("---\ntitle: new\n---\n")
    with pytest.raises(
        WebsiteError, match=r"quarto render index\.qmd ended with code 1"
    ):
        build(filled.project, quarto=fake_quarto(tmp_path, "1.7.34", code=1))
    asked(filled)
    build(filled.project, quarto=fake_quarto(tmp_path, "1.7.34"))
    assert asked(filled) == ["render index.qmd --no-execute"]


def test_pages_of_the_preview_and_of_quarto_are_never_mixed(
    filled: Bench, tmp_path: Path
):
    build(filled.project, quarto=False)
    build(filled.project, quarto=fake_quarto(tmp_path, "1.8.1"))
    assert not (filled.project.site / "assets").exists()
    build(filled.project, quarto=False)
    assert "rendered" not in (filled.project.site / "index.html").read_text()[:20]


def test_a_quarto_that_is_too_old_is_refused_when_named(filled: Bench, tmp_path: Path):
    with pytest.raises(WebsiteError, match=r"1\.6\.40.*needs Quarto 1\.7"):
        build(filled.project, quarto=fake_quarto(tmp_path, "1.6.40"))


def test_a_quarto_that_fails_is_told_with_its_words(
    filled: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    quarto = fake_quarto(tmp_path, "1.7.34", code=1)
    with pytest.raises(WebsiteError, match="it broke"):
        build(filled.project, quarto=quarto)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    site = build(filled.project)
    assert site.used == "preview" and "it broke" in str(site)


def test_without_quarto_the_preview_says_how_to_get_the_full_site(
    filled: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fieldnotes.website.quarto.shutil.which", lambda name: None)
    site = build(filled.project)
    assert site.used == "preview"
    assert "install Quarto 1.7" in str(site)
    with pytest.raises(WebsiteError, match="it was not found"):
        build(filled.project, quarto=True)
