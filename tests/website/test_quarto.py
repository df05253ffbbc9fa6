"""What Quarto is given, and how the site falls back when it cannot be had."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fieldnotes.website import WebsiteError, build
from fieldnotes.website.staging import asset, stage
from website.run_folders import REPOSITORY, Bench

CONFIG = YAML(typ="safe").load((REPOSITORY / "_quarto.yml").read_text())


def fake_quarto(folder: Path, version: str, *, code: int = 0) -> Path:
    """A stand-in that answers `--version` and writes a page when asked to render."""
    path = folder / "quarto"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo {version}; exit 0; fi\n'
        "mkdir -p _site && echo rendered >> _site/index.html\n"
        f"echo 'ERROR: it broke' >&2; exit {code}\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


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


def test_a_usable_quarto_renders_and_only_when_something_changed(
    filled: Bench, tmp_path: Path
):
    quarto = fake_quarto(tmp_path, "1.7.34")
    site = build(filled.project, quarto=quarto)
    assert site.used == "quarto 1.7.34" and site.index.read_text() == "rendered\n"
    again = build(filled.project, quarto=quarto)
    assert again.changed == 0 and site.index.read_text() == "rendered\n"
    (filled.project.root / "index.qmd").write_text("---\ntitle: new\n---\n")
    build(filled.project, quarto=quarto)
    assert site.index.read_text() == "rendered\nrendered\n"


def test_pages_of_the_preview_and_of_quarto_are_never_mixed(
    filled: Bench, tmp_path: Path
):
    build(filled.project, quarto=False)
    build(filled.project, quarto=fake_quarto(tmp_path, "1.8.1"))
    assert not (filled.project.site / "results").exists()
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
