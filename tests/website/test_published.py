"""Published findings: every number stands in the data, and old ones say so."""

import json
import re
import shutil
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fieldnotes.cli import main
from fieldnotes.files import write_text
from fieldnotes.project import Project
from fieldnotes.website import build, publish
from fieldnotes.website.cases import Comparison
from fieldnotes.website.publish import WebsiteError, svg
from fieldnotes.website.published import Publication, changes, publications
from fieldnotes.website.publishedpage import BEGIN, END, page_text
from fieldnotes.website.staging import stage
from fieldnotes.website.text import number
from website.planned_runs import NOTEBOOK, carry_out
from website.run_folders import REPOSITORY, Bench, case, figure

BROWSER = any(map(shutil.which, ("chromium", "google-chrome", "chrome")))
NUMBER = re.compile(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?")
CLAIM = {
    "name": "slope",
    "words": "The error falls as {{< 1/n >}}.",
    "source": "[The notes](/pages/references.qmd#orbit-notes)",
    "reference": "a slope of −1",
    "ours": "−0.98 (−1.02 to −0.91) of 5",
    "verdict": "as in the source",
    "reason": "",
}
TOLD = {"name": "claims", "value": [CLAIM], "unit": "-", "meaning": "claims"}


def told(value: Any) -> set[str]:
    """Every number of a data file, as a page would write it."""
    if isinstance(value, dict):
        return set().union(*(told(part) for part in (*value, *value.values())))
    if isinstance(value, list):
        return set().union(*map(told, value)) if value else set()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {number(value)}
    # The time in a date begins with a letter, T.
    return set(NUMBER.findall(re.sub(r"(\d)T(\d)", r"\1 \2", str(value))))


def foreign(page: str, data: dict[str, Any]) -> set[str]:
    """The numbers of a page that do not stand in its data."""
    text = unescape(page.partition("\n---\n")[2])
    text = re.sub(r"\]\([^)]*\)|`[^`]*`|\{\{<[^\n]*>\}\}|\\", " ", text)
    known = told(data) | {str(len(data["claims"]))}
    return {each.rstrip(".") for each in NUMBER.findall(text)} - known


@pytest.fixture
def published(planned: Bench) -> Bench:
    """A lab that has published both of its spreads, with one claim."""
    for name in ("few", "many"):
        path = planned.project.params / f"toy/{name}.yml"
        answer = "answer: {value: error, order: min}\n"
        write_text(path, answer + path.read_text())
    book = NOTEBOOK + 'record("error", 1 / orbits, "%", "error on unseen orbits")\n'
    write_text(planned.project.notebooks / "toy/train.py", book)
    carry_out(planned, ["toy/few", "toy/many"], TOLD)
    publish.publish(planned.project, ["toy/few", "toy/many"], figures=False)
    return planned


def only(project: Project) -> Publication:
    (one,) = publications(project)
    return one


def home(bench: Bench) -> str:
    return (bench.project.results / "_home.md").read_text(encoding="utf-8")


def test_every_number_of_the_page_stands_in_its_data(published: Bench):
    one = only(published.project)
    page = (published.project.root / one.page).read_text(encoding="utf-8")
    data = json.loads((published.project.root / one.data).read_text(encoding="utf-8"))
    assert "**0.01 %**" in page and "| 0.01 |" in page
    assert foreign(page, data) == set()
    assert foreign(page.replace("| 0.01 |", "| 0.0123 |"), data) == {"0.0123"}


@pytest.mark.parametrize(
    "path",
    sorted(REPOSITORY.glob("pages/published/*.json")),
    ids=lambda path: path.stem,
)
def test_what_this_repository_publishes_is_what_the_program_writes(path: Path):
    page = path.with_suffix(".qmd").read_text(encoding="utf-8")
    data = json.loads(path.read_text(encoding="utf-8"))
    assert foreign(page, data) == set()
    (one,) = [
        each for each in publications(Project(REPOSITORY)) if each.study == path.stem
    ]
    assert page_text(one) == page
    for drawn in one.figures:
        picture = path.parent / drawn.file
        assert picture.stat().st_size <= publish.LARGEST and drawn.caption


def test_claims_stand_on_the_page_with_their_source_as_texts(published: Bench):
    page = (published.project.root / only(published.project).page).read_text()
    assert "([The notes](/pages/references.qmd#orbit-notes))" in page
    assert "−0.98 (−1.02 to −0.91) of 5" in page and "| as in the source |" in page
    assert "{{< 1" not in page  # a text of a notebook is no shortcode
    assert "Of 1 claim: 1 as in the source" in page  # three runs, one claim


def test_provenance_says_commit_day_machine_spreads_and_hours(published: Bench):
    one = only(published.project)
    page = (published.project.root / one.page).read_text()
    assert (one.runs, one.commits) == (3, ["0123456789abcdef"])
    assert one.hours == pytest.approx(3 * 12.5 / 3600)
    assert "`0123456789ab`" in page and "2026-01-01 10:05" in page
    assert "cores: 2, system: Linux" in page and "secret-host" not in page


def test_home_and_study_show_what_is_published(published: Bench):
    shutil.rmtree(published.project.catalogue)
    stage(published.project)
    study = (published.project.results / "toy/_study.md").read_text()
    for text, link in ((home(published), "pages/published/"), (study, "published/")):
        assert "Nothing has been computed yet" in text
        assert "*Published from the run of toy/few, toy/many of 2026" in text
        assert f"({link}toy.html)" in text and "**0.1 %**" in text


def test_findings_hold_until_the_code_or_the_spread_changes(published: Bench):
    project, one = published.project, only(published.project)
    path = project.notebooks / "toy/train.py"
    book = path.read_text()
    assert changes(project, one) == []
    write_text(path, book.replace("Does it learn?", "Does it learn anything?"))
    assert changes(project, one) == []
    write_text(path, book.replace("print(orbits", "print(2 * orbits"))
    assert changes(project, one) == ["notebook toy/train"]
    stage(project)
    state = (project.results / "toy/_published.md").read_text()
    assert "Of earlier code" in state and "notebook toy/train" in state
    assert "Of earlier code" in home(published)
    write_text(path, book)
    spread = project.params / "toy/few.yml"
    write_text(spread, spread.read_text().replace("[1, 10]", "[1, 10, 20]"))
    assert changes(project, one) == ["params/toy/few.yml"]
    spread.unlink()
    assert "cannot be planned" in changes(project, one)[0]


def test_the_page_of_the_preview_links_its_data(published: Bench):
    build(published.project, quarto=False)
    folder = published.project.site / "pages/published"
    html = (folder / "toy.html").read_text()
    assert 'href="toy.json"' in html and (folder / "toy.json").is_file()
    assert "nothing behind it has changed" in html


def test_runs_of_earlier_code_are_not_published(published: Bench):
    project = published.project
    path = project.notebooks / "toy/train.py"
    write_text(path, path.read_text().replace("print(orbits", "print(2 * orbits"))
    with pytest.raises(WebsiteError, match="today's code has run nothing"):
        publish.publish(project, ["toy/few"], figures=False)
    carry_out(published, ["toy/few"])
    publish.publish(project, ["toy/few"], figures=False)
    assert only(project).runs == 2 and only(project).claims == []


def test_the_readme_shows_the_headlines_between_its_marks(published: Bench):
    path = published.project.root / "README.md"
    write_text(path, f"# A lab\n\n{BEGIN}\n\nold\n\n{END}\n\nafter\n")
    publish.publish(published.project, ["toy/few", "toy/many"], figures=False)
    text = path.read_text()
    assert "old" not in text and text.endswith(f"{END}\n\nafter\n")
    assert "**Toy.** *Published from" in text and "(pages/published/toy.qmd)" in text


def test_the_command_says_what_it_wrote(
    published: Bench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FIELDNOTES_PROJECT", str(published.project.root))
    done = CliRunner().invoke(main, ["publish", "toy/few", "--no-figures"])
    assert done.exit_code == 0 and "Written: pages/published/toy.qmd" in done.output
    done = CliRunner().invoke(main, ["publish", "toy/nothing"])
    assert done.exit_code == 2 and "toy/nothing" in done.output


def test_figures_that_are_too_large_are_left_out_with_a_remark(
    published: Bench, monkeypatch: pytest.MonkeyPatch
):
    sizes = iter([publish.LARGEST + 1, 20, 30])
    monkeypatch.setattr(publish, "svg", lambda _: b"x" * next(sizes))
    made = publish.publish(published.project, ["toy/few", "toy/many"])
    (remark,) = made.remarks
    assert "150 kB, more than 150" in remark
    names = [each.file for each in only(published.project).figures]
    files = sorted((published.project.root / "pages/published").glob("*.svg"))
    assert names == [path.name for path in files] == ["toy-1.svg"]


@pytest.mark.skipif(not BROWSER, reason="no browser is installed here")
@pytest.mark.timeout(600)
def test_a_figure_is_drawn_small_and_the_same_twice():
    drawn = figure(title={"text": "one"}, updatemenus=[{"buttons": []}])
    one, again = svg(drawn), svg(drawn)
    assert one == again and one.startswith(b"<svg") and b"time [s]" in one
    assert len(one) < 20_000
    assert not re.search(rb'(?: d|points|transform)="[^"]*\d\.\d\d', one)


def test_a_training_that_diverged_shows_no_finding(monkeypatch: pytest.MonkeyPatch):
    """It may be the last of its stage, on purpose, and its figures are of nothing."""
    held, lost = case(), case(status={"state": "diverged"})
    asked = []
    monkeypatch.setattr(publish, "first_figure", asked.append)
    stages = {"train": [held, lost], "alone": [lost]}
    assert not list(publish._candidates([Comparison("toy/x", "X", stages=stages)]))
    assert asked == [held.run]
