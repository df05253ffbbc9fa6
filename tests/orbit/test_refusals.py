"""What an orbit notebook cannot do is refused while planning, before anything runs."""

from pathlib import Path

import pytest

from fieldnotes.project import Project
from fieldnotes.spreads import SpreadError, load_spreads

ROOT = Path(__file__).resolve().parents[2]
HEADER = "t,x,y,z,vx,vy,vz\n"
ROWS = "".join(f"{60 * k},{7000 + k},{k},0,0,7.5,0\n" for k in range(40))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project's own notebooks and checks, with room for spreads and data."""
    folder = tmp_path_factory.mktemp("refused")
    for name in ("notebooks", "src"):
        (folder / name).symlink_to(ROOT / name, target_is_directory=True)
    (folder / "params").mkdir()
    return Project(folder)


def load(project: Project, fix: str) -> None:
    path = project.params / "asked.yml"
    path.write_text(f"title: Asked\nnotebook: orbit/train\nfix: {fix}\n")
    load_spreads(project, ["asked"])


def test_the_defaults_are_not_refused(project):
    load(project, "{}")


@pytest.mark.parametrize(
    ("fix", "said"),
    [
        ("{loss: percent_error, points: 36, segment_lengths: [37]}", "37"),
        ("{loss: percent_error, segment_lengths: [4], windows: [[0, 0.1]]}", "2"),
        ("{steps: [10, 10], learning_rates: [1e-3, 1e-3, 1e-3]}", "learning_rates"),
        ("{batch: 0}", "batch"),
        ("{output_layer: sinned}", "signed"),
        ("{orbits: ten}", "orbits"),
        ("{data_file: nowhere.csv}", "nowhere.csv"),
    ],
    ids=["segment", "window", "phases", "batch", "layer", "type", "no file"],
)
def test_a_setting_that_cannot_work_is_refused(project, fix, said):
    with pytest.raises(SpreadError) as caught:
        load(project, fix)
    assert said in str(caught.value)
    assert str(caught.value).endswith("Nothing was run.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEADER.replace("vz", "wz") + ROWS, "vz"),
        (HEADER + ROWS.replace("7003,", "seven,"), "seven"),
        (HEADER + ROWS.replace("\n180,", "\n60,"), "increas"),
        (HEADER + ROWS.replace("7003,", "nan,"), "x"),
        (HEADER, "row"),
        ("", "empty"),
    ],
    ids=["missing column", "word", "times", "nan", "no rows", "empty"],
)
def test_a_data_file_that_is_no_orbit_is_refused_with_its_place(project, text, said):
    (project.root / "mine.csv").write_text(text)
    with pytest.raises(SpreadError) as caught:
        load(project, "{data_file: mine.csv}")
    assert "mine.csv" in str(caught.value)
    assert said in str(caught.value)


def test_a_good_data_file_is_taken(project):
    (project.root / "mine.csv").write_text(HEADER + ROWS)
    load(project, "{data_file: mine.csv, loss: percent_error, segment_lengths: [10]}")
