"""What the planner refuses of recordings before anything runs, without jax."""

import math
import subprocess
import sys

import numpy as np
import pytest

from studies.latent import checks, reports, sources
from studies.latent.checks import ParameterError
from studies.latent.recordings import RecordingError
from studies.latent.sources import SourceError


def write(path, steps):
    voltage = np.random.default_rng(0).normal(size=(steps, 3))
    np.savez(path, voltage=voltage, stimulus=voltage[:, :1], dt=0.02)
    return str(path)


def test_a_source_that_cannot_be_is_refused(tmp_path):
    checks.data({"source": "hexeye", "preset": "tiny", "data_file": ""})
    with pytest.raises(SourceError, match="needs a `data_file`"):
        checks.data({"source": "file", "preset": "tiny", "data_file": ""})
    with pytest.raises(RecordingError, match="needed a file or zarr folder"):
        checks.data({"source": "file", "data_file": str(tmp_path / "gone.npz")})


def test_a_bad_recording_is_refused_before_it_runs(tmp_path):
    np.savez(tmp_path / "bad.npz", voltage=np.ones((9, 2)), stimulus=np.ones((8, 1)))
    with pytest.raises(RecordingError, match="`dt`: found nothing"):
        checks.your_recording({"data_file": str(tmp_path / "bad.npz"), "tu": 1})


def test_a_recording_too_short_for_windows_or_rollouts_is_refused(tmp_path):
    asked = {"data_file": write(tmp_path / "mine.npz", 1_000), "tu": 5, "ems": 4}
    checks.your_recording(asked)
    with pytest.raises(
        ParameterError, match="of which 150 validate; windows of tu × e"
    ):
        checks.your_recording(asked | {"tu": 20, "ems": 5})
    with pytest.raises(ParameterError, match="from 50 rows need 181 there, so 1207 in"):
        checks.your_recording(asked | {"starts": 50})
    write(tmp_path / "mine.npz", 2_000)  # a longer recording in its place is read anew
    checks.your_recording(asked | {"tu": 20, "ems": 5})


@pytest.mark.parametrize(("tu", "ems", "starts"), [(1, 1, 10), (20, 5, 10), (50, 1, 3)])
def test_what_is_accepted_can_be_judged(tmp_path, tu, ems, starts):
    """As notebook 12 cuts a file and shortens its rollouts."""
    asked = {"tu": tu, "ems": ems, "starts": starts}
    rows = math.ceil(checks.judged_rows(asked) / checks.SHORTEST)
    asked["data_file"] = write(tmp_path / "mine.npz", rows)
    checks.your_recording(asked)
    sets = sources.recordings("file", data_file=asked["data_file"])
    stretch = min(part.steps for part in sets.judged.values())
    steps = min(500, stretch - 2 * reports.MARGIN - starts - tu)
    plan = reports.Plan(tu, ems, steps, starts)
    assert steps >= 1
    for part in sets.judged.values():
        assert len(plan.starts_of(part)) == starts
    with pytest.raises(ParameterError, match=f"so {rows} in all"):
        checks.your_recording(
            asked | {"data_file": write(tmp_path / "x.npz", rows - 9)}
        )


def test_checks_need_no_jax():
    code = "import sys, studies.latent.checks; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
