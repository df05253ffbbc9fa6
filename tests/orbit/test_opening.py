"""How a notebook opens: the models it compares, chosen, judged and recorded."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest

from lent import Lent
from studies.orbit import surveys
from studies.orbit.models import build
from studies.training import write_model

NETWORK: dict[str, Any] = {
    "features": "rtn",
    "output_layer": "rtn_r2",
    "activation": "tanh",
    "width": 4,
    "depth": 1,
}
DATA = {
    "family": "complex",
    "orbits": 2,
    "points": 36,
    "space": False,
    "data_seed": [1],
}
ROW = NETWORK | DATA | {"outcome": "trained"}


@pytest.fixture(scope="module")
def made():
    """Three models that differ in their seed."""
    return [build(**NETWORK, key=jax.random.key(seed)) for seed in range(3)]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory, made):
    """Lends the three models from their files; the last of them diverged."""
    folder = tmp_path_factory.mktemp("models")
    rows = [ROW | {"seed": seed, "path": f"{seed}.eqx"} for seed in range(3)]
    rows[2] |= {"outcome": "diverged"}
    for row, model in zip(rows, made, strict=True):
        write_model(folder / row["path"], model, NETWORK)

    class Shelf(Lent):
        def load_model(self, row, read, /):
            return read(folder / row["path"])

        def varying(self, table, /):
            return [x for x in super().varying(table) if x != "path"]

    return lambda *systems: Shelf(
        [
            row | ({"system": x} if x else {})
            for row, x in zip(rows, systems or [""] * 3, strict=True)
        ]
    )


def test_every_model_is_judged_and_leaves_its_error_and_its_state(shelf):
    lent = shelf()
    judged = surveys.survey(lent, {}, points=36)
    assert lent.told == [1, 2, 3]
    more = surveys.ERROR | {"mean_1": "mean acceleration error on one unseen orbit"}
    surveys.record(lent, judged, more)
    errors = judged.table.loc[0, ["mean_100", "mean_1"]].tolist()
    assert 0 < errors[0] < np.inf
    assert lent.scraps["error_100", (0,)] == (errors[0], "%", more["mean_100"])
    assert lent.scraps["mean_1", (0,)] == (errors[1], "%", more["mean_1"])
    assert ("error_100", (2,)) not in lent.scraps  # it diverged
    ends = [lent.scraps[name, ()][0] for name in ("trained", "stuck", "diverged")]
    assert ends == [list(judged.table["state"]).count("trained"), 2 - ends[0], 1]
    assert len(lent.scraps) == 2 * 2 + 3


def test_a_row_of_a_survey_opens_the_model_that_it_judges(shelf, made):
    lent = shelf()
    judged, load = surveys.survey(lent, {}, points=36), surveys.loader(lent)
    for place in (1, 2):
        opened = load(judged.table.loc[place].to_dict())
        assert eqx.tree_equal(opened, made[place])
        assert not eqx.tree_equal(opened, made[0])


def test_where_newton_is_asked_for_other_truths_are_left_out_or_refused(shelf):
    mixed = shelf("two_body", "two_body", "j2")  # the last diverged: not judged
    assert len(surveys.survey(mixed, {}, points=36)) == 3
    judged = surveys.survey(mixed, {}, points=36, newton=True)
    assert judged.table["seed"].tolist() == [0, 1]
    assert judged.varied == ("seed",)
    assert (
        len(surveys.survey(shelf(), {}, points=36, newton=True)) == 3
    )  # no systems yet
    with pytest.raises(ValueError, match="None of the 3 models .* `system` two_body"):
        surveys.survey(shelf(*["drag"] * 3), {}, points=36, newton=True)


def test_where_training_orbits_are_compared_a_files_models_are_left_out(shelf):
    class Mixed(type(shelf())):
        def models(self, where=None, /):
            return super().models(where).assign(data_file=["mine.csv", "", ""])

    lent = shelf()
    mixed = Mixed(lent.table)
    assert len(surveys.survey(mixed, {}, points=36)) == 3
    judged = surveys.survey(mixed, {}, points=36, drawn=True)
    assert judged.table["seed"].tolist() == [1, 2]
    assert "Left out: 1 other model." in surveys.not_well(judged.table)
    assert surveys.taught({**ROW, "data_file": "mine.csv"}) is None
    own = surveys.taught({**ROW, "data_file": ""})
    assert own is not None and len(own) == 2


def test_a_model_is_not_judged_on_the_file_that_trained_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("mine.csv", "other.csv"):
        (tmp_path / name).write_text("")
    row = {"data_file": "mine.csv"}
    assert surveys.trained_on(row, str(tmp_path / "mine.csv"))
    assert not surveys.trained_on(row, "other.csv")
    assert not surveys.trained_on({"data_file": ""}, "mine.csv")
    assert not surveys.trained_on({"data_file": "gone.csv"}, "mine.csv")
