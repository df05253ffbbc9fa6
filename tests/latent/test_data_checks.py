"""What the planner refuses of recordings before anything runs, without jax."""

import subprocess
import sys

import numpy as np
import pytest

from fieldnotes.latent import checks
from fieldnotes.latent.checks import ParameterError
from fieldnotes.latent.recordings import RecordingError
from fieldnotes.latent.sources import SourceError


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


def test_a_recording_too_short_for_its_windows_is_refused(tmp_path):
    path = write(tmp_path / "mine.npz", 200)
    checks.your_recording({"data_file": path, "tu": 5, "ems": 4})
    with pytest.raises(ParameterError, match="200 rows; windows of tu × ems = 100"):
        checks.your_recording({"data_file": path, "tu": 20, "ems": 5})
    write(tmp_path / "mine.npz", 2_000)  # a longer recording in its place is read anew
    checks.your_recording({"data_file": path, "tu": 20, "ems": 5})


def test_checks_need_no_jax():
    code = "import sys, fieldnotes.latent.checks; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
