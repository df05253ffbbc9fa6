"""An index of an older version is made anew, once; one of a newer is left alone."""

import threading

import pytest
from sqlalchemy import text

from fieldnotes.catalogue import Catalogue, CatalogueError
from fieldnotes.catalogue import tables as t

from .conftest import everything, settle


@pytest.fixture(params=["file", "server"])
def catalogue(request, project):
    """Catalogues of one project, each with a connection of its own to one index."""
    url = request.getfixturevalue("url") if request.param == "server" else None
    return lambda: Catalogue(project, url)


def alter(catalogue, *statements):
    """Change the database behind the catalogue's back."""
    with catalogue().index.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def schema_of(catalogue):
    query = text("SELECT value FROM about WHERE name = 'schema'")
    return catalogue().index.ask(lambda connection: connection.execute(query).scalar())


OLDER = (
    "UPDATE about SET value = '1' WHERE name = 'schema'",
    "ALTER TABLE runs DROP COLUMN reason",
    "CREATE TABLE notes_of_runs (run TEXT REFERENCES runs (key), said TEXT)",
    "INSERT INTO notes_of_runs SELECT key, 'kept?' FROM runs",
)


def test_an_older_index_is_made_anew_and_nothing_is_lost(populated, catalogue):
    before = everything(catalogue())
    alter(catalogue, *OLDER)
    assert everything(catalogue()) == before
    assert schema_of(catalogue) == str(t.SCHEMA)


def test_of_two_that_find_an_older_index_one_makes_it_anew(
    populated, project, catalogue
):
    for folder in [*project.runs.glob("*/*"), project.cache / "evaluations"]:
        settle(folder)
    before = everything(catalogue())
    alter(catalogue, *OLDER)
    start, reports = threading.Barrier(2), []

    def bring_up() -> None:
        index = catalogue().index
        start.wait(60)
        reports.append(index.sync(wait=60))

    both = [threading.Thread(target=bring_up) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(120)
    assert sorted(report.read for report in reports) == [0, 6]
    assert everything(catalogue()) == before


def test_an_index_of_a_newer_version_is_refused_and_left(populated, catalogue):
    catalogue().sync()
    newer = str(t.SCHEMA + 1)
    alter(
        catalogue,
        f"UPDATE about SET value = '{newer}' WHERE name = 'schema'",
        "DELETE FROM sources",
    )
    for ask in ("runs", "sync", "restore", "check", "export"):
        with pytest.raises(CatalogueError, match="Update fieldnotes") as caught:
            getattr(catalogue(), ask)()
        assert f"schema {newer}" in str(caught.value)
    assert schema_of(catalogue) == newer
    left = text("SELECT count(*) FROM sources")
    assert catalogue().index.ask(lambda c: c.execute(left).scalar()) == 0
