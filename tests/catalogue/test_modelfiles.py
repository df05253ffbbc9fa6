"""A model is one whole file with its record, or it is not there."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fieldnotes.catalogue import (
    Catalogue,
    CatalogueError,
    history,
    load_model,
    members,
    models,
    record,
    save_model,
)
from fieldnotes.files import checksum, read_json
from fieldnotes.values import digest

TOGETHER = {
    "parameters": {"seed": [0, 1], "layer": "signed"},
    "together": ["seed"],
    "members": [
        {"identity": "idzero", "values": {"seed": 0}, "existing": None},
        {"identity": "idone", "values": {"seed": 1}, "existing": None},
    ],
}


def write(path: Path, model: bytes, hyperparameters) -> None:
    path.write_bytes(digest(hyperparameters).encode() + model)


def test_a_model_gets_its_members_values_as_hyperparameters(batch):
    folder = batch(**TOGETHER)
    path = save_model(
        b"leaves", write, values={"seed": 1}, summary={"a": np.float32(2)}
    )
    about = read_json(folder / "models/idone.json")
    assert path == folder / "models/idone.eqx"
    assert about["hyperparameters"] == {"seed": 1, "layer": "signed"}
    assert about["bytes"] == path.stat().st_size
    assert about["summary"] == {"a": 2.0}


def test_saved_and_loaded_is_the_same(batch):
    batch(**TOGETHER)
    loss = np.arange(3.0)
    first, second = members()
    for member, content in ((first, b"zero"), (second, b"one")):
        save_model(
            content, write, values=member.values, history={"loss": loss, "file": 1}
        )
    assert load_model(second, Path.read_bytes).endswith(b"one")
    assert np.array_equal(history(first)["loss"], loss)
    assert history(first)["file"] == 1


@pytest.mark.parametrize("values", [{"seed": 5}, {"sed": 1}, {"seed": True}, None])
def test_a_member_that_was_not_ordered_is_refused(batch, values):
    folder = batch(**TOGETHER)
    with pytest.raises(CatalogueError):
        save_model(b"", write, values=values)
    assert not list(folder.glob("models/*"))


def test_a_run_of_one_model_needs_no_values_but_takes_them(batch):
    batch({"seed": [4], "layer": "signed"})
    assert members()[0].values == {}
    assert members(("seed",))[0].values == {"seed": 4}
    assert members(("seed",))[0].identity == members()[0].identity
    assert (
        save_model(b"", write).name == save_model(b"", write, values={"seed": 4}).name
    )


def test_a_list_without_together_makes_one_identity_for_each_entry(batch):
    batch({"seed": [4, 5], "layer": "signed"})
    found = {member.identity for member in members(("seed",))}
    for seed in (4, 5):
        found.discard(save_model(b"", write, values={"seed": seed}).stem)
    assert found == set()


def test_a_models_own_value_of_a_list_of_one_is_that_value_in_every_table(
    batch, project
):
    batch(
        {"seed": [0, 1], "draw": [3], "hidden": [64]},
        together=["seed"],
        members=[{"identity": f"m{n}", "values": {"seed": n}} for n in range(2)],
    )
    for member in members(together=("seed", "draw")):
        assert set(member.values) == {"seed", "draw"}
        save_model(b"x", write, values=member.values)
        record("error", 0.5, "%", "an error", member=member)
    catalogue = Catalogue(project)
    for table in (catalogue.models({"draw": 3}), catalogue.scraps()):
        assert list(table["seed"]) == [0, 1]
        assert list(table["draw"]) == [3, 3]
        assert [list(group["seed"]) for _, group in table.groupby("draw")] == [[0, 1]]
        # Only what the notebook walks: the widths of the layers are a list as they are.
        assert list(table["hidden"]) == [[64], [64]]
    assert list(catalogue.models()["identity"]) == ["m0", "m1"], "as it was planned"


def test_a_model_given_to_a_run_has_its_own_values_too(batch, make):
    folder = make.run("made", {"seed": [0], "draw": [3]})
    path = make.model(folder, "m0", {"seed": 0, "draw": 3})
    entry = {"identity": "m0", "path": path.relative_to(make.project.root).as_posix()}
    batch({}, models=[entry | {"parameters": {"seed": 0, "draw": [3]}}])
    assert list(models()["draw"]) == [3]


def test_what_the_notebook_walks_is_known_when_its_only_model_is_saved(batch):
    folder = batch({"seed": [7]}, members=[{"identity": "only", "values": {}}])
    assert [member.values for member in members(("seed",))] == [{"seed": 7}]
    save_model(b"x", write)
    about = read_json(folder / "models/only.json")
    assert about["hyperparameters"]["seed"] == 7


def test_a_failing_writer_leaves_nothing(batch):
    folder = batch(**TOGETHER)

    def fail(path: Path, *_):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_model(b"", fail, values={"seed": 0})
    assert list((folder / "models").iterdir()) == []


def test_a_crash_before_the_record_leaves_no_record_of_the_new_file(batch, monkeypatch):
    from fieldnotes.catalogue import modelfiles

    folder = batch(**TOGETHER)
    save_model(b"old", write, values={"seed": 0})

    def crash(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(modelfiles, "write_json", crash)
    with pytest.raises(OSError, match="No space"):
        save_model(b"new", write, values={"seed": 0})
    assert not (folder / "models/idzero.json").exists()


@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_model_says_what_was_expected_found_and_to_do(batch, damage):
    batch(**TOGETHER)
    path = save_model(b"leaves", write, values={"seed": 0})
    expected = read_json(path.with_suffix(".json"))["checksum"]
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(data[:5] if damage == "cut" else data[:-1] + b"\0")
    with pytest.raises(CatalogueError) as caught:
        load_model(members()[0], Path.read_bytes)
    text = str(caught.value)
    assert "models/idzero.eqx" in text
    assert "fieldnotes run params/toy/layers.yml --only train" in text
    if damage != "gone":
        assert expected in text


def test_the_planned_checksum_counts_and_not_only_the_record(batch, make, project):
    folder = make.run("cccc")
    path = make.model(folder, "m", {"seed": 1})
    planned = {
        "identity": "m",
        "path": project.relative(path),
        "checksum": "0" * 64,
        "parameters": {"seed": 1},
        "run": "cccc",
    }
    batch({"models": {"from": "train"}}, models=[planned])
    row = models({"from": "train"}).iloc[0]
    with pytest.raises(CatalogueError, match="Expected sha256 0000"):
        load_model(row, Path.read_bytes)


def test_other_parameter_sets_lie_beside_the_final_one(batch):
    folder = batch(**TOGETHER)
    save_model(b"f", write, values={"seed": 0}, history={"loss": [1.0]})
    path = save_model(b"b", write, values={"seed": 0}, kind="best")
    assert sorted(item.name for item in (folder / "models").iterdir()) == [
        *("idzero.best.eqx", "idzero.best.json"),
        *("idzero.eqx", "idzero.json", "idzero.npz"),
    ]
    row = {"path": str(path)}
    assert history(row)["loss"] == [1.0]


SAVE = """
import sys, time
from fieldnotes.catalogue import modelfiles, save_model
write_json = modelfiles.write_json
def slowly(*arguments):
    print("between file and record", flush=True)
    time.sleep(float(sys.argv[2]))
    write_json(*arguments)
modelfiles.write_json = slowly
save_model(sys.argv[1].encode() * 5000, lambda path, m, _: path.write_bytes(m))
"""


def test_of_two_processes_saving_at_once_one_leaves_its_file_and_its_record(batch):
    folder = batch({"seed": 1})
    command = [sys.executable, "-c", SAVE]
    with subprocess.Popen([*command, "a", "1.5"], stdout=subprocess.PIPE) as slow:
        assert slow.stdout is not None
        slow.stdout.readline()
        # Unguarded, this one would end first, and the record be of the other's file.
        subprocess.run([*command, "bb", "0"], check=True, stdout=subprocess.DEVNULL)
    assert slow.returncode == 0
    found = sorted(path.name for path in (folder / "models").iterdir())
    assert found == ["bbbb000011112222.eqx", "bbbb000011112222.json"]
    saved = read_json(folder / "models" / found[1])["checksum"]
    assert saved == checksum(folder / "models" / found[0])
