"""The page on files of one's own: its examples are read as it says."""

import numpy as np
import pytest

from shown import shown_blocks, shown_files
from studies.latent.recordings import load_npz
from studies.orbit.ephemeris import read_ephemeris


def test_the_orbit_of_the_page_is_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(shown_files("own-data")["mine.csv"])
    orbits = read_ephemeris(path)
    assert len(orbits) == 1
    # A circle of 7,000 km: its period is 5,829 s, and the samples are a minute apart.
    radius = np.linalg.norm(orbits.states[0, :3, :3], axis=-1)
    assert radius == pytest.approx(7000 / 6378.137, rel=1e-4)


def test_the_recording_of_the_page_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = shown_blocks("own-data")
    (example,) = [text for opening, text in blocks if opening == "python"]
    exec(compile(example, "own-data.qmd", "exec"), {})
    recording = load_npz(tmp_path / "mine.npz")
    assert recording.voltage.shape == (4000, 12)
    assert recording.dt == 0.02
    assert not recording.stimulus.any()
