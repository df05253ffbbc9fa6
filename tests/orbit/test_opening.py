"""How a notebook opens: the models it compares, chosen, judged and recorded."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import pandas as pd
import pytest

from studies.orbit.comparisons import Comparison
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


class Shelf:
    """A catalogue of a few rows and the files of their models."""

    def __init__(self, rows, folder):
        self.rows, self.folder = rows, folder
        self.recorded: dict[tuple[str, Any], Any] = {}
        self.told = []

    def models(self, where=None):
        found = pd.DataFrame(self.rows)
        return found[found["seed"].isin(where["seed"])] if where else found

    def varying(self, table):
        names = ("seed", "system")
        return [x for x in names if x in table and table[x].nunique() > 1]

    def load_model(self, row, read):
        return read(self.folder / row["path"])

    def progress(self, total, label="training"):
        return lambda step, value: self.told.append((step, total))

    def record(self, name, value, unit="1", *, member=None):
        self.recorded[name, str(member)] = (value, unit)


@pytest.fixture(scope="module")
def made():
    """Three models that differ in their seed."""
    return [build(**NETWORK, key=jax.random.key(seed)) for seed in range(3)]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory, made):
    """Makes a shelf with the three models, the last of which diverged."""
    folder = tmp_path_factory.mktemp("models")
    rows = [ROW | {"seed": seed, "path": f"{seed}.eqx"} for seed in range(3)]
    rows[2] |= {"outcome": "diverged"}
    for row, model in zip(rows, made, strict=True):
        write_model(folder / row["path"], model, NETWORK)
    return lambda **more: Shelf([row | more for row in rows], folder)


def test_every_model_is_judged_and_leaves_its_error_and_its_state(shelf):
    own = shelf()
    compared = Comparison(own, {})
    table = compared.survey(points=36)
    assert own.told == [(1, 3), (2, 3), (3, 3)]
    compared.record(table, {"error_100": "mean_100", "error_1": "mean_1"})
    error = table["mean_100"].iloc[0]
    assert 0 < error < np.inf
    assert own.recorded["error_100", "{'seed': 0}"] == (error, "%")
    assert own.recorded["error_1", "{'seed': 1}"] == (table["mean_1"].iloc[1], "%")
    assert ("error_100", "{'seed': 2}") not in own.recorded  # it diverged
    ends = [own.recorded[name, "None"][0] for name in ("trained", "stuck", "diverged")]
    assert ends == [list(table["state"]).count("trained"), 2 - ends[0], 1]
    assert len(own.recorded) == 2 * 2 + 3


def test_a_row_of_a_survey_opens_the_model_that_it_judges(shelf, made):
    compared = Comparison(shelf(), {"seed": [1, 2]})
    table = compared.survey(points=36)
    assert table.index.tolist() == compared.given.index.tolist() == [1, 2]
    for place in (1, 2):
        for rows in (table, compared.given):
            opened = compared.load(rows.loc[place].to_dict())
            assert eqx.tree_equal(opened, made[place])
            assert not eqx.tree_equal(opened, made[0])


def test_where_newton_is_asked_for_other_truths_are_left_out_or_refused(shelf):
    mixed = shelf(system="two_body")
    mixed.rows[0]["system"] = "j2"
    assert len(Comparison(mixed, {}).given) == 3
    compared = Comparison(mixed, {}, newton=True)
    assert compared.given["seed"].tolist() == [1, 2]
    assert compared.varied == ["seed"]
    assert len(Comparison(shelf(), {}, newton=True).given) == 3  # before systems
    with pytest.raises(ValueError, match="All 3 models are of `system` drag"):
        Comparison(shelf(system="drag"), {}, newton=True)
