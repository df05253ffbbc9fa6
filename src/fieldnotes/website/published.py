"""Findings kept with the project as text, for a reader who has computed nothing yet.

`pages/published/<study>.json` holds every number of one study's page; `publish` writes
it from the catalogue. Here it is read again, and held against today's code.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fieldnotes.errors import CorruptFile, FieldnotesError
from fieldnotes.project import Project
from fieldnotes.runs.typed import read_mapping, typed
from fieldnotes.values import digest
from fieldnotes.website.answers import Answer, Setting
from fieldnotes.website.rows import Quantity

FOLDER = "pages/published"


@dataclass
class PublishedSpread:
    """What one spread found: a ranking of settings, or texts with their titles."""

    name: str
    title: str
    question: str = ""
    runs: int = 0
    missing: int = 0  # planned cases that today's code has not run
    answer: dict[str, Any] = field(default_factory=dict)  # see `answer_data`
    texts: list[Any] = field(default_factory=list)  # pairs of a title and a text


@dataclass
class PublishedClaim:
    """A claim of some source, and what became of it here."""

    words: str
    reference: str
    ours: str
    verdict: str
    source: str = ""
    reason: str = ""
    run: str = ""  # title of the run that tested it


@dataclass
class PublishedFigure:
    """A figure that lies beside the page."""

    file: str
    caption: str = ""
    spread: str = ""


@dataclass
class Marks:
    """What the numbers depend on, as hashes: a change of one makes them stale."""

    notebooks: dict[str, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)  # by spread


@dataclass
class Publication:
    """The findings of one study and how they came about."""

    study: str
    asked: list[str] = field(default_factory=list)  # the spreads as they were named
    date: str = ""  # when the last of the runs ended
    runs: int = 0
    models: int = 0
    hours: float = 0.0  # of all runs, one after the other
    commits: list[str] = field(default_factory=list)
    dirty: bool = False  # some run was made from uncommitted changes
    machines: list[str] = field(default_factory=list)
    spreads: list[PublishedSpread] = field(default_factory=list)
    claims: list[PublishedClaim] = field(default_factory=list)
    figures: list[PublishedFigure] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)

    @property
    def page(self) -> str:
        """The source of its page."""
        return f"{FOLDER}/{self.study}.qmd"

    @property
    def data(self) -> str:
        """The file that holds its numbers."""
        return f"{FOLDER}/{self.study}.json"

    @property
    def origin(self) -> str:
        """Which run of what, as a sentence names it."""
        return f"{', '.join(self.asked)} of {self.date[:10] or 'an unknown day'}"


def publications(project: Project) -> list[Publication]:
    """Everything that is published, by study; a file that holds none is passed over."""
    found = []
    for path in sorted((project.root / FOLDER).glob("*.json")):
        try:
            made = typed(Publication, read_mapping(path))
        except CorruptFile:
            continue
        if made is not None and f"{made.study}.json" == path.name:
            found.append(made)
    return found


def answer_data(found: Answer) -> dict[str, Any]:
    """A ranking of settings as plain data, with the numbers that a table shows."""
    ranked = [
        {
            "values": dict(setting.values),
            "numbers": list(setting.numbers),
            "median": setting.middle,
            "lowest": setting.numbers[0],
            "highest": setting.numbers[-1],
            "n": len(setting.numbers),
            "failed": setting.failed,
            "unusual": sorted(setting.unusual),
        }
        for setting in found.ranked
    ]
    about = {"quantity": asdict(found.quantity), "order": found.order}
    about |= {"settings": found.settings, "over": list(found.over)}
    about |= {"stage": found.stage, "lost": list(found.lost)}
    about |= {"words": dict(found.words), "verdict": found.verdict}
    return about | {"ranked": ranked}


def published_answer(data: dict[str, Any]) -> Answer | None:
    """The ranking that `answer_data` wrote; None where there is none."""
    try:
        ranked = [
            Setting(
                each["values"],
                each["numbers"],
                each["median"],
                each["failed"],
                frozenset(each["unusual"]),
            )
            for each in data["ranked"]
        ]
        about = {name: data[name] for name in ("order", "settings", "over", "stage")}
        about |= {n: data[n] for n in ("lost", "words", "verdict") if n in data}
        return Answer(Quantity(**data["quantity"]), ranked=ranked, **about)
    except (KeyError, TypeError):
        return None


def marks(project: Project, spreads: Sequence[str]) -> Marks:
    """What the results of these spreads depend on today.

    Raises:
        FieldnotesError: a spread or a notebook cannot be read.
    """
    from fieldnotes.runner.keys import case_key, read_basis
    from fieldnotes.spreads import in_order, load_spreads

    found = Marks()
    asked: dict[str, list[Any]] = {}
    for stage in in_order(load_spreads(project, spreads, checked=False)):
        book = stage.notebook
        if book.name not in found.notebooks:
            code = read_basis(project, book).code
            found.notebooks[book.name] = code.notebook
            found.modules |= code.modules
        cases = [case_key(book.name, request.parameters) for request in stage.requests]
        if stage.spread in spreads:
            asked.setdefault(stage.spread, []).append([stage.name, cases])
    found.cases = {name: digest(stages) for name, stages in asked.items()}
    return found


def changes(project: Project, published: Publication) -> list[str]:
    """What has changed since these findings were published; empty while they hold."""
    from fieldnotes.runner.status import module_file

    try:
        today = marks(project, [spread.name for spread in published.spreads])
    except (FieldnotesError, OSError) as error:
        first = str(error).partition("\n")[0]
        return [f"its spreads cannot be planned any more ({first})"]
    before = published.marks
    said = [f"notebook {name}" for name in _apart(before.notebooks, today.notebooks)]
    changed = _apart(before.modules, today.modules)
    said += [module_file(project.root, name) for name in changed]
    return said + [f"params/{name}.yml" for name in _apart(before.cases, today.cases)]


def _apart(before: dict[str, str], today: dict[str, str]) -> list[str]:
    names = before.keys() | today.keys()
    return sorted(name for name in names if before.get(name) != today.get(name))
