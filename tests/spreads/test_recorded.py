"""What a notebook records is known from its code, without running it."""

import pytest

from fieldnotes.spreads import SpreadError, read_notebook
from fieldnotes.spreads.recorded import recorded_names

CELLS = """\
# %% tags=["parameters"]
seed: int = 0  # [1] seed

# %%
"""


@pytest.fixture
def names(project, write):
    """What a notebook with this code records."""

    def names(code: str):
        write("notebooks/toy/3-more.py", f"{CELLS}{code}\nprint(seed)\n")
        return recorded_names(project, read_notebook(project, "toy/more"))

    return names


@pytest.mark.parametrize(
    ("code", "held", "refused"),
    [
        ("catalogue.record('loss', 1.0)", ["loss"], ["los", "loss_2", ""]),
        ("record(name='loss', value=1.0)", ["loss"], ["los"]),
        ("glue('loss', 1.0)", ["loss"], ["los"]),
        ("from fieldnotes.catalogue import record as keep\nkeep('a', 1)", ["a"], ["b"]),
        ("record(f'at_{x:.1f}_{y}', 1)", ["at_0.5_near", "at__"], ["at", "at_1"]),
        ("record(f'at {x}'.replace(' ', '_'), 1)", ["at_a_b"], ["at a"]),
        ("compared.record(table)", [], ["loss"]),
        ("print('record')", [], ["record"]),
    ],
)
def test_a_name_is_known_where_it_is_written(names, code, held, refused):
    recorded = names(code)
    assert not recorded.computed
    assert [name for name in [*held, *refused] if recorded.may_hold(name)] == held


@pytest.mark.parametrize(
    "code",
    [
        "catalogue.record(row['claim'], 1.0)",
        "record(f'{row}', 1.0)",
        "record(*row, 1.0)",
        "from fieldnotes.catalogue import record\nhelp_me(record)",
    ],
)
def test_a_computed_name_may_be_any(names, code):
    assert names(code).may_hold("anything")


def test_names_are_found_in_the_modules_that_are_imported(names, write):
    write("src/science/__init__.py", "")
    write("src/science/toy/__init__.py", "")
    write("src/science/toy/tables.py", "from . import deep\n")
    write("src/science/toy/deep.py", "def tell(c):\n    c.record('deep', 1)\n")
    write("src/science/toy/other.py", "def tell(c):\n    c.record('other', 1)\n")
    recorded = names("from science.toy import tables\ntables.record(catalogue, seed)")
    assert recorded.may_hold("deep")
    assert not recorded.may_hold("other")
    assert not recorded.computed


def test_every_stage_of_the_spread_may_record_the_answer(load, write):
    write("notebooks/toy/3-more.py", f"{CELLS}record('verdict', seed)\n")
    text = "stages: {a: {notebook: toy/train}, b: {notebook: toy/more}}\nanswer: "
    for answer in ("{value: error}", "{text: verdict}", "{value: error_x}"):
        assert load(text + answer)
    with pytest.raises(SpreadError, match=r"answer: `verdct` is recorded by no noteb"):
        load(text + "{text: verdct}")
