"""The parameters cell is the schema: types, units, ranges, and what is refused."""

import ast
import math
import re

import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import SpreadError, read_notebook
from fieldnotes.spreads.parameters import read_parameters
from fieldnotes.spreads.problems import Mismatch, Place
from fieldnotes.spreads.types import read_annotation


def parameter(line):
    place = Place("notebooks/toy/x.py")
    found = read_parameters(line, place, 1)
    assert not place.problems, place.problems
    return found[0]


def fault(cell):
    place = Place("notebooks/toy/x.py")
    read_parameters(cell, place, 10)
    assert place.problems
    return "\n".join(place.problems)


def kind(annotation):
    return read_annotation(ast.parse(annotation, mode="eval").body)


CONVERSIONS = [
    ("bool", True, True),
    ("int", 3, 3),
    ("int", 3.0, 3),
    ("float", 3, 3.0),
    ("float", -0.0, -0.0),
    ("str", "3", "3"),
    ("str", '"\\{}\n🙂', '"\\{}\n🙂'),
    ("Literal['a', 'b']", "b", "b"),
    ("Literal[1, 2]", 2.0, 2),
    ("typing.Literal[-1]", -1, -1),
    ("Optional[float]", None, None),
    ("Optional[float]", 1, 1.0),
    ("str | None", "x", "x"),
    ("int | str", "1", "1"),
    ("float | int", 1, 1),
    ("list[int]", [1, 2.0], [1, 2]),
    ("list[int]", 4, [4]),
    ("list[str]", "ab", ["ab"]),
    ("tuple[int, ...]", [1, 2], (1, 2)),
    ("tuple[int, ...]", 7, (7,)),
    ("tuple[float, str]", [1, "a"], (1.0, "a")),
    ("list[list[float]]", [[1], [2, 3]], [[1.0], [2.0, 3.0]]),
    ("list[Literal['a', 'b']]", ["b", "a"], ["b", "a"]),
    ("dict[str, float]", {"a": 1}, {"a": 1.0}),
    ("dict", {"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}),
    ("list", [1, "a", None], [1, "a", None]),
    ("list[int] | None", [1], [1]),
    # in a union the value's own type goes first
    ("int | float", 1.0, 1.0),
    ("float | int", 1, 1),
    ("list[str] | str", "a", "a"),
    ("str | list[str]", ["a"], ["a"]),
    ("list[int | float]", [1, 1.0], [1, 1.0]),
]


@pytest.mark.parametrize(("annotation", "given", "typed"), CONVERSIONS)
def test_a_value_becomes_the_type_that_is_declared(annotation, given, typed):
    result = kind(annotation).convert(given)
    assert result == typed
    assert repr(result) == repr(typed)  # 1, 1.0 and True are equal but not the same


REFUSED = [
    ("bool", 1),
    ("bool", "true"),
    ("int", True),
    ("int", 3.5),
    ("int", math.inf),
    ("int", "3"),
    ("float", "0.1"),
    ("float", True),
    ("float", 10**400),
    ("float", None),
    ("str", 3),
    ("str", True),
    ("str", None),
    ("Literal[1]", True),
    ("Literal['1']", 1),
    ("Literal['a']", "b"),
    ("Optional[int]", "none"),
    ("list[int]", ["1"]),
    ("list[int]", None),
    ("tuple[int, int]", [1]),
    ("tuple[int, int]", 1),
    ("dict[str, float]", {"a": "x"}),
    ("dict", [1]),
    ("dict", "x"),
]


@pytest.mark.parametrize(("annotation", "given"), REFUSED)
def test_a_value_of_another_type_is_refused(annotation, given):
    with pytest.raises(Mismatch, match="must be"):
        kind(annotation).convert(given)


@pytest.mark.parametrize(
    ("annotation", "given", "said"),
    [
        ("int | None", "x", "must be a whole number or null; got the text 'x'."),
        (
            "float",
            "-inf",
            "must be a number; got the text '-inf' (YAML writes it -.inf).",
        ),
        ("list[int]", [1, "x"], "entry 2 must be a whole number; got the text 'x'."),
        ("list[int]", "x", "must be a whole number; got the text 'x'."),
        (
            "list[list[int]]",
            [[1], [2, True]],
            "entry 2 entry 2 must be a whole",
        ),
        ("list[float] | None", [1, "x"], "entry 2 must be a number; got the text 'x'."),
        ("list[float] | None", {}, "must be a list of values, each a number or null;"),
        (
            "dict[str, list[int]]",
            {"a": [0.5]},
            "entry `a` entry 1 must be a whole",
        ),
        ("tuple[int, int]", [1], "must be a list of 2 values (a whole number, a whole"),
        ("tuple[int, int]", [1, 2, 3], "must be a list of 2 values (a whole number, a"),
        (
            "dict[str, int]",
            3,
            "must be a mapping of names to values, each a whole",
        ),
        (
            "Literal['silu', 'tanh'] | None",
            "siluu",
            "must be one of 'silu', 'tanh' or null; got the text 'siluu'. Did you mean "
            "`silu`?",
        ),
    ],
)
def test_a_refusal_says_what_is_taken_and_where(annotation, given, said):
    with pytest.raises(Mismatch) as caught:
        kind(annotation).convert(given)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    "annotation",
    ["complex", "list[int, str]", "dict[int, str]", "Literal", "np.ndarray", "'int'"],
)
def test_a_type_that_is_not_known_is_refused(annotation):
    with pytest.raises(Mismatch, match="not known; use bool, int"):
        kind(annotation)


def test_an_annotation_is_never_evaluated():
    with pytest.raises(Mismatch):
        kind("__import__('os').abort()")


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("-3", -3),
        ("float('inf')", math.inf),
        ("-float('inf')", -math.inf),
        ("1e-3", 1e-3),
        ("+2.5", 2.5),
    ],
)
def test_a_default_may_have_a_sign_and_be_infinite(literal, value):
    assert parameter(f"x: float = {literal}  # [1] it").default == value
    assert math.isnan(parameter("x: float = float('nan')  # [1] it").default)


def test_a_default_of_several_lines_is_read_with_the_comment_at_either_end():
    first = parameter("x: list[str] = [  # [-] words = a # b\n  'a',  # not this\n]")
    last = parameter("x: list[str] = [\n  'a#b',\n]  # [-] words = a # b")
    assert (first.default, last.default) == (["a"], ["a#b"])
    assert first.meaning == last.meaning == "words = a # b"


def test_unit_meaning_and_range_stand_in_the_comment():
    found = parameter("x: float = 2  # [N s/m] in (0, 1e3]: gain (of it); 0 = off")
    assert (found.unit, found.meaning) == ("N s/m", "gain (of it); 0 = off")
    numbers = found.kind.range
    assert numbers is not None
    assert (numbers.low, numbers.high) == (0, 1000)
    assert (numbers.low_closed, numbers.high_closed) == (False, True)
    assert repr(found.default) == "2.0"


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        ("[1, inf)", [1, 5], [0, math.inf, math.nan]),
        ("(0, 1)", [0.5], [0, 1, -1]),
        ("[0, 1]", [0, 1], [-1e-9, 1.1, math.nan]),
        ("(-inf, inf)", [-1e300], [math.inf, math.nan]),
    ],
)
def test_a_range_holds_its_closed_ends_only(interval, inside, outside):
    found = parameter(f"x: list[float] = [{inside[0]}]  # [1] in {interval}: it")
    for value in inside:
        assert found.check([inside[0], value], "here")[1] == value
    for value in outside:
        with pytest.raises(SpreadError, match="here: `x` entry 2 must be in") as caught:
            found.check([inside[0], value], "here")
        assert found.range in str(caught.value)


FAULTS = {
    "x = 1  # [1] it": "has no type",
    "x: int  # [1] it": "has no default",
    "x: int = 1": "has no unit",
    "x: int = 1  # it": "has no unit",
    "x: int = 1  # [1]": "has no meaning",
    "x: int = 1  # [1] in [2, 1]: it": "smaller one first",
    "x: int = 1  # [1] in [0, b): it": "two numbers",
    "x: int = 1  # [1] in [0: it": "is written like",
    "x: int = 5  # [1] in [0, 1]: it": "default of `x` must be in",
    "x: int = 'a'  # [1] it": "default of `x` must be a whole number",
    "x: str = 'a'  # [-] in [0, 1]: it": "only numbers",
    "x: int = 1  # [file] it": "its type is str",
    "x: complex = 1  # [1] it": "not known",
    "x: int = y  # [1] it": "not a literal",
    "x: int = f()  # [1] it": "not a literal",
    "x: float = float('1')  # [1] it": "not a literal",
    "x: dict = {1: 2}  # [-] it": "keys of a mapping",
    "x: str = '\\ud800'  # [-] it": "half a character",
    "x: int = 1  # [1] it\nx: int = 2  # [1] it": "line 11: parameters: `x` is de",
    "import os": "is no assignment",
    "x.y: int = 1  # [1] it": "no plain name",
    "x: int = (": "is not Python",
    "x: str = '''": "is not Python",
}


@pytest.mark.parametrize(("cell", "said"), FAULTS.items())
def test_a_fault_of_the_cell_is_told_with_its_line(cell, said):
    told = fault(cell)
    assert re.search(r"notebooks/toy/x.py: line 1[01]: parameters: ", told)
    assert said in told


def test_a_notebook_is_found_by_every_way_to_name_it(project: Project):
    path = project.notebooks / "toy" / "1-train.py"
    names = ["toy/train", "toy/1-train", "notebooks/toy/1-train.py", path]
    names += ["toy/train.py", str(path.with_suffix(".ipynb"))]
    found = {read_notebook(project, name).name for name in names}
    assert found == {"toy/train"}
    notebook = read_notebook(project, path)
    assert (notebook.study, notebook.path) == ("toy", path)
    assert notebook.title == "How far does a toy fall?"
    assert notebook.defaults["widths"] == (64, 64)
    assert [cell.tags for cell in notebook.code_cells] == [
        ("parameters",),
        (),
        ("figure",),
    ]


def test_a_changed_notebook_is_read_again(project: Project):
    path = read_notebook(project, "toy/train").path
    path.write_text(path.read_text().replace("orbits: int = 10", "orbits: int = 123"))
    assert read_notebook(project, "toy/train").defaults["orbits"] == 123


def test_an_unknown_notebook_is_told_with_the_nearest(project: Project):
    with pytest.raises(SpreadError, match="Did you mean `toy/train`") as caught:
        read_notebook(project, "toy/trian")
    assert "There are: toy/train, toy/analyse" in str(caught.value)


def test_two_files_of_one_name_are_refused(project: Project, write):
    write("notebooks/toy/train.py", "# %%\n")
    with pytest.raises(SpreadError, match="both called toy/train"):
        read_notebook(project, "toy/train")


CELL = '# %% tags=["parameters"]\nx: int = 1  # [1] it\n\n# %%\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CELL + "print(1)\n", "`x` is declared but no cell reads it"),
        (CELL + "x = 2\n", "`x` is declared but no cell reads it"),
        (CELL + "print(x\n", r"line 5: cell 1: not Python"),
        ("# %%\nx = 1\n", "no code cells are tagged `parameters`"),
        (CELL + "print(x)\n\n" + CELL + "\n", "2 code cells are tagged"),
    ],
)
def test_a_notebook_that_cannot_be_right_is_refused(project, write, text, said):
    write("notebooks/toy/bad.py", text)
    with pytest.raises(SpreadError, match=said) as caught:
        read_notebook(project, "toy/bad")
    assert str(caught.value).startswith("notebooks/toy/bad.py")


@pytest.mark.parametrize(
    "use",
    [
        "print(x)",
        "print(f'{x}')",
        "[m['x'] for m in ()]",
        "fit(**parameters())",
        "catalogue.parameters()",
    ],
)
def test_a_parameter_is_read_by_name_or_as_a_key(project, write, use):
    write("notebooks/toy/good.py", CELL + use)
    assert list(read_notebook(project, "toy/good").parameters) == ["x"]


def test_a_notebook_that_is_no_utf_8_is_refused(project: Project):
    (project.notebooks / "toy" / "latin.py").write_bytes(b"# \xe9\n")
    with pytest.raises(SpreadError, match="cannot be read as UTF-8"):
        read_notebook(project, "toy/latin")
