"""Controllers as the catalogue lists them: who is tested, and who is left out."""

import jax
import numpy as np
import pandas as pd
import pytest

from lent import Lent
from studies.reach import replicates
from studies.reach.models import build
from studies.reach.trained import Catalogue, load_trained

STDS = [0.0, 1.5]
FIRST = [1.0, 1.1, 1.0, 1.2, 1.1, 9.0]
LOSSES = [*FIRST, *[2.0] * 5, np.nan]  # the last of each std fails


class Shelf(Lent):
    """A catalogue of twelve untrained models in memory."""

    def models(self, where=None, /):
        assert where == {"from": "train"}
        rows = [
            {"field_std": [std], "seed": [seed], "field": "curl", "steps": 20}
            for std in STDS
            for seed in range(6)
        ]
        return pd.DataFrame(rows).assign(place=range(12))

    def history(self, row, /):
        return {"best_loss": np.array([99.0, LOSSES[row["place"]]])}

    def load_model(self, row, read, /):
        del read
        return build(hidden=3, key=jax.random.key(row["place"]))


@pytest.fixture(scope="module")
def shelf():
    return Shelf()


@pytest.fixture(scope="module")
def found(shelf):
    assert isinstance(shelf, Catalogue)
    return load_trained(shelf, {"from": "train"})


def test_replicates_that_have_not_learned_are_left_out_and_counted(shelf, found):
    assert found.table["place"].tolist() == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    assert found.left_out == 2
    told = {name: scrap[:2] for (name, _), scrap in shelf.scraps.items()}
    assert told == {"models": (10, "1"), "left_out": (2, "1")}
    assert str(found) == "10 models, training stds 0, 1.5; 2 more were left out"


def test_members_stand_in_the_order_of_the_table(found):
    expected = build(hidden=3, key=jax.random.key(7)).readout.weight
    np.testing.assert_array_equal(found.controllers.readout.weight[6], expected)
    assert found.of_std(1.5) == [5, 6, 7, 8, 9]
    assert found.seeds == [0, 1, 2, 3, 4] * 2
    assert found.members[6] == {"field_std": 1.5, "seed": 1}


def test_stds_and_loop_are_those_of_the_models(found):
    assert found.stds == STDS
    assert found.loop.steps == 20
    assert set(found.colours) == set(STDS) and len(set(found.colours.values())) == 2


def test_where_every_training_diverged_nothing_is_tested():
    class Lost(Shelf):
        def history(self, row, /):
            return {"best_loss": np.array([np.nan])}

    with pytest.raises(ValueError, match="None of the 12 models .* every training"):
        load_trained(Lost(), {"from": "train"})


@pytest.mark.parametrize(
    ("state", "error", "found"),
    [
        ("trained", 0.6, "trained"),
        ("trained", 100.0, "stuck"),
        ("diverged", 300.0, "diverged"),
        ("trained", np.nan, "trained"),
    ],
)
def test_a_hand_that_ends_no_nearer_than_one_that_rests_is_stuck(state, error, found):
    assert replicates.outcome(state, error) == found
