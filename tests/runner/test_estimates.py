"""How long a run will take: from runs like it, scaled by the work that it declares."""

import pytest

from fieldnotes.files import write_json
from fieldnotes.runner.estimates import Estimates, shape

WORK = {"steps", "batch"}
STAGE = ("orbit/a", "train")


@pytest.fixture
def recorded(tmp_path):
    """Leaves a finished run; gives the estimate of another."""
    folders = []

    def leave(seconds, *, stage=STAGE, models=1, state="done", **parameters):
        folder = tmp_path / str(len(folders))
        members = [{"existing": None}] * models + [{"existing": "x.eqx"}]
        manifest = {"parameters": parameters, "members": members}
        write_json(folder / "params.json", manifest)
        write_json(folder / "status.json", {"state": state, "duration_s": seconds})
        folders.append(("orbit/train", *stage, folder))

    def ask(*, stage=STAGE, models=1, **parameters):
        estimates = Estimates(lambda: reversed(folders), WORK)
        return estimates.of("orbit/train", stage, parameters, models)

    return leave, ask


def test_twelve_times_the_steps_take_twelve_times_as_long_and_are_a_guess(recorded):
    leave, ask = recorded
    leave(20.0, steps=1000, loss="a")
    assert ask(steps=1000, loss="a") == (20.0, False)
    assert ask(steps=2000, loss="a") == (40.0, False)
    assert ask(steps=12_000, loss="a") == (240.0, True)


def test_two_sizes_on_record_tell_the_start_from_the_work(recorded):
    leave, ask = recorded
    leave(8 + 1000 / 100, steps=1000)
    leave(8 + 4000 / 100, steps=4000)
    assert ask(steps=2000).seconds == pytest.approx(28.0)
    assert not ask(steps=8000).guess
    assert ask(steps=12_000).seconds == pytest.approx(128.0)


def test_a_list_of_steps_counts_by_its_sum_and_models_by_their_number(recorded):
    leave, ask = recorded
    leave(30.0, steps=[1000, 500], batch=10, models=2)
    assert ask(steps=[1500], batch=20, models=1).seconds == pytest.approx(30.0)
    assert shape({"steps": [2, 3], "batch": 4}, 5, WORK) == (100.0, frozenset())


def test_the_runs_that_agree_in_most_tell(recorded):
    leave, ask = recorded
    leave(20.0, steps=1000, loss="cheap", seed=0)
    leave(90.0, steps=1000, loss="dear", seed=0)
    leave(22.0, steps=1000, loss="cheap", seed=1)
    assert ask(steps=1000, loss="dear", seed=2) == (90.0, False)
    assert ask(steps=1000, loss="cheap", seed=2) == (21.0, False)


def test_another_stage_is_a_guess_unless_all_its_parameters_agree(recorded):
    leave, ask = recorded
    leave(20.0, steps=1000, loss="a")
    other = ("orbit/b", "train")
    assert ask(stage=other, steps=1000, loss="a") == (20.0, False)
    assert ask(stage=other, steps=1000, loss="b") == (20.0, True)


def test_what_did_not_finish_tells_nothing(recorded):
    leave, ask = recorded
    leave(3.0, steps=1000, state="failed")
    assert ask(steps=1000) is None
