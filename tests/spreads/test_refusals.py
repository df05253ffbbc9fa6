"""What cannot run is refused before anything runs, with a message that helps."""

import os
import re

import pytest

from fieldnotes.spreads import SpreadError, load_spreads, spread_called

TRAIN = "notebook: toy/train\n"
REFUSED = {
    # parameters and values
    "unknown parameter": (
        "fix: {curl: 1, orbit: 3}",
        r"line 2: fix: `orbit` is not a parameter of toy/train\. Did you mean `orbits`",
    ),
    "parameters with units": ("fix: {lr: 1}", r"It takes: orbits \[1\], learning_rate"),
    "unknown in a grid": (
        "vary:\n - grid: {sed: [0, 1]}",
        r"line 3: vary\[0\]\.grid\.sed: .*Did you mean `seed`",
    ),
    "unknown in a case": ("vary: [cases: [{sed: 1}]]", r"vary\[0\]\.cases\[0\]: `sed`"),
    "wrong type": ("fix: {orbits: ten}", "`orbits` must be a whole number; got the te"),
    "wrong type in a grid": (
        "vary:\n - grid:\n    orbits:\n      - 1\n      - 1.5",
        r"line 6: vary\[0\]\.grid\.orbits: `orbits` must be a whole number; got 1\.5",
    ),
    "a word for a number": ("fix: {learning_rate: inf}", r"YAML writes it \.inf"),
    "outside the choices": (
        "fix: {output_layer: sined}",
        "must be one of 'signed', 'unit', 'exp'; got the text 'sined'.*`signed`",
    ),
    "outside the range": ("fix: {orbits: 0}", r"must be in \[1, inf\); got 0"),
    "outside in a list": ("fix: {seed: [0, -1]}", r"must be in \[0, inf\); got -1"),
    "null": ("fix: {orbits: }", "must be a whole number; got None"),
    "a map for an axis": ("vary: {orbits: {rnge: 3}}", "An axis is a list, {range"),
    "unknown nested": (
        "fix: {optimiser.decay.rat: 1}",
        "`optimiser.decay` has no entry `rat`. Did you mean `rate`",
    ),
    "unknown nested axis": ("vary: {optimiser.nam: [a]}", "Did you mean `name`"),
    "dots in a plain one": ("fix: {orbits.x: 1}", "has no entries"),
    "wrong nested type": ("vary: {weights.a: [x]}", "entry `a` must be a number"),
    "missing input file": ("fix: {data: no.csv}", "there is no file `no.csv`"),
    # blocks
    "unequal zip": (
        "vary: [zip: {orbits: [1, 2, 3], note: [a, b], seed: [0]}]",
        "equal lengths.*`orbits` has 3, `note` has 2, `seed` has 1",
    ),
    "empty axis": ("vary: {orbits: []}", "`orbits` is an empty axis"),
    "empty range": ("vary: {orbits: {range: 0}}", "counts nothing"),
    "no block": ("vary: []", "an empty spread"),
    "nothing under vary": ("vary:", "an empty spread"),
    "no axis": ("vary: [grid: {}]", "an empty spread"),
    "no case": ("vary: [cases: []]", "an empty spread"),
    "unknown block": ("vary: [girds: {orbits: [1]}]", "got `girds`. .*`grid`"),
    "two blocks in one": ("vary: [{grid: {orbits: 1}, zip: {note: a}}]", "a block is"),
    "a case that is no map": ("vary: [cases: [1]]", "a case is a mapping"),
    "twice in two blocks": (
        "vary: [grid: {orbits: [1]}, zip: {orbits: [2], note: [a]}]",
        "`orbits` is varied in two places",
    ),
    "twice in nested blocks": (
        "vary: [grid: {orbits: [1], grid: {orbits: [2]}}]",
        "`orbits` is varied in two places",
    ),
    "a part and the whole": (
        "vary: [grid: {optimiser: {value: {name: a}}, optimiser.name: [b]}]",
        "`optimiser.name` is varied in two places",
    ),
    "a part and the whole fixed": (
        "fix: {optimiser: {name: a}, optimiser.name: b}",
        "set the same thing",
    ),
    "too many cases": (
        "vary: {seed: {range: 1000}, orbits: {range: [1, 1000]}}",
        "999,000 cases",
    ),
    "a long axis": ("vary: {seed: {range: 100000000000000000000}}", "at most"),
    "a bad range": ("vary: {seed: {range: [0, 1, 0]}}", "takes {range: n}"),
    "a bad linspace": ("vary: {learning_rate: {linspace: [0, 1]}}", "takes {linspace"),
    "a bad logspace": ("vary: {learning_rate: {logspace: [0, 1, 3]}}", "positive ends"),
    # together
    "together, not varied": (
        "vary: {orbits: [1, 2]}\ntogether: [seed]",
        "`seed` is not varied",
    ),
    "together, nothing varied": ("together: [seed]", "`seed` is not varied"),
    "together, no list": (
        "vary: {orbits: [1, 2]}\ntogether: [orbits]",
        r"`orbits` \(int\) holds a single value",
    ),
    "together, unknown": ("vary: {seed: [1]}\ntogether: [sed]", "Did you mean `seed`"),
    "together, lists": (
        "vary: {seed: [[0, 1], [2]]}\ntogether: [seed]",
        r"each value of the axis is a single one; got \[0, 1\]",
    ),
    # the file
    "unknown key": ("fixx: {}", "`fixx` is not a key here. Did you mean `fix`"),
    "duplicate key": ("fix: {}\nfix: {}", "line 3, column 1.*`fix`.*line 2"),
    "unreadable": ("fix: {orbits: [1}", "line 2, column 17"),
    "fix is a list": ("fix: [1]", "fix: must be a mapping"),
    "a title that is a number": ("title: 3", "title: must be text; got 3"),
    "limits": ("limits: {timeout: -1}", r"limits\.timeout: .* positive number \[s\]"),
    "limit words": ("limits: {memory: 2GB}", r"positive number \[GB\]; got '2GB'"),
    "unknown limit": ("limits: {time: 1}", "Did you mean `timeout`"),
    "pages": ("pages: al", "pages: must be .*Did you mean `all`"),
    "pages of the best": ("pages: {best: 3}", "`best` needs `answer: {value: NAME"),
    "pages of none": (
        "pages: {best: 0}",
        r"pages\.best: must be a whole numb",
    ),
    "pages as they were written": (
        "pages: {by: error, order: min}",
        "line 2: pages: `by` does not belong here.* `answer: {value: error, order: min",
    ),
    "a text as it was written": (
        "pages: {says: verdict}",
        "pages: `says` does not belong here.* `answer: {text: verdict}`",
    ),
    "an answer of nothing": ("answer: {order: min}", "answer: must be {value: NAME"),
    "a second answer by a number": (
        "answer: {value: x, text: 3}",
        r"answer\.text: must be the name",
    ),
    "a word that is none": (
        "answer: {value: x, words: {deep: 3}}",
        r"answer\.words\.deep: must be text",
    ),
    "a second answer that nothing records": (
        "answer: {value: error, text: verdct}",
        r"line 2: answer: `verdct` is recorded by no notebook",
    ),
    "an answer by a number": ("answer: {value: 3}", r"answer\.value: must be the name"),
    "an unknown word": ("answer: {vale: x}", "Did you mean `value`"),
    "an answer over": ("answer: {value: x, over: 3}", "a name or a list of names"),
    "an answer's order": ("answer: {value: x, order: up}", "must be min or max"),
    "a text in order": (
        "answer: {text: x, order: min}",
        "answer: must be {value: NAME",
    ),
    "an answer that nothing records": (
        "answer: {value: eror}",
        r"line 2: answer: `eror` is recorded by no notebook .*\(toy/train\).*"
        r"Did you mean `error`\? It records: error, error_…, loss",
    ),
    "partial": ("partial: yes", "must be true or false; got 'yes'"),
    "needs": ("needs: {a: b}", "needs: must be a name or a list of names"),
    "stages too": ("stages: {}", "either `notebook` or `stages`"),
    "unknown stage": (
        "needs: trian",
        "line 2: needs: `trian` is not a stage of params",
    ),
    "needs itself": ("needs: train", "in a cycle: `x.train` → `x.train`"),
    "unknown file": ("needs: nowhere.train", "`nowhere` is not a file below params/"),
    "missing defaults": ("defaults: nowhere", "`nowhere` is not a file below params/"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_spread_that_cannot_run_is_refused(refusal, text, said):
    message = refusal(TRAIN + text)
    assert message.startswith("params/x.yml: ")
    assert re.search(said, message, re.DOTALL), message


WHOLE = {
    "a list": ("- 1", "a spread is a mapping"),
    "a word": ("word", "a spread is a mapping"),
    "empty": ("# nothing", "the file is empty"),
    "no stages": ("title: x", "an empty spread"),
    "no stage in it": ("stages: {}", "an empty spread"),
    "an empty stage": ("stages: {train: }", r"stages\.train: an empty stage"),
    "stages in a list": ("stages: [train]", "stages: must be a mapping"),
    "a stage without notebook": ("stages: {a: {fix: {}}}", "must name a notebook"),
    "a stage with a dot": ("stages: {a.b: {notebook: toy/train}}", "are named with"),
    "unknown notebook": ("notebook: toy/trian", "Did you mean `toy/train`.*There are:"),
    "unknown key in a stage": (
        "stages: {a: {notebook: toy/train, seed: 3}}",
        r"stages\.a: `seed` is not a key here",
    ),
    "unknown include": ("include: toy", "include: `toy` is not a file"),
    "keys that are numbers": ("1: 2", "keys are text"),
}


@pytest.mark.parametrize(("text", "said"), WHOLE.values(), ids=WHOLE.keys())
def test_a_file_that_is_no_spread_is_refused(refusal, text, said):
    message = refusal(text)
    assert message.startswith("params/x.yml: ")
    assert re.search(said, message, re.DOTALL), message


def test_everything_wrong_is_told_at_once_each_thing_once(refusal):
    message = refusal(
        "stages:\n"
        "  a: {notebook: toy/train, fix: {orbits: x, noisy: 3}, vary: {sed: [1]}}\n"
        "  b: {notebook: toy/trian, needs: c}\n"
    )
    lines = message.splitlines()
    assert len(lines) == 6
    assert lines[-1] == "Nothing was run."
    assert len(set(lines)) == 6


def test_many_faults_are_counted(refusal):
    axis = ", ".join(["x"] + [str(-n) for n in range(100)])
    message = refusal(f"{TRAIN}vary: {{orbits: [{axis}]}}")
    assert "... and 81 more" in message


def test_a_default_that_no_stage_takes_is_refused_with_its_own_file(refusal, write):
    write("base", "orbits: 3\nlerning_rate: 0.1\nthreshold: 2\n")
    message = refusal(
        "defaults: base\n"
        "stages: {a: {notebook: toy/train}, b: {notebook: toy/analyse}}\n"
    )
    assert message.startswith("params/base.yml: `lerning_rate`")
    assert "Did you mean `learning_rate`" in message
    assert "threshold" not in message


def test_a_default_of_the_wrong_type_is_refused_with_its_own_file(refusal, write):
    write("base", "orbits: many\n")
    message = refusal(f"{TRAIN}defaults: base\n")
    assert message.startswith("params/base.yml: `orbits` must be a whole number")


def test_a_file_that_is_no_utf_8_is_refused(project, refusal):
    (project.params / "x.yml").write_bytes(b"title: caf\xe9\n")
    assert "line 1 is not UTF-8" in refusal("", "x")


@pytest.mark.parametrize("name", ["nowhere", "params/nowhere.yml", "/etc/passwd", ""])
def test_a_spread_that_does_not_exist_is_refused_with_the_nearest(refusal, write, name):
    write("toy/now-here", TRAIN)
    message = refusal("", name)
    assert "is not a file below params/" in message
    assert "There are: toy/now-here" in message


def test_a_cluster_is_no_spread(refusal, write):
    write("clusters/big", TRAIN)
    assert "is not a file below params/" in refusal("", "clusters/big")


def test_a_fault_of_a_notebook_is_told_with_its_file_and_line(refusal, write):
    write("notebooks/toy/bad.py", '# %% tags=["parameters"]\nx = 1\n')
    twice = "stages: {a: {notebook: toy/bad}, b: {notebook: toy/bad}}"
    for text in ("notebook: toy/bad", twice):
        message = refusal(text)
        assert message.startswith("notebooks/toy/bad.py: line 2: parameters: `x = 1` ")
        assert message.count("has no type") == 1


def test_a_refused_spread_leaves_nothing_behind(project, write):
    write("x", TRAIN + "fix: {orbits: 0}")
    before = sorted(project.root.rglob("*"))
    with pytest.raises(SpreadError):
        load_spreads(project, ["x"])
    assert sorted(project.root.rglob("*")) == before


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("folder", "is a folder"),
        ("loop", "is a link that leads to itself"),
        ("dangling", "is a link to what does not exist"),
        ("pipe", "is neither a file nor a folder"),
    ],
)
def test_what_is_no_file_is_called_what_it_is(project, refusal, write, kind, what):
    def put(inside):
        path = project.root / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "folder":
                path.mkdir()
            case "loop":
                path.symlink_to(path.name)
            case "dangling":
                path.symlink_to("nowhere")
            case "pipe":
                os.mkfifo(path)

    for inside in ("params/toy/d.yml", "notebooks/toy/4-odd.py", "data/odd.csv"):
        put(inside)
    for name in ("toy/d", "params/toy/d.yml", project.params / "toy/d.yml"):
        message = refusal("", name)
        assert f"is not a file below params/: params/toy/d.yml {what}." in message
        assert "Did you mean" not in message
    for key in ("include: toy/d", "defaults: toy/d", "needs: toy/d.a"):
        text = key if key.startswith("include") else TRAIN + key
        assert f"params/toy/d.yml {what}" in refusal(text)
    message = refusal("notebook: toy/odd")
    assert f"project: notebooks/toy/4-odd.py {what}." in message
    message = refusal(f"{TRAIN}fix: {{data: data/odd.csv}}")
    assert f"there is no file `data/odd.csv`: it {what} (looked in" in message


def test_of_many_spreads_and_notebooks_the_nearest_few_are_listed(refusal, write):
    for number in range(70):
        write(f"toy/spread-{number:02d}", TRAIN)
        write(f"notebooks/toy/book-{number:02d}.py", '# %% tags=["parameters"]\n')
    for message in (refusal("", "toy/sprad-07"), refusal("notebook: toy/bok-07")):
        assert re.search(
            r"Did you mean `toy/(spread|book)-07`\? There are 7\d", message
        )
        assert message.count("toy/") < 12
    assert "Did you mean `toy/spread-33`?" in refusal("", "spread-33")


@pytest.mark.parametrize("name", ["two", "params/two.yml", "PARAMS/two", "./two.yml"])
def test_a_spread_keeps_its_name_when_its_file_is_gone(project, write, name):
    path = write("two", TRAIN)
    name = name.replace("PARAMS", str(project.params)).replace("./", "params/./")
    assert spread_called(project, name) == "two"
    path.unlink()
    with pytest.raises(SpreadError, match="is not a file below params"):
        spread_called(project, name)
    assert spread_called(project, name, ["two"]) == "two"
    note = project.catalogue / "spreads/two.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    assert spread_called(project, name) == "two"
