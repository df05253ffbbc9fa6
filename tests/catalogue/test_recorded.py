"""Recorded values in queries, what varies within a notebook, models from a table."""

from pathlib import Path

from fieldnotes.catalogue import brief, varying


def test_recorded_values_are_asked_for_like_parameters(make, catalogue):
    for seed, error in [(0, 0.5), (1, 2.0)]:
        folder = make.trained(seed)
        make.scraps(folder, {"name": "error_100", "value": error, "unit": "%"})
    few = catalogue.runs({"error_100": {"<": 1}})
    assert list(few["seed"]) == [0]
    assert list(catalogue.models({"error_100": {"<": 1}})["seed"]) == [0]
    assert len(catalogue.runs({"error_100": {"<": 3}, "seed": 1})) == 1


def test_a_member_s_value_is_that_of_its_own_model(make, catalogue):
    folder = make.run("cccc000011112222", {"seed": [0, 1]})
    for seed in (0, 1):
        make.model(folder, f"model{seed}", {"seed": seed})
    make.scraps(
        folder,
        {"name": "end_error", "value": 0.1, "unit": "1", "member": {"seed": 0}},
        {"name": "end_error", "value": 9.0, "unit": "1", "member": {"seed": 1}},
    )
    assert list(catalogue.models({"end_error": {">": 1}})["seed"]) == [1]
    assert len(catalogue.runs({"end_error": {">": 1}})) == 1


def test_what_varies_is_judged_within_a_notebook(make, catalogue):
    for key, layer in [("aaaa000000000001", "a"), ("aaaa000000000002", "b")]:
        make.run(key, {"layer": layer, "width": 64, "orbits": 10})
    make.run("bbbb000000000001", {"starts": 5, "orbits": 20}, notebook="toy/judge")
    table = catalogue.runs()
    assert varying(table) == ["layer"]
    assert "width" not in brief(table).columns


def test_figures_are_named_by_what_varies_in_their_own_notebook(
    make, catalogue, tmp_path
):
    for key, layer in [("aaaa000000000001", "a"), ("aaaa000000000002", "b")]:
        folder = make.run(key, {"layer": layer, "width": 64})
        make.figure(folder, "loss", "loss", title="Loss")
    folder = make.run("bbbb000000000001", {"starts": 5}, notebook="toy/judge")
    make.figure(folder, "loss", "loss", title="Loss")
    paths = catalogue.figures_export(tmp_path / "out", formats=("json",))
    assert sorted(path.name for path in paths) == [
        "toy-judge_loss.json",
        "toy-train_loss_layer=a.json",
        "toy-train_loss_layer=b.json",
    ]


def test_the_owner_of_a_table_loads_the_models_of_its_rows(make, catalogue):
    make.trained(3)
    row = next(catalogue.models().itertuples())
    assert (
        catalogue.load_model(row, Path.read_bytes)
        == Path(catalogue.project.root / row.path).read_bytes()
    )
