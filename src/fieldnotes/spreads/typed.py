"""A spread typed at a prompt: a notebook, and `name=value` for each parameter."""

from collections.abc import Mapping, Sequence

from fieldnotes.project import Project
from fieldnotes.spreads.drafts import PLACE
from fieldnotes.spreads.notebooks import name_of, read_notebook
from fieldnotes.spreads.problems import Place, SpreadError
from fieldnotes.spreads.yaml import read_yaml
from fieldnotes.values import digest
from fieldnotes.words import quoted

FOLDER = "by-command"  # before the names of such spreads; no file is called so


def read_words(project: Project, words: Sequence[str]) -> tuple[list[str], str]:
    """The names of spreads in `words`, and the text of a spread that they spell.

    `orbit/train depth=3 seed=0,1` spells one with two cases: commas part values that
    are tried one after the other, `[0, 1]` is one value that is a list. The text is ""
    where the words only name spreads.

    Raises:
        SpreadError: parameters are given to something else than one notebook.
    """
    names = [word for word in words if "=" not in word]
    given = [word for word in words if "=" in word]
    if not given:
        return names, ""
    if len(names) != 1:
        which = ", ".join(map(quoted, names)) or "none"
        message = (
            f"{quoted(given[0])}: parameters are given to one notebook, named before "
            f"them: `fieldnotes run orbit/train {given[0]}`. Named were: {which}."
        )
        raise SpreadError(message)
    notebook = read_notebook(project, names[0])
    values: dict[str, str] = {}
    for word in given:
        name, _, value = word.partition("=")
        if name.strip() in values:
            message = f"{quoted(word)}: {quoted(name)} is given twice. Keep one."
            raise SpreadError(message)
        values[name.strip()] = value
    return [], spread_text(name_of(project, notebook.path), values)


def spread_text(notebook: str, values: Mapping[str, str]) -> str:
    """The YAML of a spread with these values, each as it is typed.

    Raises:
        SpreadError: a value is no YAML.
    """
    title = " ".join([notebook, *(f"{n}={v}" for n, v in values.items())])
    fix, vary = [], []
    for name, value in values.items():
        place = Place(PLACE).under(name)
        node = read_yaml(f"[{value}]".encode(), place)
        if place.problems or node is None:
            raise SpreadError(place.problems)
        several = len(node.value) > 1
        (vary if several else fix).append(
            f"{_quoted(name)}: " + (f"[{value}]" if several else value or '""')
        )
    lines = [f"title: {_quoted(title)}", f"notebook: {_quoted(notebook)}"]
    lines += [f"fix: {{{', '.join(fix)}}}"] if fix else []
    lines += [f"vary: [{{grid: {{{', '.join(vary)}}}}}]"] if vary else []
    return "\n".join(lines) + "\n"


def spread_called_by(text: str) -> str:
    """The name of a typed spread: the same for the same text."""
    return f"{FOLDER}/{digest(text, 8)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
