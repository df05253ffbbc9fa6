"""Recordings: what is refused and in which words, and files read as written."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from studies.latent.recordings import (
    Recording,
    RecordingError,
    load_npz,
    parents,
    save_npz,
    split,
)
from studies.latent.sources import SourceError, load, recordings
from studies.latent.zarr_files import load_zarr

TIME, NEURONS = 30, 4


@pytest.fixture
def recording():
    generator = np.random.default_rng(0)
    return Recording(
        voltage=generator.normal(size=(TIME, NEURONS)),
        stimulus=generator.random((TIME, 2)),
        dt=0.02,
        type_index=np.array([0, 0, 1, 1]),
        type_names=["a", "b"],
        positions=generator.random((NEURONS, 2)),
        pre=np.array([0, 1, 3]),
        post=np.array([1, 2, 0]),
        weight=np.array([0.5, -1.0, 2.0]),
        noise_sigma=0.05,
    )


def holed(values):
    values = np.array(values)
    values[2, 1] = np.nan
    return values


BAD = {
    "voltage of one dimension": (
        {"voltage": np.zeros(TIME)},
        r"`voltage`: found shape \(30,\); needed a table of shape \(time, neuron\)",
    ),
    "voltage with a gap": (
        {"voltage": holed(np.zeros((TIME, NEURONS)))},
        r"`voltage`: found 1 values that are not finite, the first at \(2, 1\)",
    ),
    "stimulus with a gap": (
        {"stimulus": holed(np.zeros((TIME, 2)))},
        r"`stimulus`: found 1 values that are not finite",
    ),
    "words for voltages": (
        {"voltage": np.full((TIME, NEURONS), "x")},
        r"`voltage`: found values of type <U1; needed real numbers",
    ),
    "another time base": (
        {"stimulus": np.zeros((TIME - 1, 2))},
        r"`stimulus`: found 29 rows beside 30 rows of `voltage`; needed the same time",
    ),
    "no time step": ({"dt": 0.0}, r"`dt`: found 0\.0; needed one positive time step"),
    "several time steps": ({"dt": np.array([0.1, 0.2])}, r"`dt`: found .*one positive"),
    "unknown type": (
        {"type_index": np.array([0, 1, 2, 0])},
        r"`type_index`: found the unknown types \[2\]; needed .* 0 to 1",
    ),
    "types of other neurons": (
        {"type_index": np.zeros(5, int)},
        r"`type_index`: found shape \(5,\); needed shape \(4,\)",
    ),
    "half a type": (
        {"type_index": np.array([0, 0.5, 1, 1])},
        r"`type_index`: found numbers with a fraction",
    ),
    "a name twice": ({"type_names": ["a", "a"]}, r"`type_names`: found \['a'\] twice"),
    "positions in space": (
        {"positions": np.zeros((NEURONS, 3))},
        r"`positions`: found shape \(4, 3\); needed shape \(4, 2\)",
    ),
    "a larger connectome": (
        {"pre": np.array([0, 1, 7])},
        r"`pre`: found neurons 0 to 7, a connectome of another size; needed .* 0 to 3",
    ),
    "edges without a target": ({"post": None}, r"`post`: found nothing; needed `pre`"),
    "edges of another number": (
        {"weight": np.ones(2)},
        r"`weight`: found shape \(2,\); needed shape \(3,\)",
    ),
    "a weight that is none": (
        {"weight": np.array([0, np.inf, 1])},
        r"`weight`: found 1 values that are not finite",
    ),
}


@pytest.mark.parametrize(("change", "words"), BAD.values(), ids=BAD)
def test_a_bad_recording_is_refused_by_name(recording, change, words):
    with pytest.raises(RecordingError, match=words):
        replace(recording, **change)


def test_a_row_of_parents_lists_what_a_neuron_receives(recording):
    table = parents(recording)
    assert table is not None
    assert sorted(zip(*np.nonzero(table), strict=True)) == [(0, 3), (1, 0), (2, 1)]
    bare = replace(recording, pre=None, post=None, weight=None)
    assert parents(bare) is None


def test_a_split_is_half_open_and_stays_inside(recording):
    part = split(recording, 10, 20)
    assert part.steps == 10
    assert np.array_equal(part.voltage, recording.voltage[10:20])
    assert np.array_equal(part.stimulus, recording.stimulus[10:20])
    with pytest.raises(RecordingError, match="rows 20 to 31 of 30"):
        split(recording, 20, 31)


def same(one, other):
    for name in ("voltage", "stimulus", "type_index", "positions"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("pre", "post", "weight"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert (one.dt, tuple(one.type_names)) == (other.dt, tuple(other.type_names))


def test_a_file_is_read_as_it_was_written(recording, tmp_path):
    again = load_npz(save_npz(recording, tmp_path / "mine.npz"))
    same(recording, again)
    assert again.noise_sigma == 0.05
    assert again.name == "mine"


def test_a_file_may_hold_voltage_stimulus_and_step_alone(tmp_path):
    path = tmp_path / "short.npz"
    np.savez(path, voltage=np.ones((5, 3)), stimulus=np.ones((5, 1)), dt=0.1)
    found = load_npz(path)
    assert found.type_names == ("neuron",)
    assert found.pre is None
    assert np.isnan(found.positions).all()


@pytest.mark.parametrize("name", ["activity", "arr_0", "traces"])
def test_activity_alone_is_a_recording_without_a_stimulus(name, tmp_path):
    values = np.random.default_rng(0).random((5, 3))
    arrays: dict[str, Any] = {name: values, "dt": 0.1}
    np.savez(tmp_path / "own.npz", **arrays)
    found = load_npz(tmp_path / "own.npz")
    assert np.array_equal(found.voltage, values.astype(found.voltage.dtype))
    assert found.stimulus.shape == (5, 1) and not found.stimulus.any()
    assert found.name == "own (no stimulus)"


def test_the_name_voltage_wins_over_another(tmp_path):
    np.savez(tmp_path / "own.npz", voltage=np.ones((5, 3)), signal=np.zeros(2), dt=0.1)
    assert load_npz(tmp_path / "own.npz").voltage.all()


FILES = {
    "no voltage": (
        {"stimulus": np.ones((5, 1))},
        r"`voltage`: found nothing; the file",
    ),
    "no step": ({}, r"`dt`: found nothing; needed the time step"),
    "uneven time": (
        {"time": np.array([0, 1, 2, 3, 5.0])},
        r"`time`: found steps of 1 to 2 s; needed even steps",
    ),
    "time of other rows": (
        {"time": np.arange(4.0)},
        r"`time`: found shape \(4,\); needed shape \(5,\)",
    ),
    "two time bases": (
        {"time": np.arange(5.0), "dt": 0.5},
        r"`dt`: found 0\.5 s where `time` rises by 1 s a row; needed one time base",
    ),
    "numbers without names": (
        {"dt": 1.0, "type_index": np.zeros(3, int)},
        r"`type_names`: found nothing; needed a name for each number",
    ),
}


@pytest.mark.parametrize(("change", "words"), FILES.values(), ids=FILES)
def test_a_bad_file_is_refused_by_name(change, words, tmp_path):
    arrays = {"voltage": np.ones((5, 3)), "stimulus": np.ones((5, 1))} | change
    if "voltage" in words:
        del arrays["voltage"]
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(RecordingError, match=words):
        load_npz(tmp_path / "bad.npz")


def test_time_stamps_alone_give_the_step(tmp_path):
    time = 3.0 + 0.02 * np.arange(5)
    arrays = {"voltage": np.ones((5, 3)), "stimulus": np.ones((5, 1)), "time": time}
    np.savez(tmp_path / "stamped.npz", **arrays)
    assert load_npz(tmp_path / "stamped.npz").dt == pytest.approx(0.02)


def test_what_is_no_recording_is_refused(tmp_path):
    with pytest.raises(RecordingError, match="found no such file"):
        load_npz(tmp_path / "gone.npz")
    (tmp_path / "text.npz").write_text("voltage")
    with pytest.raises(RecordingError, match="as `numpy.savez` writes it"):
        load_npz(tmp_path / "text.npz")
    (tmp_path / "mine.csv").write_text("voltage")
    with pytest.raises(RecordingError, match="found another file; needed an .npz file"):
        load(tmp_path / "mine.csv")
    with pytest.raises(RecordingError, match="found nothing, here or in a folder"):
        load("gone.npz")


# Sources ---------------------------------------------------------------------------


def test_a_file_is_cut_in_three_and_nothing_is_lost(recording, tmp_path):
    path = save_npz(recording, tmp_path / "mine.npz")
    sets = recordings("file", data_file=path)
    parts = [sets.train, *sets.judged.values()]
    assert [part.steps for part in parts] == [21, 4, 5]
    joined = np.concatenate([part.voltage for part in parts])
    assert np.array_equal(joined, recording.voltage)


def test_the_embedded_source_is_its_preset_and_its_seed():
    sets = recordings(preset="tiny", seed=0)
    assert [s.steps for s in (sets.train, sets.validation, sets.flow)] == [
        6_000,
        3_000,
        3_000,
    ]
    assert sets.train.noise_sigma == sets.validation.noise_sigma == 0.05
    assert sets.flow.noise_sigma == 0
    again = recordings(preset="tiny", seed=0, noise=0.0)
    assert np.array_equal(sets.flow.voltage, again.flow.voltage)
    assert np.array_equal(sets.train.stimulus, again.train.stimulus)
    assert again.train.noise_sigma == 0
    assert not np.array_equal(sets.train.stimulus[:3_000], sets.validation.stimulus)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("mouse", "tiny"),
            "`source` 'mouse' is unknown; it is one of hexeye, flyvis, chaos, file",
        ),
        (("hexeye", "huge"), "`preset` 'huge' is unknown"),
        (("file", "tiny"), "needs a `data_file`"),
    ],
)
def test_an_impossible_source_is_refused(arguments, words):
    with pytest.raises(SourceError, match=words):
        recordings(*arguments)
    with pytest.raises(SourceError, match="the others take none"):
        recordings("hexeye", "tiny", data_file="mine.npz")


# Zarr ------------------------------------------------------------------------------


def zarr():
    return pytest.importorskip("zarr", reason="the optional package zarr is missing")


def write(group, path, values):
    array = group.open_array(
        str(path), mode="w", shape=values.shape, dtype=values.dtype
    )
    array[...] = values
    return array


def test_a_zarr_group_is_read_as_it_was_written(recording, tmp_path):
    module = zarr()
    root = tmp_path / "mine.zarr"
    group = module.open_group(str(root), mode="w")
    for name in ("voltage", "stimulus", "type_index", "positions"):
        write(module, root / name, getattr(recording, name))
    for name in ("pre", "post", "weight"):
        write(module, root / name, getattr(recording, name))
    group.attrs["dt"] = 0.02
    group.attrs["type_names"] = ["a", "b"]
    same(recording, load(root))


@pytest.mark.parametrize("edges", [False, True], ids=["bare", "connectome"])
def test_the_zarr_pair_is_read_by_channel(recording, edges, tmp_path):
    module = zarr()
    folder = tmp_path / "fly" / "x_list_0"
    folder.mkdir(parents=True)
    states = np.zeros((TIME, NEURONS, 4), np.float32)
    states[..., 0], states[..., 2] = recording.voltage, 7.0
    states[:, :2, 1] = recording.stimulus
    facts = np.zeros((NEURONS, 5), np.float32)
    facts[:, 1:3], facts[:, 4] = recording.positions, [3, 3, 8, 8]
    write(module, folder / "timeseries.zarr", states)
    write(module, folder / "metadata.zarr", facts)
    if edges:
        np.save(folder.parent / "edge_index.npy", [recording.pre, recording.post])
        np.save(folder.parent / "weights.npy", recording.weight)
    found = load(tmp_path / "fly")
    assert np.array_equal(found.voltage, recording.voltage)
    assert np.array_equal(found.stimulus, recording.stimulus)  # the inputs alone
    assert found.type_names == ("type 3", "type 8")
    assert (found.dt, found.pre is None) == (0.02, not edges)
    assert (load_zarr(folder, "calcium").voltage == 7).all()
    write(module, folder / "metadata.zarr", facts[:-1])
    with pytest.raises(RecordingError, match=r"found shape \(3, 5\); needed shape"):
        load(tmp_path / "fly")


def test_a_missing_zarr_folder_is_named(tmp_path):
    with pytest.raises(RecordingError, match="no such folder"):
        load_zarr(tmp_path / "gone.zarr")
