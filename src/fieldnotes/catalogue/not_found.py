"""What to say when there is no such model: which spread and command trains it."""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldnotes.errors import FieldnotesError
from fieldnotes.project import Project
from fieldnotes.query import EACH, Condition, Query
from fieldnotes.values import flatten

ENOUGH = 20_000  # cases looked at: an error message must not take minutes
OF_RUNS = ("notebook", "study", "spread", "stage")
RESULTS = ("kind", "outcome", "interactive", "state", "run", "identity", "path")


def no_such_model(project: Project, query: Query, missing: Sequence[Query] = ()) -> str:
    """The message of an error: what was asked for, and how to get it.

    Args:
        missing: of a query with lists, the combinations that no model answers.
    """
    lines = [f"There is no model in the catalogue with {query}."]
    if missing:
        told = "; ".join(map(str, missing[:5]))
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        lines = [f"There is no model with {told}{more} (asked for: {query})."]
    lines.append(_advice(project, _wanted(query, missing)))
    return " ".join(lines)


def _wanted(query: Query, missing: Sequence[Query]) -> list[Condition]:
    """What the first missing model must fulfil and a spread can promise."""
    case = missing[0] if missing else Query()
    others = (item for item in query.conditions if item.operator != EACH)
    return [i for i in (*others, *case.conditions) if i.name not in RESULTS]


def _advice(project: Project, wanted: Sequence[Condition]) -> str:
    best: tuple[int, str, list[Condition]] | None = None
    for spread, stage, values in _cases(project):
        unmet = [item for item in wanted if not item.holds(values)]
        if any(item.name in OF_RUNS for item in unmet):
            continue
        if not all(item.name in values for item in wanted):
            # A notebook without such a parameter never makes the model.
            continue
        if best is None or len(unmet) < best[0]:
            command = f"`fieldnotes run params/{spread}.yml --only {stage}`"
            best = (len(unmet), command, unmet)
        if not unmet:
            break
    if best is None:
        return (
            "No spread in params/ trains one. Write one, or see `fieldnotes models` "
            "for those there are."
        )
    if best[0] == 0:
        return f"This trains it: {best[1]}."
    differs = ", ".join(map(str, best[2]))
    return f"The closest spread is {best[1]}; it would have to be given {differs}."


def _cases(project: Project) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Spread, stage and flat values of each model that a spread would train."""
    looked = 0
    for spread in _spreads(project):
        for stage in spread.stages.values():
            notebook = stage.notebook.name
            for request in stage.requests:
                for member in request.members or ({},):
                    looked += 1
                    if looked > ENOUGH:
                        return
                    values = flatten({**request.parameters, **member})
                    values |= {
                        "notebook": notebook,
                        "study": notebook.rpartition("/")[0],
                        "spread": spread.name,
                        "stage": stage.name,
                    }
                    yield spread.name, stage.name, values


def _spreads(project: Project) -> Iterator[Any]:
    """Every spread that can be read; one that cannot says so when it is run."""
    from fieldnotes.spreads import list_spreads, load_spreads

    for name in list_spreads(project):
        try:
            loaded = load_spreads(project, [name])
        except FieldnotesError:
            continue
        yield from (spread for spread in loaded if spread.name == name)
